#pragma once
// Random programs for the whole hart, made from the decoder's own table: code, data, page tables and trap
// handlers in the first 128 KiB of RAM. Biased to what caches get wrong: page edges, code that writes code,
// page-table entries edited without a fence, traps, interrupts, mode changes. The same seed always gives the
// same program.
//
// Handlers keep a program alive: at each trap they load pointers, satp, mode and pc from the next of 64
// random contexts, and set the timers again. Nothing keeps a program from destroying its handlers; it then
// ends early.

#include "event/event.h"
#include "hart/hart_state.h"
#include "support/seed.h"
#include "support/test_machine.h"

namespace recount::test {

struct RandomProgram {
  Bytes memory;  // from the start of RAM
  HartState hart;
  std::vector<Event> events;
  JitOptions jit = {.hot_after = 1};  // little would be translated if it were the default
};

// Offsets in RAM: where the code is, all of it instructions that handlers and contexts lead to.
inline constexpr uint64_t kProgramCode = 0x10000, kProgramCodeEnd = 0x18000;

RandomProgram make_random_program(uint64_t seed);

// A machine of 16 MiB with the program loaded.
// With several harts, all start alike, and get into each other's way: their turns are short.
std::unique_ptr<TestMachine> load(const RandomProgram& program, EngineKind engine, unsigned harts = 1);

}  // namespace recount::test
