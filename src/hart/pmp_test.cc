#include "hart/pmp.h"

#include <gtest/gtest.h>

namespace recount {
namespace {

// Privileged spec, "Physical Memory Protection": "Address Matching", "Locking and Privilege Mode", "Priority
// and Matching Logic".
constexpr uint8_t kRead = 1, kWrite = 2, kExecute = 4, kTor = 1 << 3, kNa4 = 2 << 3, kNapot = 3 << 3,
                  kLocked = 0x80;
constexpr auto kUser = Privilege::kUser, kMachine = Privilege::kMachine;

bool loads(const HartState& h, uint64_t address, uint64_t size = 1, Privilege p = kUser) {
  return pmp_allows(h, address, size, Access::kLoad, p);
}

TEST(Pmp, WithNoEntryMachineModeMay) {
  HartState h;
  EXPECT_FALSE(loads(h, 0x80000000));
  EXPECT_TRUE(loads(h, 0x80000000, 1, kMachine));
}

// There the machine itself is what would have opened it.
TEST(Pmp, WithoutFirmwareAllMemoryIsOpen) {
  HartState h;
  h.native_sbi = true;
  EXPECT_TRUE(loads(h, 0x80000000));
}

TEST(Pmp, NoMatchDeniesBelowMachineMode) {
  HartState h;
  h.pmpcfg[0] = kNa4 | kRead;
  h.pmpaddr[0] = 0x80000000 >> 2;
  EXPECT_TRUE(loads(h, 0x80000000, 4));
  EXPECT_FALSE(loads(h, 0x80000004));
  EXPECT_TRUE(loads(h, 0x80000004, 1, kMachine));
}

TEST(Pmp, NapotCoversItsPowerOfTwo) {
  HartState h;
  h.pmpcfg[3] = kNapot | kRead;
  h.pmpaddr[3] = (0x80004000 >> 2) | 0x1ff;  // 4 KiB
  EXPECT_TRUE(loads(h, 0x80004000));
  EXPECT_TRUE(loads(h, 0x80004ff8, 8));
  EXPECT_FALSE(loads(h, 0x80003fff));
  EXPECT_FALSE(loads(h, 0x80005000));
}

TEST(Pmp, TorRunsFromThePreviousAddress) {
  HartState h;
  h.pmpaddr[0] = 0x80001000 >> 2;  // its own entry is off
  h.pmpcfg[1] = kTor | kRead;
  h.pmpaddr[1] = 0x80001010 >> 2;
  EXPECT_FALSE(loads(h, 0x80000fff));
  EXPECT_TRUE(loads(h, 0x80001000));
  EXPECT_TRUE(loads(h, 0x8000100f));
  EXPECT_FALSE(loads(h, 0x80001010));
}

TEST(Pmp, TorThatEndsBeforeItBeginsMatchesNothing) {
  HartState h;
  h.pmpaddr[0] = 0x80001004 >> 2;
  h.pmpcfg[1] = kTor;
  h.pmpaddr[1] = 0x80001000 >> 2;
  h.pmpcfg[2] = kNapot | kRead;
  h.pmpaddr[2] = (1ull << 54) - 1;
  EXPECT_TRUE(loads(h, 0x80000ffd, 8));  // would touch both ends of the reversed range
}

TEST(Pmp, LowestMatchingEntryDecides) {
  HartState h;
  h.pmpcfg[0] = kNa4;
  h.pmpaddr[0] = 0x80000000 >> 2;
  h.pmpcfg[1] = kNapot | kRead | kWrite | kExecute;
  h.pmpaddr[1] = (1ull << 54) - 1;
  EXPECT_FALSE(loads(h, 0x80000000));
  EXPECT_TRUE(loads(h, 0x80000004));
}

TEST(Pmp, AccessThatMatchesPartlyFails) {
  HartState h;
  h.pmpcfg[0] = kNa4 | kRead;
  h.pmpaddr[0] = 0x80000000 >> 2;
  h.pmpcfg[1] = kNapot | kRead;
  h.pmpaddr[1] = (1ull << 54) - 1;
  EXPECT_FALSE(loads(h, 0x80000000, 8));
  EXPECT_FALSE(loads(h, 0x80000000, 8, kMachine));
}

TEST(Pmp, LockedEntryBindsMachineMode) {
  HartState h;
  h.pmpcfg[0] = kNa4 | kLocked;
  h.pmpaddr[0] = 0x80000000 >> 2;
  EXPECT_FALSE(loads(h, 0x80000000, 4, kMachine));
  h.pmpcfg[0] = kNa4;
  EXPECT_TRUE(loads(h, 0x80000000, 4, kMachine));
}

TEST(Pmp, EachPermissionIsItsOwn) {
  HartState h;
  h.pmpaddr[0] = (1ull << 54) - 1;
  h.pmpcfg[0] = kNapot | kExecute;
  EXPECT_TRUE(pmp_allows(h, 0, 4, Access::kFetch, kUser));
  EXPECT_FALSE(pmp_allows(h, 0, 4, Access::kLoad, kUser));
  EXPECT_FALSE(pmp_allows(h, 0, 4, Access::kStore, kUser));
}

TEST(Pmp, PageWithABorderIsNotUniform) {
  HartState h;
  h.pmpcfg[0] = kNa4;
  h.pmpaddr[0] = 0x80000800 >> 2;
  EXPECT_FALSE(pmp_uniform_over_page(h, 0x80000000));
  EXPECT_TRUE(pmp_uniform_over_page(h, 0x80001000));
}

}  // namespace
}  // namespace recount
