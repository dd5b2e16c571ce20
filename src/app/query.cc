// recount query EVIDENCE KIND: questions to all of a recording, each answered by a replay.

#include <fmt/format.h>

#include <charconv>

#include "app/engine_option.h"
#include "app/evidence_options.h"
#include "app/query_output.h"
#include "debug/kallsyms.h"
#include "debug/query/call_stacks.h"
#include "debug/query/calls.h"
#include "debug/query/instruction_counts.h"
#include "debug/query/stepper.h"
#include "debug/query/system_calls.h"
#include "debug/query/task_switches.h"
#include "debug/query/writes.h"
#include "evidence/position_text.h"
#include "host/folders.h"
#include "isa/disasm.h"

namespace recount {
namespace {

struct QueryOptions {
  EvidenceOptions evidence;
  std::string kind;
  std::string from, to = "end";  // from empty: the begin
  std::string address, function;
  uint64_t size = 8;
  bool physical = false, folded = false;
};

class SilentConsole final : public ConsolePort {
 public:
  void console_output(ConsoleId, ByteView) override {}
};

Symbols symbols_of(Machine& machine) {
  Ram& ram = machine.ram();
  return kallsyms_in({ram.host(ram.base()), ram.size()});
}

// "0x80001000", "schedule" or "schedule+0x10".
Result<uint64_t> address_in(const std::string& text, const Symbols& symbols, const char* option) {
  auto number = [](std::string_view digits) -> std::optional<uint64_t> {
    const int base = digits.starts_with("0x") ? 16 : 10;
    if (base == 16) digits.remove_prefix(2);
    uint64_t value = 0;
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return value;
  };
  if (text.empty())
    return fail(ErrorKind::kUsage,
                fmt::format("{} is needed: an address as 0x80001000, or a symbol of the kernel's", option));
  if (auto address = number(text)) return *address;
  const size_t plus = text.find('+');
  auto symbol = symbols.address_of(text.substr(0, plus));
  auto offset = plus == std::string::npos ? 0 : number(std::string_view(text).substr(plus + 1));
  if (symbol && offset) return *symbol + *offset;
  return fail(
      ErrorKind::kUsage,
      fmt::format("{} {}: neither an address as 0x80001000 nor a symbol of the kernel's", option, text));
}

struct Range {
  Position from, to;
};

// position finds what a text means.
template <class PositionOf>
Result<Range> range_in(const QueryOptions& options, Position begin, PositionOf position) {
  Range range{begin, TRY(position(options.to))};
  if (!options.from.empty()) range.from = TRY(position(options.from));
  if (range.from > range.to) {
    return fail(ErrorKind::kUsage, fmt::format("--from {}: behind --to {}", raw(range.from), raw(range.to)));
  }
  return range;
}

// Evidence to scan for rare things at the engine's speed.
struct Scan {
  std::unique_ptr<EvidenceReader> evidence;
  SilentConsole console;
  ProgressLine progress;
  std::unique_ptr<Timeline> timeline;
  Symbols symbols;  // of its end
  Range range{};

