#include "debug/query/system_calls.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "debug/guest_view.h"

namespace recount {
namespace {

constexpr struct {
  uint64_t number;
  const char* name;
} kNames[] = {
#define SYSTEM_CALL(number, name) {number, #name},
#include "debug/query/system_calls.inc"
#undef SYSTEM_CALL
};

constexpr uint32_t kSret = 0x10200073;
// How far behind the handler's first instruction its sret is looked for, and how many may be there.
constexpr uint64_t kHandlerBytes = 16 << 10;
constexpr size_t kMostReturns = 64;
// Tasks of a hostile guest that are in a system call at once.
constexpr size_t kMostTasks = 1 << 20;

// Where the harts' traps of user mode go to here, with the srets behind it.
void add_handlers(Machine& machine, std::vector<uint64_t>& entries, std::vector<uint64_t>& returns) {
  for (unsigned n = 0; n < machine.hart_count(); ++n) {
    const HartState& hart = machine.hart(n);
    const uint64_t entry = hart.stvec & ~3ull;
    if (std::ranges::find(entries, entry) != entries.end()) continue;
    const GuestView view(machine.ram(), supervisor_space_of(hart));
    if (!view.read<uint16_t>(entry)) continue;
    entries.push_back(entry);
    for (uint64_t at = entry; at < entry + kHandlerBytes && returns.size() < kMostReturns; at += 2) {
      if (view.read<uint32_t>(at) == kSret) returns.push_back(at);
    }
  }
}

// Or is this a new task, at the address that one had which has ended?
bool may_return_to(const SystemCall& call, const HartState& hart) {
  constexpr uint64_t kExit = 93, kExitGroup = 94, kExecve = 221, kExecveat = 281;
  if (call.number == kExit || call.number == kExitGroup) return false;
  const bool same_tables = ((call.satp ^ hart.satp) & satp::kPpnMask) == 0;
  return same_tables || call.number == kExecve || call.number == kExecveat;
}

}  // namespace

std::string system_call_name(uint64_t number) {
  const auto* found = std::ranges::find(kNames, number, [](const auto& n) { return n.number; });
  return found == std::end(kNames) ? fmt::format("syscall_{}", number) : found->name;
}

Result<void> find_system_calls(Timeline& timeline, const TaskNames& names, Position from, Position to,
                               const std::function<bool(const SystemCall&)>& on_call,
                               const std::function<bool(Position)>& on_progress) {
  std::vector<uint64_t> entries, returns;
  TRY(timeline.go_to(timeline.end()));
  add_handlers(timeline.machine(), entries, returns);
  TRY(timeline.go_to(from));
  add_handlers(timeline.machine(), entries, returns);
  if (returns.empty())
    return fail(ErrorKind::kUnavailable, "syscalls: no trap handler of an S-mode kernel is in this evidence");

  std::map<uint64_t, SystemCall> open;  // by task
  bool go_on = true;
  auto enter = [&](Position position, unsigned n, const HartState& hart) {
    if (hart.scause != static_cast<uint64_t>(Cause::kEcallU) || open.size() >= kMostTasks) return;
    const auto& x = hart.x;
    open[hart.sscratch] = {
        .position = position,
        .hart = n,
        .pc = hart.sepc,
        .task = hart.sscratch,
        .satp = hart.satp,
        .name = names.name_of(GuestView(timeline.machine().ram(), supervisor_space_of(hart)), hart.sscratch),
        .number = x[17],
        .arguments = {x[10], x[11], x[12], x[13], x[14], x[15]}};
  };
  auto leave = [&](Position position, const HartState& hart) {
    auto found = open.find(hart.sscratch);
    if ((hart.mstatus & mstatus::kSpp) != 0 || found == open.end()) return true;
    SystemCall call = found->second;
    open.erase(found);
    if (!may_return_to(call, hart)) return on_call(call);
    call.return_position = position;
    call.result = static_cast<int64_t>(hart.x[10]);
    call.end = hart.sepc == call.pc + 4 ? CallEnd::kReturned
               : hart.sepc == call.pc   ? CallEnd::kRestarts
                                        : CallEnd::kElsewhere;
    return on_call(call);
  };

  Hooks hooks;
  hooks.pcs = entries;
  hooks.pcs.insert(hooks.pcs.end(), returns.begin(), returns.end());
  hooks.on_progress = on_progress;
  hooks.on_pc = [&](Position position, unsigned n) {
    const HartState& hart = timeline.machine().hart(n);
    if (hart.privilege != Privilege::kSupervisor) return true;  // user code may have the same address
    if (std::ranges::find(entries, hart.pc) != entries.end()) {
      enter(position, n, hart);
      return true;
    }
    return go_on = leave(position, hart);
  };
  TRY(timeline.scan(from, to, hooks));
  for (const auto& [task, call] : open) {
    if (!go_on) break;
    go_on = on_call(call);
  }
  return {};
}

}  // namespace recount
