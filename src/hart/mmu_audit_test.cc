// The audit holds while the Mmu sees what happens, and fails for each kind of change that it is not told of.

#include "hart/mmu_audit.h"

#include "hart/mmu_fixture.h"

namespace recount::test {
namespace {

class MmuAuditTest : public MmuTest {
 protected:
  MmuAuditTest() {
    EXPECT_EQ(cause_of_load(), 0u);
    EXPECT_EQ(cause_of_fetch(), 0u);
    for (int i = 0; i < 2; ++i) EXPECT_EQ(cause_of_store(), 0u);
    EXPECT_NE(hart_.mmu.fill_fast(kVa, Access::kLoad), nullptr);
    EXPECT_NE(hart_.mmu.fill_fast(kVa, Access::kStore), nullptr);
  }
  void audit() { MmuAudit(hart_.mmu, hart_.state, *ram_).run(); }
  // Behind the Mmu's back.
  void poke(unsigned level, uint64_t pte) { store_le(ram_->host(entry(level).gpa), pte); }
};

TEST_P(MmuAuditTest, HoldsWhileEveryStoreIsSeen) {
  audit();
  entry(0) = pte(kPage + kPageSize, kAll);
  audit();
  EXPECT_EQ(cause_of_load(), 0u);
  audit();
  entry(1) = 0;
  audit();
}

TEST_P(MmuAuditTest, FindsAnEntryThatChangedUnseen) {
  for (uint64_t changed : {uint64_t{0}, pte(kPage + kPageSize, kAll), pte(kPage, kAll & ~kA), pte(kPage, kAll & ~kD),
                           pte(kPage, kAll & ~kR & ~kW), pte(kPage, kAll & ~kX), pte(kPage, kAll | kU)}) {
    EXPECT_DEATH((poke(0, changed), audit()), "CHECK failed") << std::hex << changed;
  }
  EXPECT_DEATH((poke(1, 0), audit()), "CHECK failed");
}

TEST_P(MmuAuditTest, FindsATableThatIsNotMarked) {
  for (unsigned level = 0; level < levels(); ++level) {
    EXPECT_DEATH((ram_->flags(Gpa{table(level)}) = 0, audit()), "CHECK failed") << level;
  }
}

TEST_P(MmuAuditTest, FindsAStoreThatNobodyWouldSee) {
  EXPECT_DEATH((ram_->flags(Gpa{kPage}) |= kFrameCode, audit()), "CHECK failed");
  EXPECT_DEATH((ram_->flags(Gpa{kPage}) = 0, audit()), "CHECK failed");
}

TEST_P(MmuAuditTest, FindsProtectionThatChangedUnseen) {
  constexpr uint8_t kNapotWithoutPermission = 3 << 3;
  hart_.state.pmpaddr[0] = ~0ull >> (64 - kPmpAddressBits);
  EXPECT_DEATH((hart_.state.pmpcfg[0] = kNapotWithoutPermission, audit()), "CHECK failed");
}

INSTANTIATE_TEST_SUITE_P(Modes, MmuAuditTest, testing::Values(Mode{satp::kSv39, Caching::kOn}, Mode{satp::kSv48, Caching::kOn}));

}  // namespace
}  // namespace recount::test
