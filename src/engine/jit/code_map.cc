#include "engine/jit/code_map.h"

#include <algorithm>

namespace recount::jit {
namespace {

constexpr unsigned kLineShift = 6;

uint64_t lines_between(uint64_t first_byte, uint64_t last_byte) {
  uint64_t first = (first_byte & kPageMask) >> kLineShift, last = (last_byte & kPageMask) >> kLineShift;
  uint64_t count = last - first + 1;
  return (count >= 64 ? ~0ull : (1ull << count) - 1) << first;
}

}  // namespace

uint64_t lines_of(const ir::Block& block) {
  uint64_t lines = 0;
  for (const ir::Point& p : block.points) lines |= lines_between(p.offset, p.offset + p.length - 1u);
  return lines;
}

Translation* CodeMap::insert(std::unique_ptr<Translation> translation) {
  Translation* t = translation.get();
  Frame& frame = frames_[t->physical_pc >> kPageShift];
  frame.lines |= t->lines;
  frame.blocks.push_back(t);
  by_pc_[t->physical_pc] = t;
  maybe_.set(maybe_index(t->physical_pc));
  all_.push_back(std::move(translation));
  return t;
}

std::vector<Translation*> CodeMap::drop(Gpa gpa, uint64_t size_bytes) {
  auto it = frames_.find(raw(gpa) >> kPageShift);
  if (it == frames_.end()) return {};
  Frame& frame = it->second;
  uint64_t hit = lines_between(raw(gpa), raw(gpa) + std::max<uint64_t>(size_bytes, 1) - 1);
  if ((frame.lines & hit) == 0) return {};
  std::vector<Translation*> dropped;
  frame.lines = 0;
  std::erase_if(frame.blocks, [&](Translation* t) {
    if ((t->lines & hit) == 0) {
      frame.lines |= t->lines;
      return false;
    }
    t->dropped = true;
    by_pc_.erase(t->physical_pc);
    dropped.push_back(t);
    return true;
  });
  if (frame.blocks.empty()) frames_.erase(it);
  return dropped;
}

bool CodeMap::holds(Gpa gpa) const { return frames_.contains(raw(gpa) >> kPageShift); }

void CodeMap::clear() {
  by_pc_.clear();
  maybe_.reset();
  frames_.clear();
  all_.clear();
}

}  // namespace recount::jit
