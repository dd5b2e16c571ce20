#include "recorder/failure_detector.h"

#include <gtest/gtest.h>

#include <random>

namespace recount {
namespace {

std::unique_ptr<FailureDetector> linux_detector() {
  auto made = FailureDetector::create(known_failure_patterns());
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
      {"panic", "[   12.0] Kernel panic - not syncing: Out of memory: compulsory panic_on_oom is enabled\n"},
      {"bug", "[    1.000000] kernel BUG at mm/slub.c:4023!\n"},
      {"bug", "[    1.000000] Kernel BUG [#1]\n"},
      {"bug", "[   12.0] BUG: scheduling while atomic: swapper/0/1/0x00000002\n"},
      {"bug", "[   12.0] BUG: KASAN: slab-use-after-free in kmem_cache_free+0x1c/0x2a\n"},
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

TEST(FailureDetector, KnowsWhatASystemPrintsThatGoesOn) {
  const std::pair<const char*, const char*> lines[] = {
      {"lockup", "[   60.0] watchdog: BUG: soft lockup - CPU#0 stuck for 26s! [sh:87]\n"},
      {"lockup", "[   60.0] watchdog: Watchdog detected hard LOCKUP on cpu 1\n"},
      {"lockup", "[   60.0] BUG: workqueue lockup - pool cpus=0 node=0 flags=0x0 nice=0 stuck for 38s!\n"},
      {"rcustall", "[   81.0] rcu: INFO: rcu_sched self-detected stall on CPU\n"},
      {"rcustall", "[   81.0] rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:\n"},
      {"rcustall", "[   81.0] rcu: INFO: rcu_sched detected expedited stalls on CPUs/tasks: { 0-.... } 6 jiffies\n"},
      {"rcustall", "[   81.0] INFO: rcu_tasks_trace detected stalls on tasks:\n"},
      {"rcustall", "[   81.0] rcu: rcu_sched kthread starved for 5250 jiffies! g17 f0x0 RCU_GP_WAIT_FQS(5)\n"},
      {"hungtask", "[  242.0] INFO: task kworker/u8:2:41 blocked for more than 120 seconds.\n"},
      {"oom", "[   33.0] Out of memory: Killed process 87 (tail) total-vm:210000kB, anon-rss:190000kB\n"},
      {"oom", "[   33.0] Memory cgroup out of memory: Killed process 9 (python3) total-vm:1kB\n"},
      {"oom", "[   33.0] Out of memory (oom_kill_allocating_task): Killed process 9 (x) total-vm:1kB\n"},
      {"process", "[   33.0] crasher[91]: unhandled signal 11 code 0x1 at 0x0000000000000000 in busybox[10000+1e0000]\n"},
      {"process", "[   33.0] /bin/busybox: sh: potentially unexpected fatal signal 6.\n"},
      {"unit", "[\x1b[0;1;31mFAILED\x1b[0m] Failed to start \x1b[0;1;39mnginx.service\x1b[0m - A web server.\r\n"},
      {"unit", "[   12.3] systemd[1]: nginx.service: Failed with result 'exit-code'.\n"},
      {"emergency", "[   88.0] reboot: HARDWARE PROTECTION shutdown (Temperature too high)\n"},
      {"emergency", "[   88.0] thermal thermal_zone0: cpu: critical temperature reached\n"},
      {"emergency", "You are in emergency mode. After logging in, type \"journalctl -xb\" to view\n"},
      {"emergency", "[  OK  ] Reached target emergency.target - Emergency Mode.\n"},
      {"emergency", "ALERT!  /dev/vdb1 does not exist.  Dropping to a shell!\n"},
      {"disk", "[    9.0] I/O error, dev vda, sector 2048 op 0x0:(READ) flags 0x80700 phys_seg 1 prio class 2\n"},
      {"disk", "[    9.0] critical medium error, dev sda, sector 8 op 0x1:(WRITE) flags 0x0 phys_seg 1 prio class 2\n"},
      {"disk", "[    9.0] Buffer I/O error on dev vda, logical block 0, async page read\n"},
      {"disk", "[    9.0] EXT4-fs error (device vda): ext4_find_entry:1463: inode #2: comm ls: reading directory lblock 0\n"},
      {"disk", "[    9.0] EXT4-fs (vda): Remounting filesystem read-only\n"},
      {"warning", "[    1.0] WARNING: CPU: 0 PID: 1 at kernel/sched/core.c:123 foo+0x1/0x2\n"},
      {"warning", "[    1.0] WARNING: kernel/sched/core.c:123 at foo+0x1/0x2, CPU#0: sh/87\n"},
      {"warning", "[    1.0] WARNING: possible circular locking dependency detected\n"},
  };
  for (const auto& [cause, line] : lines) EXPECT_EQ(cause_of(line), cause) << line;
}

TEST(FailureDetector, OrdinaryTextIsNoFailure) {
  for (const char* line : {"[    1.0] ------------[ cut here ]------------\n", "DEBUG: nothing to see\n", "Oops, wrong directory\n",
                           "login: \n", "panic\n", "[    0.0] Kernel command line: console=ttyS0 panic=1 oops=panic\n", "\n\n\n",
                           "[  OK  ] Started nginx.service - A web server.\n", "WARNING: apt does not have a stable CLI interface.\n",
                           "[    1.0] operation not supported error, dev loop0, sector 0 op 0x9:(WRITE_ZEROES) flags 0x0\n",
                           "[    1.0] rcu: Hierarchical RCU implementation.\n", "[    1.0] systemd[1]: Reached target basic.target\n",
                           "[    1.0] EXT4-fs (vda): mounted filesystem r/w with ordered data mode\n",
                           "[    1.0] WARNING: Flushing system-wide workqueues will be prohibited in near future.\n"}) {
    EXPECT_EQ(cause_of(line), "") << line;
  }
}

TEST(FailureDetector, AFailureThatEndsItAllCountsMoreThanOneThatDoesNot) {
  auto detector = linux_detector();
  detector->watch(view_of("watchdog: BUG: soft lockup - CPU#0 stuck for 26s! [sh:87]\n"));
  EXPECT_EQ(detector->seen()->cause, "lockup");
  detector->watch(view_of("sh[87]: unhandled signal 11 code 0x1 at 0x0\n"));
  EXPECT_EQ(detector->seen()->cause, "lockup");
  detector->watch(view_of("Oops [#1]\n"));
  EXPECT_EQ(detector->seen()->cause, "oops");
}

TEST(FailureDetector, AKilledProcessIsToldWithItsNameAndItsSignal) {
  auto detector = linux_detector();
  detector->watch(view_of("~ # [    8.1] my prog[91]: unhandled signal 11 code 0x1 at 0x00 in x[1+2]\n"));
  EXPECT_EQ(detector->seen()->detail, "my prog[91]: unhandled signal 11 (SIGSEGV) code 0x1 at 0x00 in x[1+2]");
  detector->forget();
  detector->watch(view_of("x: potentially unexpected fatal signal 6.\n"));
  EXPECT_EQ(detector->seen()->detail, "x: potentially unexpected fatal signal 6 (SIGABRT).");
  detector->forget();
  detector->watch(view_of("x: potentially unexpected fatal signal 99.\n"));
  EXPECT_EQ(detector->seen()->detail, "x: potentially unexpected fatal signal 99.");
}

TEST(FailureDetector, AnIgnoredPatternHidesItsLinesFromLaterOnes) {
  auto made = FailureDetector::create({{"lockup", "BUG: soft lockup", true}, {"bug", "BUG: "}});
  ASSERT_TRUE(made);
  (*made)->watch(view_of("BUG: soft lockup - CPU#0 stuck for 26s!\n"));
  EXPECT_FALSE((*made)->seen());
  (*made)->watch(view_of("BUG: KASAN: x\n"));
  EXPECT_EQ((*made)->seen()->cause, "bug");
}

TEST(FailureDetector, WhatIsReportedCountsLessThanALineThatSaysTheSame) {
  auto detector = linux_detector();
  detector->report({"disk", "disk 0 returned an I/O error"});
  ASSERT_TRUE(detector->seen());
  EXPECT_EQ(detector->seen()->detail, "disk 0 returned an I/O error");
  detector->watch(view_of("I/O error, dev vda, sector 8 op 0x0:(READ)\n"));
  EXPECT_EQ(detector->seen()->detail, "I/O error, dev vda, sector 8 op 0x0:(READ)");
  detector->report({"disk", "again"});
  EXPECT_EQ(detector->seen()->detail, "I/O error, dev vda, sector 8 op 0x0:(READ)");
  detector->watch(view_of("Oops [#1]\n"));
  EXPECT_EQ(detector->seen()->cause, "oops");
}

TEST(FailureDetector, WhatIsReportedIsIgnoredLikeItsLines) {
  auto made = FailureDetector::create({{"disk", "I/O error", true}});
  ASSERT_TRUE(made);
  (*made)->report({"disk", "x"});
  EXPECT_FALSE((*made)->seen());
  (*made)->report({"silence", "no pattern tells of it"});
  EXPECT_EQ((*made)->seen()->cause, "silence");
}

TEST(FailureDetector, ColoursAndTitlesAreNotText) {
  for (const char* text : {"Kernel \x1b[1;31mpanic\x1b[0m - not syncing\n", "\x1b]0;title\x07Kernel panic - not syncing\n",
                           "\x1b]3008;start=1\x1b\\Kernel panic - not syncing\n", "\x1b(BKernel panic - not syncing\n",
                           "\x1b[\nKernel panic - not syncing\n", "\x1bP never ends\nKernel panic - not syncing\n"}) {
    auto detector = linux_detector();
    detector->watch(view_of(text));
    ASSERT_TRUE(detector->seen()) << text;
    EXPECT_EQ(detector->seen()->detail, "Kernel panic - not syncing");
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

TEST(FailureDetector, ALineThatStandsUnfinishedCountsOnce) {
  auto detector = linux_detector();
  detector->watch(view_of("Kernel panic - not syncing: x"));
  detector->look_at_line();
  ASSERT_TRUE(detector->seen());
  detector->forget();
  detector->look_at_line();
  detector->watch(view_of("\n"));
  EXPECT_FALSE(detector->seen());
  EXPECT_EQ(detector->last_line(), "Kernel panic - not syncing: x");
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
  auto made = FailureDetector::create({{"mine", "I/O error, dev vd[a-z]"}, {"any", "error"}});
  ASSERT_TRUE(made);
  (*made)->watch(view_of("an error\nI/O error, dev vda, sector 8\n"));
  EXPECT_EQ((*made)->seen()->cause, "mine");
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
