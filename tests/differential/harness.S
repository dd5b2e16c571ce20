# Runs case after case in M-mode and stores what each left behind: the same bytes under recount and under QEMU.
# layout.h says where everything is. A case's segments are entered by mret, in any mode; whatever trap comes to M-mode
# ends a segment, and the next one goes on with the registers as they are.
#include "layout.h"

#define FINISHER 0x100000
#define FINISHER_PASS 0x5555
#define MTIMECMP 0x2004000
#define MTIME 0x200bff8
// FS, and UXL, which QEMU lets be written.
#define MSTATUS_FS 0x200006000
#define MIE_MTIE 0x80

  .option norvc
  .section .text
  .globl _start
_start:
  lla t0, trap
  csrw mtvec, t0
  # Locked entries, for what the boards differ in: below RAM, a case reaches only what the harness itself needs; nor PCIe above.
  li t0, FINISHER >> 2
  csrw pmpaddr8, t0
  li t0, MTIMECMP >> 2
  csrw pmpaddr9, t0
  li t0, MTIME >> 2
  csrw pmpaddr10, t0
  li t0, (RAM_BASE >> 3) - 1
  csrw pmpaddr11, t0
  li t0, (0x400000000 >> 2) | ((0x400000000 >> 3) - 1)
  csrw pmpaddr12, t0
  li t0, 0x98989b9b93
  csrw pmpcfg2, t0
  li s0, CASES
  li s1, RESULTS
  li s2, HEADER
  sd zero, HEADER_INDEX(s2)

next_case:                      # s0: case, s1: result, s2: header
  ld t0, HEADER_INDEX(s2)
  ld t1, HEADER_COUNT(s2)
  beq t0, t1, all_done

  li t0, ARENA
  li t1, ARENA + ARENA_BYTES
1:
  .irp offset, 0, 8, 16, 24, 32, 40, 48, 56
  sd zero, \offset(t0)
  .endr
  addi t0, t0, 64
  bne t0, t1, 1b

  addi t0, s0, CASE_POKES
  ld t1, CASE_POKE_COUNT(s0)
2:
  beqz t1, 3f
  ld t2, 0(t0)
  ld t3, 8(t0)
  sd t3, 0(t2)
  addi t0, t0, 16
  addi t1, t1, -1
  j 2b
3:

  li t0, MSTATUS_FS
  csrw mstatus, t0
  addi s3, s0, CASE_CSRS
#define CASE_CSR(name, number) ld t0, 0(s3); csrw number, t0; addi s3, s3, 8
#include "csrs.inc"
#undef CASE_CSR
  .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
  fld f\n, CASE_F + 8 * \n(s0)
  .endr

  addi s3, s2, SAVE
  csrw mscratch, s3
  sd s0, SAVE_CASE(s3)
  sd s1, SAVE_RESULT(s3)
  sd zero, SAVE_SEGMENT(s3)
  .irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
  ld t0, CASE_X + 8 * \n(s0)
  sd t0, 8 * \n(s3)
  .endr

  li t0, MTIME
  ld t0, 0(t0)
  addi t0, t0, WATCHDOG_TICKS
  li t1, MTIMECMP
  sd t0, 0(t1)
  addi s4, s0, CASE_SEGMENTS

enter_segment:                  # s4: segment
  li t0, HEADER + NOBODY
  sc.d t1, zero, (t0)
  ld t0, SEGMENT_PC(s4)
  csrw mepc, t0
  csrw mtval, zero
  csrw mcause, zero
  ld t0, SEGMENT_MSTATUS(s4)
  csrw mstatus, t0
  ld t0, SEGMENT_MIP(s4)
  csrw mip, t0
  ld t0, SEGMENT_MIE(s4)
  ori t0, t0, MIE_MTIE
  csrw mie, t0
  sfence.vma
  fence.i
  csrr x31, mscratch
  .irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
  ld x\n, 8 * \n(x31)
  .endr
  ld x31, 248(x31)
  mret

# MPRV cannot harm here: it is only ever set in M-mode, whose trap leaves M in MPP.
  .align 2
trap:
  csrrw x31, mscratch, x31
  .irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
  sd x\n, 8 * \n(x31)
  .endr
  csrrw t0, mscratch, x31
  sd t0, 248(x31)
  ld s0, SAVE_CASE(x31)
  ld s1, SAVE_RESULT(x31)
  ld s3, SAVE_SEGMENT(x31)

  li t0, TRAP_BYTES
  mul t0, t0, s3
  add t0, t0, s1
  csrr s5, mcause
  sd s5, RESULT_TRAPS + TRAP_CAUSE(t0)
  csrr t1, mepc
  sd t1, RESULT_TRAPS + TRAP_EPC(t0)
  csrr t1, mtval
  sd t1, RESULT_TRAPS + TRAP_TVAL(t0)
  csrr t1, mstatus
  sd t1, RESULT_TRAPS + TRAP_MSTATUS(t0)
  csrr t1, mip
  sd t1, RESULT_TRAPS + TRAP_MIP(t0)

  addi s3, s3, 1
  sd s3, SAVE_SEGMENT(x31)
  li t0, WATCHDOG_CAUSE
  beq s5, t0, end_case
  li t0, SEGMENT_COUNT
  beq s3, t0, end_case
  slli t0, s3, 5
  add s4, s0, t0
  addi s4, s4, CASE_SEGMENTS
  j enter_segment

end_case:                       # x31: save area
  sd s3, RESULT_SEGMENTS(s1)
  csrr t0, mie
  sd t0, RESULT_MIE(s1)
  csrw mie, zero
  csrw mip, zero
  .irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
  ld t0, 8 * \n(x31)
  sd t0, RESULT_X + 8 * \n(s1)
  .endr
  li t0, MSTATUS_FS
  csrw mstatus, t0
  .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
  fsd f\n, RESULT_F + 8 * \n(s1)
  .endr
  addi s3, s1, RESULT_CSRS
#define CASE_CSR(name, number) csrr t0, number; sd t0, 0(s3); addi s3, s3, 8
#include "csrs.inc"
#undef CASE_CSR
  # An access that an entry matches in part fails in M-mode, too.
  csrw pmpcfg0, zero

  li t0, ARENA
  li t1, ARENA + ARENA_BYTES
  li t2, 0x9e3779b97f4a7c15
  li t3, 0
4:
  .irp offset, 0, 8, 16, 24
  ld t4, \offset(t0)
  xor t3, t3, t4
  mul t3, t3, t2
  .endr
  addi t0, t0, 32
  bne t0, t1, 4b
  sd t3, RESULT_HASH(s1)

  li s2, HEADER
  ld t0, HEADER_INDEX(s2)
  addi t0, t0, 1
  sd t0, HEADER_INDEX(s2)
  li t0, CASE_BYTES
  add s0, s0, t0
  addi s1, s1, RESULT_BYTES
  j next_case

all_done:
  li t0, DONE
  sd t0, HEADER_DONE(s2)
  li t0, FINISHER
  li t1, FINISHER_PASS
  sw t1, 0(t0)
5:
  wfi
  j 5b
