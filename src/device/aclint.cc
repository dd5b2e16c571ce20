#include "device/aclint.h"

namespace recount {
namespace {

constexpr uint64_t kMtimecmp = 0x4000, kMtime = 0xbff8;

// The 4- or 8-byte part of a register that an access at this offset within it means.
uint64_t part_of(uint64_t reg, uint64_t offset, unsigned size_bytes) {
  return size_bytes == 8 ? reg : reg >> (8 * (offset & 4)) & 0xffffffff;
}
uint64_t with_part(uint64_t reg, uint64_t offset, unsigned size_bytes, uint64_t value) {
  if (size_bytes == 8) return value;
  unsigned shift = 8 * (offset & 4);
  return (reg & ~(0xffffffffull << shift)) | (value & 0xffffffff) << shift;
}

}  // namespace

uint64_t Aclint::mmio_read(uint64_t offset, unsigned size_bytes) {
  if (size_bytes < 4) return 0;
  if (offset < 4 * msip_.size()) return size_bytes == 4 ? msip_[offset / 4] : 0;
  if (offset >= kMtimecmp && offset < kMtimecmp + 8 * mtimecmp_.size()) {
    return part_of(mtimecmp_[(offset - kMtimecmp) / 8], offset, size_bytes);
  }
  if (offset >= kMtime && offset < kMtime + 8) return part_of(clock_.now_ticks(), offset, size_bytes);
  return 0;
}

void Aclint::mmio_write(uint64_t offset, unsigned size_bytes, uint64_t value) {
  if (size_bytes < 4) return;
  if (offset < 4 * msip_.size()) {
    if (size_bytes != 4) return;
    msip_[offset / 4] = value & 1;
    raised_ |= (value & 1) != 0;
  } else if (offset >= kMtimecmp && offset < kMtimecmp + 8 * mtimecmp_.size()) {
    uint64_t& cmp = mtimecmp_[(offset - kMtimecmp) / 8];
    cmp = with_part(cmp, offset, size_bytes, value);
  }
}

}  // namespace recount
