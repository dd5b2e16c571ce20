// Decoder and disassembler against binutils: every halfword, and random words of and around every row.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "isa/csr.h"
#include "isa/disasm.h"

namespace recount {
namespace {

constexpr const char* kAssembler = "riscv64-linux-gnu-as";
constexpr const char* kStrip = "riscv64-linux-gnu-strip";
constexpr const char* kObjdump = "riscv64-linux-gnu-objdump";

bool have_binutils() {
  auto runs = [](const char* tool) {
    return std::system(fmt::format("{} --version > /dev/null 2>&1", tool).c_str()) == 0;
  };
  return runs(kAssembler) && runs(kStrip) && runs(kObjdump);
}

// "addi\tsp,sp,-16": without addresses' symbols, comments and blanks.
std::string normal(std::string text) {
  for (char mark : {'#', '<'}) text = text.substr(0, text.find(mark));
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) text.pop_back();
  return text;
}

// What objdump says about each four-byte slot. The object file is made with as because only its attributes
// tell objdump about the bit manipulation and cache block extensions; stripped, so that it sees code.
std::vector<std::string> objdump(const std::vector<uint32_t>& slots, const std::string& options) {
  std::filesystem::path base =
      std::filesystem::path(testing::TempDir()) / fmt::format("objdump_test.{}", getpid());
  std::string source = base.string() + ".s", object = base.string() + ".o";
  std::ofstream out(source);
  out << ".text\n";
  for (uint32_t slot : slots) out << fmt::format(".4byte {:#x}\n", slot);
  out.close();
  std::string command = fmt::format(
      "{} -march=rv64imafdc_zicsr_zifencei_zba_zbb_zbs_zicbom_zicboz {} -o {} && {} {} && {} -d {} {}",
      kAssembler, source, object, kStrip, object, kObjdump, options, object);
  std::vector<std::string> texts(slots.size());
  FILE* pipe = popen(command.c_str(), "r");
  char line[512];
  while (std::fgets(line, sizeof line, pipe) != nullptr) {
    uint64_t address = 0;
    int after = 0;
    if (std::sscanf(line, " %lx:\t%*x %n", &address, &after) != 1 || after == 0) continue;
    if (address % 4 == 0 && address / 4 < texts.size()) texts[address / 4] = normal(line + after);
  }
  pclose(pipe);
  std::filesystem::remove(source);
  std::filesystem::remove(object);
  return texts;
}

bool is_data(const std::string& text) {
  return text.starts_with(".") || text.empty() || text.starts_with("unimp") || text.starts_with("c.unimp");
}

// Fields that software must leave zero and hardware ignores (or, of exact conversions, a rounding mode
// without effect): objdump wants the zeros.
bool ignores_fields(Op op) {
  return op == Op::kFence || op == Op::kFenceI || op == Op::kFcvtDW || op == Op::kFcvtDWu ||
         op == Op::kFcvtDS;
}

// objdump knows CSRs of extensions that we do not have.
bool names_unknown_csr(const Insn& insn) {
  Format format = info_of(insn.op).format;
  bool is_csr = format == Format::kCsr || format == Format::kCsrImm;
  return is_csr && csr_name(static_cast<unsigned>(insn.imm)).starts_with("0x");
}

// objdump calls it that only where the extension is asked for.
std::string name_of(const Insn& insn, const std::string& text) {
  return insn.op == Op::kPause && text == "fence\tw,unknown" ? "pause" : text;
}

TEST(Objdump, AgreesAboutRandomWords) {
  if (!have_binutils()) GTEST_SKIP() << "no riscv64 binutils here";
  constexpr uint32_t kSeed = 20103;
  SCOPED_TRACE(kSeed);
  std::mt19937 random(kSeed);
  std::vector<uint32_t> words;
  for (int round = 0; round < 100; ++round) {
    for (auto i = 1; i < static_cast<int>(Op::kCount); ++i) {
      const InsnInfo& info = info_of(static_cast<Op>(i));
      auto word = static_cast<uint32_t>(info.match | (random() & ~info.mask));
      words.push_back(word);
      for (uint32_t other : {word ^ 4u << random() % 30, static_cast<uint32_t>(random() | 3)}) {
        bool longer_than_32_bits = (other & 0x1c) == 0x1c;
        if (!longer_than_32_bits) words.push_back(other);  // a neighbour, perhaps reserved; anything
      }
    }
  }
  std::vector<std::string> texts = objdump(words, "-M no-aliases");
  for (size_t i = 0; i < words.size(); ++i) {
    Insn insn = decode(words[i]);
    std::string ours = disassemble(insn, i * 4);
    if (insn.op == Op::kIllegal) {
      bool reserved_rounding = texts[i].ends_with(",unknown");
      bool obsolete = texts[i].starts_with("sfence.vm\t") || texts[i] == "sfence.vm" || texts[i] == "uret" ||
                      texts[i] == "hret";
      EXPECT_TRUE(is_data(texts[i]) || reserved_rounding || obsolete)
          << fmt::format("{:08x} {}", words[i], texts[i]);
    } else if (!(ignores_fields(insn.op) && is_data(texts[i])) && !names_unknown_csr(insn)) {
      EXPECT_EQ(ours, name_of(insn, texts[i])) << fmt::format("{:08x}", words[i]);
    }
  }
}

// The 32-bit encoding of what a compressed instruction expands to.
uint32_t encode(const Insn& i) {
  const InsnInfo& info = info_of(i.op);
  auto imm = static_cast<uint32_t>(i.imm);
  uint32_t rd = uint32_t{i.rd} << 7, rs1 = uint32_t{i.rs1} << 15, rs2 = uint32_t{i.rs2} << 20;
  auto bits = [imm](unsigned low, unsigned count, unsigned to) {
    return (imm >> low & ((1u << count) - 1)) << to;
  };
  switch (info.format) {
    case Format::kI:
    case Format::kLoad:
    case Format::kFpLoad:
      return info.match | rd | rs1 | imm << 20;
    case Format::kShift:
      return info.match | rd | rs1 | bits(0, 6, 20);
    case Format::kR:
      return info.match | rd | rs1 | rs2;
    case Format::kS:
    case Format::kFpStore:
      return info.match | rs1 | rs2 | bits(5, 7, 25) | bits(0, 5, 7);
    case Format::kB:
      return info.match | rs1 | rs2 | bits(12, 1, 31) | bits(5, 6, 25) | bits(1, 4, 8) | bits(11, 1, 7);
    case Format::kU:
      return info.match | rd | imm;
    case Format::kJ:
      return info.match | rd | bits(20, 1, 31) | bits(1, 10, 21) | bits(11, 1, 20) | bits(12, 8, 12);
    default:
      return info.match;
  }
}

// objdump has no alias for a HINT and writes c.something.
bool does_nothing(const Insn& i) {
  Format format = info_of(i.op).format;
  bool writes_x =
      format == Format::kI || format == Format::kR || format == Format::kU || format == Format::kShift;
  bool adds_nothing = (format == Format::kShift || i.op == Op::kAddi) && i.imm == 0 && i.rd == i.rs1;
  return writes_x && (i.rd == 0 || adds_nothing);
}

// A move is "add rd,zero,rs" if compressed, and "addi rd,rs,0" if not: take the latter.
Insn as_long_move(Insn i) {
  if (i.op != Op::kAdd || i.rs1 != 0) return i;
  i.op = Op::kAddi;
  i.rs1 = i.rs2;
  return i;
}

// objdump's text of a halfword and of the word we expand it to, both with aliases ("li", "mv"), at the same
// address.
TEST(Objdump, AgreesAboutEveryHalfword) {
  if (!have_binutils()) GTEST_SKIP() << "no riscv64 binutils here";
  constexpr uint32_t kNopAfter = 0x00010000;
  std::vector<uint32_t> compressed, expanded;
  for (uint32_t half = 0; half < 0x10000; ++half) {
    if ((half & 3) == 3) continue;
    Insn insn = decode(half);
    compressed.push_back(half | kNopAfter);
    expanded.push_back(insn.op == Op::kIllegal ? 0 : encode(as_long_move(insn)));
  }
  std::vector<std::string> want = objdump(compressed, ""), got = objdump(expanded, "");
  for (size_t i = 0; i < compressed.size(); ++i) {
    uint32_t half = compressed[i] & 0xffff;
    if (expanded[i] == 0) {
      constexpr uint32_t kAddi16spOfZero = 0x6101;  // reserved, but objdump writes it
      EXPECT_TRUE(is_data(want[i]) || half == kAddi16spOfZero) << fmt::format("{:04x} {}", half, want[i]);
    } else if (want[i].starts_with("c.") || does_nothing(decode(half))) {
      EXPECT_TRUE(does_nothing(decode(half))) << fmt::format("{:04x} {}", half, want[i]);
    } else {
      EXPECT_EQ(want[i], got[i]) << fmt::format("{:04x}", half);
    }
  }
}

}  // namespace
}  // namespace recount
