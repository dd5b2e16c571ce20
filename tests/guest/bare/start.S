# Entry of every bare guest: a stack for each hart, main(hart, device tree); what main() returns is the exit status.
  .section .text.start
  .globl _start
_start:
  la sp, stack_top
  slli t0, a0, 13
  sub sp, sp, t0
  call main
  call finish
