// Zicbom and Zicboz, with blocks of 64 bytes. Unprivileged, "Cache Management Operations (CMOs)".

#include "conformance/conformance.h"

namespace recount::test {
namespace {

class CacheBlocks : public Conformance {
 protected:
  CacheBlocks() { hart_.x[5] = kRam + kData + 0x7f; }
  uint64_t cause(Op op) { return cause_of(op, {.rs1 = 5}); }
  void permit(Privilege privilege, uint64_t machine, uint64_t supervisor) {
    run_in(privilege);
    hart_.menvcfg = machine, hart_.senvcfg = supervisor;
  }
};

// rs1 may be any address of the block: "CMO instructions do not generate address-misaligned exceptions".
TEST_P(CacheBlocks, ZeroClearsTheWholeBlockAndNothingElse) {
  for (uint64_t at = 0; at < 256; at += 8) put64(kData + at, ~0ull);
  EXPECT_EQ(cause(Op::kCboZero), 0u);
  for (uint64_t at = 0; at < 256; at += 8) EXPECT_EQ(get64(kData + at), at >= 64 && at < 128 ? 0 : ~0ull) << at;
}
TEST_P(CacheBlocks, ManagementKeepsWhatMemoryHas) {
  put64(kData + 64, 0x1234);
  for (Op op : {Op::kCboClean, Op::kCboFlush, Op::kCboInval}) EXPECT_EQ(cause(op), 0u);
  EXPECT_EQ(get64(kData + 64), 0x1234u);
}
// "CSR controls for CMO instructions": illegal "if (((priv_mode != M) && !menvcfg.CBZE) || ((priv_mode == U) &&
// !senvcfg.CBZE))", and so on.
TEST_P(CacheBlocks, EachModeNeedsTheLeaveOfThoseAbove) {
  struct Row {
    Op op;
    uint64_t field;
  };
  for (Row r : {Row{Op::kCboZero, menvcfg::kCbze}, {Op::kCboClean, menvcfg::kCbcfe}, {Op::kCboFlush, menvcfg::kCbcfe},
                {Op::kCboInval, menvcfg::kCbie}, {Op::kCboInval, 1ull << 4}}) {
    const uint64_t all = 0xf0, others = all & ~(r.op == Op::kCboInval ? menvcfg::kCbie : r.field);
    permit(Privilege::kMachine, 0, 0);
    EXPECT_EQ(cause(r.op), 0u);
    permit(Privilege::kSupervisor, others, all);
    EXPECT_EQ(cause(r.op), 2u);
    permit(Privilege::kSupervisor, r.field, 0);
    EXPECT_EQ(cause(r.op), 0u);
    permit(Privilege::kUser, all, others);
    EXPECT_EQ(cause(r.op), 2u);
    permit(Privilege::kUser, others, all);
    EXPECT_EQ(cause(r.op), 2u);
    permit(Privilege::kUser, r.field, r.field);
    EXPECT_EQ(cause(r.op), 0u);
  }
}
// "Page-Fault, Guest-Page-Fault, and Access-Fault Exceptions": store faults, whatever was missing, and "the relevant *tval
// CSR is written with the faulting effective address (i.e. the value of rs1)". Management needs leave to load or store;
// zero, to store.
TEST_P(CacheBlocks, FaultsAreStoreFaultsAtTheVeryAddress) {
  page_tables(0);
  hart_.menvcfg = 0xf0;
  hart_.x[5] = kDataPage + 0x7f;
  for (Op op : {Op::kCboZero, Op::kCboClean, Op::kCboFlush, Op::kCboInval}) {
    EXPECT_EQ(cause(op), 15u);
    EXPECT_EQ(machine_->machine().hart().mtval, kDataPage + 0x7f);
  }
  page_tables(kKernelPage & ~pte::kW);
  EXPECT_EQ(cause(Op::kCboZero), 15u);
  EXPECT_EQ(machine_->machine().hart().mtval, kDataPage + 0x7f);
  EXPECT_EQ(cause(Op::kCboClean), 0u);
  hart_ = {};
  hart_.pc = kRam + kCode, hart_.mtvec = kRam + kHandler;
  hart_.x[5] = kNowhere + 1;
  for (Op op : {Op::kCboZero, Op::kCboClean}) {
    EXPECT_EQ(cause(op), 7u);
    EXPECT_EQ(machine_->machine().hart().mtval, kNowhere + 1);
  }
}
// "a cache-block management instruction does not check the dirty bit and neither raises an exception nor sets the bit"; zero
// sets both.
TEST_P(CacheBlocks, ManagementSetsAAndZeroSetsBoth) {
  for (Op op : {Op::kCboClean, Op::kCboFlush, Op::kCboInval, Op::kCboZero}) {
    page_tables(kKernelPage & ~(pte::kA | pte::kD));
    hart_.menvcfg = 0xf0;
    hart_.x[5] = kDataPage;
    EXPECT_EQ(cause(op), 0u);
    EXPECT_EQ(get64(kLeaf + 8) & (pte::kA | pte::kD), op == Op::kCboZero ? pte::kA | pte::kD : pte::kA);
  }
}

INSTANTIATE_TEST_SUITE_P(Engines, CacheBlocks, kEveryEngine, engine_of);

}  // namespace
}  // namespace recount::test
