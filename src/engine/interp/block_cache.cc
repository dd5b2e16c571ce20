#include "engine/interp/block_cache.h"

#include <algorithm>

namespace recount::interp {

uint64_t BlockCache::lines_of(uint64_t physical_pc, uint64_t size_bytes) {
  uint64_t first = (physical_pc & kPageMask) >> kLineShift;
  uint64_t last = ((physical_pc & kPageMask) + std::max<uint64_t>(size_bytes, 1) - 1) >> kLineShift;
  uint64_t count = last - first + 1;
  return (count >= 64 ? ~0ull : (1ull << count) - 1) << first;
}

Block* BlockCache::insert(std::unique_ptr<Block> block) {
  Frame& frame = frames_[block->physical_pc >> kPageShift];
  frame.lines |= lines_of(block->physical_pc, block->size_bytes);
  frame.pcs.push_back(block->physical_pc);
  op_count_ += block->ops.size();
  auto& slot = blocks_[block->physical_pc];
  slot = std::move(block);
  return slot.get();
}

bool BlockCache::drop(Gpa gpa, uint64_t size_bytes) {
  auto it = frames_.find(raw(gpa) >> kPageShift);
  if (it == frames_.end()) return false;
  Frame& frame = it->second;
  uint64_t hit = lines_of(raw(gpa), size_bytes);
  if ((frame.lines & hit) == 0) return false;
  frame.lines = 0;
  std::erase_if(frame.pcs, [&](uint64_t pc) {
    auto block = blocks_.find(pc);
    uint64_t lines = lines_of(pc, block->second->size_bytes);
    if ((lines & hit) == 0) {
      frame.lines |= lines;
      return false;
    }
    op_count_ -= block->second->ops.size();
    dropped_.push_back(std::move(block->second));
    blocks_.erase(block);
    return true;
  });
  if (frame.pcs.empty()) frames_.erase(it);
  return true;
}

void BlockCache::flush() {
  for (auto& [pc, block] : blocks_) dropped_.push_back(std::move(block));
  blocks_.clear();
  frames_.clear();
  op_count_ = 0;
}

}  // namespace recount::interp
