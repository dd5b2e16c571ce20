// Lockstep finds the step at which machines come apart. Here one is told something that the other is not.

#include "support/lockstep.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "support/assembler.h"
#include "support/random_program.h"

namespace recount::test {
namespace {

constexpr uint64_t kApart = 777, kTarget = 3000;
// An event takes effect before the step that follows its position.
constexpr const char* kFirstDifference = "differ first at step 778";

// The JIT's machine hears a byte on its UART that the interpreter's does not.
std::unique_ptr<TestMachine> make(EngineKind engine) {
  RandomProgram program;
  program.memory = Assembler()
                       .emit(Op::kAddi, {.rd = 10, .rs1 = 10, .imm = 1})
                       .emit(Op::kSd, {.rs1 = 11, .rs2 = 10})
                       .emit(Op::kJal, {.rd = 0, .imm = -8})
                       .bytes();
  program.hart.pc = 0x80000000;
  program.hart.x[11] = 0x80001000;
  program.events = time_at_rate(kStepRate);
  if (engine == EngineKind::kJit) program.events.push_back({Position{kApart}, ConsoleInput{ConsoleId::kUart, {'x'}}});
  return load(program, engine);
}

Lockstep fresh() { return Lockstep(make, {EngineKind::kReference, EngineKind::kInterp, EngineKind::kJit}); }

TEST(Lockstep, AgreesUntilTheyComeApart) {
  Lockstep lockstep = fresh();
  EXPECT_TRUE(lockstep.run_until(Position{kApart}, Lockstep::Compare::kStateAndMemory));
  EXPECT_FALSE(lockstep.run_until(Position{kTarget}, Lockstep::Compare::kState));
}

TEST(Lockstep, FindsTheFirstStepThatDiffersFromPowerOn) {
  Lockstep lockstep = fresh();
  ASSERT_FALSE(lockstep.run_until(Position{kTarget}, Lockstep::Compare::kState));
  std::string text = lockstep.explain();
  EXPECT_NE(text.find("reference and jit differ"), std::string::npos) << text;
  EXPECT_NE(text.find(kFirstDifference), std::string::npos) << text;
  EXPECT_NE(text.find("uart."), std::string::npos) << text;
  EXPECT_NE(text.find("hart0.pc"), std::string::npos) << text;
}

TEST(Lockstep, FindsItFromACheckpointToo) {
  Lockstep lockstep = fresh();
  ASSERT_TRUE(lockstep.run_until(Position{300}, Lockstep::Compare::kStateAndMemory));
  lockstep.checkpoint();
  ASSERT_TRUE(lockstep.run_until(Position{500}, Lockstep::Compare::kState));
  ASSERT_FALSE(lockstep.run_until(Position{kTarget}, Lockstep::Compare::kState));
  std::string text = lockstep.explain();
  EXPECT_NE(text.find(kFirstDifference), std::string::npos) << text;
}

TEST(Lockstep, ShowsTheInstructionOfThatStep) {
  Lockstep lockstep = fresh();
  ASSERT_FALSE(lockstep.run_until(Position{kTarget}, Lockstep::Compare::kState));
  // 777 steps are 259 rounds: it is the first one's turn.
  EXPECT_NE(lockstep.explain().find("addi a0,a0,1"), std::string::npos) << lockstep.explain();
}

}  // namespace
}  // namespace recount::test
