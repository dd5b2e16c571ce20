// Physical memory protection as instructions meet it. Machine-Level ISA, "Physical Memory Protection". src/hart/pmp_test.cc
// asks the matching itself.

#include "conformance/conformance.h"

namespace recount::test {
namespace {

constexpr uint8_t kRead = 1, kWrite = 2, kExecute = 4, kTor = 1 << 3, kNa4 = 2 << 3, kNapot = 3 << 3, kLocked = 0x80;

class Pmp : public Conformance {
 protected:
  Pmp() {
    hart_.x[5] = kRam + kData;
    hart_.pmpcfg = {};
  }
  void entry(unsigned i, uint64_t address, uint8_t cfg) {
    hart_.pmpaddr[i] = address;
    hart_.pmpcfg[i] = cfg;
  }
  void open_the_rest(unsigned i) { entry(i, (1ull << 54) - 1, kNapot | kRead | kWrite | kExecute); }
  static uint64_t napot(uint64_t base, uint64_t size) { return base >> 2 | (size / 8 - 1); }
  uint64_t load(int64_t offset = 0) { return cause_of(Op::kLd, {.rd = 6, .rs1 = 5, .imm = offset}); }
  uint64_t store(int64_t offset = 0) { return cause_of(Op::kSd, {.rs1 = 5, .rs2 = 0, .imm = offset}); }
  uint64_t fetch() {
    uint64_t pc = std::exchange(hart_.pc, kRam + kData);
    const HartState& s = run();
    hart_.pc = pc;
    return s.mcause == 2 ? 0 : s.mcause;  // zeroes are no instruction
  }
};

// "Priority and Matching Logic": "the operation succeeds only if the R, W, or X bit corresponding to the access type is set".
TEST_P(Pmp, EachPermissionIsAskedForItsOwnAccess) {
  run_in(Privilege::kSupervisor);
  open_the_rest(1);
  struct Row {
    uint8_t permissions;
    uint64_t load, store, fetch;
  };
  for (Row r : {Row{0, 5, 7, 1}, {kRead, 0, 7, 1}, {kRead | kWrite, 0, 0, 1}, {kExecute, 5, 7, 0},
                {kRead | kExecute, 0, 7, 0}, {kRead | kWrite | kExecute, 0, 0, 0}}) {
    entry(0, napot(kRam + kData, 4096), static_cast<uint8_t>(kNapot | r.permissions));
    EXPECT_EQ(load(), r.load);
    EXPECT_EQ(store(), r.store);
    EXPECT_EQ(fetch(), r.fetch);
  }
}
// "If no PMP entry matches an S-mode or U-mode memory operation, the operation fails"; "an M-mode memory operation, ...
// succeeds".
TEST_P(Pmp, WhatNoEntryMatchesIsMachineModesOnly) {
  entry(0, napot(kRam + kCode, 4096), kNapot | kRead | kWrite | kExecute);
  run_in(Privilege::kSupervisor);
  EXPECT_EQ(load(), 5u);
  run_in(Privilege::kUser);
  EXPECT_EQ(load(), 5u);
  run_in(Privilege::kMachine);
  EXPECT_EQ(load(), 0u);
}
// ... if at least one PMP entry is implemented", and sixteen are.
TEST_P(Pmp, WithAllEntriesOffMemoryIsMachineModesOnly) {
  run_in(Privilege::kSupervisor);
  EXPECT_EQ(load(), 1u) << "not even the load is fetched";
  run_in(Privilege::kMachine);
  EXPECT_EQ(load(), 0u);
}
// "Locking and Privilege Mode": with L "these permissions are enforced for all privilege modes"; without "any M-mode access
// matching the PMP entry will succeed".
TEST_P(Pmp, LockedEntryBindsMachineMode) {
  entry(0, napot(kRam + kData, 4096), kNapot | kRead);
  EXPECT_EQ(store(), 0u);
  entry(0, napot(kRam + kData, 4096), kNapot | kRead | kLocked);
  EXPECT_EQ(load(), 0u);
  EXPECT_EQ(store(), 7u);
  EXPECT_EQ(fetch(), 1u);
}
// "writes to pmpicfg and pmpaddri are ignored. Additionally, if ... A is set to TOR, writes to pmpaddri-1 are ignored."
TEST_P(Pmp, LockedEntryAndTheFloorOfALockedTorAreNotWritten) {
  entry(0, 0x100, 0);
  entry(1, 0x200, kTor | kLocked);
  hart_.x[5] = ~0ull;
  put(kCode, Assembler()
                 .csr(Op::kCsrrw, 0, csr::kPmpaddr0, 5)
                 .csr(Op::kCsrrw, 0, csr::kPmpaddr0 + 1, 5)
                 .csr(Op::kCsrrw, 0, csr::kPmpcfg0, 0)
                 .emit(Op::kJal));
  const HartState& s = run();
  EXPECT_EQ(s.pmpaddr[0], 0x100u);
  EXPECT_EQ(s.pmpaddr[1], 0x200u);
  EXPECT_EQ(s.pmpcfg[1], kTor | kLocked);
}
// "The lowest-numbered PMP entry that matches any byte of a memory operation determines whether that operation succeeds or
// fails."
TEST_P(Pmp, LowestEntryDecides) {
  run_in(Privilege::kSupervisor);
  entry(0, napot(kRam + kData, 8), kNapot);
  entry(1, napot(kRam + kData, 4096), kNapot | kRead);
  open_the_rest(2);
  EXPECT_EQ(load(), 5u);
  EXPECT_EQ(load(8), 0u);
  EXPECT_EQ(store(8), 7u);
  EXPECT_EQ(store(-8), 0u);
}
// "The matching PMP entry must match all bytes of a memory operation, or the operation fails, irrespective of the L, R, W,
// and X bits": its own example, with an entry of four bytes.
TEST_P(Pmp, AccessThatMatchesPartlyFails) {
  run_in(Privilege::kSupervisor);
  entry(0, (kRam + kData + 0xc) >> 2, kNa4 | kRead | kWrite);
  open_the_rest(1);
  EXPECT_EQ(load(8), 5u);
  EXPECT_EQ(cause_of(Op::kLw, {.rd = 6, .rs1 = 5, .imm = 8}), 0u);
  EXPECT_EQ(cause_of(Op::kLw, {.rd = 6, .rs1 = 5, .imm = 12}), 0u);
  EXPECT_EQ(load(16), 0u);
  run_in(Privilege::kMachine);
  EXPECT_EQ(load(8), 5u) << "also in machine mode";
}
// "Address Matching": TOR is "pmpaddr(i-1) <= y < pmpaddr(i)"; entry 0 begins at zero; an empty range matches nothing.
TEST_P(Pmp, TorRunsFromThePreviousAddressToItsOwn) {
  run_in(Privilege::kSupervisor);
  entry(0, (kRam + kData) >> 2, kTor | kRead | kWrite | kExecute);
  entry(1, (kRam + kData + 16) >> 2, kTor | kRead);
  EXPECT_EQ(load(-8), 0u);
  EXPECT_EQ(store(-8), 0u);
  EXPECT_EQ(load(8), 0u);
  EXPECT_EQ(store(8), 7u);
  EXPECT_EQ(load(16), 5u) << "no entry matches";
  entry(1, (kRam + kData) >> 2, kTor | kRead);
  EXPECT_EQ(load(), 5u) << "it is empty";
  hart_.x[5] = raw(board::kRtc);
  EXPECT_EQ(cause_of(Op::kLw, {.rd = 6, .rs1 = 5}), 0u) << "entry 0 begins at zero";
}
// "Physical Memory Protection and Paging": "The PMP checks apply to all of these accesses. The effective privilege mode for
// implicit page-table accesses is S." And the fault is the original access's.
TEST_P(Pmp, HiddenTableIsTheAccessesOwnFault) {
  page_tables(kKernelPage);
  hart_.x[5] = kWindow + (2 << 20);
  put64(kMiddle + 8, (kRam + kLeaf + 0x1000) >> 2 | pte::kV);
  entry(0, napot(kRam + kLeaf + 0x1000, 4096), kNapot | kExecute);
  open_the_rest(1);
  EXPECT_EQ(load(), 5u);
  EXPECT_EQ(machine_->machine().hart().mtval, kWindow + (2 << 20)) << "the virtual address";
  EXPECT_EQ(store(), 7u);
}
// "Memory Privilege in mstatus Register": MPRV lends protection as well.
TEST_P(Pmp, MprvIsProtectedAsMppIs) {
  entry(0, napot(kRam + kCode, 4096), kNapot | kRead | kWrite | kExecute);
  hart_.mstatus |= mstatus::kMprv | 1ull << mstatus::kMppShift;
  EXPECT_EQ(load(), 5u);
  hart_.mstatus |= mstatus::kMpp;
  EXPECT_EQ(load(), 0u);
}
// An atomic needs reading and writing, and is one access; its fault is a store's.
TEST_P(Pmp, AtomicNeedsBothPermissions) {
  run_in(Privilege::kSupervisor);
  entry(0, napot(kRam + kData, 4096), kNapot | kRead);
  open_the_rest(1);
  EXPECT_EQ(cause_of(Op::kAmoaddD, {.rd = 6, .rs1 = 5, .rs2 = 5}), 7u);
  EXPECT_EQ(cause_of(Op::kLrD, {.rd = 6, .rs1 = 5}), 0u);
  EXPECT_EQ(cause_of(Op::kScD, {.rd = 6, .rs1 = 5, .rs2 = 5}), 7u);
}
// "Physical Memory Protection CSRs": sixteen entries here; the combination R=0, W=1 is reserved, bits 5 and 6 are zero.
TEST_P(Pmp, ConfigurationIsWarl) {
  hart_.x[5] = ~0ull & 0x7f7f7f7f7f7f7f7f;
  hart_.x[6] = 0x0202020202020202;
  put(kCode, Assembler()
                 .csr(Op::kCsrrw, 0, csr::kPmpcfg0 + 2, 5)
                 .csr(Op::kCsrrs, 10, csr::kPmpcfg0 + 2, 0)
                 .csr(Op::kCsrrw, 0, csr::kPmpcfg0 + 2, 6)
                 .csr(Op::kCsrrs, 11, csr::kPmpcfg0 + 2, 0)
                 .csr(Op::kCsrrw, 0, csr::kPmpcfg0 + 4, 5)
                 .csr(Op::kCsrrs, 12, csr::kPmpcfg0 + 4, 0)
                 .csr(Op::kCsrrw, 0, csr::kPmpaddr0 + 3, 5)
                 .csr(Op::kCsrrs, 13, csr::kPmpaddr0 + 3, 0)
                 .emit(Op::kJal));
  const HartState& s = run();
  EXPECT_EQ(s.x[10], 0x1f1f1f1f1f1f1f1fu);
  EXPECT_EQ(s.x[11], 0u);
  EXPECT_EQ(s.x[12], 0u);
  EXPECT_EQ(s.x[13], 0x3f7f7f7f7f7f7fu);
  EXPECT_EQ(cause_of(Op::kCsrrs, {.rd = 6, .imm = csr::kPmpcfg0 + 1}), 2u) << "RV64 has the even ones only";
}

INSTANTIATE_TEST_SUITE_P(Engines, Pmp, kEveryEngine, engine_of);

}  // namespace
}  // namespace recount::test
