#pragma once
// Guest RAM: one contiguous range of guest physical memory, with a byte of flags a frame.
// Flags make caches architecturally invisible: whoever caches something derived from a frame
// (code, page-table entries) marks it, and every store to a marked frame reports to the watcher.
// Devices use read() and write(); the hart's own fast paths use host() and flags() directly.

#include <cstdint>
#include <memory>
#include <vector>

#include "base/address.h"
#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"
#include "host/memory_map.h"

namespace recount {

enum FrameFlag : uint8_t {
  kFrameCode = 1,       // decoded or translated code comes from here
  kFramePageTable = 2,  // a cached translation was read from here, at the last level
  kFrameUpperTable = 8,  // ... at an upper level: one entry reaches many pages
  kFrameDirty = 4,      // written since the last checkpoint digest
  kFrameRoot = 16,      // the upper half of this top-level table is taken to be the same as another's
  kFrameLowHalf = 32,   // of tables: read on the way to addresses whose top bit is clear ...
  kFrameHighHalf = 64,  // ... or set: what its entries reach
  kFrameSpied = 128,    // a debugger wants to know of accesses
};

inline constexpr uint8_t kFrameTable =
    kFramePageTable | kFrameUpperTable | kFrameRoot | kFrameLowHalf | kFrameHighHalf;
inline constexpr uint8_t kFrameWatched = kFrameCode | kFrameTable | kFrameSpied;

// Told before bytes of a marked frame change.
class WriteWatcher {
 public:
  virtual ~WriteWatcher() = default;
  // [gpa, gpa + size) lies inside one frame and is about to be overwritten.
  virtual void before_write(Gpa gpa, uint64_t size_bytes, uint8_t flags) = 0;
};

class Ram {
 public:
  static Result<std::unique_ptr<Ram>> create(Gpa base, uint64_t size_bytes);

  Gpa base() const { return base_; }
  uint64_t size() const { return map_->size(); }
  uint64_t frame_count() const { return flags_.size(); }
  bool contains(Gpa gpa, uint64_t size_bytes) const {
    uint64_t offset = raw(gpa) - raw(base_);
    return offset <= size() && size_bytes <= size() - offset;
  }

  // Direct access; gpa must be inside (CHECKed by callers through contains()).
  uint8_t* host(Gpa gpa) { return map_->data() + (raw(gpa) - raw(base_)); }
  // The other way; p points into guest RAM.
  Gpa gpa_of(const uint8_t* p) const { return base_ + static_cast<uint64_t>(p - map_->data()); }
  uint8_t& flags(Gpa gpa) { return flags_[(raw(gpa) - raw(base_)) >> kPageShift]; }
  uint8_t* frame(uint64_t index) { return map_->data() + (index << kPageShift); }
  uint8_t frame_flags(uint64_t index) const { return flags_[index]; }

  // DMA. False, and nothing done, if any byte is outside.
  bool read(Gpa gpa, std::span<uint8_t> out) const;
  bool write(Gpa gpa, ByteView bytes);

  void set_watcher(WriteWatcher* watcher) { watcher_ = watcher; }
  // Marks the frame dirty and tells the watcher what its flags promise. Call before changing bytes;
  // the range lies inside one frame.
  void note_write(Gpa gpa, uint64_t size_bytes) {
    uint8_t& f = flags(gpa);
    if ((f & kFrameWatched) != 0 && watcher_ != nullptr) {
      watcher_->before_write(gpa, size_bytes, f);
    }
    f |= kFrameDirty;
  }

  // XXH3 over (index, digest) of every dirty frame in order of index. Clears no flag.
  Digest128 dirty_digest() const;
  void clear_flags(uint8_t mask);
  // Frames dirtied since the last clear_flags(kFrameDirty), a bit each: part of a captured state.
  Bytes dirty_bitmap() const;
  Result<void> set_dirty_bitmap(ByteView bitmap);

 private:
  Ram(Gpa base, std::unique_ptr<MemoryMap> map);
  Gpa base_;
  std::unique_ptr<MemoryMap> map_;
  std::vector<uint8_t> flags_;
  WriteWatcher* watcher_ = nullptr;
};

}  // namespace recount
