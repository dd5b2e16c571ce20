// Queries that need each instruction: step by step.

#include <fmt/format.h>

#include "app/query.h"
#include "app/silent_console.h"
#include "debug/linux/kernel_symbols.h"
#include "debug/query/call_stacks.h"
#include "debug/query/instruction_counts.h"
#include "debug/query/stepper.h"
#include "evidence/position_text.h"
#include "isa/disasm.h"

namespace recount {
namespace {

// Evidence to walk through instruction by instruction.
struct Walk {
  std::unique_ptr<EvidenceReader> evidence;
  SilentConsole console;
  ProgressLine progress;
  std::unique_ptr<Replayer> replayer;
  Position begin{};
  QueryRange range{};

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

// The names are those where it begins.
Result<void> folded_profile(const QueryOptions& options, QueryOutput& out) {
  auto walk = TRY(Walk::open(options));
  Machine& machine = walk->replayer->machine();
  std::optional<Symbols> symbols;
  std::optional<CallStacks> stacks;
  TRY(walk->run([&](const Step& step) {
    if (!stacks) stacks.emplace(symbols.emplace(kernel_symbols(machine)));
    stacks->add(step, instruction_of(machine, step), machine.hart());
    return true;
  }));
  if (!stacks) return {};
  stacks->for_each_folded([&](const std::string& stack, uint64_t steps) {
    out.tell(fmt::format("{} {}", stack, steps), {{"stack", stack}, {"steps", steps}});
  });
  return {};
}

}  // namespace

Result<void> query_trace(const QueryOptions& options, QueryOutput& out) {
  if (options.from.empty())
    return fail(ErrorKind::kUsage, "trace: --from is needed: every step from there to --to is a line");
  auto walk = TRY(Walk::open(options));
  Machine& machine = walk->replayer->machine();
  std::optional<Symbols> symbols;  // as they are where the trace begins
  return walk->run([&](const Step& step) {
    if (!symbols) symbols = kernel_symbols(machine);
    tell_step(out, step, instruction_of(machine, step), *symbols);
    return true;
  });
}

Result<void> query_coverage(const QueryOptions& options, QueryOutput& out) {
  auto walk = TRY(Walk::open(options));
  InstructionCounts counts;
  TRY(walk->run([&](const Step& step) { return counts.add(step), true; }));
  const auto functions = counts.by_function(kernel_symbols(walk->replayer->machine()));
  for (const FunctionCount& f : functions) {
    out.tell(fmt::format("{:10} instructions of {} reached, the first at {:#x}", f.pcs, f.name, f.address),
             {{"function", f.name}, {"address", hex(f.address)}, {"pcs", f.pcs}});
  }
  out.say(fmt::format("{} functions, {} instructions of them reached, in {} steps", functions.size(),
                      counts.pcs(), counts.steps() + counts.traps()));
  return {};
}

Result<void> query_profile(const QueryOptions& options, QueryOutput& out) {
  if (options.folded) return folded_profile(options, out);
  auto walk = TRY(Walk::open(options));
  InstructionCounts counts;
  TRY(walk->run([&](const Step& step) { return counts.add(step), true; }));
  for (const FunctionCount& f : counts.by_function(kernel_symbols(walk->replayer->machine()))) {
    double percent = 100.0 * static_cast<double>(f.steps) / static_cast<double>(counts.steps());
    out.tell(fmt::format("{:14} {:6.2f} % {}", f.steps, percent, f.name),
             {{"function", f.name}, {"address", hex(f.address)}, {"steps", f.steps}});
  }
  out.say(fmt::format(
      "{} instructions, {} traps and interrupts{}", counts.steps(), counts.traps(),
      counts.unplaced() == 0 ? "" : fmt::format("; {} instructions had no more room", counts.unplaced())));
  return {};
}

}  // namespace recount
