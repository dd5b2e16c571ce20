#pragma once
// Linux's system calls, as a tracer sees them. Nothing of the kernel is needed but its trap handler's address
// (stvec), and that it returns to user mode by an sret that is near, as arch/riscv/kernel/entry.S has it.

#include <array>
#include <optional>
#include <string>

#include "debug/query/task_names.h"
#include "debug/timeline.h"

namespace recount {

enum class CallEnd : uint8_t {
  kReturned,
  kRestarts,    // the ecall will be carried out again
  kElsewhere,   // user mode goes on somewhere else: a signal's handler, or a new program
  kUnfinished,  // it has not returned by the end; or never does
};

struct SystemCall {
  Position position{};  // at the trap handler's first instruction
  unsigned hart = 0;
  uint64_t pc = 0;    // of the ecall
  uint64_t task = 0;  // sscratch: Linux's task_struct
  uint64_t satp = 0;  // which process
  std::string name;   // of the task; empty where names are not known
  uint64_t number = 0;
  std::array<uint64_t, 6> arguments{};
  CallEnd end = CallEnd::kUnfinished;
  Position return_position{};  // before the sret; with all ends but kUnfinished
  int64_t result = 0;          // a0 there
};

// "openat"; "syscall_1234" for a number that Linux on RISC-V does not have.
std::string system_call_name(uint64_t number);

// Each that begins in [from, to), in the order in which they end; those unfinished when their task has made
// room for another, or last. The handler is the one at the begin or at the end of this evidence: kUnavailable
// if no code of S-mode is there. on_call: false is enough.
Result<void> find_system_calls(Timeline& timeline, const TaskNames& names, Position from, Position to,
                               const std::function<bool(const SystemCall&)>& on_call,
                               const std::function<bool(Position)>& on_progress);

}  // namespace recount
