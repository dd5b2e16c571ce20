#include "engine/frontend/translate.h"

#include <bitset>

#include "base/address.h"
#include "engine/frontend/translator.h"

namespace recount::frontend {
namespace {

using ir::Relation;
using ir::StepKind;
using ir::Value;

std::optional<Relation> branch_relation(Op op) {
  switch (op) {
    case Op::kBeq: return Relation::kEq;
    case Op::kBne: return Relation::kNe;
    case Op::kBlt: return Relation::kLt;
    case Op::kBge: return Relation::kGe;
    case Op::kBltu: return Relation::kLtU;
    case Op::kBgeu: return Relation::kGeU;
    default: return std::nullopt;
  }
}

// Which may switch floating point off, or choose a rounding mode that the host does not have.
bool accesses_csr(Op op) {
  Format format = info_of(op).format;
  return format == Format::kCsr || format == Format::kCsrImm;
}

class BlockTranslation {
 public:
  BlockTranslation(ByteView page, Limits limits) : page_(page), limits_(limits), ir_(block_) {}

  ir::Block from(int64_t offset) {
    at_ = offset;
    while (block_.points.size() < limits_.most_steps && !ended_) {
      auto insn = fetch();
      if (!insn) break;
      visited_.set(static_cast<size_t>(at_) / 2);
      ir_.begin_step({static_cast<uint16_t>(at_), insn->length, insn->raw});
      one(*insn);
    }
    if (!ended_ && !block_.points.empty()) ir_.exit(at_);
    return std::move(block_);
  }

 private:
  // nullopt: it does not lie wholly in the page.
  std::optional<Insn> fetch() const {
    if (at_ + 2 > static_cast<int64_t>(kPageSize)) return std::nullopt;
    const uint8_t* bytes = page_.data() + at_;
    uint32_t word = load_le<uint16_t>(bytes);
    if ((word & 3) == 3) {
      if (at_ + 4 > static_cast<int64_t>(kPageSize)) return std::nullopt;
      word = load_le<uint32_t>(bytes);
    }
    return decode(word);
  }

  void one(const Insn& insn) {
    Translator t{ir_, insn, at_, guarded_, supervisor_};
    int64_t next = at_ + insn.length;
    if (auto relation = branch_relation(insn.op)) {
      Value a = t.x(insn.rs1);
      ir_.exit_if(*relation, a, t.x(insn.rs2), at_ + insn.imm);
      // Loops branch back: what follows such a branch is not on the way.
      if (insn.imm < 0) end_at(next);
    } else if (insn.op == Op::kJal) {
      int64_t target = at_ + insn.imm;
      t.set_x(insn.rd, ir_.address(next));
      if (insn.rd != 0 || !may_go_on_at(target)) {
        end_at(target);
      } else {
        at_ = target;
        return;
      }
    } else if (insn.op == Op::kJalr) {
      Value sum = t.with_imm(ir::Opcode::kAdd);
      Value target = ir_.binary(ir::Opcode::kAnd, sum, ir_.constant(-2));
      t.set_x(insn.rd, ir_.address(next));
      ir_.exit_to(target);
      ended_ = true;
    } else if (leaves_the_flow(insn.op)) {
      ir_.step(StepKind::kLeaves);
      ended_ = true;
    } else if (!translate_integer(t) && !translate_memory(t) && !translate_bits(t) && !translate_float(t) &&
               !translate_system(t)) {
      ir_.step(StepKind::kGoesOn);
      if (accesses_csr(insn.op)) guarded_ = ir::FloatUse::kNone;
    }
    at_ = next;
  }

  void end_at(int64_t target) {
    ir_.exit(target);
    ended_ = true;
  }
  // A jump is followed inside the page, but never around.
  bool may_go_on_at(int64_t target) const {
    return target >= 0 && target < static_cast<int64_t>(kPageSize) && !visited_.test(static_cast<size_t>(target) / 2);
  }

  ByteView page_;
  Limits limits_;
  ir::Block block_;
  ir::Builder ir_;
  std::bitset<kPageSize / 2> visited_;
  int64_t at_ = 0;
  bool ended_ = false;
  ir::FloatUse guarded_ = ir::FloatUse::kNone;
  bool supervisor_ = false;
};

}  // namespace

ir::Block translate(ByteView page, uint16_t offset, Limits limits) { return BlockTranslation(page, limits).from(offset); }

}  // namespace recount::frontend