  static Result<std::unique_ptr<Scan>> open(const QueryOptions& options) {
    auto scan = std::make_unique<Scan>();
    scan->evidence = TRY(open_evidence(options.evidence));
    TimelineOptions how{.replay = {.engine = options.evidence.engine,
                                   .jit = {.log = engine_log()},
                                   .temporary_folder = temporary_folder(),
                                   .disk_paths = options.evidence.drives},
                        .progress = [s = scan.get()](uint64_t percent) { s->progress.show(percent); }};
    auto opened = Timeline::open(*scan->evidence, how, scan->console);
    if (!opened) return std::unexpected(in_context(options.evidence.path, opened.error()));
    scan->timeline = std::move(*opened);
    Timeline& t = *scan->timeline;
    const Window window{t.begin(), t.end(), t.events(), t.time_at_begin(),
                        scan->evidence->manifest().guest_time_end_ticks};
    scan->range =
        TRY(range_in(options, t.begin(), [&](const std::string& text) { return position_of(text, window); }));
    scan->symbols = symbols_of(t.machine());
    return scan;
  }
  std::function<bool(Position)> on_progress() {
    return [this](Position at) {
      progress.show((at - range.from) * 100 / std::max<uint64_t>(1, range.to - range.from));
      return true;
    };
  }
};

Result<void> writes(const QueryOptions& options, QueryOutput& out) {
  auto scan = TRY(Scan::open(options));
  Machine& machine = scan->timeline->machine();
  const GuestView view(machine.ram(),
                       options.physical ? AddressSpace{0} : supervisor_space_of(machine.hart()));
  const uint64_t address = TRY(address_in(options.address, scan->symbols, "--addr"));
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

Result<void> calls(const QueryOptions& options, QueryOutput& out) {
  auto scan = TRY(Scan::open(options));
  const uint64_t function = TRY(address_in(options.function, scan->symbols, "--function"));
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

Result<void> syscalls(const QueryOptions& options, QueryOutput& out) {
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

Result<void> sched(const QueryOptions& options, QueryOutput& out) {
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

// Evidence to walk through instruction by instruction.
struct Walk {
  std::unique_ptr<EvidenceReader> evidence;
  SilentConsole console;
  ProgressLine progress;
  std::unique_ptr<Replayer> replayer;
  Position begin{};
  Range range{};

  static Result<std::unique_ptr<Walk>> open(const QueryOptions& options) {
    auto walk = std::make_unique<Walk>();
    walk->evidence = TRY(open_evidence(options.evidence));
    walk->replayer = TRY(open_replayer(options.evidence, *walk->evidence, walk->console));
    walk->begin = walk->replayer->at();
    const uint64_t end_ticks = walk->evidence->manifest().guest_time_end_ticks;
    walk->range = TRY(range_in(options, walk->begin, [&](const std::string& text) {
      return position_of(text, *walk->replayer, end_ticks);
    }));
    return walk;
  }
  Result<void> run(const std::function<bool(const Step&)>& on_step) {
    auto on_progress = [this](Position at) {
      progress.show((at - begin) * 100 / std::max<uint64_t>(1, range.to - begin));
      return true;
    };
    return for_each_step(*replayer, range.from, range.to, {on_step, on_progress});
  }
};

const char* privilege_name(Privilege p) {
  return p == Privilege::kUser ? "U" : p == Privilege::kSupervisor ? "S" : "M";
}

void tell_step(QueryOutput& out, const Step& step, const Insn& insn, const Symbols& symbols) {
  const std::string symbol = step.privilege == Privilege::kUser ? "" : symbols.describe(step.pc);
  std::string text =
      step.is_interrupt() ? fmt::format("interrupt {}", *step.trap << 1 >> 1) : disassemble(insn, step.pc);
  nlohmann::ordered_json object{{"position", raw(step.before)},
                                {"hart", step.hart},
                                {"mode", privilege_name(step.privilege)},
                                {"pc", hex(step.pc)},
                                {"symbol", symbol}};
  if (!step.is_interrupt()) {
    object["encoding"] = hex(insn.raw);
    object["instruction"] = text;
    if (step.trap) text += fmt::format("  (traps, cause {})", *step.trap);
  }
  if (step.trap) object[step.is_interrupt() ? "interrupt" : "trap"] = *step.trap << 1 >> 1;
  out.tell(fmt::format("{:14} {} {} {:#x}{} {}", raw(step.before), step.hart, privilege_name(step.privilege),
                       step.pc, symbol.empty() ? "" : " <" + symbol + ">", text),
           object);
}

Result<void> trace(const QueryOptions& options, QueryOutput& out) {
  if (options.from.empty())
    return fail(ErrorKind::kUsage, "trace: --from is needed: every step from there to --to is a line");
  auto walk = TRY(Walk::open(options));
  Machine& machine = walk->replayer->machine();
  std::optional<Symbols> symbols;  // as they are where the trace begins
  return walk->run([&](const Step& step) {
    if (!symbols) symbols = symbols_of(machine);
    tell_step(out, step, instruction_of(machine, step), *symbols);
    return true;
  });
}

Result<void> coverage(const QueryOptions& options, QueryOutput& out) {
  auto walk = TRY(Walk::open(options));
  InstructionCounts counts;
  TRY(walk->run([&](const Step& step) { return counts.add(step), true; }));
  const auto functions = counts.by_function(symbols_of(walk->replayer->machine()));
  for (const FunctionCount& f : functions) {
    out.tell(fmt::format("{:10} instructions of {} reached, the first at {:#x}", f.pcs, f.name, f.address),
             {{"function", f.name}, {"address", hex(f.address)}, {"pcs", f.pcs}});
  }
  out.say(fmt::format("{} functions, {} instructions of them reached, in {} steps", functions.size(),
                      counts.pcs(), counts.steps() + counts.traps()));
  return {};
}

// The names are those where it begins.
Result<void> folded_profile(const QueryOptions& options, QueryOutput& out) {
  auto walk = TRY(Walk::open(options));
  Machine& machine = walk->replayer->machine();
  std::optional<Symbols> symbols;
  std::optional<CallStacks> stacks;
  TRY(walk->run([&](const Step& step) {
    if (!stacks) stacks.emplace(symbols.emplace(symbols_of(machine)));
    stacks->add(step, instruction_of(machine, step), machine.hart());
    return true;
  }));
  if (!stacks) return {};
  stacks->for_each_folded([&](const std::string& stack, uint64_t steps) {
    out.tell(fmt::format("{} {}", stack, steps), {{"stack", stack}, {"steps", steps}});
  });
  return {};
}

Result<void> profile(const QueryOptions& options, QueryOutput& out) {
  if (options.folded) return folded_profile(options, out);
  auto walk = TRY(Walk::open(options));
  InstructionCounts counts;
  TRY(walk->run([&](const Step& step) { return counts.add(step), true; }));
  for (const FunctionCount& f : counts.by_function(symbols_of(walk->replayer->machine()))) {
    double percent = 100.0 * static_cast<double>(f.steps) / static_cast<double>(counts.steps());
    out.tell(fmt::format("{:14} {:6.2f} % {}", f.steps, percent, f.name),
             {{"function", f.name}, {"address", hex(f.address)}, {"steps", f.steps}});
  }
  out.say(fmt::format(
      "{} instructions, {} traps and interrupts{}", counts.steps(), counts.traps(),
      counts.unplaced() == 0 ? "" : fmt::format("; {} instructions had no more room", counts.unplaced())));
  return {};
}

constexpr struct {
  const char* name;
  Result<void> (*answer)(const QueryOptions&, QueryOutput&);
} kKinds[] = {{"writes", writes},   {"calls", calls},       {"trace", trace}, {"coverage", coverage},
              {"profile", profile}, {"syscalls", syscalls}, {"sched", sched}};

Result<int> query(const QueryOptions& options) {
  QueryOutput out(options.evidence.json);
  for (const auto& kind : kKinds) {
    if (options.kind == kind.name) {
      TRY(kind.answer(options, out));
      return 0;
    }
  }
  return fail(ErrorKind::kUsage, "no such query: " + options.kind);
}

}  // namespace

void add_query(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<QueryOptions>();
  CLI::App* verb = app.add_subcommand(
      "query", "Ask all of a recording: who wrote, who called, every instruction, where the steps went");
  add_evidence_argument(*verb, options->evidence);
  std::vector<std::string> kinds;
  for (const auto& kind : kKinds) kinds.emplace_back(kind.name);
  verb->add_option("KIND", options->kind, "writes, calls, trace, coverage, profile, syscalls or sched")
      ->required()
      ->check(CLI::IsMember(kinds));
  add_replay_options(*verb, options->evidence);
  verb->add_option("--from", options->from,
                   "A step count, end, -3s, 50%, event:N or a mark's name; by default the begin");
  verb->add_option("--to", options->to, "Up to there, and not the step from there")->capture_default_str();
  verb->add_option("--addr", options->address, "writes: an address, or a symbol of the kernel's");
  verb->add_option("--size", options->size, "writes: so many bytes, up to 65536")->capture_default_str();
  verb->add_flag("--physical", options->physical, "writes: the address is a physical one");
  verb->add_flag("--folded", options->folded,
                 "profile: by call stack, as flamegraph.pl and speedscope take it");
  verb->add_option("--function", options->function, "calls: an address, or a symbol of the kernel's");
  verb->footer(
      "Example: recount query guest-panic-20261124T224500Z.recount calls --function vfs_write --from=-1s");
  run_as(*verb, exit_code, [options] { return query(*options); });
}

}  // namespace recount
