#include "recorder/failure_detector.h"

#include <gtest/gtest.h>

#include <random>

namespace recount {
namespace {

std::unique_ptr<FailureDetector> linux_detector() {
  auto made = FailureDetector::create(default_failure_patterns());
  EXPECT_TRUE(made.has_value());
  return std::move(*made);
}

// What a console that prints this makes of it; "" if it is no failure.
std::string cause_of(std::string_view text) {
  auto detector = linux_detector();
  detector->watch(view_of(text));
  return detector->seen() ? detector->seen()->cause : "";
}

TEST(FailureDetector, KnowsWhatADyingKernelPrints) {
  const std::pair<const char*, const char*> lines[] = {
      {"panic", "[    4.512345] Kernel panic - not syncing: sysrq triggered crash\n"},
      {"panic", "[    4.51] Kernel panic - not syncing: Attempted to kill init! exitcode=0x0000000b\r\n"},
      {"panic", "<0>[   12.345678][    T1] Kernel panic - not syncing: VFS: Unable to mount root fs\n"},
      {"bug", "[    1.000000] kernel BUG at mm/slub.c:4023!\n"},
      {"bug", "[    1.000000] Kernel BUG [#1]\n"},
      {"bug", "[   12.0] BUG: scheduling while atomic: swapper/0/1/0x00000002\n"},
      {"bug", "[   12.0] BUG: KASAN: slab-use-after-free in kmem_cache_free+0x1c/0x2a\n"},
      {"bug", "[   60.0] watchdog: BUG: soft lockup - CPU#0 stuck for 26s! [sh:87]\n"},
      {"oops",
       "[    5.1] Unable to handle kernel NULL pointer dereference at virtual address 0000000000000008\n"},
      {"oops", "[    5.1] Unable to handle kernel paging request at virtual address ff2000000045c000\n"},
      {"oops", "[    5.1] Unable to handle kernel access to user memory without uaccess routines\n"},
      {"oops", "[    5.123456] Oops [#1]\n"},
      {"oops", "[    5.123456] Oops - illegal instruction [#1]\n"},
      {"oops", "[    5.123456] Oops - load access fault [#12]\n"},
      {"oops", "[    5.123456] Oops: 0000 [#1] PREEMPT SMP NOPTI\n"},
      {"oops", "[    5.123456] Internal error: Oops: 0000000096000004 [#1] SMP\n"},
  };
  for (const auto& [cause, line] : lines) EXPECT_EQ(cause_of(line), cause) << line;
}

TEST(FailureDetector, WarningsAndOrdinaryTextAreNoFailure) {
  for (const char* line : {"[    1.0] WARNING: CPU: 0 PID: 1 at kernel/sched/core.c:123 foo+0x1/0x2\n",
                           "[    1.0] ------------[ cut here ]------------\n",
                           "[    1.0] rcu: INFO: rcu_sched self-detected stall on CPU\n",
                           "DEBUG: nothing to see\n", "Oops, wrong directory\n", "login: \n", "panic\n",
                           "[    0.0] Kernel command line: console=ttyS0 panic=1 oops=panic\n", "\n\n\n"}) {
    EXPECT_EQ(cause_of(line), "") << line;
  }
}

TEST(FailureDetector, TheTextIsTheLineWithoutItsTimestamp) {
  auto detector = linux_detector();
  detector->watch(view_of("[   12.345678] Kernel panic - not syncing: a\tb\x7f\xff\r\n"));
  ASSERT_TRUE(detector->seen());
  EXPECT_EQ(detector->seen()->detail, "Kernel panic - not syncing: a?b??");
}

TEST(FailureDetector, ALineMayComeInAnyPieces) {
  std::string text = "hello\n[ 1.0] Oops [#1]\nlast words\n";
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    auto detector = linux_detector();
    detector->watch(view_of(std::string_view(text).substr(0, cut)));
    detector->watch(view_of(std::string_view(text).substr(cut)));
    ASSERT_TRUE(detector->seen()) << cut;
    EXPECT_EQ(detector->seen()->detail, "Oops [#1]");
    EXPECT_EQ(detector->last_line(), "last words");
  }
  auto detector = linux_detector();
  for (char c : text) detector->watch(view_of(std::string_view(&c, 1)));
  EXPECT_TRUE(detector->seen());
}

TEST(FailureDetector, ALineCountsWhenItEnds) {
  auto detector = linux_detector();
  detector->watch(view_of("Kernel panic - not syncing: x"));
  EXPECT_FALSE(detector->seen());
  detector->watch(view_of("\n"));
  EXPECT_TRUE(detector->seen());
}

TEST(FailureDetector, TheMostSevereIsKept) {
  auto detector = linux_detector();
  detector->watch(view_of("Oops [#1]\nkernel BUG at a.c:1!\n"));
  EXPECT_EQ(detector->seen()->cause, "bug");
  detector->watch(
      view_of("Kernel panic - not syncing: first\nOops [#2]\nKernel panic - not syncing: second\n"));
  EXPECT_EQ(detector->seen()->cause, "panic");
  EXPECT_EQ(detector->seen()->detail, "Kernel panic - not syncing: first");
}

TEST(FailureDetector, ForgottenFailuresAreSeenAgain) {
  auto detector = linux_detector();
  detector->watch(view_of("Kernel panic - not syncing: x\n"));
  detector->forget();
  EXPECT_FALSE(detector->seen());
  detector->watch(view_of("Oops [#1]\n"));
  ASSERT_TRUE(detector->seen()) << "a lesser one counts, too";
  EXPECT_EQ(detector->seen()->cause, "oops");
}

TEST(FailureDetector, AMegabyteWithoutANewlineIsCutNotKept) {
  std::string text(1 << 20, 'x');
  text += " Kernel panic - not syncing: at its end\n";
  auto detector = linux_detector();
  detector->watch(view_of(text));
  ASSERT_TRUE(detector->seen());
  EXPECT_LE(detector->seen()->detail.size(), 4096u);
  EXPECT_LE(detector->last_line().size(), 4096u);
}

TEST(FailureDetector, BytesThatAreNoTextAreNeitherFailureNorText) {
  std::mt19937_64 random(1);
  std::string noise(1 << 18, 0);
  for (char& c : noise) c = static_cast<char>(random());
  EXPECT_EQ(cause_of(noise + "\n"), "");
  auto detector = linux_detector();
  detector->watch(view_of("\n\xff\xfe\x80 Oops [#1] \x01\n"));
  ASSERT_TRUE(detector->seen());
  EXPECT_EQ(detector->seen()->detail, "??? Oops [#1] ?");
}

TEST(FailureDetector, TheLastLineIsTheLastThatIsNotEmpty) {
  auto detector = linux_detector();
  EXPECT_EQ(detector->last_line(), "");
  detector->watch(view_of("reboot: Restarting system\r\n\r\n\n"));
  EXPECT_EQ(detector->last_line(), "reboot: Restarting system");
}

TEST(FailureDetector, AnOwnPatternHasItsOwnCause) {
  auto made = FailureDetector::create({{"disk", "I/O error, dev vd[a-z]"}, {"any", "error"}});
  ASSERT_TRUE(made);
  (*made)->watch(view_of("an error\nI/O error, dev vda, sector 8\n"));
  EXPECT_EQ((*made)->seen()->cause, "disk");
}

TEST(FailureDetector, WhatIsNoRegularExpressionIsBadUsage) {
  for (const char* regex : {"(", "[a", "a**", "\\", "(?<name"}) {
    auto made = FailureDetector::create({{"mine", regex}});
    ASSERT_FALSE(made) << regex;
    EXPECT_EQ(made.error().kind, ErrorKind::kUsage);
    EXPECT_TRUE(made.error().message.starts_with("--pattern mine: ")) << made.error().message;
  }
}

}  // namespace
}  // namespace recount
