#pragma once
// The guest: the machine, what stands behind its ports, and what evidence will say of it. The primary makes
// it; a backup and a saver have it by being forked.

#include <memory>
#include <vector>

#include "disk/disk_image.h"
#include "evidence/manifest.h"
#include "machine/machine.h"
#include "recorder/console_history.h"
#include "recorder/recorder_config.h"
#include "session/output_tap.h"

namespace recount {

// Keeps what was printed, and tells whoever listens. A backup's and a replay's output goes no further.
class GuestConsole final : public ConsolePort {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void heard(ByteView bytes) = 0;
    // Through the port to the recorder.
    virtual void told(ByteView bytes) = 0;
  };

  void console_output(ConsoleId, ByteView bytes) override {
    history_.add(machine_ != nullptr ? machine_->time_ticks() : 0, bytes);
    if (listener_ != nullptr) listener_->heard(bytes);
  }
  void recorder_port_output(ByteView bytes) override {
    if (listener_ != nullptr) listener_->told(bytes);
  }
  void attach(const Machine& machine) { machine_ = &machine; }
  void set_listener(Listener* listener) { listener_ = listener; }
  const ConsoleHistory& history() const { return history_; }

 private:
  const Machine* machine_ = nullptr;
  Listener* listener_ = nullptr;
  ConsoleHistory history_;
};

// The disks outlive a reboot: what the guest wrote before is there after it.
struct GuestDisks {
  static Result<GuestDisks> open(const RecorderConfig& config);
  // After a fork: this process goes on with layers of its own. Parent: beside the images; child: temporary.
  Result<void> push_layers_beside();
  Result<void> push_temporary_layers(const std::string& folder);
  // So that push_layers_beside() takes no time.
  Result<void> prepare_layers();

  std::vector<std::unique_ptr<DiskImage>> images;
  std::vector<DiskInfo> infos;
};

struct Guest {
  // Reads and checks every file that the configuration names, and powers the machine on. rtc_base_ns: UTC
  // now.
  static Result<std::unique_ptr<Guest>> create(const RecorderConfig& config, GuestDisks disks,
                                               uint64_t rtc_base_ns);
  Guest() = default;
  Guest(const Guest&) = delete;
  Guest& operator=(const Guest&) = delete;

  GuestConsole console;
  OutputTap tap{console};
  GuestDisks disks;
  std::unique_ptr<Machine> machine;
  std::array<uint8_t, 32> seed{};
  MachineInfo machine_info;
};

}  // namespace recount
