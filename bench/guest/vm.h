#pragma once
// A small stack machine, and the program that both of its interpreters run: how many steps all numbers below
// 20000 take to come to 1 (halve the even, triple the odd and add one).

#include <stdint.h>

// VM_OP(name): what it does to the stack (its top to the right). Those with an operand take the next word.
// clang-format off
#define VM_OPS                                         \
  VM_OP(push)     /* -> operand */                     \
  VM_OP(load)     /* -> variable[operand] */           \
  VM_OP(store)    /* a -> ; to variable[operand] */    \
  VM_OP(add)      /* a b -> a + b */                   \
  VM_OP(multiply) /* a b -> a * b */                   \
  VM_OP(halve)    /* a -> a / 2 */                     \
  VM_OP(odd)      /* a -> a & 1 */                     \
  VM_OP(less)     /* a b -> a < b */                   \
  VM_OP(jump)     /* -> ; goes on at operand */        \
  VM_OP(jump_if)  /* a -> ; the same if a is not 0 */  \
  VM_OP(stop)
// clang-format on

enum VmOp {
#define VM_OP(name) kVm_##name,
  VM_OPS
#undef VM_OP
};

enum VmVariable { kVmNumber, kVmValue, kVmSteps, kVmVariables };
enum { kVmStack = 8 };

extern const uint16_t kVmProgram[];  // wants 1 in kVmNumber, 0 elsewhere
