#pragma once
// Instruction words from the table of isa/rv64.inc: what decode() takes apart, put together.

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "isa/insn.h"

namespace recount::test {

struct Fields {
  unsigned rd = 0, rs1 = 0, rs2 = 0, rs3 = 0, rm = 0;
  int64_t imm = 0;  // as Insn::imm has it
};

// Fields that the instruction does not have are left out.
uint32_t encode(Op op, const Fields& fields);

// Straight-line code for handlers and tests.
class Assembler {
 public:
  Assembler& emit(Op op, const Fields& fields = {}) {
    words_.push_back(encode(op, fields));
    return *this;
  }
  Assembler& csr(Op op, unsigned rd, unsigned number, unsigned rs1) {
    return emit(op, {.rd = rd, .rs1 = rs1, .imm = number});
  }
  const std::vector<uint32_t>& words() const { return words_; }
  Bytes bytes() const {
    Bytes out;
    ByteWriter w(out);
    for (uint32_t word : words_) w.fixed(word);
    return out;
  }

 private:
  std::vector<uint32_t> words_;
};

}  // namespace recount::test
