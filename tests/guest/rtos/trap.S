# Where every trap begins: the integer registers go to the stack of the task, and on_trap() says whose come back.
# Word 0 has the pc, word 2 mstatus, word N register xN; sp itself is where they lie.
  .macro for_registers operation
    .irp n, 1,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
      \operation x\n, 8*\n(sp)
    .endr
  .endm

  .text
  .balign 4
  .globl trap_entry
trap_entry:
  addi sp, sp, -256
  for_registers sd
  csrr t0, mepc
  sd t0, 0(sp)
  csrr t0, mstatus
  sd t0, 16(sp)
  csrr a0, mcause
  mv a1, sp
  call on_trap

  .globl start_task
start_task:
  mv sp, a0
  ld t0, 0(sp)
  csrw mepc, t0
  ld t0, 16(sp)
  csrw mstatus, t0
  for_registers ld
  addi sp, sp, 256
  mret
