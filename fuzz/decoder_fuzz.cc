// Any bytes as instructions: decoded and disassembled at every halfword. What decodes means what its row of the table
// says, and can be encoded again; compressed ones as what they expand to.

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "isa/disasm.h"
#include "isa/insn.h"
#include "rv64_words.h"
#include "support/assembler.h"

namespace recount {
namespace {

void examine_text(const Insn& insn, uint64_t pc) {
  const std::string text = disassemble(insn, pc);
  CHECK(!text.empty() && text.size() < 80);
  CHECK(std::ranges::all_of(text, [](char c) { return c == '\t' || (c >= 0x20 && c < 0x7f); }));
}

// But for the fields of a fence, which only raw has.
void examine_encoding(const Insn& insn) {
  const test::Fields fields{.rd = insn.rd, .rs1 = insn.rs1, .rs2 = insn.rs2, .rs3 = insn.rs3, .rm = insn.rm, .imm = insn.imm};
  uint32_t word = test::encode(insn.op, fields);
  const Format format = info_of(insn.op).format;
  if (format == Format::kAtomic || format == Format::kLoadReserved) word |= uint32_t{insn.rm} << 25;
  Insn again = decode(word);
  CHECK(again.length == 4);
  again.raw = insn.raw;
  again.length = insn.length;
  CHECK(again == insn);
}

void examine(uint32_t word, uint64_t pc) {
  const Insn insn = decode(word);
  const bool compressed = (word & 3) != 3;
  CHECK(insn.length == (compressed ? 2 : 4));
  CHECK(insn.raw == (compressed ? word & 0xffff : word));
  CHECK(decode(insn.raw) == insn);
  examine_text(insn, pc);
  CHECK(insn.op < Op::kCount);
  if (insn.op == Op::kIllegal) return;
  CHECK(insn.rd < 32 && insn.rs1 < 32 && insn.rs2 < 32 && insn.rs3 < 32 && insn.rm < 8);
  const InsnInfo& info = info_of(insn.op);
  CHECK(compressed || (word & info.mask) == info.match);
  examine_encoding(insn);
}

}  // namespace
}  // namespace recount

std::vector<std::vector<uint8_t>> fuzz_seeds() { return recount::seeds_of_words(0); }

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed) {
  return recount::mutate_words_behind(0, data, size, most, seed);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace recount;
  for (size_t at = 0; at + 2 <= size; at += 2) {
    const uint32_t high = at + 4 <= size ? load_le<uint16_t>(data + at + 2) : 0;
    examine(load_le<uint16_t>(data + at) | high << 16, 0x80000000 + at);
  }
  return 0;
}
