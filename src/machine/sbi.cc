#include "machine/sbi.h"

#include <algorithm>

namespace recount {
namespace {

// "Binary Encoding", standard errors.
constexpr int64_t kNotSupported = -2, kInvalidParam = -3, kInvalidAddress = -5, kAlreadyAvailable = -6;

constexpr uint64_t kBase = 0x10, kTime = 0x54494d45, kIpi = 0x735049, kRfence = 0x52464e43, kHsm = 0x48534d;
constexpr uint64_t kSrst = 0x53525354, kDbcn = 0x4442434e;
constexpr uint64_t kLegacySetTimer = 0, kLegacyPutchar = 1, kLegacyGetchar = 2, kLegacyShutdown = 8;

constexpr uint64_t kSpecVersion = 2u << 24;
// Not in the list of registered implementations ("SBI Implementation IDs"), which ends far below.
constexpr uint64_t kImplementationId = 0x5243, kImplementationVersion = 1;

SbiReturn ok(uint64_t value = 0) { return {0, value, false}; }
SbiReturn error(int64_t code) { return {code, 0, false}; }
SbiReturn legacy(int64_t a0) { return {a0, 0, true}; }

bool is_served(uint64_t extension) {
  constexpr uint64_t kServed[] = {kBase, kTime, kIpi, kRfence, kHsm, kSrst, kDbcn,
                                  kLegacySetTimer, kLegacyPutchar, kLegacyGetchar, kLegacyShutdown};
  return std::ranges::find(kServed, extension) != std::end(kServed);
}

// "Hart list parameter": a mask of harts from a base, or all of them.
bool valid_harts(const SbiPlatform& p, uint64_t mask, uint64_t base) {
  if (base == ~0ull) return true;
  if (base >= p.hart_count()) return mask == 0;
  uint64_t count = p.hart_count() - base;
  return count >= 64 || mask >> count == 0;
}

SbiReturn base_extension(const SbiCall& c) {
  switch (c.function) {
    case 0: return ok(kSpecVersion);
    case 1: return ok(kImplementationId);
    case 2: return ok(kImplementationVersion);
    case 3: return ok(is_served(c.args[0]) ? 1 : 0);
    case 4:
    case 5:
    case 6: return ok(0);  // mvendorid, marchid, mimpid
    default: return error(kNotSupported);
  }
}

SbiReturn ipi_extension(SbiPlatform& p, const SbiCall& c) {
  if (c.function != 0) return error(kNotSupported);
  uint64_t mask = c.args[0], base = c.args[1];
  if (!valid_harts(p, mask, base)) return error(kInvalidParam);
  for (unsigned hart = 0; hart < p.hart_count(); ++hart) {
    if (base == ~0ull || (hart >= base && hart - base < 64 && (mask >> (hart - base) & 1) != 0)) p.send_ipi(hart);
  }
  return ok();
}

// "RFENCE": the machine's caches are coherent with every store, so a remote fence has nothing to do.
SbiReturn rfence_extension(const SbiPlatform& p, const SbiCall& c) {
  constexpr uint64_t kLast = 6;
  if (c.function > kLast) return error(kNotSupported);
  return valid_harts(p, c.args[0], c.args[1]) ? ok() : error(kInvalidParam);
}

// "Hart State Management". Suspension is what WFI does.
SbiReturn hsm_extension(SbiPlatform& p, const SbiCall& c) {
  constexpr uint64_t kStart = 0, kStop = 1, kStatus = 2, kStarted = 0, kStopped = 1;
  if (c.function == kStop) {
    p.stop_hart();
    return ok();
  }
  if (c.function != kStart && c.function != kStatus) return error(kNotSupported);
  if (c.args[0] >= p.hart_count()) return error(kInvalidParam);
  auto hart = static_cast<unsigned>(c.args[0]);
  bool stopped = p.hart_stopped(hart);
  if (c.function == kStatus) return ok(stopped ? kStopped : kStarted);
  if (!stopped) return error(kAlreadyAvailable);
  Gpa entry{c.args[1]};
  std::array<uint8_t, 2> instruction;
  if ((raw(entry) & 1) != 0 || !p.read_guest(entry, instruction)) return error(kInvalidAddress);
  p.start_hart(hart, entry, c.args[2]);
  return ok();
}

SbiReturn srst_extension(SbiPlatform& p, const SbiCall& c) {
  constexpr uint64_t kShutdown = 0, kLastReboot = 2, kSystemFailure = 1;
  if (c.function != 0) return error(kNotSupported);
  if (c.args[0] > kLastReboot || c.args[1] > kSystemFailure) return error(kInvalidParam);
  p.system_reset(c.args[0] == kShutdown ? SbiReset::kShutdown : SbiReset::kReboot, c.args[1] == kSystemFailure);
  return ok();
}

// "Debug Console". One call moves at most a page: the caller asks again for the rest.
SbiReturn dbcn_extension(SbiPlatform& p, const SbiCall& c) {
  if (c.function == 2) {
    auto byte = static_cast<uint8_t>(c.args[0]);
    p.console_write({&byte, 1});
    return ok();
  }
  if (c.function > 2) return error(kNotSupported);
  if (c.args[2] != 0) return error(kInvalidParam);
  std::array<uint8_t, kPageSize> buffer;
  std::span<uint8_t> part(buffer.data(), std::min<uint64_t>(c.args[0], buffer.size()));
  Gpa gpa{c.args[1]};
  // Reading first also checks the place that input is to go to.
  if (!p.read_guest(gpa, part)) return error(kInvalidParam);
  if (c.function == 0) {
    p.console_write(part);
    return ok(part.size());
  }
  size_t count = p.console_read(part);
  p.write_guest(gpa, part.first(count));
  return ok(count);
}

}  // namespace

SbiReturn sbi_call(SbiPlatform& p, const SbiCall& c) {
  switch (c.extension) {
    case kBase: return base_extension(c);
    case kTime:
      if (c.function != 0) return error(kNotSupported);
      p.set_timer(c.args[0]);
      return ok();
    case kIpi: return ipi_extension(p, c);
    case kRfence: return rfence_extension(p, c);
    case kHsm: return hsm_extension(p, c);
    case kSrst: return srst_extension(p, c);
    case kDbcn: return dbcn_extension(p, c);
    case kLegacySetTimer: p.set_timer(c.args[0]); return legacy(0);
    case kLegacyPutchar: {
      auto byte = static_cast<uint8_t>(c.args[0]);
      p.console_write({&byte, 1});
      return legacy(0);
    }
    case kLegacyGetchar: {
      uint8_t byte = 0;
      return legacy(p.console_read({&byte, 1}) == 1 ? byte : -1);
    }
    case kLegacyShutdown: p.system_reset(SbiReset::kShutdown, false); return legacy(0);
    default: return error(kNotSupported);
  }
}

}  // namespace recount
