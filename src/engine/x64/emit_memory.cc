// Loads, stores and AMOs: an inline look at the fast TLB; what it does not have goes the slow way.

#include "base/address.h"
#include "engine/x64/emitter.h"

namespace recount::x64 {

using namespace asmjit::x86;
using ir::AmoKind;
using ir::Value;

Gpr Emitter::guest_address(const ir::Inst& i) {
  auto displacement = static_cast<int32_t>(i.imm);
  if (values_.in_memory(i.a) && !values_.used_later(i.a)) {
    Gpr to = values_.scratch();
    a_->mov(to, values_.mem(i.a));
    if (displacement != 0) a_->add(to, displacement);
    return to;
  }
  Gpr base = values_.reg(i.a);
  if (displacement == 0) return base;
  Gpr to = values_.scratch();
  a_->lea(to, ptr(base, displacement));
  values_.release(base);
  return to;
}

void Emitter::check(Gpr address, Gpr addend, Gpr index, unsigned width, bool store, const Label& slow) {
  // One comparison covers page, permission, alignment, devices, and for stores the watched frames: such entries
  // are not in the table.
  FastPlace entry = fast_place(index, store);
  Label second = a_.label(), done = a_.label();
  find_entry(a_, l_, index, address);
  a_->mov(addend, address);
  a_->and_(addend, -static_cast<int32_t>(kPageSize) | static_cast<int32_t>(width - 1));
  a_->cmp(addend, entry.page);
  a_->long_().jne(second);
  a_->mov(addend, entry.addend);
  a_->bind(done);
  look_further(second, done, slow, addend, entry, store);
}

// Cold code, from where the first entry did not have the page that is in addend: puts its addend there and goes to found.
void Emitter::look_further(const Label& from, const Label& found, const Label& none, Gpr addend, const FastPlace& entry, bool store) {
  cold([this, from, found, none, addend, entry, stub = store ? stubs_.probe_store : stubs_.probe_load] {
    Label neither = a_.label();
    a_->bind(from);
    a_->cmp(addend, entry.page.cloneAdjusted(kSecond));
    a_->jne(neither);
    a_->mov(addend, entry.addend.cloneAdjusted(kSecond));
    a_->jmp(found);
    a_->bind(neither);
    a_->mov(l_.word(Word::kAddress), addend);
    a_.call(stub);
    a_->long_().jne(none);
    a_->mov(addend, l_.word(Word::kValue));
    a_->jmp(found);
  });
}

// If whatever lies between the group's first and last byte is on one page, and that is there: work and the group's word become
// the host address of its base. Nothing can fault here.
void Emitter::check_group(const Address& address, const Label& none) {
  const AccessGroup& group = *address.group;
  Gpr host = address.work, index = values_.scratch();
  FastPlace entry = fast_place(index, group.store);
  Label second = a_.label(), found = a_.label();
  move_base(address);
  if (group.begin != 0) a_->add(host, static_cast<int32_t>(group.begin));
  a_->mov(index.r32(), host.r32());
  a_->and_(index.r32(), static_cast<uint32_t>(kPageMask));
  a_->cmp(index.r32(), static_cast<uint32_t>(kPageSize) - static_cast<uint32_t>(group.end - group.begin));
  a_->long_().ja(none);
  find_entry(a_, l_, index, host);
  a_->and_(host, -static_cast<int32_t>(kPageSize));
  a_->cmp(host, entry.page);
  a_->long_().jne(second);
  a_->mov(host, entry.addend);
  a_->bind(found);
  address.memory ? a_->add(host, *address.memory) : a_->add(host, address.reg);
  a_->mov(l_.word(Word::kGroup, group.word), host);
  look_further(second, found, none, host, entry, group.store);
}

Emitter::Address Emitter::address_of(const ir::Inst& i) {
  const AccessGroup* group = groups_.of(now_);
  if (group == nullptr) return {.reg = guest_address(i)};
  Address address{.group = group, .displacement = static_cast<int32_t>(i.imm)};
  if (values_.in_memory(i.a)) {
    address.memory = values_.mem(i.a);
  } else {
    address.reg = values_.reg(i.a);
  }
  return address;
}

Mem Emitter::place_of(Address& address, const ir::Inst& i, bool store, const Label& slow, std::optional<Gpr> spare) {
  if (spare && !address.memory && spare->id() == address.reg.id()) spare.reset();
  address.work = spare ? *spare : values_.scratch();
  if (address.group == nullptr) {
    check(address.reg, address.work, values_.scratch(), i.width, store, slow);
    return ptr(address.work, address.reg);
  }
  bool first = address.group->first == now_;
  Label alone = a_.label(), checked = a_.label();
  if (first) {
    check_group(address, alone);
  } else {
    a_->mov(address.work, l_.word(Word::kGroup, address.group->word));
    a_->test(address.work, address.work);
    a_->long_().jz(alone);
  }
  a_->bind(checked);
  cold([this, alone, checked, slow, address, first, width = i.width, stub = store ? stubs_.probe_store : stubs_.probe_load] {
    a_->bind(alone);
    if (first) a_->mov(l_.word(Word::kGroup, address.group->word), 0);
    put_address(address);
    a_->and_(l_.word(Word::kAddress), -static_cast<int32_t>(kPageSize) | static_cast<int32_t>(width - 1));
    a_.call(stub);
    a_->long_().jne(slow);
    move_base(address);
    a_->add(address.work, l_.word(Word::kValue));
    a_->jmp(checked);
  });
  return ptr(address.work, address.displacement);
}

void Emitter::move_base(const Address& address) {
  address.memory ? a_->mov(address.work, *address.memory) : a_->mov(address.work, address.reg);
}

void Emitter::put_address(const Address& address) {
  Gpr from = address.reg;
  if (address.group != nullptr) {
    move_base(address);
    from = address.work;
    if (address.displacement != 0) a_->add(from, address.displacement);
  }
  a_->mov(l_.word(Word::kAddress), from);
}

void Emitter::load(const ir::Inst& i, Value v) {
  Address address = address_of(i);
  Gpr to = values_.define(v);
  Label slow = a_.label(), done = a_.label();
  // A pin keeps its old value until the load has worked.
  bool temporary = pin_of_host(to) == nullptr;
  Mem from = place_of(address, i, false, slow, temporary ? std::optional(to) : std::nullopt);
  switch (i.width) {
    case 1:
      from.setSize(1);
      i.detail != 0 ? a_->movsx(to, from) : a_->movzx(to.r32(), from);
      break;
    case 2:
      from.setSize(2);
      i.detail != 0 ? a_->movsx(to, from) : a_->movzx(to.r32(), from);
      break;
    case 4:
      from.setSize(4);
      i.detail != 0 ? a_->movsxd(to, from) : a_->mov(to.r32(), from);
      break;
    default: a_->mov(to, from); break;
  }
  a_->bind(done);
  cold([this, slow, done, address, to, where = info(i), stub = load_stub()] {
    a_->bind(slow);
    put_address(address);
    a_->mov(l_.word32(Word::kInfo), where);
    a_.call(stub);
    a_->mov(to, l_.word(Word::kValue));
    a_->jmp(done);
  });
}

void Emitter::store(const ir::Inst& i) {
  Address address = address_of(i);
  bool zero = values_.is_constant(i.b) && values_.constant(i.b) == 0;
  Gpr value = zero ? Gpr() : values_.reg(i.b);
  Label slow = a_.label(), done = a_.label();
  Mem to = place_of(address, i, true, slow);
  to.setSize(i.width);
  if (zero) {
    a_->mov(to, 0);
  } else {
    switch (i.width) {
      case 1: a_->mov(to, value.r8()); break;
      case 2: a_->mov(to, value.r16()); break;
      case 4: a_->mov(to, value.r32()); break;
      default: a_->mov(to, value); break;
    }
  }
  a_->bind(done);
  cold([this, slow, done, address, value, zero, where = info(i), stub = store_stub()] {
    a_->bind(slow);
    put_address(address);
    zero ? a_->mov(l_.word(Word::kValue), 0) : a_->mov(l_.word(Word::kValue), value);
    a_->mov(l_.word32(Word::kInfo), where);
    a_.call(stub);
    a_->jmp(done);
  });
}

// One hart runs at a time: an AMO is a load, an operation and a store.
void Emitter::modify(AmoKind kind, Mem place, Gpr operand, Gpr old) {
  switch (kind) {
    case AmoKind::kSwap: a_->mov(place, operand); break;
    case AmoKind::kAdd: a_->add(place, operand); break;
    case AmoKind::kXor: a_->xor_(place, operand); break;
    case AmoKind::kAnd: a_->and_(place, operand); break;
    case AmoKind::kOr: a_->or_(place, operand); break;
    default: {
      // Memory keeps what it has, or takes the operand.
      Label keep = a_.label();
      a_->cmp(old, operand);
      switch (kind) {
        case AmoKind::kMin: a_->jle(keep); break;
        case AmoKind::kMax: a_->jge(keep); break;
        case AmoKind::kMinU: a_->jbe(keep); break;
        default: a_->jae(keep); break;
      }
      a_->mov(place, operand);
      a_->bind(keep);
      break;
    }
  }
}

// place: the host address. old: what is there.
void Emitter::reserve(Gpr place, Gpr old) {
  a_->mov(l_.reserved_value(), old);
  a_->mov(old, l_.gpa_minus_host());
  a_->add(old, place);
  a_->mov(l_.reservation(), old);
  a_->mov(old, l_.reserved_value());
  a_->mov(l_.reserved(), 1);
}

// If anything speaks against the store, the interpreter finds out what.
void Emitter::store_conditional(Gpr place, Mem memory, Gpr operand, Gpr old, const Label& slow) {
  a_->cmp(old, l_.reserved_value());
  a_->long_().jne(slow);
  a_->mov(old, l_.gpa_minus_host());
  a_->add(old, place);
  a_->cmp(old, l_.reservation());
  a_->long_().jne(slow);
  a_->cmp(l_.reserved(), 0);
  a_->long_().je(slow);
  a_->mov(memory, operand);
  a_->mov(l_.reserved(), 0);
  a_->mov(old.r32(), 0);
}

void Emitter::amo(const ir::Inst& i, Value v) {
  Gpr address = values_.reg(i.a), operand = values_.reg(i.b);
  Gpr to = values_.define(v);
  Gpr old = pin_of_host(to) != nullptr ? values_.scratch() : to;
  Gpr addend = values_.scratch();
  Label slow = a_.label(), done = a_.label();
  auto kind = static_cast<AmoKind>(i.detail);
  check(address, addend, old, i.width, kind != AmoKind::kReserve, slow);
  a_->add(addend, address);
  bool wide = i.width == 8;
  auto sized = [wide](Gpr r) { return wide ? r : r.r32(); };
  Mem place = ptr(addend);
  place.setSize(i.width);
  wide ? a_->mov(old, place) : a_->movsxd(old, place);
  if (kind == AmoKind::kReserve) {
    reserve(addend, old);
  } else if (kind == AmoKind::kConditional) {
    store_conditional(addend, place, sized(operand), old, slow);
  } else {
    modify(kind, place, sized(operand), sized(old));
  }
  if (to.id() != old.id()) a_->mov(to, old);
  a_->bind(done);
  cold([this, slow, done, address, to, i] {
    a_->bind(slow);
    a_->mov(l_.word(Word::kAddress), address);
    call_step(i, stubs_.step_f);
    // The interpreter has written the register; x0's place takes what nobody looks at.
    a_->mov(to, l_.x(i.slot == 0 ? kDiscardRegister : i.slot));
    a_->jmp(done);
  });
}

}  // namespace recount::x64
