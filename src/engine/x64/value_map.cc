#include "engine/x64/value_map.h"

#include <bit>

#include "base/check.h"

namespace recount::x64 {

using ir::kNoValue;
using ir::Value;

namespace {

constexpr uint32_t pinned_slots() {
  uint32_t mask = 0;
  for (const Pin& p : kPins) mask |= 1u << p.slot;
  return mask;
}

}  // namespace

unsigned ValueMap::best_slot(Value v) const {
  uint32_t slots = places_[v].slots;
  uint32_t pinned = slots & pinned_slots();
  return static_cast<unsigned>(std::countr_zero(pinned != 0 ? pinned : slots));
}

void ValueMap::bind(unsigned slot, Value v) {
  uint32_t bit = 1u << slot;
  if (Value old = slot_value_[slot]; old != kNoValue) places_[old].slots &= ~bit;
  slot_value_[slot] = v;
  places_[v].slots |= bit;
}

void ValueMap::begin(const ir::Block& block) {
  block_ = &block;
  now_ = 0;
  last_use_.assign(block.insts.size(), 0);
  places_.assign(block.insts.size(), {});
  owner_.fill(kNoValue);
  slot_value_.fill(kNoValue);
  spilled_.fill(false);
  for (size_t n = 0; n < block.insts.size(); ++n) {
    for (Value v : {block.insts[n].a, block.insts[n].b, block.insts[n].c}) {
      if (v != kNoValue) last_use_[v] = n;
    }
  }
}

void ValueMap::begin_inst(size_t n) {
  now_ = n;
  locked_.fill(false);
}

void ValueMap::end_inst() {
  for (size_t t = 0; t < kTemps.size(); ++t) {
    Value v = owner_[t];
    if (v != kNoValue && last_use_[v] <= now_) {
      places_[v].temp = kNowhere;
      owner_[t] = kNoValue;
    }
  }
  // Spilled values end here as well.
  const ir::Inst& i = block_->insts[now_];
  for (Value v : {i.a, i.b, i.c}) {
    if (v == kNoValue || places_[v].spill == kNowhere || last_use_[v] > now_) continue;
    spilled_[static_cast<size_t>(places_[v].spill)] = false;
    places_[v].spill = kNowhere;
  }
}

void ValueMap::load(Value v, Gpr to) {
  const Place& p = places_[v];
  if (is_constant(v)) {
    int64_t c = constant(v);
    if (c == 0) {
      a_->mov(to.r32(), 0);  // not xor: flags may be live
    } else if (c > 0 && c <= 0xffffffffll) {
      a_->mov(to.r32(), static_cast<uint32_t>(c));
    } else {
      a_->mov(to, c);
    }
  } else if (p.spill != kNowhere) {
    a_->mov(to, l_.word(Word::kSpill, static_cast<unsigned>(p.spill)));
  } else {
    CHECK(p.slots != 0);
    unsigned slot = best_slot(v);
    if (const Gpr* pin = pin_of(slot); pin != nullptr) {
      a_->mov(to, *pin);
    } else {
      a_->mov(to, l_.x(slot));
    }
  }
}

void ValueMap::evict(int temp) {
  auto t = static_cast<size_t>(temp);
  Value v = owner_[t];
  if (v == kNoValue) return;
  Place& p = places_[v];
  bool elsewhere = is_constant(v) || p.slots != 0 || p.spill != kNowhere;
  if (!elsewhere && last_use_[v] >= now_) {
    size_t s = 0;
    while (s < kSpillCount && spilled_[s]) ++s;
    CHECK(s < kSpillCount);
    spilled_[s] = true;
    p.spill = static_cast<int>(s);
    a_->mov(l_.word(Word::kSpill, static_cast<unsigned>(s)), from_index(temp));
  }
  p.temp = kNowhere;
  owner_[t] = kNoValue;
}

int ValueMap::take_temp() {
  int best = kNowhere;
  size_t farthest = 0;
  for (size_t t = 0; t < kTemps.size(); ++t) {
    if (locked_[t]) continue;
    size_t use = owner_[t] == kNoValue ? SIZE_MAX : last_use_[owner_[t]];
    if (best == kNowhere || use > farthest) {
      best = static_cast<int>(t);
      farthest = use;
    }
  }
  CHECK(best != kNowhere);
  evict(best);
  locked_[static_cast<size_t>(best)] = true;
  return best;
}

void ValueMap::put_in_temp(Value v, int temp) {
  owner_[static_cast<size_t>(temp)] = v;
  locked_[static_cast<size_t>(temp)] = true;
  places_[v].temp = temp;
}

Gpr ValueMap::reg(Value v) {
  Place& p = places_[v];
  if (p.temp != kNowhere) {
    locked_[static_cast<size_t>(p.temp)] = true;
    return from_index(p.temp);
  }
  if (p.slots != 0) {
    if (const Gpr* pin = pin_of(best_slot(v)); pin != nullptr) return *pin;
  }
  int temp = take_temp();
  load(v, from_index(temp));
  put_in_temp(v, temp);
  return from_index(temp);
}

bool ValueMap::in_memory(Value v) const {
  const Place& p = places_[v];
  if (p.temp != kNowhere || is_constant(v)) return false;
  if (p.slots != 0) return pin_of(best_slot(v)) == nullptr;
  return p.spill != kNowhere;
}

Mem ValueMap::mem(Value v) const {
  const Place& p = places_[v];
  if (p.slots != 0) return l_.x(best_slot(v));
  return l_.word(Word::kSpill, static_cast<unsigned>(p.spill));
}

Gpr ValueMap::scratch() { return from_index(take_temp()); }

void ValueMap::claim(Gpr r) {
  for (size_t t = 0; t < kTemps.size(); ++t) {
    if (kTemps[t].id() != r.id()) continue;
    CHECK(!locked_[t]);
    evict(static_cast<int>(t));
    locked_[t] = true;
  }
}

void ValueMap::release(Gpr r) {
  for (size_t t = 0; t < kTemps.size(); ++t) {
    if (kTemps[t].id() == r.id()) locked_[t] = false;
  }
}

Gpr ValueMap::define(Value v) {
  const auto& insts = block_->insts;
  if (now_ + 1 < insts.size()) {
    const ir::Inst& next = insts[now_ + 1];
    if (next.op == ir::Opcode::kSet && next.a == v) {
      if (const Gpr* pin = pin_of(next.slot); pin != nullptr) {
        preserve(next.slot);
        bind(next.slot, v);
        return *pin;
      }
    }
  }
  int temp = take_temp();
  put_in_temp(v, temp);
  return from_index(temp);
}

Gpr ValueMap::define_over(Value v, Value source) {
  Place& p = places_[source];
  bool dies = p.temp != kNowhere && last_use_[source] <= now_;
  const auto& insts = block_->insts;
  bool goes_to_pin = now_ + 1 < insts.size() && insts[now_ + 1].op == ir::Opcode::kSet && insts[now_ + 1].a == v &&
                     pin_of(insts[now_ + 1].slot) != nullptr;
  if (!dies || goes_to_pin) return define(v);
  int temp = p.temp;
  p.temp = kNowhere;
  put_in_temp(v, temp);
  return from_index(temp);
}

void ValueMap::preserve(unsigned slot) {
  Value old = slot_value_[slot];
  if (old == kNoValue) return;
  Place& p = places_[old];
  if (p.slots != 1u << slot) return;
  // At the set itself now_ is past the last reader; at define() the operands of now_ may still be read in place.
  if (p.spill != kNowhere || last_use_[old] <= now_ || is_constant(old)) return;
  if (p.temp != kNowhere) {
    locked_[static_cast<size_t>(p.temp)] = true;  // evicted before the slot changes, it would count as safe there
    return;
  }
  int temp = take_temp();
  load(old, from_index(temp));
  put_in_temp(old, temp);
}

void ValueMap::set_slot(unsigned slot, Value v) {
  if (slot_value_[slot] == v) return;  // defined into the pin, or there already
  preserve(slot);
  const Gpr* pin = pin_of(slot);
  if (pin != nullptr) {
    if (is_constant(v)) {
      load(v, *pin);
    } else if (in_memory(v)) {
      a_->mov(*pin, mem(v));
    } else {
      a_->mov(*pin, reg(v));
    }
  } else if (fits_imm32(v)) {
    a_->mov(l_.x(slot), static_cast<int32_t>(constant(v)));
  } else {
    a_->mov(l_.x(slot), reg(v));
  }
  bind(slot, v);
}

void ValueMap::note_get(unsigned slot, Value v) { bind(slot, v); }

void ValueMap::forget_slots() {
  for (Value v : slot_value_) {
    if (v != kNoValue) places_[v].slots = 0;
  }
  slot_value_.fill(kNoValue);
}

}  // namespace recount::x64
