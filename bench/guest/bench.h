#pragma once
// What the suite's C programs share. Each is a file with one function, which does a fixed amount of work and
// returns a checksum of what came of it: the same under every engine, and on any other RISC-V machine.

#include <stdint.h>
#include <string.h>

typedef uint64_t Program(void);

#define PROGRAM(name) Program run_##name;
#include "programs.inc"
#undef PROGRAM

// Ends the program as failed, with errno's text.
_Noreturn void die(const char* what);

static inline uint64_t mix(uint64_t sum, uint64_t value) {
  return ((sum ^ value) * 0x9e3779b97f4a7c15ull) ^ (sum >> 29);
}

static inline uint64_t mix_double(uint64_t sum, double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return mix(sum, bits);
}

// xorshift64*: the same numbers everywhere.
static inline uint64_t next_random(uint64_t* state) {
  *state ^= *state >> 12;
  *state ^= *state << 25;
  *state ^= *state >> 27;
  return *state * 0x2545f4914f6cdd1dull;
}
