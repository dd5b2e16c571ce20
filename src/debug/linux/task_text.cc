#include "debug/linux/task_text.h"

#include <fmt/format.h>

#include "debug/text.h"

namespace recount {

Result<std::string> tasks_text(const LinuxKernel& kernel, bool threads) {
  const TaskList list = TRY(list_tasks(kernel, threads));
  std::string text = fmt::format("{:>7} {:>7} S {:>4} NAME\n", "PID", threads ? "PROCESS" : "PPID", "HART");
  for (const Task& t : list.tasks) {
    const std::string hart = t.hart ? std::to_string(*t.hart) : "-";
    text += fmt::format("{:>7} {:>7} {} {:>4} {}\n", t.pid, threads ? t.process : t.parent, t.state, hart,
                        for_terminal_line(t.kernel ? "[" + t.name + "]" : t.name));
  }
  return text + (list.whole ? "" : "the kernel's list is broken here: there may be more\n");
}

Result<std::string> mappings_text(const LinuxKernel& kernel, uint64_t task) {
  const ProcessMappings all = TRY(mappings_of(kernel, task));
  std::string text;
  for (const ProcessMapping& m : all.mappings) {
    text += fmt::format("{:08x}-{:08x} {} {:08x}{}{}\n", m.begin, m.end, m.permissions, m.file_offset, m.path.empty() ? "" : " ", for_terminal_line(m.path));
  }
  if (all.mappings.empty() && all.whole) text = "it has no memory of its own: a thread of the kernel's\n";
  return text + (all.whole ? "" : "the kernel's tree of them is broken here: there may be more\n");
}

}  // namespace recount
