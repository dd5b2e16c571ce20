#include "engine/x64/emitter.h"

#include "base/address.h"
#include "base/check.h"

namespace recount::x64 {

using namespace asmjit::x86;
using ir::Opcode;
using ir::Value;

EmittedBlock Emitter::emit(const ir::Block& block, uintptr_t address, const void* const* step_ops,
                           uint32_t first_link) {
  block_ = &block;
  step_ops_ = step_ops;
  next_link_ = first_link;
  links_.clear();
  link_labels_.clear();
  cold_.clear();
  a_.begin(address);
  values_.begin(block);
  floats_.begin(block);
  groups_.find(block);

  Label short_of_budget = a_.label(), dead = a_.label();
  uint32_t steps = block.step_count();
  a_->sub(kBudgetRegister, steps);
  a_->long_().jl(short_of_budget);
  for (size_t n = 0; n < block.insts.size(); ++n) {
    now_ = n;
    values_.begin_inst(n);
    floats_.begin_inst(n);
    inst(n);
    values_.end_inst();
    floats_.end_inst();
  }
  for (size_t n = 0; n < cold_.size(); ++n) cold_[n]();  // one may add another

  a_->bind(short_of_budget);
  a_->add(kBudgetRegister, steps);
  uint32_t start = Info{.offset = block.points[0].offset}.pack();
  a_->mov(l_.word32(Word::kInfo), start);
  a_.jump(stubs_.exit_interpret);
  a_->bind(dead);
  a_->mov(l_.word32(Word::kInfo), start);
  a_.jump(stubs_.exit_dead);

  ByteView code = a_.finish();
  for (auto& [index, label] : link_labels_) links_[index].stub = a_.offset_of(label);
  return {code, a_.offset_of(dead), std::move(links_)};
}

void Emitter::inst(size_t n) {
  const ir::Inst& i = block_->insts[n];
  auto v = static_cast<Value>(n);
  switch (kind_of(i)) {
    case ir::Kind::kImmediate:
      if (i.op == Opcode::kAddress) {
        Gpr to = values_.define(v);
        if (i.imm == static_cast<int32_t>(i.imm)) {
          a_->mov(to, l_.word(Word::kPageBase));
          if (i.imm != 0) a_->add(to, i.imm);
        } else {
          // Guest code may add any constant to its pc: no instruction has more than 32 bits of one.
          a_->mov(to, i.imm);
          a_->add(to, l_.word(Word::kPageBase));
        }
      }
      break;
    case ir::Kind::kGet: values_.note_get(i.slot, v); break;
    case ir::Kind::kSet: values_.set_slot(i.slot, i.a); break;
    case ir::Kind::kUnary: integer_unary(i, v); break;
    case ir::Kind::kBinary: integer_binary(i, v); break;
    case ir::Kind::kLoad: load(i, v); break;
    case ir::Kind::kStore: store(i); break;
    case ir::Kind::kAmo: amo(i, v); break;
    case ir::Kind::kSysGuard: system_guard(i); break;
    case ir::Kind::kSysGet: a_->mov(values_.define(v), l_.system(i.slot)); break;
    case ir::Kind::kSysSet: system_set(i); break;
    case ir::Kind::kStep: step(i); break;
    case ir::Kind::kExitIf: exit_if(i, block_->insts[n + 1].op == Opcode::kExit && n + 2 == block_->insts.size()); break;
    case ir::Kind::kExit: leave_for(i.imm, undone_behind(i)); break;
    case ir::Kind::kExitTo: {
      Gpr target = values_.reg(i.a);
      if (target.id() != rax.id()) a_->mov(rax, target);
      if (unsigned undone = undone_behind(i); undone != 0) a_->add(kBudgetRegister, undone);
      leave_for_rax();
      break;
    }
    default: float_inst(i, v); break;
  }
}

bool Emitter::in_page(int64_t offset) { return offset >= 0 && offset < static_cast<int64_t>(kPageSize); }

uint32_t Emitter::info(const ir::Inst& i) const {
  const ir::Point& p = block_->points[i.step];
  return Info{.offset = p.offset,
              .length = p.length,
              .remaining = static_cast<uint8_t>(block_->step_count() - i.step),
              .width_log2 = static_cast<uint8_t>(std::countr_zero(i.width)),
              .sign_extends = i.detail != 0,
              .slot = i.slot,
              .is_float = is_float_result(kind_of(i)),
              .is_atomic = i.op == Opcode::kAmo}
      .pack();
}

// --- control ---

void Emitter::call_step(const ir::Inst& i, const void* stub) {
  // In halves: no register is free here.
  auto op = reinterpret_cast<uintptr_t>(step_ops_[i.step]);
  Mem low = l_.word32(Word::kStepOp);
  a_->mov(low, static_cast<uint32_t>(op));
  a_->mov(low.cloneAdjusted(4), static_cast<uint32_t>(op >> 32));
  a_->mov(l_.word32(Word::kInfo), info(i));
  a_.call(stub);
}

void Emitter::step(const ir::Inst& i) {
  values_.forget_slots();
  floats_.forget();
  call_step(i, stubs_.step);
  // One that always leaves never comes back here.
  if (static_cast<ir::StepKind>(i.detail) == ir::StepKind::kLeaves) a_->ud2();
}

void Emitter::interpret_if(CondCode condition, const ir::Inst& i) {
  Label interpreted = a_.label();
  a_->long_().j(condition, interpreted);
  cold([this, interpreted, where = info(i)] {
    a_->bind(interpreted);
    a_->mov(l_.word32(Word::kInfo), where);
    a_.jump(stubs_.exit_interpret);
  });
}

void Emitter::system_guard(const ir::Inst& i) {
  a_->cmp(l_.privilege(), static_cast<int>(Privilege::kSupervisor));
  interpret_if(CondCode::kB, i);
}

void Emitter::system_set(const ir::Inst& i) {
  if (values_.fits_imm32(i.a)) {
    a_->mov(l_.system(i.slot), static_cast<int32_t>(values_.constant(i.a)));
  } else {
    a_->mov(l_.system(i.slot), values_.reg(i.a));
  }
}

void Emitter::compare(Value a, Value b) {
  if (values_.fits_imm32(b)) {
    auto c = static_cast<int32_t>(values_.constant(b));
    if (values_.in_memory(a) && !values_.used_later(a)) {
      a_->cmp(values_.mem(a), c);
    } else {
      Gpr ra = values_.reg(a);
      if (c == 0) {
        a_->test(ra, ra);
      } else {
        a_->cmp(ra, c);
      }
    }
    return;
  }
  Gpr ra = values_.reg(a);
  if (values_.in_memory(b) && !values_.used_later(b)) {
    a_->cmp(ra, values_.mem(b));
  } else {
    a_->cmp(ra, values_.reg(b));
  }
}

namespace {

CondCode condition_of(ir::Relation r) {
  switch (r) {
    case ir::Relation::kEq: return CondCode::kE;
    case ir::Relation::kNe: return CondCode::kNE;
    case ir::Relation::kLt: return CondCode::kL;
    case ir::Relation::kGe: return CondCode::kGE;
    case ir::Relation::kLtU: return CondCode::kB;
    case ir::Relation::kGeU: return CondCode::kAE;
  }
  return CondCode::kE;
}

}  // namespace

void Emitter::exit_if(const ir::Inst& i, bool last) {
  compare(i.a, i.b);
  CondCode condition = condition_of(static_cast<ir::Relation>(i.detail));
  Label taken = a_.label();
  unsigned undone = undone_behind(i);
  if (last && undone == 0 && in_page(i.imm)) {
    link_stub(a_.patchable_jump_if(condition, taken), taken, i.imm);
    return;
  }
  a_->long_().j(condition, taken);
  cold([this, taken, offset = i.imm, undone] {
    a_->bind(taken);
    leave_for(offset, undone);
  });
}

void Emitter::link_stub(uint32_t site, const Label& label, int64_t offset) {
  link_labels_.emplace_back(links_.size(), label);
  links_.push_back({site, 0, static_cast<int32_t>(offset)});
  cold([this, label, number = next_link_++] {
    a_->bind(label);
    a_->mov(l_.word32(Word::kInfo), number);
    a_.jump(stubs_.exit_link);
  });
}

void Emitter::leave_for(int64_t offset, unsigned undone) {
  if (undone != 0) a_->add(kBudgetRegister, undone);
  if (in_page(offset)) {
    Label unlinked = a_.label();
    link_stub(a_.patchable_jump(unlinked), unlinked, offset);
    return;
  }
  a_->mov(rax, l_.word(Word::kPageBase));
  a_->add(rax, static_cast<int32_t>(offset));
  leave_for_rax();
}

void Emitter::leave_for_rax() {
  Label miss = a_.label();
  emit_lookup(a_, l_, miss);
  cold([this, miss] {
    a_->bind(miss);
    a_.jump(stubs_.missed);
  });
}

}  // namespace recount::x64
