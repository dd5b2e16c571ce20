// Calls and returns, and little else.
#include "bench.h"

static __attribute__((noipa)) uint64_t fib(uint64_t n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

uint64_t run_fib(void) { return fib(36); }
