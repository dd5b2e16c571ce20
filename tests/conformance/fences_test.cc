// FENCE, FENCE.I and SFENCE.VMA: what must be seen after them is seen without them as well, for no cache of ours may show
// (docs/determinism.md). Unprivileged, "Memory Ordering Instructions", "Zifencei"; privileged, "Supervisor Memory-Management
// Fence Instruction".

#include "conformance/conformance.h"

namespace recount::test {
namespace {

constexpr uint64_t kCalled = 0x8100;

class Fences : public Conformance {
 protected:
  // Calls kCalled, which makes x10 1; overwrites it, so that it makes x10 2; fences; calls it again.
  uint64_t called_after_overwriting(Op fence) {
    put(kCalled, Assembler().emit(Op::kAddi, {.rd = 10, .imm = 1}).emit(Op::kJalr, {.rd = 0, .rs1 = 1}));
    hart_.x[5] = kRam + kCalled;
    hart_.x[6] = encode(Op::kAddi, {.rd = 10, .imm = 2});
    put(kCode, Assembler()
                   .emit(Op::kJalr, {.rd = 1, .rs1 = 5})
                   .emit(Op::kAddi, {.rd = 11, .rs1 = 10})
                   .emit(Op::kSw, {.rs1 = 5, .rs2 = 6})
                   .emit(fence)
                   .emit(Op::kJalr, {.rd = 1, .rs1 = 5})
                   .emit(Op::kJal));
    const HartState& s = run();
    EXPECT_EQ(s.x[11], 1u);
    return s.x[10];
  }
};

TEST_P(Fences, WhatWasWrittenIsWhatIsFetched) {
  EXPECT_EQ(called_after_overwriting(Op::kFenceI), 2u);
  EXPECT_EQ(called_after_overwriting(Op::kFence), 2u) << "coherent without fence.i, too (Ziccid)";
}
// The very next instruction.
TEST_P(Fences, BlockThatOverwritesItselfRunsWhatItWrote) {
  hart_.x[5] = kRam + kCode;
  hart_.x[6] = encode(Op::kAddi, {.rd = 10, .imm = 2});
  put(kCode, Assembler()
                 .emit(Op::kSw, {.rs1 = 5, .rs2 = 6, .imm = 4})
                 .emit(Op::kAddi, {.rd = 10, .imm = 1})
                 .emit(Op::kJal));
  EXPECT_EQ(run().x[10], 2u);
}
// "Zifencei": the unused fields "are reserved for finer-grain fences in future extensions. For forward compatibility, base
// implementations shall ignore these fields". The same of FENCE.
TEST_P(Fences, UnusedFieldsAreIgnored) {
  for (uint32_t word : {0x0000100fu, 0xfff0900fu | 0x80u, 0x0ff0000fu, 0x8330000fu /* fence.tso */, 0x0100000fu /* pause */,
                        0xf0000f8fu}) {
    put64(kCode, word | uint64_t{encode(Op::kJal, {})} << 32);
    hart_.x[31] = hart_.x[1] = 5;
    const HartState& s = run();
    EXPECT_EQ(s.pc, kRam + kCode + 4) << std::hex << word;
    EXPECT_EQ(s.x[31], 5u);
    EXPECT_EQ(s.x[1], 5u);
  }
}
// "The supervisor memory-management fence instruction SFENCE.VMA is used to synchronize updates to in-memory
// memory-management data structures with current execution": all forms, and none.
TEST_P(Fences, RemappedPageIsWhereItIs) {
  constexpr uint64_t kOther = 0x20000;
  put64(kData, 1), put64(kOther, 2);
  for (Fields fence : {Fields{}, {.rs1 = 5}, {.rs2 = 9}, {.rs1 = 5, .rs2 = 9}}) {
    for (Op op : {Op::kSfenceVma, Op::kFence}) {
      page_tables(kKernelPage);
      hart_.x[5] = kDataPage;
      hart_.x[7] = kRam + kLeaf + 8;
      hart_.x[8] = (kRam + kOther) >> 2 | kKernelPage;
      put(kCode, Assembler()
                     .emit(Op::kLd, {.rd = 10, .rs1 = 5})
                     .emit(Op::kSd, {.rs1 = 7, .rs2 = 8})
                     .emit(op, fence)
                     .emit(Op::kLd, {.rd = 11, .rs1 = 5})
                     .emit(Op::kJal));
      const HartState& s = run();
      EXPECT_EQ(s.x[10], 1u);
      EXPECT_EQ(s.x[11], 2u);
    }
  }
}
// Supervisor-Level ISA, "Supervisor Address Translation and Protection (satp) Register": another root's entries are not this
// one's, whatever the ASID, and also if they are global.
TEST_P(Fences, AnotherRootIsAnotherAddressSpace) {
  page_tables(kKernelPage | 1 << 5 /* G */);
  constexpr uint64_t kRoot2 = 0x21000, kMiddle2 = 0x22000, kLeaf2 = 0x23000, kOther = 0x20000;
  put64(kRoot2 + 8, (kRam + kMiddle2) >> 2 | pte::kV), put64(kRoot2 + 16, kRam >> 2 | kKernelPage);
  put64(kMiddle2, (kRam + kLeaf2) >> 2 | pte::kV);
  put64(kLeaf2, (kRam + kCode) >> 2 | kKernelPage), put64(kLeaf2 + 8, (kRam + kOther) >> 2 | kKernelPage);
  put64(kData, 1), put64(kOther, 2);
  hart_.x[5] = kDataPage;
  hart_.x[6] = satp::kSv39 << satp::kModeShift | (kRam + kRoot2) >> kPageShift;
  put(kCode, Assembler()
                 .emit(Op::kLd, {.rd = 10, .rs1 = 5})
                 .csr(Op::kCsrrw, 7, csr::kSatp, 6)
                 .emit(Op::kLd, {.rd = 11, .rs1 = 5})
                 .csr(Op::kCsrrw, 0, csr::kSatp, 7)
                 .emit(Op::kLd, {.rd = 12, .rs1 = 5})
                 .emit(Op::kJal));
  const HartState& s = run();
  EXPECT_EQ(s.x[10], 1u);
  EXPECT_EQ(s.x[11], 2u);
  EXPECT_EQ(s.x[12], 1u);
}

INSTANTIATE_TEST_SUITE_P(Engines, Fences, kEveryEngine, engine_of);

}  // namespace
}  // namespace recount::test
