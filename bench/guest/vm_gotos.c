// The same bytecode interpreted with a computed goto (a GNU extension) behind each operation.
#include "bench.h"
#include "vm.h"

#define NEXT goto* kOps[*pc++]

uint64_t run_vm_gotos(void) {
  static void* const kOps[] = {
#define VM_OP(name) &&op_##name,
      VM_OPS
#undef VM_OP
  };
  uint64_t stack[kVmStack], variables[kVmVariables] = {[kVmNumber] = 1};
  const uint16_t* pc = kVmProgram;
  uint64_t* top = stack;
  NEXT;
op_push:
  *++top = *pc++;
  NEXT;
op_load:
  *++top = variables[*pc++];
  NEXT;
op_store:
  variables[*pc++] = *top--;
  NEXT;
op_add:
  --top;
  top[0] += top[1];
  NEXT;
op_multiply:
  --top;
  top[0] *= top[1];
  NEXT;
op_halve:
  *top /= 2;
  NEXT;
op_odd:
  *top &= 1;
  NEXT;
op_less:
  --top;
  top[0] = top[0] < top[1];
  NEXT;
op_jump:
  pc = kVmProgram + *pc;
  NEXT;
op_jump_if:
  pc = *top-- != 0 ? kVmProgram + *pc : pc + 1;
  NEXT;
op_stop:
  return variables[kVmSteps];
}
