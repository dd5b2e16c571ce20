// C: each compressed instruction as the assembler writes it, and those that are reserved. Unprivileged, "C Extension for
// Compressed Instructions" (Zca and Zcd).

#include "conformance/conformance.h"

namespace recount::test {
namespace {

class Compressed : public Conformance {
 protected:
  Compressed() {
    for (unsigned i = 1; i < 32; ++i) hart_.x[i] = 0x1000 * i + 0x8000000000000001;
    hart_.x[2] = hart_.x[8] = hart_.x[9] = kRam + kData;
    hart_.mstatus |= mstatus::kFs;
    for (unsigned i = 0; i < 32; ++i) hart_.f[i] = 0x1111111111111111ull * (i % 15 + 1);
  }
  // The instruction, then a jump to itself.
  const HartState& run_half(uint16_t half) {
    put16(kCode, half);
    put(kCode + 2, Assembler().emit(Op::kJal));
    return run();
  }
  bool is_illegal(uint16_t half) {
    const HartState& s = run_half(half);
    return s.mcause == 2 && s.mtval == half && s.mepc == kRam + kCode;
  }
};

TEST_P(Compressed, ConstantsAndArithmetic) {
  struct Row {
    uint16_t half;
    unsigned rd;
    uint64_t expected;
  };
  const uint64_t a0 = hart_.x[10], a1 = hart_.x[11], s0 = hart_.x[8], sp = hart_.x[2];
  for (Row r : {Row{0x557d, 10, ~0ull},                        // c.li a0, -1
                {0x4505, 10, 1},                               // c.li a0, 1
                {0x757d, 10, 0xfffffffffffff000},              // c.lui a0, 0xfffff: -1 << 12
                {0x6505, 10, 0x1000},                          // c.lui a0, 1
                {0x1571, 10, a0 - 4},                          // c.addi a0, -4
                {0x3571, 10, static_cast<uint64_t>(static_cast<int64_t>(static_cast<int32_t>(a0 - 4)))},  // c.addiw a0, -4
                {0x7139, 2, sp - 64},                          // c.addi16sp -64
                {0x0868, 10, sp + 28},                         // c.addi4spn a0, 28
                {0x0532, 10, a0 << 12},                        // c.slli a0, 12
                {0x1502, 10, a0 << 32},                        // c.slli a0, 32
                {0x8131, 10, a0 >> 12},                        // c.srli a0, 12
                {0x9101, 10, a0 >> 32},                        // c.srli a0, 32
                {0x8531, 10, static_cast<uint64_t>(static_cast<int64_t>(a0) >> 12)},  // c.srai a0, 12
                {0x893d, 10, a0 & 15},                         // c.andi a0, 15
                {0x9971, 10, a0 & ~3ull},                      // c.andi a0, -4
                {0x852e, 10, a1},                              // c.mv a0, a1
                {0x952e, 10, a0 + a1},                         // c.add a0, a1
                {0x8d0d, 10, a0 - a1},                         // c.sub a0, a1
                {0x8d2d, 10, a0 ^ a1},                         // c.xor a0, a1
                {0x8d4d, 10, a0 | a1},                         // c.or a0, a1
                {0x8d6d, 10, a0 & a1},                         // c.and a0, a1
                {0x9d0d, 10, static_cast<uint64_t>(static_cast<int64_t>(static_cast<int32_t>(a0 - a1)))},  // c.subw a0, a1
                {0x9d2d, 10, static_cast<uint64_t>(static_cast<int64_t>(static_cast<int32_t>(a0 + a1)))},  // c.addw a0, a1
                {0x0001, 8, s0}}) {                            // c.nop
    const HartState& s = run_half(r.half);
    EXPECT_EQ(s.pc, kRam + kCode + 2) << std::hex << r.half;
    EXPECT_EQ(s.x[r.rd], r.expected) << std::hex << r.half;
  }
}
TEST_P(Compressed, LoadsAndStores) {
  put64(kData + 8, 0x8877665544332211);
  EXPECT_EQ(run_half(0x4522).x[10], 0x44332211u);                             // c.lwsp a0, 8(sp)
  EXPECT_EQ(run_half(0x6522).x[10], 0x8877665544332211u);                     // c.ldsp a0, 8(sp)
  EXPECT_EQ(run_half(0x4408).x[10], 0x44332211u);                             // c.lw a0, 8(s0)
  EXPECT_EQ(run_half(0x4448).x[10], 0xffffffff88776655u);                     // c.lw a0, 12(s0): sign-extended
  EXPECT_EQ(run_half(0x6408).x[10], 0x8877665544332211u);                     // c.ld a0, 8(s0)
  EXPECT_EQ(run_half(0x2522).f[10], 0x8877665544332211u);                     // c.fldsp fa0, 8(sp)
  EXPECT_EQ(run_half(0x2408).f[10], 0x8877665544332211u);                     // c.fld fa0, 8(s0)
  auto stored = [&](uint16_t half, uint64_t offset) {
    run_half(half);
    return get64(kData + offset);
  };
  const uint64_t a0 = hart_.x[10];
  EXPECT_EQ(stored(0xc82a, 16), a0 & 0xffffffff);  // c.swsp a0, 16(sp)
  EXPECT_EQ(stored(0xe82a, 16), a0);               // c.sdsp a0, 16(sp)
  EXPECT_EQ(stored(0xcc08, 24), a0 & 0xffffffff);  // c.sw a0, 24(s0)
  EXPECT_EQ(stored(0xec08, 24), a0);               // c.sd a0, 24(s0)
  EXPECT_EQ(stored(0xb02a, 32), hart_.f[10]);      // c.fsdsp fa0, 32(sp)
  EXPECT_EQ(stored(0xb408, 40), hart_.f[10]);      // c.fsd fa0, 40(s0)
}
TEST_P(Compressed, JumpsAndBranches) {
  auto place = [&](int64_t offset) { put(kCode + static_cast<uint64_t>(offset), Assembler().emit(Op::kJal)); };
  place(0x40), place(-0x40);
  EXPECT_EQ(run_half(0xa081).pc, kRam + kCode + 0x40);  // c.j .+64
  EXPECT_EQ(run_half(0xb7c1).pc, kRam + kCode - 0x40);  // c.j .-64
  hart_.x[8] = 0;
  EXPECT_EQ(run_half(0xc021).pc, kRam + kCode + 0x40);  // c.beqz s0, .+64
  EXPECT_EQ(run_half(0xe021).pc, kRam + kCode + 2);     // c.bnez s0, .+64
  hart_.x[8] = 1ull << 32;
  EXPECT_EQ(run_half(0xc021).pc, kRam + kCode + 2);
  EXPECT_EQ(run_half(0xe021).pc, kRam + kCode + 0x40);
  EXPECT_EQ(run_half(0xf061).pc, kRam + kCode - 0x40);  // c.bnez s0, .-64
  hart_.x[10] = kRam + kCode + 0x41;
  EXPECT_EQ(run_half(0x8502).pc, kRam + kCode + 0x40);  // c.jr a0
  const HartState& s = run_half(0x9502);                // c.jalr a0
  EXPECT_EQ(s.pc, kRam + kCode + 0x40);
  EXPECT_EQ(s.x[1], kRam + kCode + 2) << "the next instruction is two bytes away";
}
TEST_P(Compressed, BreakpointIsOne) {
  const HartState& s = run_half(0x9002);
  EXPECT_EQ(s.mcause, 3u);
  EXPECT_EQ(s.mtval, kRam + kCode);
}
// "Zca Extension for Integer Compressed Instructions" says which code points are reserved; hints are not.
TEST_P(Compressed, ReservedOnesAreIllegalAndHintsDoNothing) {
  constexpr unsigned kReserved[] = {
      0x0000,  // all zeroes
      0x0008,  // c.addi4spn a0, 0
      0x2001,  // c.addiw x0
      0x6101,  // c.addi16sp 0
      0x6501,  // c.lui a0, 0
      0x4002,  // c.lwsp x0
      0x6002,  // c.ldsp x0
      0x8002,  // c.jr x0
      0x8000,  // Zcb's loads and stores
      0x9c41,  // Zcb's c.mul
      0x9c61,  // Zcb's c.zext.b
  };
  for (unsigned reserved : kReserved) {
    EXPECT_TRUE(is_illegal(static_cast<uint16_t>(reserved))) << std::hex << reserved;
  }
  constexpr unsigned kHints[] = {
      0x0005,  // c.nop 1
      0x0501,  // c.addi a0, 0
      0x4005,  // c.li x0
      0x6005,  // c.lui x0
      0x802e,  // c.mv x0
      0x902e,  // c.add x0
      0x0006,  // c.slli x0
      0x0502,  // c.slli a0, 0
      0x8101,  // c.srli a0, 0
  };
  for (unsigned hint : kHints) {
    const HartState& s = run_half(static_cast<uint16_t>(hint));
    EXPECT_EQ(s.pc, kRam + kCode + 2) << std::hex << hint;
    EXPECT_TRUE(std::equal(s.x.begin(), s.x.begin() + 32, hart_.x.begin())) << std::hex << hint;
  }
}
// "Extension Context Status": C's floating-point loads and stores are as illegal as what they expand to when FS is off.
TEST_P(Compressed, FloatsNeedFs) {
  hart_.mstatus &= ~mstatus::kFs;
  for (unsigned half : {0x2522u, 0x2408u, 0xb02au, 0xb408u}) {
    EXPECT_TRUE(is_illegal(static_cast<uint16_t>(half))) << std::hex << half;
  }
}

INSTANTIATE_TEST_SUITE_P(Engines, Compressed, kEveryEngine, engine_of);

}  // namespace
}  // namespace recount::test
