// What a cache once showed, or could show, in small programs: docs/determinism.md, "Caches are
// architecturally invisible". Each runs under the cached engine in one go, and must end as under the oracle.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "hart/open_memory_for_tests.h"
#include "isa/csr.h"
#include "machine/board.h"
#include "support/assembler.h"
#include "support/test_machine.h"

namespace recount::test {
namespace {

constexpr uint64_t kRam = raw(board::kRam);
constexpr uint64_t kRoot = 0x4000, kMiddle = 0x5000, kLeaf = 0x6000, kCode = 0x8000, kOtherCode = 0x9000;
constexpr uint64_t kWindow = 0x40000000;
constexpr uint64_t kUsable = 0xcf;  // V R W X A D

std::unique_ptr<TestMachine> fresh(EngineKind engine) {
  MachineConfig config;
  config.ram_bytes = 16 << 20;
  config.engine = engine;
  config.jit.hot_after = 1;  // or little would be translated
  auto t = std::make_unique<TestMachine>(config, BootImages{});
  t->set_events(time_at_rate(1ull << 32));
  return t;
}
void put(TestMachine& t, uint64_t offset, const Assembler& code) {
  t.machine().ram().write(board::kRam + offset, code.bytes());
}
void put64(TestMachine& t, uint64_t offset, uint64_t v) {
  store_le(t.machine().ram().host(board::kRam + offset), v);
}
uint64_t leaf(uint64_t offset, uint64_t flags) { return (kRam + offset) >> 2 | flags; }

// The window's first page is kCode; RAM's first 2 MiB are mapped where they are.
HartState supervisor_with_window(TestMachine& t, uint64_t window_flags) {
  put64(t, kRoot + 8 * (kWindow >> 30), leaf(kMiddle, 1));
  put64(t, kRoot + 8 * (kRam >> 30), leaf(0, kUsable));
  put64(t, kMiddle, leaf(kLeaf, 1));
  put64(t, kLeaf, leaf(kCode, window_flags));
  HartState hart;
  hart.privilege = Privilege::kSupervisor;
  open_memory(hart);
  hart.satp = satp::kSv39 << satp::kModeShift | (kRam + kRoot) >> kPageShift;
  hart.mtvec = kRam;
  put(t, 0, Assembler().emit(Op::kJal, {.rd = 0, .imm = 0}));  // all traps end here
  hart.pc = kWindow;
  return hart;
}

// prepare() sets a fresh machine up; the result is x10 after the steps.
template <class Prepare>
void expect_same(EngineKind engine, uint64_t steps, uint64_t x10, Prepare prepare) {
  auto cached = fresh(engine), oracle = fresh(EngineKind::kReference);
  prepare(*cached);
  prepare(*oracle);
  cached->run_until(Position{steps});
  oracle->run_until(Position{steps});
  EXPECT_EQ(oracle->machine().hart().x[10], x10);
  EXPECT_EQ(difference(*cached, *oracle), "");
}

class Caches : public testing::TestWithParam<EngineKind> {};

TEST_P(Caches, StoreThatUnmapsTheRunningBlockTakesEffectAtTheNextInstruction) {
  expect_same(GetParam(), 20, 0, [](TestMachine& t) {
    HartState hart = supervisor_with_window(t, kUsable);
    hart.x[5] = kRam + kLeaf;
    put(t, kCode,
        Assembler().emit(Op::kSd, {.rs1 = 5, .rs2 = 0}).emit(Op::kAddi, {.rd = 10, .rs1 = 0, .imm = 1}));
    t.set_hart(hart);
  });
}

TEST_P(Caches, StoreThatRemapsTheRunningBlockContinuesOnTheOtherPage) {
  expect_same(GetParam(), 20, 2, [](TestMachine& t) {
    HartState hart = supervisor_with_window(t, kUsable);
    hart.x[5] = kRam + kLeaf;
    hart.x[6] = leaf(kOtherCode, kUsable);
    put(t, kCode,
        Assembler().emit(Op::kSd, {.rs1 = 5, .rs2 = 6}).emit(Op::kAddi, {.rd = 10, .rs1 = 0, .imm = 1}));
    put(t, kOtherCode, Assembler().emit(Op::kAddi).emit(Op::kAddi, {.rd = 10, .rs1 = 0, .imm = 2}));
    t.set_hart(hart);
  });
}

TEST_P(Caches, ClearedAccessedBitOfTheRunningPageIsSetAgain) {
  // Linux clears A without a fence (ptep_clear_flush_young); whether it comes back must not depend on a TLB.
  expect_same(GetParam(), 20, leaf(kCode, kUsable), [](TestMachine& t) {
    HartState hart = supervisor_with_window(t, kUsable);
    hart.x[5] = kRam + kLeaf;
    hart.x[6] = leaf(kCode, kUsable & ~0x40ull);
    put(t, kCode,
        Assembler().emit(Op::kSd, {.rs1 = 5, .rs2 = 6}).emit(Op::kAddi).emit(Op::kLd, {.rd = 10, .rs1 = 5}));
    t.set_hart(hart);
  });
}

TEST_P(Caches, BlockDoesNotRunAcrossAProtectionBorderInItsPage) {
  expect_same(GetParam(), 3, 1, [](TestMachine& t) {
    HartState hart;
    hart.privilege = Privilege::kUser;
    hart.pc = kRam + kCode;
    hart.mtvec = kRam;
    // Executable up to kCode + 4, no further.
    hart.pmpcfg[0] = 1 << 3 | 7;
    hart.pmpaddr[0] = (kRam + kCode + 4) >> 2;
    put(t, kCode,
        Assembler()
            .emit(Op::kAddi, {.rd = 10, .rs1 = 10, .imm = 1})
            .emit(Op::kAddi, {.rd = 10, .rs1 = 10, .imm = 1}));
    put(t, 0, Assembler().emit(Op::kJal, {.rd = 0, .imm = 0}));
    t.set_hart(hart);
  });
}

TEST_P(Caches, BlockThatOverwritesItselfRunsWhatItWrote) {
  expect_same(GetParam(), 20, 5, [](TestMachine& t) {
    HartState hart;
    hart.pc = kRam + kCode;
    hart.mtvec = kRam;
    put(t, 0, Assembler().emit(Op::kJal, {.rd = 0, .imm = 0}));
    hart.x[5] = kRam + kCode;
    hart.x[6] = encode(Op::kAddi, {.rd = 10, .rs1 = 0, .imm = 5});
    put(t, kCode,
        Assembler()
            .emit(Op::kSw, {.rs1 = 5, .rs2 = 6, .imm = 4})
            .emit(Op::kAddi, {.rd = 10, .rs1 = 0, .imm = 1}));
    t.set_hart(hart);
  });
}

TEST_P(Caches, AccessedBitIsSetByTheAccessNotByDecodingAhead) {
  // A block ends at its page; the next page's A stays clear until the next page is reached.
  auto t = fresh(GetParam());
  HartState hart = supervisor_with_window(*t, kUsable);
  put64(*t, kLeaf + 8, leaf(kOtherCode, kUsable & ~0x40ull));
  hart.pc = kWindow + kPageSize - 4;
  put(*t, kCode + kPageSize - 4, Assembler().emit(Op::kAddi));
  put(*t, kOtherCode, Assembler().emit(Op::kAddi));
  t->set_hart(hart);
  auto next_entry = [&] { return load_le<uint64_t>(t->machine().ram().host(board::kRam + kLeaf + 8)); };
  t->run_until(Position{1});
  EXPECT_EQ(next_entry() & 0x40, 0u);
  t->run_until(Position{2});
  EXPECT_EQ(next_entry() & 0x40, 0x40u);
}

// The three loads share one look at the FastTlb; the store between them maps their page elsewhere.
TEST_P(Caches, APageThatMovesAmongAccessesThroughOneBaseIsReadWhereItIs) {
  constexpr uint64_t kData = 0xa000, kOtherData = 0xb000, kReadWrite = kUsable & ~8ull;
  constexpr unsigned kRounds = 10;
  expect_same(GetParam(), 100, kRounds / 2 * (100 + 1), [](TestMachine& t) {
    HartState hart = supervisor_with_window(t, kUsable);
    put64(t, kLeaf + 8, leaf(kData, kReadWrite));
    put64(t, kData + 16, 100);
    put64(t, kOtherData + 16, 1);
    hart.x[5] = kRam + kLeaf + 8;
    hart.x[6] = leaf(kOtherData, kReadWrite);
    hart.x[7] = kWindow + kPageSize;
    hart.x[8] = leaf(kData, kReadWrite) ^ leaf(kOtherData, kReadWrite);
    hart.x[9] = kRounds;
    put(t, kCode,
        Assembler()
            .emit(Op::kLd, {.rd = 11, .rs1 = 7, .imm = 0})
            .emit(Op::kLd, {.rd = 12, .rs1 = 7, .imm = 8})
            .emit(Op::kSd, {.rs1 = 5, .rs2 = 6})
            .emit(Op::kLd, {.rd = 13, .rs1 = 7, .imm = 16})
            .emit(Op::kAdd, {.rd = 10, .rs1 = 10, .rs2 = 13})
            .emit(Op::kXor, {.rd = 6, .rs1 = 6, .rs2 = 8})
            .emit(Op::kAddi, {.rd = 9, .rs1 = 9, .imm = -1})
            .emit(Op::kBne, {.rs1 = 9, .rs2 = 0, .imm = -28})
            .emit(Op::kJal, {.rd = 0, .imm = 0}));
    t.set_hart(hart);
  });
}

// A return to the next instruction, in the mode that it came from, goes nowhere; what returns ends its block all the same.
TEST_P(Caches, AReturnToTheNextInstructionGoesOnThere) {
  constexpr unsigned kRounds = 40;
  for (bool machine : {false, true}) {
    expect_same(GetParam(), 400, kRounds, [machine](TestMachine& t) {
      HartState hart = supervisor_with_window(t, kUsable);
      hart.privilege = machine ? Privilege::kMachine : Privilege::kSupervisor;
      hart.pc = kRam + kCode;
      hart.x[5] = kRam + kCode + 12;
      hart.x[6] = machine ? mstatus::kMpp : mstatus::kSpp;
      hart.x[9] = kRounds;
      put(t, kCode,
          Assembler()
              .csr(Op::kCsrrw, 0, machine ? csr::kMepc : csr::kSepc, 5)
              .csr(Op::kCsrrs, 0, machine ? csr::kMstatus : csr::kSstatus, 6)
              .emit(machine ? Op::kMret : Op::kSret)
              .emit(Op::kAddi, {.rd = 10, .rs1 = 10, .imm = 1})
              .emit(Op::kAddi, {.rd = 9, .rs1 = 9, .imm = -1})
              .emit(Op::kBne, {.rs1 = 9, .rs2 = 0, .imm = -20})
              .emit(Op::kJal, {.rd = 0, .imm = 0}));
      t.set_hart(hart);
    });
  }
}

TEST_P(Caches, GlobalEntriesAreNotSharedAcrossRoots) {
  expect_same(GetParam(), 20, 2, [](TestMachine& t) {
    constexpr uint64_t kGlobal = 32, kRoot2 = 0xa000, kMiddle2 = 0xb000, kLeaf2 = 0xc000, kData = 0xd000;
    HartState hart = supervisor_with_window(t, kUsable | kGlobal);
    put64(t, kLeaf + 8, leaf(kData, kUsable | kGlobal));
    put64(t, kRoot2 + 8 * (kWindow >> 30), leaf(kMiddle2, 1));
    put64(t, kRoot2 + 8 * (kRam >> 30), leaf(0, kUsable));
    put64(t, kMiddle2, leaf(kLeaf2, 1));
    put64(t, kLeaf2, leaf(kCode, kUsable | kGlobal));
    put64(t, kLeaf2 + 8, leaf(kData + kPageSize, kUsable | kGlobal));
    put64(t, kData, 1);
    put64(t, kData + kPageSize, 2);
    hart.x[5] = satp::kSv39 << satp::kModeShift | (kRam + kRoot2) >> kPageShift;
    hart.x[6] = kWindow + kPageSize;
    put(t, kCode,
        Assembler()
            .emit(Op::kLd, {.rd = 10, .rs1 = 6})
            .csr(Op::kCsrrw, 0, csr::kSatp, 5)
            .emit(Op::kLd, {.rd = 10, .rs1 = 6}));
    t.set_hart(hart);
  });
}

TEST(Machine, LinesFollowFromTheStateWhereverItIsLookedAt) {
  // The store that raises an interrupt is the last step before the stop: a machine restored from here must be
  // the same.
  auto t = fresh(kDefaultEngine);
  HartState hart;
  hart.pc = kRam + kCode;
  hart.x[5] = 0x2000000;  // msip
  hart.x[6] = 1;
  put(*t, kCode, Assembler().emit(Op::kSw, {.rs1 = 5, .rs2 = 6}).emit(Op::kAddi));
  t->set_hart(hart);
  t->run_until(Position{1});
  Digest128 before = t->state_digest();
  auto restored = fresh(kDefaultEngine);
  restored->restore(t->capture());
  EXPECT_EQ(restored->state_digest(), before);
}

TEST(Machine, TimerThatHasFiredIsNotTheNextTimer) {
  // A guest that waits with it masked would otherwise be woken for ever.
  auto t = fresh(kDefaultEngine);
  HartState hart;
  hart.menvcfg = menvcfg::kStce;
  hart.stimecmp = 0;
  t->set_hart(hart);
  EXPECT_EQ(t->machine().next_timer_ticks(), kNever);
}

TEST(Machine, StateOfAnotherBoardIsRefused) {
  // Evidence is hostile: with no contexts in the PLIC, asking for one would read outside of the vector.
  for (const char* list : {"contexts", "msip", "mtimecmp"}) {
    auto t = fresh(kDefaultEngine);
    SaveArchive saved;
    t->machine().state(saved);
    auto tree = nlohmann::json::from_cbor(saved.finish());
    auto& device = tree[list == std::string("contexts") ? "plic" : "aclint"];
    device[list] = {{"size", 0u}};
    auto cbor = nlohmann::json::to_cbor(tree);
    auto loaded = LoadArchive::parse(cbor);
    ASSERT_TRUE(loaded);
    t->machine().state(**loaded);
    EXPECT_FALSE((*loaded)->status()) << list;
  }
}

INSTANTIATE_TEST_SUITE_P(Engines, Caches, testing::Values(EngineKind::kInterp, EngineKind::kJit),
                         [](const auto& engine) { return std::string(engine_name(engine.param)); });

}  // namespace
}  // namespace recount::test
