// Bare-metal guests end to end: loaded as firmware or kernel, printing, ending through the test finisher or
// the SBI.

#include <gtest/gtest.h>

#include "support/test_machine.h"

namespace recount::test {
namespace {

BootImages as_firmware(const char* name) {
  BootImages images;
  images.firmware = read_or_die(std::string(RECOUNT_GUEST_DIR "/") + name);
  return images;
}
BootImages as_kernel(const char* name) {
  BootImages images;
  images.kernel = read_or_die(std::string(RECOUNT_GUEST_DIR "/") + name);
  return images;
}

constexpr Position kEnough{50'000'000};

TEST(BareGuest, PrintsAndPowersOff) {
  TestMachine t({}, as_firmware("hello"));
  EXPECT_EQ(t.run_until(kEnough), Stop::kPoweroff);
  EXPECT_EQ(t.console(), "hello from machine mode\n");
}

TEST(BareGuest, InterruptsArriveInMachineMode) {
  TestMachine t({}, as_firmware("interrupts"));
  t.set_events(time_at_rate(kStepRate));
  EXPECT_EQ(t.run_until(kEnough), Stop::kIdle);  // it waits for a byte
  t.machine().apply({t.machine().at(), ConsoleInput{ConsoleId::kUart, {'k'}}});
  EXPECT_EQ(t.run_until(kEnough), Stop::kPoweroff);
  EXPECT_EQ(t.console(),
            "software 8000000000000003\ntimer 8000000000000007\nexternal 800000000000000b\nbyte "
            "000000000000006b\n");
}

TEST(BareGuest, ReportsFailureWithItsCode) {
  TestMachine t({}, as_firmware("failure"));
  EXPECT_EQ(t.run_until(kEnough), Stop::kFailed);
  EXPECT_EQ(t.machine().failure_code(), 42u);
}

TEST(BareGuest, SupervisorKernelSpeaksSbi) {
  TestMachine t({}, as_kernel("sv39"));
  EXPECT_EQ(t.run_until(kEnough), Stop::kPoweroff);
  EXPECT_TRUE(t.console().ends_with("recount-compare: end\n"));
}

// Linux relies on it: without, the vDSO's read of time is an illegal instruction in every process.
TEST(BareGuest, SupervisorKernelFindsTheCountersOpenToUserMode) {
  TestMachine t({}, as_kernel("sv39"));
  EXPECT_EQ(t.machine().hart().privilege, Privilege::kSupervisor);
  EXPECT_EQ(t.machine().hart().scounteren & 7, 7u);  // cycle, time, instret, as OpenSBI leaves them
}

}  // namespace
}  // namespace recount::test
