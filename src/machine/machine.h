#pragma once
// The whole machine: RAM, hart, engine, devices, and the loop that runs them. A function of its events: it
// cannot tell recording from replay, and knows no host clock.

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/check.h"
#include "device/aclint.h"
#include "device/goldfish_rtc.h"
#include "device/plic.h"
#include "device/ports.h"
#include "device/syscon.h"
#include "device/uart16550.h"
#include "device/virtio/block.h"
#include "device/virtio/console.h"
#include "device/virtio/entropy.h"
#include "device/virtio/net.h"
#include "device/watchdog.h"
#include "engine/engine_kind.h"
#include "engine/engine.h"
#include "engine/jit/jit_options.h"
#include "event/event.h"
#include "hart/hart.h"
#include "hart/mmu_audit.h"
#include "machine/hart_turns.h"
#include "machine/random_generator.h"
#include "machine/sbi.h"
#include "memory/bus.h"
#include "memory/ram.h"
#include "state/archive.h"

namespace recount {

struct MachineConfig {
  unsigned harts = 1;                  // 1 to Machine::kMostHarts
  uint64_t turn_steps = 50'000;        // of a hart, before the next one runs; recordings have this
  uint64_t ram_bytes = 512ull << 20;
  std::string append;                  // kernel command line
  std::string mmu = "sv39";            // what the device tree offers: "sv39" or "sv48"
  uint64_t rtc_base_ns = 0;            // UTC at power-on, since 1970
  std::array<uint8_t, 32> seed{};      // of everything random that the machine gives
  std::optional<MacAddress> mac;       // of the network device; none: there is no such device
  EngineKind engine = kDefaultEngine;
  JitOptions jit;
};

// The files a machine starts from. Either firmware or a kernel must be there.
struct BootImages {
  Bytes firmware, kernel, initrd;
};

enum class Stop : uint8_t {
  kPosition,  // reached what was asked for
  kIdle,      // every hart waits for an interrupt: only an event can go on from here
  kPoweroff,
  kReset,     // the guest asked for a reboot
  kFailed,    // the guest reported a failure (failure_code())
  kWatchdog,  // the guest did not feed its watchdog in time: hardware would reset it
  kDebugger,  // before an instruction, or behind an access, that set_debug_stops() asked for
  kTrapLoop,  // the trap handler traps on its own first instruction, and no interrupt will end that
};

// What Machine::forget() drops. None of it may ever show.
enum class Cached : uint8_t { kTranslations, kWriteTranslations, kCode };

class Machine final : private ClockPort, private SbiPlatform, private CheckContext {
 public:
  static constexpr size_t kMostDisks = 6;  // one less beside a network device
  static constexpr unsigned kMostHarts = 8;
  // Disk n is the guest's /dev/vda + n. A machine with a network device needs the network's port. The ports outlive the machine.
  static Result<std::unique_ptr<Machine>> create(const MachineConfig& config, ConsolePort& console,
                                                 const std::vector<BlockPort*>& disks = {}, PacketPort* network = nullptr);
  ~Machine() override;

  // Loads the images and the device tree and sets the harts to their start.
  Result<void> boot(const BootImages& images);

  Position at() const { return Position{time_.steps}; }
  uint64_t time_ticks() const { return time_.ticks(); }
  // Guest time there, if no anchor comes between. Not before at().
  uint64_t time_ticks_at(Position p) const { return time_.ticks_at(raw(p)); }
  // Guest time at which a timer will next raise an interrupt; kNever if none is set.
  uint64_t next_timer_ticks() const;
  uint32_t failure_code() const { return syscon_.code(); }
  // What the guest has set its watchdog to.
  uint64_t watchdog_ticks() const { return watchdog_.interval_ticks(); }
  // The one whose turn it is.
  const HartState& hart() const { return hart_.state; }
  unsigned hart_count() const override { return turns_.count(); }
  const HartState& hart(unsigned n) const { return turns_[n]; }
  // For who looks from outside whether the guest hangs.
  bool keeps_interrupts_waiting(unsigned n) const { return recount::keeps_interrupts_waiting(turns_[n], time_.ticks()); }
  const Timebase& timebase() const { return time_; }

  // Runs until exactly target, or to an earlier stop. Never beyond.
  Stop run_until(Position target);
  // The event takes effect here and now: its position is at(). Events that are notes change nothing.
  void apply(const Event& event);
  // False for an anchor that no recording makes: guest time would overflow.
  bool possible(const TimeAnchor& anchor) const;
  // Bytes of input that the console device has room for.
  size_t console_room(ConsoleId console) const;

  // Whether the guest listens to the network, and how many frames its device has buffers for.
  bool network_listens() const { return net_ != nullptr && net_->listens(); }
  size_t packet_room() const { return net_ != nullptr ? net_->room() : 0; }

