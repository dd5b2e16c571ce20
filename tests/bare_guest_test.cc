// Bare-metal guests end to end: loaded as firmware or kernel, printing, ending through the test finisher or
// the SBI.

#include <gtest/gtest.h>

#include <optional>

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

// Its last words to the watchdog are at some position; two seconds of guest time later it ends, wherever one looked in between.
TEST(BareGuest, WatchdogExpiresAtOnePositionHoweverTheMachineIsRun) {
  constexpr uint64_t kTicksPerStep = (kTicksPerSecond << 32) / 200'000;  // 200,000 steps a second
  std::optional<Position> expected;
  for (EngineKind engine : {EngineKind::kReference, EngineKind::kInterp, EngineKind::kJit}) {
    for (uint64_t slice : {uint64_t{1'000}, uint64_t{77'777}, uint64_t{50'000'000}}) {
      MachineConfig config;
      config.engine = engine;
      TestMachine t(config, as_firmware("watchdog"));
      t.set_events(time_at_rate(kTicksPerStep));
      Stop stop = Stop::kPosition;
      while (stop == Stop::kPosition) stop = t.run_until(t.machine().at() + slice);
      EXPECT_EQ(stop, Stop::kWatchdog);
      EXPECT_NE(t.console().find("fed 0000000000000003"), std::string::npos);
      EXPECT_EQ(t.machine().watchdog_ticks(), 2 * kTicksPerSecond);
      EXPECT_GE(t.machine().time_ticks(), 5 * kTicksPerSecond);
      EXPECT_EQ(t.machine().at(), expected.value_or(t.machine().at()));
      EXPECT_EQ(t.run_until(t.machine().at() + 1), Stop::kWatchdog) << "it goes on";
      expected = t.machine().at();
    }
  }
}

TEST(BareGuest, PreemptiveKernelTakesTurnsAndSaysWhereItCrashed) {
  TestMachine t({}, as_firmware("rtos"));
  t.set_events(time_at_rate(kStepRate));
  EXPECT_EQ(t.run_until(Position{2'000'000}), Stop::kPosition);
  t.machine().apply({t.machine().at(), ConsoleInput{ConsoleId::kUart, {'s'}}});
  EXPECT_EQ(t.run_until(Position{3'000'000}), Stop::kPosition);
  EXPECT_TRUE(t.console().starts_with("rtos: ready\nreceived 0000")) << t.console();
  EXPECT_EQ(t.console().find("slices 0000000000000000"), std::string::npos);
  t.machine().apply({t.machine().at(), ConsoleInput{ConsoleId::kUart, {'c'}}});
  EXPECT_EQ(t.run_until(Position{4'000'000}), Stop::kFailed);
  EXPECT_NE(t.console().find("rtos: stopped in task answer\n  cause 0000000000000007\n"), std::string::npos) << t.console();
  EXPECT_EQ(t.machine().failure_code(), 99u);
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
