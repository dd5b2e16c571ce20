#include "vm.h"

// The numbers in comments are where a line stands: what jumps name.
// clang-format off
const uint16_t kVmProgram[] = {
    /*  0 */ kVm_load, kVmNumber, kVm_store, kVmValue,
    /*  4 */ kVm_push, 1, kVm_load, kVmValue, kVm_less, kVm_jump_if, 26,
    /* 11 */ kVm_load, kVmNumber, kVm_push, 1, kVm_add, kVm_store, kVmNumber,
    /* 18 */ kVm_load, kVmNumber, kVm_push, 20000, kVm_less, kVm_jump_if, 0,
    /* 25 */ kVm_stop,
    /* 26 */ kVm_load, kVmSteps, kVm_push, 1, kVm_add, kVm_store, kVmSteps,
    /* 33 */ kVm_load, kVmValue, kVm_odd, kVm_jump_if, 45,
    /* 38 */ kVm_load, kVmValue, kVm_halve, kVm_store, kVmValue, kVm_jump, 4,
    /* 45 */ kVm_load, kVmValue, kVm_push, 3, kVm_multiply, kVm_push, 1, kVm_add, kVm_store, kVmValue, kVm_jump, 4,
};
