#include <initializer_list>

#include "golden/snippet.h"
#include "isa/csr.h"

namespace recount::test {
namespace {

// t0 to t2 live in memory, a0 to a2 in registers of the host.
constexpr unsigned kZero = 0, kRa = 1, kSp = 2, kT0 = 5, kT1 = 6, kT2 = 7, kA0 = 10, kA1 = 11, kA2 = 12, kA3 = 13,
                   kS2 = 18, kFt0 = 0, kFt1 = 1, kFt2 = 2, kFt3 = 3;
constexpr unsigned kDynamic = 7, kTowardsZero = 1;  // rounding

uint32_t rrr(Op op, unsigned rd, unsigned rs1, unsigned rs2) { return encode(op, {.rd = rd, .rs1 = rs1, .rs2 = rs2}); }
uint32_t rri(Op op, unsigned rd, unsigned rs1, int64_t imm) { return encode(op, {.rd = rd, .rs1 = rs1, .imm = imm}); }
uint32_t rr(Op op, unsigned rd, unsigned rs1) { return encode(op, {.rd = rd, .rs1 = rs1}); }
uint32_t ri(Op op, unsigned rd, int64_t imm) { return encode(op, {.rd = rd, .imm = imm}); }
uint32_t store(Op op, unsigned rs2, unsigned rs1, int64_t imm) { return encode(op, {.rs1 = rs1, .rs2 = rs2, .imm = imm}); }
uint32_t branch(Op op, unsigned rs1, unsigned rs2, int64_t imm) { return store(op, rs2, rs1, imm); }
uint32_t csr(Op op, unsigned rd, unsigned number, unsigned rs1) {
  return encode(op, {.rd = rd, .rs1 = rs1, .imm = static_cast<int64_t>(number)});
}
uint32_t fp(Op op, unsigned rd, unsigned rs1, unsigned rs2 = 0, unsigned rs3 = 0, unsigned rm = kDynamic) {
  return encode(op, {.rd = rd, .rs1 = rs1, .rs2 = rs2, .rs3 = rs3, .rm = rm});
}

// Words whose two low bits are not both set are compressed ones.
Bytes code_of(std::initializer_list<uint32_t> words) {
  Bytes code;
  ByteWriter writer(code);
  for (uint32_t word : words) {
    if ((word & 3) == 3) {
      writer.fixed(word);
    } else {
      writer.fixed(static_cast<uint16_t>(word));
    }
  }
  return code;
}

// Just these instructions.
Snippet just(const std::string& name, std::initializer_list<uint32_t> words) {
  return {.name = name, .code = code_of(words), .most_steps = static_cast<unsigned>(words.size())};
}
// These, which end the block by themselves.
Snippet whole(const std::string& name, std::initializer_list<uint32_t> words, uint16_t offset = 0x100) {
  return {.name = name, .code = code_of(words), .offset = offset};
}

SnippetGroup arithmetic() {
  return {"arithmetic",
          {just("add, all in memory", {rrr(Op::kAdd, kT0, kT1, kT2)}),
           just("add, all in registers", {rrr(Op::kAdd, kA0, kA1, kA2)}),
           just("add to itself", {rrr(Op::kAdd, kA0, kA0, kA1)}),
           just("addi, in place in memory", {rri(Op::kAddi, kT0, kT0, 1)}),
           just("addi, of a register", {rri(Op::kAddi, kA0, kA1, -2048)}),
           just("mv", {rri(Op::kAddi, kA0, kT0, 0)}),
           just("li", {rri(Op::kAddi, kT0, kZero, -1)}),
           just("li of 32 bits, in two", {ri(Op::kLui, kA0, 0x12345000), rri(Op::kAddiw, kA0, kA0, 0x678)}),
           just("lui, sign-extended", {ri(Op::kLui, kA0, -0x80000000ll)}),
           just("auipc and addi: one address", {ri(Op::kAuipc, kA0, 0x1000), rri(Op::kAddi, kA0, kA0, -4)}),
           just("to x0: nothing", {rrr(Op::kAdd, kZero, kA0, kA1)}),
           just("sub", {rrr(Op::kSub, kA0, kA1, kA2)}),
           just("sub, the result where the second operand is", {rrr(Op::kSub, kA0, kA1, kA0)}),
           just("neg", {rrr(Op::kSub, kT0, kZero, kT0)}),
           just("and, or, xor", {rrr(Op::kAnd, kA0, kA0, kT0), rrr(Op::kOr, kA0, kA0, kT1), rrr(Op::kXor, kA0, kA0, kT2)}),
           just("andi", {rri(Op::kAndi, kA0, kA1, 255)}),
           just("not", {rri(Op::kXori, kA0, kA0, -1)}),
           just("slt", {rrr(Op::kSlt, kT0, kA0, kA1)}),
           just("sltu of memory", {rrr(Op::kSltu, kA0, kT0, kT1)}),
           just("seqz", {rri(Op::kSltiu, kA0, kA0, 1)}),
           just("slli and srli: a field", {rri(Op::kSlli, kA0, kA0, 40), rri(Op::kSrli, kA0, kA0, 52)}),
           just("sll, srl, sra by a register",
                {rrr(Op::kSll, kA0, kA1, kA2), rrr(Op::kSrl, kT0, kA1, kT1), rrr(Op::kSra, kA3, kA1, kA2)}),
           just("srai", {rri(Op::kSrai, kT0, kT1, 63)}),
           just("addw", {rrr(Op::kAddw, kA0, kA1, kA2)}),
           just("sext.w", {rri(Op::kAddiw, kA0, kA0, 0)}),
           just("addiw", {rri(Op::kAddiw, kT0, kT0, 1)}),
           just("subw", {rrr(Op::kSubw, kA0, kA1, kT0)}),
           just("slliw, srliw, sraiw",
                {rri(Op::kSlliw, kA0, kA1, 3), rri(Op::kSrliw, kA0, kA0, 4), rri(Op::kSraiw, kA0, kA0, 5)}),
           just("sllw by a register", {rrr(Op::kSllw, kT0, kT1, kT2)})}};
}

SnippetGroup multiplication() {
  return {"multiplication",
          {just("mul", {rrr(Op::kMul, kA0, kA0, kA1)}), just("mulw", {rrr(Op::kMulw, kT0, kT1, kT2)}),
           just("mulh", {rrr(Op::kMulh, kA0, kA1, kA2)}), just("mulhu", {rrr(Op::kMulhu, kA0, kA1, kA2)}),
           just("mulhsu is a step", {rrr(Op::kMulhsu, kA0, kA1, kA2)}), just("div", {rrr(Op::kDiv, kA0, kA1, kA2)}),
           just("divu", {rrr(Op::kDivu, kT0, kT1, kT2)}), just("rem", {rrr(Op::kRem, kA0, kA1, kA2)}),
           just("remuw", {rrr(Op::kRemuw, kA0, kA1, kA2)}), just("divw", {rrr(Op::kDivw, kA0, kA1, kA2)}),
           just("div and rem of the same", {rrr(Op::kDivu, kT0, kA0, kA1), rrr(Op::kRemu, kA0, kA0, kA1)})}};
}

SnippetGroup bits() {
  return {"bits",
          {just("sh3add", {rrr(Op::kSh3add, kA0, kA1, kA2)}), just("add.uw", {rrr(Op::kAddUw, kA0, kA1, kA2)}),
           just("sh2add.uw", {rrr(Op::kSh2addUw, kT0, kT1, kT2)}), just("slli.uw", {rri(Op::kSlliUw, kA0, kA1, 2)}),
           just("andn", {rrr(Op::kAndn, kA0, kA1, kA2)}), just("xnor", {rrr(Op::kXnor, kA0, kA1, kA2)}),
           just("clz", {rr(Op::kClz, kA0, kA1)}), just("ctzw", {rr(Op::kCtzw, kA0, kA1)}), just("cpop", {rr(Op::kCpop, kT0, kT1)}),
           just("min", {rrr(Op::kMin, kA0, kA1, kA2)}), just("maxu, into the second", {rrr(Op::kMaxu, kA1, kA0, kA1)}),
           just("sext.b", {rr(Op::kSextB, kA0, kA1)}), just("zext.h", {rr(Op::kZextH, kA0, kA1)}),
           just("rev8", {rr(Op::kRev8, kA0, kA1)}), just("orc.b is a step", {rr(Op::kOrcB, kA0, kA1)}),
           just("rori", {rri(Op::kRori, kA0, kA1, 13)}), just("ror by a register", {rrr(Op::kRor, kA0, kA1, kA2)}),
           just("rolw", {rrr(Op::kRolw, kA0, kA1, kA2)}), just("bseti", {rri(Op::kBseti, kA0, kA0, 40)}),
           just("bclr", {rrr(Op::kBclr, kA0, kA0, kA1)}), just("bexti", {rri(Op::kBexti, kA0, kA1, 7)})}};
}

SnippetGroup memory() {
  return {"memory",
          {just("ld", {rri(Op::kLd, kA0, kA1, 0)}), just("ld at a distance, in memory", {rri(Op::kLd, kT0, kT1, 16)}),
           just("ld over its own base", {rri(Op::kLd, kA0, kA0, 8)}), just("lw", {rri(Op::kLw, kA0, kSp, 12)}),
           just("lwu", {rri(Op::kLwu, kA0, kSp, 12)}), just("lh and lbu", {rri(Op::kLh, kA0, kA1, 2), rri(Op::kLbu, kA2, kA1, 5)}),
           just("a load of x0 still looks", {rri(Op::kLb, kZero, kA1, 0)}), just("sd", {store(Op::kSd, kA0, kSp, 8)}),
           just("sw of memory to memory", {store(Op::kSw, kT0, kT1, 0)}), just("sb of zero", {store(Op::kSb, kZero, kA0, 3)}),
           just("sh", {store(Op::kSh, kA0, kA1, -2)}),
           just("a prologue", {rri(Op::kAddi, kSp, kSp, -32), store(Op::kSd, kRa, kSp, 24), store(Op::kSd, 8, kSp, 16)}),
           just("what is stored is read again: nothing is assumed", {store(Op::kSd, kA0, kSp, 0), rri(Op::kLd, kA1, kSp, 0)}),
           just("amoadd.d", {rrr(Op::kAmoaddD, kA0, kA1, kA2)}), just("amoswap.w", {rrr(Op::kAmoswapW, kT0, kA1, kA2)}),
           just("amoor.w of which nobody wants the old value", {rrr(Op::kAmoorW, kZero, kA1, kA2)}),
           just("amomaxu.d", {rrr(Op::kAmomaxuD, kA0, kA1, kT0)}),
           just("lr and sc", {rr(Op::kLrD, kA0, kA1), rrr(Op::kScD, kA2, kA1, kA0)}),
           just("fences are nothing", {encode(Op::kFence, {}), encode(Op::kFenceI, {})}),
           just("sfence.vma is a step", {encode(Op::kSfenceVma, {})})}};
}

SnippetGroup control() {
  return {"control",
          {just("beq forward: a side exit", {branch(Op::kBeq, kA0, kA1, 64), rri(Op::kAddi, kA0, kA0, 1)}),
           whole("bne back: the end of a loop", {rri(Op::kAddi, kA0, kA0, -1), branch(Op::kBne, kA0, kZero, -4)}),
           just("bltu of memory", {branch(Op::kBltu, kT0, kT1, 32)}),
           just("bge with zero", {branch(Op::kBge, kZero, kA0, 32)}),
           whole("branch out of the page", {branch(Op::kBlt, kA0, kA1, -0x200)}),
           whole("j: the block goes on there",
                 {ri(Op::kJal, kZero, 8), rri(Op::kAddi, kA0, kA0, 1), rri(Op::kAddi, kA0, kA0, 2), ri(Op::kJal, kZero, -8)}),
           whole("jal: a call in the page", {ri(Op::kJal, kRa, 0x80)}),
           whole("jal: a call out of the page", {ri(Op::kJal, kRa, 0x10000)}),
           whole("ret", {rri(Op::kJalr, kZero, kRa, 0)}),
           whole("jalr through the register that it writes", {rri(Op::kJalr, kRa, kRa, 16)}),
           whole("ecall", {encode(Op::kEcall, {})}), whole("mret", {encode(Op::kMret, {})}),
           just("csrrw: a step in the middle", {csr(Op::kCsrrw, kA0, csr::kStvec, kA1), rri(Op::kAddi, kA0, kA0, 1)}),
           whole("what is no instruction", {0x0}),
           whole("two bytes before the page's end: a compressed one", {0x0505}, 0xffe),
           whole("an instruction that lies across the end", {rri(Op::kAddi, kA0, kA0, 1)}, 0xffc),
           just("compressed", {0x1141, 0xe406, 0x4501})}};
}

SnippetGroup values() {
  return {"values",
          {just("what is overwritten before anybody sees it", {rri(Op::kAddi, kA0, kZero, 1), rri(Op::kAddi, kA0, kZero, 2)}),
           just("what a load might show stays",
                {rri(Op::kAddi, kA0, kZero, 1), rri(Op::kLd, kA1, kSp, 0), rri(Op::kAddi, kA0, kZero, 2)}),
           just("a value outlives its register",
                {rri(Op::kAddi, kT0, kA0, 0), rri(Op::kAddi, kA0, kA0, 1), rrr(Op::kXor, kA1, kT0, kA0)}),
           just("two registers change places",
                {rri(Op::kAddi, kT0, kA0, 0), rri(Op::kAddi, kA0, kA1, 0), rri(Op::kAddi, kA1, kT0, 0)}),
           just("more values than registers",
                {rrr(Op::kAdd, 28, kT0, kT1), rrr(Op::kAdd, 29, kT1, kT2), rrr(Op::kAdd, 30, kT2, kT0), rrr(Op::kXor, 31, 28, 29),
                 rrr(Op::kXor, kS2, 30, 31), rrr(Op::kXor, kT0, kS2, 28)}),
           just("a division among live values",
                {rrr(Op::kAdd, kT0, kA0, kA1), rrr(Op::kDiv, kT1, kT0, kA2), rrr(Op::kAdd, kT2, kT0, kT1)}),
           just("behind a step everything is read again",
                {rri(Op::kAddi, kT0, kT0, 1), csr(Op::kCsrrs, kT1, csr::kTime, kZero), rrr(Op::kAdd, kT0, kT0, kT1)})}};
}

SnippetGroup system_registers() {
  return {"system",
          {just("csrrw of sscratch: the way into a handler", {csr(Op::kCsrrw, kA0, csr::kSscratch, kA0)}),
           just("one guard for all", {csr(Op::kCsrrs, kA0, csr::kSepc, kZero), csr(Op::kCsrrs, kT0, csr::kStval, kZero)}),
           just("sepc is even", {csr(Op::kCsrrw, kZero, csr::kSepc, kT0)}),
           just("csrrc of scause", {csr(Op::kCsrrc, kT0, csr::kScause, kA0)}),
           just("sstatus is read with SD", {csr(Op::kCsrrs, kA0, csr::kSstatus, kZero)}),
           just("interrupts off", {csr(Op::kCsrrci, kZero, csr::kSstatus, 2)}),
           just("interrupts on: a step", {csr(Op::kCsrrsi, kZero, csr::kSstatus, 2)})}};
}

SnippetGroup floating() {
  return {"float",
          {just("fld", {rri(Op::kFld, kFt0, kA0, 8)}), just("flw", {rri(Op::kFlw, kFt0, kA0, 4)}),
           just("fsd", {store(Op::kFsd, kFt0, kSp, 8)}), just("fsw", {store(Op::kFsw, kFt0, kSp, 8)}),
           just("fadd.d", {fp(Op::kFaddD, kFt0, kFt1, kFt2)}), just("fdiv.s", {fp(Op::kFdivS, kFt0, kFt1, kFt2)}),
           just("fsqrt.d", {fp(Op::kFsqrtD, kFt0, kFt1)}), just("fmadd.d", {fp(Op::kFmaddD, kFt0, kFt1, kFt2, kFt3)}),
           just("fnmsub.s", {fp(Op::kFnmsubS, kFt0, kFt1, kFt2, kFt3)}), just("fmv.d", {fp(Op::kFsgnjD, kFt0, kFt1, kFt1, 0, 0)}),
           just("fneg.s", {fp(Op::kFsgnjnS, kFt0, kFt1, kFt1, 0, 1)}), just("fmin.d", {fp(Op::kFminD, kFt0, kFt1, kFt2)}),
           just("feq.d", {fp(Op::kFeqD, kA0, kFt1, kFt2)}), just("flt.s", {fp(Op::kFltS, kA0, kFt1, kFt2)}),
           just("fcvt.s.d", {fp(Op::kFcvtSD, kFt0, kFt1)}), just("fcvt.d.w", {fp(Op::kFcvtDW, kFt0, kA0, 0, 0, 0)}),
           just("fcvt.w.d towards zero", {fp(Op::kFcvtWD, kA0, kFt0, 0, 0, kTowardsZero)}),
           just("fcvt.lu.d is a step", {fp(Op::kFcvtLuD, kA0, kFt0, 0, 0, kTowardsZero)}),
           just("fmv.x.d and back", {fp(Op::kFmvXD, kA0, kFt0), fp(Op::kFmvDX, kFt1, kA0)}),
           just("fclass.d is a step", {fp(Op::kFclassD, kA0, kFt0)}),
           just("a product summed up",
                {rri(Op::kFld, kFt0, kA0, 0), rri(Op::kFld, kFt1, kA1, 0), fp(Op::kFmaddD, kFt2, kFt0, kFt1, kFt2),
                 rri(Op::kAddi, kA0, kA0, 8), rri(Op::kAddi, kA1, kA1, 8), branch(Op::kBne, kA0, kA2, -20)})}};
}

}  // namespace

std::vector<SnippetGroup> snippet_groups() {
  return {arithmetic(), multiplication(), bits(), memory(), control(), values(), system_registers(), floating()};
}

}  // namespace recount::test
