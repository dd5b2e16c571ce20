#include "debug/monitor.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <sstream>

#include "debug/linux/task_text.h"
#include "debug/printk_log.h"
#include "debug/query/calls.h"
#include "debug/query/writes.h"
#include "debug/text.h"
#include "event/guest_time.h"
#include "evidence/console_cast.h"
#include "evidence/members.h"
#include "evidence/position_text.h"

namespace recount {
namespace {

struct EventText {
  std::string operator()(const TimeAnchor&) const { return ""; }
  std::string operator()(const CheckpointDigest&) const { return ""; }
  std::string operator()(const ConsoleInput& e) const { return fmt::format("{} bytes typed", e.bytes.size()); }
  std::string operator()(const DiskCompletion& e) const {
    return fmt::format("disk {}: request {} {}", e.disk, e.request, e.status == DiskStatus::kOk ? "done" : "failed");
  }
  std::string operator()(const EntropySeed&) const { return "seed"; }
  std::string operator()(const OperatorRequest& e) const { return "operator: " + e.text; }
  std::string operator()(const Gap& e) const { return "gap: " + e.text; }
  std::string operator()(const FailureNotice& e) const { return e.cause + ": " + e.detail; }
  std::string operator()(const PacketArrival& e) const { return fmt::format("packet of {} bytes", e.frame.size()); }
};

// What else than an instruction may have changed memory: data that came at the end of its step.
std::string or_by_event(const std::vector<Event>& events, Position position) {
  auto [first, last] = std::ranges::equal_range(events, position, {}, &Event::position);
  std::string text;
  for (auto event = first; event != last; ++event) {
    if (brings_data(*event)) text += fmt::format(", or by event {}: {}", event - events.begin(), std::visit(EventText{}, event->payload));
  }
  return text;
}

}  // namespace

const Monitor::Command Monitor::kCommands[] = {
    {"help", "help", "this list", &Monitor::help},
    {"when", "when", "position and guest time here", &Monitor::when},
    {"goto", "goto POSITION|end|-3s|50%|event N|mark NAME", "goes there", &Monitor::go},
    {"events", "events [N]", "what came into the machine, the N events around here (20)", &Monitor::events},
    {"who-wrote", "who-wrote ADDRESS [SIZE]", "the last change of SIZE bytes (8) before here", &Monitor::who_wrote},
    {"last", "last ADDRESS", "the last time before here that pc was there", &Monitor::last},
    {"calls", "calls ADDRESS [MOST]", "each time that pc was there, with a0 to a3 and ra (at most 100)", &Monitor::calls},
    {"checkpoint", "checkpoint", "remembers this position for back", &Monitor::checkpoint},
    {"back", "back", "where one was before the last goto", &Monitor::back},
    {"forward", "forward", "undoes back", &Monitor::forward},
    {"dmesg", "dmesg [N]", "the kernel's log as it is in its memory here, the last N records", &Monitor::dmesg},
    {"ps", "ps [threads]", "the tasks that Linux has here", &Monitor::ps},
    {"maps", "maps [PID]", "what a process has mapped, by default the one that runs here", &Monitor::maps},
    {"console", "console [N]", "what the guest had printed by here, the last N lines (40)", &Monitor::console},
    {"info", "info recording", "what this evidence is", &Monitor::info},
};

Result<std::string> Monitor::run(const std::string& command, const GuestView& view, const Interrupted& interrupted) {
  std::istringstream in(command);
  Words words;
  for (std::string word; in >> word;) words.push_back(word);
  const auto* found = std::ranges::find_if(kCommands, [&](const Command& c) { return !words.empty() && words[0] == c.name; });
  if (found == std::end(kCommands)) {
    return fail(ErrorKind::kUsage, "no such command: " + (words.empty() ? "(nothing)" : words[0]) + "; monitor help lists them");
  }
  auto answer = (this->*found->run)(words, view, interrupted);
  // Events and manifests have words of the guest's and of others in them.
  return answer ? Result<std::string>(for_terminal(*answer)) : answer;
}

Result<uint64_t> Monitor::address_in(const Words& words, const char* usage) {
  auto address = words.size() > 1 ? symbols_.place_in(words[1]) : std::nullopt;
  if (!address) {
    return fail(ErrorKind::kUsage, fmt::format("usage: {} (an address as 0x80001000, or a symbol of the kernel's; in gdb, any expression)", usage));
  }
  return *address;
}

Result<std::string> Monitor::help(const Words&, const GuestView&, const Interrupted&) {
  std::string text;
  for (const Command& c : kCommands) text += fmt::format("monitor {:46} {}\n", c.usage, c.help);
  return text + "monitor physical on|off                                addresses of memory are physical ones\n";
}

std::string Monitor::here() {
  Machine& machine = timeline_.machine();
  uint64_t window = std::max<uint64_t>(timeline_.end() - timeline_.begin(), 1), done = timeline_.at() - timeline_.begin();
  return fmt::format("position {} ({:.4f} %), guest time {:.6f} s, hart {} at pc {}{}\n", raw(timeline_.at()),
                     100.0 * static_cast<double>(done) / static_cast<double>(window), seconds_of(machine.time_ticks()),
                     machine.hart().hart_id, symbols_.named(machine.hart().pc), process_on(static_cast<unsigned>(machine.hart().hart_id)));
}

Result<LinuxKernel> Monitor::linux_kernel() {
  const GuestView view(timeline_.machine().ram(), supervisor_space_of(timeline_.machine().hart()));
  if (!btf_) btf_ = Btf::find(view, symbols_);
  if (!btf_) return fail(ErrorKind::kUnavailable, "no Linux kernel that tells its types is found here: it needs kallsyms and BTF in memory, and their page tables");
  return LinuxKernel(view, symbols_, *btf_);
}

std::string Monitor::process_on(unsigned hart) {
  const uint64_t current = current_task(timeline_.machine().hart(hart));
  auto kernel = linux_kernel();
  auto task = kernel && current != 0 ? task_at(*kernel, current) : std::nullopt;
  return task ? fmt::format(", pid {} ({})", task->pid, for_terminal_line(task->name)) : "";
}

Result<std::string> Monitor::when(const Words&, const GuestView&, const Interrupted&) { return here(); }

Result<Position> Monitor::position_of(const Words& words) {
  if (words.size() < 2) return fail(ErrorKind::kUsage, "usage: goto POSITION|end|-3s|50%|event N|mark NAME");
  std::string text = words[1];
  if (words.size() > 2 && text == "event") text = "event:" + words[2];
  if (words.size() > 2 && text == "mark") {
    text = words[2];
    for (size_t i = 3; i < words.size(); ++i) text += " " + words[i];
  }
  return recount::position_of(text, Window{timeline_.begin(), timeline_.end(), timeline_.events(), timeline_.time_at_begin(),
                                     evidence_.manifest().guest_time_end_ticks});
}

Result<std::string> Monitor::move_to(Position position) {
  TRY(timeline_.go_to(position));
  return here();
}

Result<std::string> Monitor::retrace(std::vector<Position>& from, std::vector<Position>& to) {
  Position target = from.back();
  from.pop_back();
  to.push_back(timeline_.at());
  return move_to(target);
}

Result<std::string> Monitor::go(const Words& words, const GuestView&, const Interrupted&) {
  Position target = TRY(position_of(words));
  past_.push_back(timeline_.at());
  future_.clear();
  return move_to(target);
}

Result<std::string> Monitor::checkpoint(const Words&, const GuestView&, const Interrupted&) {
  past_.push_back(timeline_.at());
  return here();
}

Result<std::string> Monitor::back(const Words&, const GuestView&, const Interrupted&) {
  if (past_.empty()) return fail(ErrorKind::kUsage, "there is nothing to go back to: goto and checkpoint remember positions");
  return retrace(past_, future_);
}

Result<std::string> Monitor::forward(const Words&, const GuestView&, const Interrupted&) {
  if (future_.empty()) return fail(ErrorKind::kUsage, "there is nothing to go forward to: back remembers positions");
  return retrace(future_, past_);
}

Result<std::string> Monitor::events(const Words& words, const GuestView&, const Interrupted&) {
  uint64_t most = words.size() > 1 ? number_in(words[1]).value_or(20) : 20;
  struct Line {
    size_t number;
    std::string text;
  };
  std::vector<Line> before, after;
  const std::vector<Event>& all = timeline_.events();
  for (size_t i = 0; i < all.size(); ++i) {
    std::string text = std::visit(EventText{}, all[i].payload);
    if (!text.empty()) (all[i].position <= timeline_.at() ? before : after).push_back({i, std::move(text)});
  }
  // Half on each side, or more where the other has fewer.
  size_t behind = std::min<size_t>(after.size(), most / 2), ahead = std::min<size_t>(before.size(), most - behind);
  std::vector<Line> shown(before.end() - static_cast<ptrdiff_t>(ahead), before.end());
  shown.insert(shown.end(), after.begin(), after.begin() + static_cast<ptrdiff_t>(behind));
  std::string out;
  for (const Line& line : shown) out += fmt::format("event {:6} position {:14} {}\n", line.number, raw(all[line.number].position), line.text);
  return out.empty() ? "no events but time\n" : out;
}

Result<std::string> Monitor::who_wrote(const Words& words, const GuestView& view, const Interrupted& interrupted) {
  constexpr const char* kUsage = "who-wrote ADDRESS [SIZE]";
  uint64_t address = TRY(address_in(words, kUsage));
  uint64_t size = words.size() > 2 ? number_in(words[2]).value_or(0) : 8;
  if (size == 0 || size > kPageSize) return fail(ErrorKind::kUsage, fmt::format("usage: {}, of 1 to 4096 bytes", kUsage));
  const WatchedRange range = TRY(watched_range(view, address, size));
  Position from = timeline_.at();
  timeline_.set_breakpoints({});
  timeline_.set_watchpoints(range.watches);
  auto stopped = timeline_.resume(Direction::kBackward, interrupted);
  std::string text;
  if (stopped && stopped->watch) {
    const WatchHit& w = *stopped->watch;
    text = fmt::format("{:#x}, physical {:#x}: {} to {}, in the step from position {}, by hart {} at pc {}{}{}\n", address, raw(w.watch.begin),
                       value_text(w.old_value), value_text(w.new_value), raw(w.before), stopped->hart,
                       symbols_.named(timeline_.machine().hart(stopped->hart).pc), process_on(stopped->hart), or_by_event(timeline_.events(), w.before + 1));
    past_.push_back(w.before);  // back leads there
  } else if (stopped) {
    text = stopped->reason == StopReason::kInterrupted ? "interrupted\n" : fmt::format("{:#x}: not changed in this evidence before here\n", address);
  }
  TRY(timeline_.go_to(from));
  if (!stopped) return std::unexpected(stopped.error());
  return text;
}

Result<std::string> Monitor::last(const Words& words, const GuestView&, const Interrupted& interrupted) {
  uint64_t address = TRY(address_in(words, "last ADDRESS"));
  past_.push_back(timeline_.at());
  timeline_.set_watchpoints({});
  timeline_.set_breakpoints({address});
  Stopped stopped = TRY(timeline_.resume(Direction::kBackward, interrupted));
  if (stopped.reason == StopReason::kBreakpoint) return here();
  Position from = past_.back();
  past_.pop_back();
  TRY(timeline_.go_to(from));
  return stopped.reason == StopReason::kInterrupted ? "interrupted\n" : fmt::format("pc was not at {:#x} in this evidence before here\n", address);
}

Result<std::string> Monitor::calls(const Words& words, const GuestView&, const Interrupted& interrupted) {
  uint64_t address = TRY(address_in(words, "calls ADDRESS [MOST]"));
  uint64_t most = words.size() > 2 ? number_in(words[2]).value_or(100) : 100;
  uint64_t found = 0;
  std::string text;
  auto on_call = [&](const CallFound& c) {
    const auto& a = c.arguments;
    text += fmt::format("position {:14} hart {} a0 {:#x} a1 {:#x} a2 {:#x} a3 {:#x} ra {}\n", raw(c.position), c.hart, a[0], a[1], a[2], a[3],
                        symbols_.named_return(c.return_address));
    return ++found < most;
  };
  TRY(find_calls(timeline_, address, timeline_.begin(), timeline_.end(), on_call, [&](Position) { return !interrupted(); }));
  return text + fmt::format("{} calls{}\n", found, found == most ? " (and perhaps more)" : "");
}

Result<std::string> Monitor::dmesg(const Words& words, const GuestView&, const Interrupted&) {
  const GuestView kernel(timeline_.machine().ram(), supervisor_space_of(timeline_.machine().hart()));
  auto info = Vmcoreinfo::find(kernel, symbols_);
  if (!info) return fail(ErrorKind::kUnavailable, "no Linux kernel's log is found here: it needs kallsyms and VMCOREINFO in memory, and their page tables");
  auto records = TRY(printk_log(kernel, *info));
  size_t most = words.size() > 1 ? number_in(words[1]).value_or(records.size()) : records.size();
  std::string text;
  for (size_t i = records.size() - std::min(most, records.size()); i < records.size(); ++i) {
    text += fmt::format("[{:12.6f}] {}\n", static_cast<double>(records[i].time_ns) / 1e9, records[i].text);
  }
  return text;
}

Result<std::string> Monitor::ps(const Words& words, const GuestView&, const Interrupted&) {
  const bool threads = words.size() > 1 && words[1] == "threads";
  if (words.size() > 1 && !threads) return fail(ErrorKind::kUsage, "usage: ps [threads]");
  return tasks_text(TRY(linux_kernel()), threads);
}

Result<std::string> Monitor::maps(const Words& words, const GuestView&, const Interrupted&) {
  const LinuxKernel kernel = TRY(linux_kernel());
  if (words.size() == 1) return mappings_text(kernel, current_task(timeline_.machine().hart()));
  auto pid = number_in(words[1]);
  auto list = TRY(list_tasks(kernel, true));
  auto task = std::ranges::find_if(list.tasks, [&](const Task& t) { return pid && t.pid == static_cast<int64_t>(*pid); });
  if (task == list.tasks.end()) return fail(ErrorKind::kUsage, "usage: maps [PID]: no task " + words[1] + " is there (ps lists them)");
  return mappings_text(kernel, task->address);
}

Result<std::string> Monitor::console(const Words& words, const GuestView&, const Interrupted&) {
  const double now = seconds_of(timeline_.machine().time_ticks());
  std::string text;
  const Bytes cast = TRY(evidence_.member(kConsoleMember));
  for (const ConsolePiece& piece : TRY(read_console_cast(cast))) {
    if (piece.seconds <= now) text += piece.text;
  }
  std::erase(text, '\r');
  text = last_lines(text, words.size() > 1 ? number_in(words[1]).value_or(40) : 40);
  return text.empty() || text.ends_with('\n') ? text : text + '\n';
}

Result<std::string> Monitor::info(const Words& words, const GuestView&, const Interrupted&) {
  if (words.size() < 2 || words[1] != "recording") return fail(ErrorKind::kUsage, "usage: info recording");
  return fmt::format("{}: {}\npositions {} to {}, {:.3f} s of guest time, recorded by {} ({}), {}\n", evidence_.manifest().cause, evidence_.manifest().detail,
                     raw(timeline_.begin()), raw(timeline_.end()), seconds_of(evidence_.manifest().guest_time_end_ticks - evidence_.manifest().guest_time_begin_ticks),
                     evidence_.manifest().recorder, evidence_.manifest().engine, evidence_.manifest().certified ? "certified" : "not certified") +
         here();
}

}  // namespace recount
