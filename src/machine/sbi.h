#pragma once
// The supervisor binary interface, served by the machine itself when there is no firmware in M-mode.
// RISC-V SBI specification 2.0; chapter names are quoted where each extension is served.

#include <array>
#include <cstdint>
#include <span>

#include "base/address.h"
#include "base/bytes.h"

namespace recount {

struct SbiCall {
  uint64_t extension = 0;  // a7
  uint64_t function = 0;   // a6
  std::array<uint64_t, 6> args{};
};

struct SbiReturn {
  int64_t error = 0;   // a0
  uint64_t value = 0;  // a1; legacy calls leave it alone
  bool legacy = false;
};

enum class SbiReset : uint8_t { kShutdown, kReboot };

// What the SBI asks of the machine.
class SbiPlatform {
 public:
  virtual ~SbiPlatform() = default;
  virtual unsigned hart_count() const = 0;
  virtual void set_timer(uint64_t ticks) = 0;
  virtual void send_ipi(unsigned hart) = 0;
  virtual bool hart_stopped(unsigned hart) const = 0;
  // A stopped one, as "Hart Start" describes: in S-mode, without translation, at entry with a1 = argument.
  virtual void start_hart(unsigned hart, Gpa entry, uint64_t argument) = 0;
  // The calling one.
  virtual void stop_hart() = 0;
  virtual void console_write(ByteView bytes) = 0;
  virtual size_t console_read(std::span<uint8_t> out) = 0;
  // False if any byte is outside of RAM; then nothing was done.
  virtual bool read_guest(Gpa gpa, std::span<uint8_t> out) = 0;
  virtual bool write_guest(Gpa gpa, ByteView bytes) = 0;
  virtual void system_reset(SbiReset type, bool failed) = 0;
};

SbiReturn sbi_call(SbiPlatform& platform, const SbiCall& call);

}  // namespace recount
