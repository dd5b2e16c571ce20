// The supervisor's registers that only hold what was put there, and the switch of its interrupts when it is turned off: what
// every trap handler does. The rest of the CSR instructions is the interpreter's.

#include "engine/frontend/translator.h"
#include "hart/status.h"
#include "isa/csr.h"

namespace recount::frontend {
namespace {

using ir::Opcode;
using ir::SystemSlot;
using ir::Value;

struct PlainRegister {
  SystemSlot slot;
  uint64_t writable = ~0ull;
};
std::optional<PlainRegister> plain_register(uint64_t number) {
  switch (number) {
    case csr::kSscratch: return {{SystemSlot::kScratch}};
    case csr::kSepc: return {{SystemSlot::kEpc, ~1ull}};
    case csr::kScause: return {{SystemSlot::kCause}};
    case csr::kStval: return {{SystemSlot::kTval}};
    default: return std::nullopt;
  }
}

enum class Change : uint8_t { kWrite, kSet, kClear };
struct CsrAccess {
  Change change;
  bool immediate;
};
std::optional<CsrAccess> csr_access(Op op) {
  switch (op) {
    case Op::kCsrrw: return {{Change::kWrite, false}};
    case Op::kCsrrs: return {{Change::kSet, false}};
    case Op::kCsrrc: return {{Change::kClear, false}};
    case Op::kCsrrwi: return {{Change::kWrite, true}};
    case Op::kCsrrsi: return {{Change::kSet, true}};
    case Op::kCsrrci: return {{Change::kClear, true}};
    default: return std::nullopt;
  }
}

Value binary_with(Translator& t, Opcode op, Value a, uint64_t b) {
  return t.ir.binary(op, a, t.ir.constant(static_cast<int64_t>(b)));
}

Value changed(Translator& t, Change change, Value old, Value operand) {
  switch (change) {
    case Change::kWrite: return operand;
    case Change::kSet: return t.ir.binary(Opcode::kOr, old, operand);
    case Change::kClear: return t.ir.binary(Opcode::kAnd, old, binary_with(t, Opcode::kXor, operand, ~0ull));
  }
  return old;
}

void plain(Translator& t, CsrAccess access, PlainRegister to) {
  t.guard_supervisor();
  Value old = t.ir.get_system(to.slot);
  if (access.change == Change::kWrite || t.insn.rs1 != 0) {
    Value operand = access.immediate ? t.ir.constant(t.insn.rs1) : t.x(t.insn.rs1);
    Value value = changed(t, access.change, old, operand);
    if (to.writable != ~0ull) value = binary_with(t, Opcode::kAnd, value, to.writable);
    t.ir.set_system(to.slot, value);
  }
  t.set_x(t.insn.rd, old);
}

// Reads sstatus; clears SIE too if asked. Setting it could let an interrupt in, and other bits change translations.
void status(Translator& t, bool clears_sie) {
  t.guard_supervisor();
  Value old = t.ir.get_system(SystemSlot::kStatus);
  if (clears_sie) t.ir.set_system(SystemSlot::kStatus, binary_with(t, Opcode::kAnd, old, ~mstatus::kSie));
  if (t.insn.rd == 0) return;
  // SD is not kept: it says that FS is 3.
  Value fs = binary_with(t, Opcode::kAnd, old, mstatus::kFs);
  Value dirty = t.ir.binary(Opcode::kLtU, t.ir.constant(mstatus::kFs - 1), fs);
  Value sd = binary_with(t, Opcode::kShl, dirty, 63);
  Value readable = binary_with(t, Opcode::kAnd, old, mstatus::kSupervisorReadable);
  t.set_x(t.insn.rd, t.ir.binary(Opcode::kOr, readable, sd));
}

}  // namespace

bool translate_system(Translator& t) {
  auto access = csr_access(t.insn.op);
  if (!access) return false;
  auto number = static_cast<uint64_t>(t.insn.imm);
  if (auto to = plain_register(number)) {
    plain(t, *access, *to);
    return true;
  }
  if (number != csr::kSstatus || access->change == Change::kWrite) return false;
  bool reads_only = t.insn.rs1 == 0;
  bool clears_sie = access->change == Change::kClear && access->immediate && t.insn.rs1 == mstatus::kSie;
  if (!reads_only && !clears_sie) return false;
  status(t, clears_sie);
  return true;
}

}  // namespace recount::frontend
