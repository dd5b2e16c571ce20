// Queries for what is rare: the engine runs, and stops where it is met.

#include <fmt/format.h>

#include "app/query.h"
#include "app/silent_console.h"
#include "debug/linux/kernel_symbols.h"
#include "debug/query/calls.h"
#include "debug/query/system_calls.h"
#include "debug/query/task_switches.h"
#include "debug/query/writes.h"
#include "debug/text.h"
#include "evidence/position_text.h"

namespace recount {
namespace {

// option names it in errors.
Result<uint64_t> place_in(const std::string& text, const Symbols& symbols, const char* option) {
  if (text.empty()) return fail(ErrorKind::kUsage, fmt::format("{} is needed: an address as 0x80001000, or a symbol of the kernel's", option));
  if (auto place = symbols.place_in(text)) return *place;
  return fail(ErrorKind::kUsage, fmt::format("{} {}: neither an address as 0x80001000 nor a symbol of the kernel's", option, text));
}

// Evidence to scan for rare things at the engine's speed.
struct Scan {
  std::unique_ptr<EvidenceReader> evidence;
  SilentConsole console;
  ProgressLine progress;
  std::unique_ptr<Timeline> timeline;
  Symbols symbols;  // of its end
  QueryRange range{};

  static Result<std::unique_ptr<Scan>> open(const QueryOptions& options) {
    auto scan = std::make_unique<Scan>();
    scan->evidence = TRY(open_evidence(options.evidence));
    scan->timeline = TRY(open_timeline(options.evidence, *scan->evidence, scan->console,
                                       [s = scan.get()](uint64_t percent) { s->progress.show(percent); }));
    Timeline& t = *scan->timeline;
    const Window window{t.begin(), t.end(), t.events(), t.time_at_begin(),
                        scan->evidence->manifest().guest_time_end_ticks};
    scan->range =
        TRY(range_in(options, t.begin(), [&](const std::string& text) { return position_of(text, window); }));
    scan->symbols = kernel_symbols(t.machine());
    return scan;
  }
  std::function<bool(Position)> on_progress() {
    return [this](Position at) {
      progress.show((at - range.from) * 100 / std::max<uint64_t>(1, range.to - range.from));
      return true;
    };
  }
};

TaskNames task_names_of(const Scan& scan) {
  Machine& machine = scan.timeline->machine();
  return {GuestView(machine.ram(), supervisor_space_of(machine.hart())), scan.symbols};
}

std::string result_text(const SystemCall& call) {
  switch (call.end) {
    case CallEnd::kReturned:
      return fmt::format("= {}", call.result < 0 || call.result < 1 << 20
                                     ? std::to_string(call.result)
                                     : hex(static_cast<uint64_t>(call.result)));
    case CallEnd::kRestarts:
      return "restarts";
    case CallEnd::kElsewhere:
      return "goes on elsewhere";
    case CallEnd::kUnfinished:
      return "unfinished";
  }
  return "";
}

void tell_system_call(QueryOutput& out, const SystemCall& call) {
  constexpr const char* kEnds[] = {"returned", "restarts", "elsewhere", "unfinished"};
  const std::string name = system_call_name(call.number);
  std::string arguments;
  std::vector<std::string> list;
  for (uint64_t argument : call.arguments) {
    list.push_back(hex(argument));
    arguments += (arguments.empty() ? "" : ", ") + list.back();
  }
  nlohmann::ordered_json object{{"position", raw(call.position)},
                                {"hart", call.hart},
                                {"task", hex(call.task)},
                                {"process", call.name},
                                {"satp", hex(call.satp)},
                                {"pc", hex(call.pc)},
                                {"number", call.number},
                                {"name", name},
                                {"arguments", list},
                                {"end", kEnds[static_cast<size_t>(call.end)]}};
  if (call.end != CallEnd::kUnfinished) object["return_position"] = raw(call.return_position);
  if (call.end == CallEnd::kReturned) object["result"] = call.result;
  out.tell(fmt::format("position {:14} hart {} {} {}({}) {}", raw(call.position), call.hart,
                       call.name.empty() ? hex(call.task) : call.name, name, arguments, result_text(call)),
           object);
}

}  // namespace

Result<void> query_writes(const QueryOptions& options, QueryOutput& out) {
  auto scan = TRY(Scan::open(options));
  Machine& machine = scan->timeline->machine();
  const GuestView view(machine.ram(),
                       options.physical ? AddressSpace{0} : supervisor_space_of(machine.hart()));
  const uint64_t address = TRY(place_in(options.address, scan->symbols, "--addr"));
  const WatchedRange range = TRY(watched_range(view, address, options.size));
  uint64_t found = 0;
  auto on_write = [&](const WriteFound& w) {
    ++found;
    out.tell(fmt::format("position {:14} hart {} pc {}: {:#x} {} to {}{}", raw(w.before), w.hart,
                         scan->symbols.named(w.pc), w.address, value_text(w.old_value),
                         value_text(w.new_value), w.in_event ? ", or by a device there" : ""),
             {{"position", raw(w.before)},
              {"hart", w.hart},
              {"pc", hex(w.pc)},
              {"symbol", scan->symbols.describe(w.pc)},
              {"address", hex(w.address)},
              {"physical", hex(raw(w.gpa))},
              {"size", w.new_value.size()},
              {"old", value_text(w.old_value)},
              {"new", value_text(w.new_value)},
              {"in_event", w.in_event}});
    return true;
  };
  TRY(find_writes(*scan->timeline, range, scan->range.from, scan->range.to, on_write, scan->on_progress()));
  out.say(fmt::format("{} changes", found));
  return {};
}

Result<void> query_calls(const QueryOptions& options, QueryOutput& out) {
  auto scan = TRY(Scan::open(options));
  const uint64_t function = TRY(place_in(options.function, scan->symbols, "--function"));
  uint64_t found = 0;
  auto on_call = [&](const CallFound& c) {
    ++found;
    const auto& a = c.arguments;
    out.tell(
        fmt::format("position {:14} hart {} a0 {:#x} a1 {:#x} a2 {:#x} a3 {:#x} from {}", raw(c.position),
                    c.hart, a[0], a[1], a[2], a[3], scan->symbols.named_return(c.return_address)),
        {{"position", raw(c.position)},
         {"hart", c.hart},
         {"pc", hex(function)},
         {"symbol", scan->symbols.describe(function)},
         {"a0", hex(a[0])},
         {"a1", hex(a[1])},
         {"a2", hex(a[2])},
         {"a3", hex(a[3])},
         {"ra", hex(c.return_address)},
         {"caller", scan->symbols.describe_return(c.return_address)}});
    return true;
  };
  TRY(find_calls(*scan->timeline, function, scan->range.from, scan->range.to, on_call, scan->on_progress()));
  out.say(fmt::format("{} calls", found));
  return {};
}

Result<void> query_syscalls(const QueryOptions& options, QueryOutput& out) {
  auto scan = TRY(Scan::open(options));
  const TaskNames names = task_names_of(*scan);
  uint64_t found = 0;
  auto on_call = [&](const SystemCall& call) {
    ++found;
    tell_system_call(out, call);
    return true;
  };
  TRY(find_system_calls(*scan->timeline, names, scan->range.from, scan->range.to, on_call,
                        scan->on_progress()));
  out.say(fmt::format("{} system calls", found));
  return {};
}

Result<void> query_sched(const QueryOptions& options, QueryOutput& out) {
  auto scan = TRY(Scan::open(options));
  const TaskNames names = task_names_of(*scan);
  uint64_t found = 0;
  auto on_switch = [&](const TaskSwitch& s) {
    ++found;
    out.tell(fmt::format("position {:14} hart {} {:#x} {} -> {:#x} {}", raw(s.position), s.hart, s.previous,
                         s.previous_name, s.next, s.next_name),
             {{"position", raw(s.position)},
              {"hart", s.hart},
              {"previous", hex(s.previous)},
              {"previous_name", s.previous_name},
              {"next", hex(s.next)},
              {"next_name", s.next_name}});
    return true;
  };
  TRY(find_task_switches(*scan->timeline, scan->symbols, names, scan->range.from, scan->range.to, on_switch,
                         scan->on_progress()));
  out.say(fmt::format("{} context switches", found));
  return {};
}

}  // namespace recount
