#include "hart/pmp.h"

#include <array>
#include <bit>

#include "base/address.h"

namespace recount {
namespace {

constexpr uint8_t kRead = 1, kWrite = 2, kExecute = 4, kLocked = 0x80;
constexpr unsigned kModeShift = 3;
enum Mode : unsigned { kOff = 0, kTor = 1, kNa4 = 2, kNapot = 3 };

struct Range {
  uint64_t begin, end;  // end is exclusive; an entry that is off is empty
};

Range entry_range(const HartState& hart, unsigned i) {
  uint64_t address = hart.pmpaddr[i];
  switch ((hart.pmpcfg[i] >> kModeShift) & 3) {
    case kTor: return {i == 0 ? 0 : hart.pmpaddr[i - 1] << 2, address << 2};
    case kNa4: return {address << 2, (address << 2) + 4};
    case kNapot: {
      uint64_t size = 8ull << std::countr_one(address);
      uint64_t begin = (address << 2) & ~(size - 1);
      return {begin, begin + size};
    }
    default: return {0, 0};
  }
}

bool is_active(const HartState& hart, unsigned i) { return ((hart.pmpcfg[i] >> kModeShift) & 3) != kOff; }

uint8_t needed_bit(Access access) {
  return access == Access::kLoad ? kRead : access == Access::kStore ? kWrite : kExecute;
}

// The usual case under a kernel without firmware, and asked at every step of a walk.
bool nothing_set_up(const HartState& hart) {
  using Words = std::array<uint64_t, kPmpEntryCount / 8>;
  return std::bit_cast<Words>(hart.pmpcfg) == Words{};
}

// "If no PMP entry matches an M-mode access, the access succeeds"; any other fails. Where the machine stands for the firmware
// there is no M-mode that could set up anything: all memory is open.
bool allows_unmatched(const HartState& hart, Privilege privilege) { return privilege == Privilege::kMachine || hart.native_sbi; }

}  // namespace

bool pmp_allows(const HartState& hart, uint64_t address, uint64_t size_bytes, Access access, Privilege privilege) {
  if (nothing_set_up(hart)) return allows_unmatched(hart, privilege);
  for (unsigned i = 0; i < kPmpEntryCount; ++i) {
    if (!is_active(hart, i)) continue;
    Range r = entry_range(hart, i);
    if (r.begin >= r.end || address + size_bytes <= r.begin || address >= r.end) continue;
    // The lowest-numbered entry that matches any byte decides, and must match all of them.
    if (address < r.begin || address + size_bytes > r.end) return false;
    uint8_t cfg = hart.pmpcfg[i];
    if (privilege == Privilege::kMachine && (cfg & kLocked) == 0) return true;
    return (cfg & needed_bit(access)) != 0;
  }
  return allows_unmatched(hart, privilege);
}

bool pmp_uniform_over_page(const HartState& hart, uint64_t address) {
  if (nothing_set_up(hart)) return true;
  uint64_t begin = address & ~kPageMask;
  uint64_t end = begin + kPageSize;
  for (unsigned i = 0; i < kPmpEntryCount; ++i) {
    Range r = entry_range(hart, i);
    bool overlaps = r.begin < end && begin < r.end;
    if (overlaps && (begin < r.begin || r.end < end)) return false;
  }
  return true;
}

}  // namespace recount
