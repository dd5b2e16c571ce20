#include "engine/x64/float_map.h"

#include <bit>

#include "base/check.h"

namespace recount::x64 {

using ir::kNoValue;
using ir::Value;

void FloatMap::begin(const ir::Block& block) {
  block_ = &block;
  now_ = 0;
  last_use_.assign(block.insts.size(), 0);
  slots_.assign(block.insts.size(), 0);
  owner_.fill(kNoValue);
  locked_.fill(false);
  boxed_ = 0;
  for (size_t n = 0; n < block.insts.size(); ++n) {
    for (Value v : {block.insts[n].a, block.insts[n].b, block.insts[n].c}) {
      if (v != kNoValue) last_use_[v] = n;
    }
  }
}

void FloatMap::begin_inst(size_t n) {
  now_ = n;
  locked_.fill(false);
}

void FloatMap::end_inst() {
  for (Value& v : owner_) {
    if (v != kNoValue && last_use_[v] <= now_) v = kNoValue;
  }
}

std::optional<Xmm> FloatMap::find(Value v) {
  for (size_t r = 0; r < kCount; ++r) {
    if (owner_[r] != v) continue;
    locked_[r] = true;
    return Xmm(static_cast<uint32_t>(r));
  }
  return std::nullopt;
}

unsigned FloatMap::slot_of(Value v) const {
  CHECK(slots_[v] != 0);
  return static_cast<unsigned>(std::countr_zero(slots_[v]));
}

size_t FloatMap::take() {
  size_t best = kCount, farthest = 0;
  for (size_t r = 0; r < kCount; ++r) {
    if (locked_[r]) continue;
    Value v = owner_[r];
    // Parts of a guest instruction are in no slot, and stay.
    if (v != kNoValue && slots_[v] == 0) continue;
    size_t use = v == kNoValue ? SIZE_MAX : last_use_[v];
    if (best == kCount || use > farthest) {
      best = r;
      farthest = use;
    }
  }
  CHECK(best != kCount);
  owner_[best] = kNoValue;
  locked_[best] = true;
  return best;
}

Xmm FloatMap::define(Value v) {
  size_t r = take();
  owner_[r] = v;
  return Xmm(static_cast<uint32_t>(r));
}

Xmm FloatMap::scratch() { return Xmm(static_cast<uint32_t>(take())); }

bool FloatMap::any_lives_on() const {
  for (Value v : owner_) {
    if (v != kNoValue && last_use_[v] > now_) return true;
  }
  return false;
}

void FloatMap::set_slot(unsigned slot, Value v, unsigned width) {
  uint32_t bit = 1u << slot;
  for (uint32_t& slots : slots_) slots &= ~bit;
  slots_[v] |= bit;
  boxed_ = width == 4 ? boxed_ | bit : boxed_ & ~bit;
}

void FloatMap::forget() {
  std::fill(slots_.begin(), slots_.end(), 0);
  owner_.fill(kNoValue);
  boxed_ = 0;
}

}  // namespace recount::x64
