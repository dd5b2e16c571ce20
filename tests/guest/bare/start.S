# Entry of every bare guest: one hart, a stack, main(); what main() returns is the exit status.
  .section .text.start
  .globl _start
_start:
  la sp, stack_top
  call main
  call finish
