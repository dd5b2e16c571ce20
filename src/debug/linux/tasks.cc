#include "debug/linux/tasks.h"

#include <algorithm>
#include <bit>

namespace recount {
namespace {

constexpr size_t kMostTasks = 100'000;  // pid_max is 32768, or up to 4 Mi where somebody raised it

// include/linux/sched.h, TASK_REPORT, and fs/proc/array.c: the highest bit that is set names the state.
constexpr uint64_t kReported = 0x7f, kIdle = 0x402;

char state_of(uint64_t state, uint64_t exit_state) {
  if ((state & kIdle) == kIdle) return 'I';
  constexpr std::string_view kLetters = "RSDTtXZP";
  const auto bits = static_cast<size_t>(std::bit_width((state | exit_state) & kReported));
  return kLetters[bits];
}

bool is_kernel_address(uint64_t address) { return address >> 63 != 0; }

}  // namespace

std::optional<Task> task_at(const LinuxKernel& kernel, uint64_t address) {
  auto pid = kernel.number(address, "task_struct.pid"), process = kernel.number(address, "task_struct.tgid");
  auto state = kernel.number(address, "task_struct.__state"), exit_state = kernel.number(address, "task_struct.exit_state");
  auto flags = kernel.number(address, "task_struct.flags"), parent = kernel.number(address, "task_struct.real_parent");
  auto name = kernel.text(address, "task_struct.comm");
  if (!pid || !process || !state || !exit_state || !flags || !name) return std::nullopt;
  constexpr uint64_t kKernelThread = 0x00200000;  // PF_KTHREAD
  Task task{.address = address, .pid = static_cast<int32_t>(*pid), .process = static_cast<int32_t>(*process), .name = *name};
  task.state = state_of(*state, *exit_state);
  task.kernel = (*flags & kKernelThread) != 0;
  if (parent) task.parent = static_cast<int32_t>(kernel.number(*parent, "task_struct.tgid").value_or(0));
  // Without SMP there is no on_cpu.
  if (kernel.number(address, "task_struct.on_cpu").value_or(0) != 0) task.hart = kernel.number(address, "task_struct.thread_info.cpu");
  return task;
}

uint64_t current_task(const HartState& hart) {
  // arch/riscv/kernel/entry.S: tp in the kernel, sscratch while the user runs.
  const uint64_t task = hart.privilege == Privilege::kUser ? hart.sscratch : hart.x[4];
  return is_kernel_address(task) ? task : 0;
}

Result<TaskList> list_tasks(const LinuxKernel& kernel, bool threads) {
  auto first = kernel.address_of("init_task");
  const uint64_t head = first ? kernel.at(*first, "task_struct.tasks") : 0;
  if (head == 0) return fail(ErrorKind::kUnavailable, "no Linux kernel that tells its types is found here");
  TaskList list;
  auto add = [&](uint64_t address) {
    auto task = list.tasks.size() < kMostTasks ? task_at(kernel, address) : std::nullopt;
    if (task) list.tasks.push_back(std::move(*task));
    list.whole = list.whole && task;
    return list.whole;
  };
  auto add_threads = [&](uint64_t address) {
    const uint64_t signal = kernel.number(address, "task_struct.signal").value_or(0);
    const bool through = kernel.each(kernel.at(signal, "signal_struct.thread_head"), "task_struct.thread_node", add);
    list.whole = list.whole && through;
    return list.whole;
  };
  const bool through = threads ? kernel.each(head, "task_struct.tasks", add_threads) : kernel.each(head, "task_struct.tasks", add);
  list.whole = list.whole && through;
  std::ranges::stable_sort(list.tasks, {}, &Task::pid);
  return list;
}

}  // namespace recount
