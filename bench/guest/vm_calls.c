// A bytecode interpreter that calls a function for each operation, through a table.
#include "bench.h"
#include "vm.h"

struct Vm {
  const uint16_t* pc;
  uint64_t* top;
  int stopped;
  uint64_t variables[kVmVariables], stack[kVmStack];
};

static void op_push(struct Vm* vm) { *++vm->top = *vm->pc++; }
static void op_load(struct Vm* vm) { *++vm->top = vm->variables[*vm->pc++]; }
static void op_store(struct Vm* vm) { vm->variables[*vm->pc++] = *vm->top--; }
static void op_add(struct Vm* vm) {
  --vm->top;
  vm->top[0] += vm->top[1];
}
static void op_multiply(struct Vm* vm) {
  --vm->top;
  vm->top[0] *= vm->top[1];
}
static void op_halve(struct Vm* vm) { *vm->top /= 2; }
static void op_odd(struct Vm* vm) { *vm->top &= 1; }
static void op_less(struct Vm* vm) {
  --vm->top;
  vm->top[0] = vm->top[0] < vm->top[1];
}
static void op_jump(struct Vm* vm) { vm->pc = kVmProgram + *vm->pc; }
static void op_jump_if(struct Vm* vm) { vm->pc = *vm->top-- != 0 ? kVmProgram + *vm->pc : vm->pc + 1; }
static void op_stop(struct Vm* vm) { vm->stopped = 1; }

uint64_t run_vm_calls(void) {
  static void (*const kOps[])(struct Vm*) = {
#define VM_OP(name) op_##name,
      VM_OPS
#undef VM_OP
  };
  struct Vm vm = {.pc = kVmProgram, .top = vm.stack, .variables = {[kVmNumber] = 1}};
  while (!vm.stopped) kOps[*vm.pc++](&vm);
  return vm.variables[kVmSteps];
}