  uint8_t disk_count() const { return static_cast<uint8_t>(disks_.size()); }
  // Whether a completion of this request would have an effect. A reset by the guest makes a disk forget requests.
  bool disk_pending(uint8_t disk, uint64_t serial) const;
  // After a restore or a fork: every pending request is announced to its port again.
  void restart_disks();

  // Everything but RAM: captured, restored and digested by the same function.
  template <class Archive>
  void state(Archive& a) {
    hart_state(a);
    device_state(a);
  }
  Ram& ram() { return *ram_; }
  // After state() was loaded from a file that nobody vouches for: kDamaged if no machine could be in that state. Then
  // the machine must not run.
  Result<void> check_restored() const;
  // After state() or RAM was loaded: what is cached or derived follows.
  void restored();
  // In a child process, before anything else: what a fork must not share is made anew.
  void forked() { engine_->forked(); }
  // run_until() stops for them, and can be called again to go on; what apply() writes counts, too. To be called again after they were
  // changed, and with nullptr before they end.
  void set_debug_stops(DebugStops* stops) { hart_.mmu.set_debug_stops(stops); }
  bool stopped_by_debugger() const { return hart_.mmu.debug_stops() != nullptr && hart_.mmu.debug_stops()->hit(); }
  // Drops a cache, for the test that caches cannot be seen.
  void forget(Cached what);

  // The digest of canonical state here. The output part is the session's.
  CheckpointDigest digest_here();
  // The same, and the start of the next one's set of dirty frames.
  CheckpointDigest checkpoint_digest();

 private:
  Machine(const MachineConfig& config, std::unique_ptr<Ram> ram, ConsolePort& console,
          const std::vector<BlockPort*>& disks, PacketPort* network);
  // The two parts of state(), which a checkpoint digest keeps apart.
  template <class Archive>
  void hart_state(Archive& a) {
    a("time", time_);
    turns_.state(a);
  }
  template <class Archive>
  void device_state(Archive& a) {
    a("aclint", aclint_);
    a("plic", plic_);
    a("uart", uart_);
    a("rtc", rtc_);
    a("syscon", syscon_);
    a("watchdog", watchdog_);
    a("power", power_);
    a("random", random_);
    a("virtio_console", virtio_console_);
    a("virtio_entropy", virtio_entropy_);
    for (size_t i = 0; i < disks_.size(); ++i) a("disk" + std::to_string(i), *disks_[i]);
    if (net_ != nullptr) a("net", *net_);
  }
  void map_devices();
  void update_lines();
  void audit();
  uint64_t next_deadline() const;
  std::optional<Stop> stop_requested() const;
  bool interrupt_may_end_loop() const;
  void answer_sbi();
  uint64_t lines_of(unsigned hart) const;

  uint64_t now_ticks() const override { return time_.ticks(); }
  unsigned long long position() const override { return time_.steps; }
  unsigned long long pc() const override { return hart_.state.pc; }

  void set_timer(uint64_t ticks) override { hart_.state.stimecmp = ticks; }
  void send_ipi(unsigned hart) override;
  bool hart_stopped(unsigned hart) const override { return turns_[hart].stopped; }
  void start_hart(unsigned hart, Gpa entry, uint64_t argument) override;
  void stop_hart() override { hart_.state.stopped = true; }
  void console_write(ByteView bytes) override { console_.console_output(ConsoleId::kUart, bytes); }
  size_t console_read(std::span<uint8_t> out) override;
  bool read_guest(Gpa gpa, std::span<uint8_t> out) override { return ram_->read(gpa, out); }
  bool write_guest(Gpa gpa, ByteView bytes) override { return ram_->write(gpa, bytes); }
  void system_reset(SbiReset type, bool failed) override;

  const MachineConfig config_;
  ConsolePort& console_;
  std::unique_ptr<Ram> ram_;
  Bus bus_;
  Timebase time_;
  Hart hart_;
  std::unique_ptr<Engine> engine_;
  HartTurns turns_;
  Aclint aclint_;
  Plic plic_;
  Uart16550 uart_;
  GoldfishRtc rtc_;
  Syscon syscon_;
  Watchdog watchdog_;
  RandomGenerator random_;
  VirtioConsole virtio_console_;
  VirtioEntropy virtio_entropy_;
  std::vector<std::unique_ptr<VirtioBlock>> disks_;
  std::unique_ptr<VirtioNet> net_;
  std::vector<const VirtioDevice*> virtio_slots_;  // the occupied ones, from slot 0
  EmptyVirtioSlot empty_slot_;
  PowerRequest power_ = PowerRequest::kNone;  // asked for through the SBI
  uint64_t audits_ = 0;
};

}  // namespace recount
