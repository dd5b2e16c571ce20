#include "recorder/failure_cause.h"

#include <algorithm>

namespace recount {
namespace {

constexpr auto kOver = Aftermath::kOver;
constexpr auto kGoesOn = Aftermath::kGoesOn;
constexpr bool kOn = true, kOff = false;

// The texts are those of Linux 6.12 and systemd 257.
constexpr FailureCause kCauses[] = {
    {"panic", R"(Kernel panic - not syncing)", kOver, kOn, "The kernel gave up: it found itself in a state that it cannot go on from."},
    {"lockup", R"(BUG: soft lockup - |Watchdog detected hard LOCKUP|BUG: workqueue lockup)", kGoesOn, kOn,
     "The kernel's own watchdog found a hart or a work queue that did nothing else for too long."},
    {"bug", R"(kernel BUG at |\bBUG: |Kernel BUG \[#\d+\])", kOver, kOn, "The kernel found that one of its own assumptions does not hold."},
    {"oops", R"(Oops(?: - [^\[]*)?(?::.*)? \[#\d+\]|Unable to handle kernel |Internal error: Oops)", kOver, kOn,
     "The kernel itself did something impossible, such as to use a bad address; the task that it did it for is gone."},
    {"rcustall", R"(INFO: \S+ (?:self-detected stall on CPU|detected (?:expedited )?stalls )|rcu: \S+ kthread starved for )", kGoesOn, kOn,
     "A hart or task kept the kernel's RCU waiting for too long: something spins or is starved."},
    {"hungtask", R"(INFO: task .*:\d+ blocked for more than \d+ seconds)", kGoesOn, kOn,
     "A task waited in the kernel for minutes without being able to be killed, mostly for a disk or a lock."},
    {"oom", R"([Oo]ut of memory[^:]*: Killed process \d+ \()", kGoesOn, kOn, "Memory ran out, and the kernel killed a process to get some back."},
    {"process", R"(\[\d+\]: unhandled signal \d+ code |potentially unexpected fatal signal \d+)", kGoesOn, kOn,
     "A user process was killed by a signal that its own doing raised."},
    {"emergency",
     R"(HARDWARE PROTECTION shutdown|critical temperature reached|[Yy]ou are in emergency mode|Entering emergency mode|)"
     R"(Reached target (?:\S*emergency\.target|.*Emergency Mode)|Dropping to a shell!)",
     kGoesOn, kOn, "The system shut itself down to protect the hardware, or could not start and offers an emergency shell."},
    {"unit", R"(\[FAILED\] Failed |systemd\[1\]: \S+\.[a-z]+: Failed with result ')", kGoesOn, kOn, "A unit of systemd failed."},
    {"disk",
     R"((?:I/O|timeout|protection|critical \w+) error, dev \S+, sector |Buffer I/O error on dev |EXT4-fs error |)"
     R"(Remounting filesystem read-only|XFS \(\S+\): (?:metadata|log) I/O error|BTRFS error )",
     kGoesOn, kOn, "A disk returned an error, or a file system on it is damaged."},
    {"warning", R"(WARNING: (?:CPU: \d+ PID: \d+ at |\S+:\d+ at |possible (?:circular|recursive|irq) ))", kGoesOn, kOff,
     "The kernel found something that should not be, and went on."},
    {"silence", nullptr, kGoesOn, kOn, "The console was silent for longer than --silence allows."},
    {"hang", nullptr, kOver, kOn, "A hart did not let in the interrupts that it had itself enabled, for as long as --hang allows: it spins with them off."},
    {"failure", nullptr, kOver, kOn, "The guest reported failure to its machine, through the test finisher or SBI's system reset."},
    {"watchdog", nullptr, kOver, kOn, "The guest set a watchdog and did not feed it in time: hardware would have reset it there."},
    {"reset", nullptr, kOver, kOn, "The guest reset itself without announcing it, or its trap handler can only trap again."},
    {"lost", nullptr, kOver, kOn, "The recorder's process that ran the guest died; the evidence leads to the last event that it got out."},
    {"guest", nullptr, kGoesOn, kOn, "The guest asked for evidence, through its port org.recount.0."},
    {"operator", nullptr, kGoesOn, kOn, "Somebody asked for evidence, by recount ctl or SIGUSR1."},
};

}  // namespace

std::span<const FailureCause> known_causes() { return kCauses; }

const FailureCause* find_cause(std::string_view name) {
  const FailureCause* found = std::ranges::find(kCauses, name, [](const FailureCause& c) { return std::string_view(c.name); });
  return found == std::end(kCauses) ? nullptr : found;
}

Aftermath aftermath_of(std::string_view cause) {
  const FailureCause* known = find_cause(cause);
  return known != nullptr ? known->aftermath : Aftermath::kOver;
}

std::string_view meaning_of(std::string_view cause) {
  const FailureCause* known = find_cause(cause);
  return known != nullptr ? known->meaning : "A line of the console matched a --pattern of the recorder's user.";
}

}  // namespace recount
