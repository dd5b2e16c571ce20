#include "memory/ram.h"

#include <algorithm>


namespace recount {

Result<std::unique_ptr<Ram>> Ram::create(Gpa base, uint64_t size_bytes) {
  auto map = TRY(MemoryMap::anonymous(size_bytes));
  return std::unique_ptr<Ram>(new Ram(base, std::move(map)));
}

Ram::Ram(Gpa base, std::unique_ptr<MemoryMap> map)
    : base_(base), map_(std::move(map)), flags_(map_->size() >> kPageShift, 0) {}

bool Ram::read(Gpa gpa, std::span<uint8_t> out) const {
  if (!contains(gpa, out.size())) return false;
  if (!out.empty()) std::memcpy(out.data(), map_->data() + (raw(gpa) - raw(base_)), out.size());
  return true;
}

bool Ram::write(Gpa gpa, ByteView bytes) {
  if (!contains(gpa, bytes.size())) return false;
  while (!bytes.empty()) {
    uint64_t in_frame = std::min<uint64_t>(bytes.size(), kPageSize - (raw(gpa) & kPageMask));
    note_write(gpa, in_frame);
    std::memcpy(host(gpa), bytes.data(), in_frame);
    gpa = gpa + in_frame;
    bytes = bytes.subspan(in_frame);
  }
  return true;
}

Digest128 Ram::dirty_digest() const {
  FastHasher hasher;
  for (uint64_t i = 0; i < flags_.size(); ++i) {
    if ((flags_[i] & kFrameDirty) == 0) continue;
    Digest128 d = fast_digest({map_->data() + (i << kPageShift), kPageSize});
    hasher.update_u64(i);
    hasher.update_u64(d.low);
    hasher.update_u64(d.high);
  }
  return hasher.finish();
}

void Ram::clear_flags(uint8_t mask) {
  for (uint8_t& f : flags_) f = static_cast<uint8_t>(f & ~mask);
}

Bytes Ram::dirty_bitmap() const {
  Bytes bitmap((flags_.size() + 7) / 8, 0);
  for (uint64_t i = 0; i < flags_.size(); ++i) {
    if ((flags_[i] & kFrameDirty) != 0) bitmap[i / 8] = static_cast<uint8_t>(bitmap[i / 8] | 1u << (i % 8));
  }
  return bitmap;
}

Result<void> Ram::set_dirty_bitmap(ByteView bitmap) {
  if (bitmap.size() != (flags_.size() + 7) / 8) return fail(ErrorKind::kDamaged, "dirty bitmap has a wrong size");
  for (uint64_t i = 0; i < flags_.size(); ++i) {
    bool dirty = (bitmap[i / 8] >> (i % 8) & 1) != 0;
    flags_[i] = static_cast<uint8_t>((flags_[i] & ~kFrameDirty) | (dirty ? kFrameDirty : 0));
  }
  return {};
}

}  // namespace recount
