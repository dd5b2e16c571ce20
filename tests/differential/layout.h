#pragma once
// Where the harness, its cases and its results lie in RAM, and how a case and a result are laid out. Macros, because the
// assembler reads this too. All are bytes; every field is a doubleword.

#define RAM_BASE 0x80000000
#define RAM_BYTES 0x4000000

// All that a case may touch: cleared before each, hashed after it. The first jump after power-on lies here, too.
#define ARENA RAM_BASE
#define ARENA_BYTES 0x10000
#define HARNESS 0x80100000
#define HEADER 0x80180000
#define CASES 0x80200000
#define MOST_CASES 4096
#define RESULTS 0x82000000

// The header: how many cases there are, which one runs, whether all have.
#define HEADER_COUNT 0
#define HEADER_INDEX 8
#define HEADER_DONE 16
#define DONE 0x600d
// The harness's own: x0 to x31 of the case, then where it is.
#define SAVE 1024
#define SAVE_CASE 256
#define SAVE_RESULT 264
#define SAVE_SEGMENT 272
// An SC to here ends a reservation.
#define NOBODY 2040

// A case: registers, then segments, each entered by mret and left by a trap, then what the arena holds at first.
#define CASE_BYTES 4096
#define SEGMENT_COUNT 4
#define SEGMENT_BYTES 32
#define SEGMENT_PC 0
#define SEGMENT_MSTATUS 8
#define SEGMENT_MIE 16
#define SEGMENT_MIP 24
#define CASE_SEED 0
#define CASE_POKE_COUNT 8
#define CASE_SEGMENTS 16
#define CASE_X 144
#define CASE_F 400
#define CASE_CSRS 656
#define CASE_CSR_COUNT 23
#define CASE_POKES 840

// A result: the trap that ended each segment, then everything as the last one left it.
#define RESULT_BYTES 1024
#define RESULT_SEGMENTS 0
#define RESULT_TRAPS 8
#define TRAP_BYTES 40
#define TRAP_CAUSE 0
#define TRAP_EPC 8
#define TRAP_TVAL 16
#define TRAP_MSTATUS 24
#define TRAP_MIP 32
#define RESULT_HASH 168
#define RESULT_MIE 176
#define RESULT_X 184
#define RESULT_F 440
#define RESULT_CSRS 696

// A case that has not ended in this many ticks of mtime, of some 100 steps each, goes on for ever.
#define WATCHDOG_TICKS 500
#define WATCHDOG_CAUSE 0x8000000000000007
