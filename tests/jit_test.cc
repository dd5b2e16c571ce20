// What is the JIT's own: a code cache that fills, what becomes hot, and processes that fork. None of it can be seen
// in a guest.

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "machine/board.h"
#include "support/assembler.h"
#include "support/random_program.h"

namespace recount::test {
namespace {

constexpr uint64_t kSteps = 8000;
constexpr double kSeconds = 6;
constexpr size_t kSmallCode = 72 << 10;  // room for some twenty blocks

class CountingObserver final : public CodeObserver {
 public:
  void translated(uint64_t, const void*, size_t size_bytes) override {
    ++blocks;
    host_bytes += size_bytes;
  }
  void forgotten() override { ++forgets; }
  uint64_t blocks = 0, host_bytes = 0, forgets = 0;
};

CheckpointDigest run_whole(TestMachine& t, Position& end) {
  t.run_until(Position{kSteps});
  end = t.machine().at();
  return t.digest();
}

// --- over random programs ---

TEST(Jit, ACodeCacheThatFillsChangesNothing) {
  uint64_t seed = first_seed();
  CountingObserver observer;
  uint64_t programs = 0;
  for (Deadline deadline(kSeconds); !deadline.over() && !HasFailure(); ++seed, ++programs) {
    RandomProgram program = make_random_program(seed);
    program.jit.code_bytes = kSmallCode;
    program.jit.observer = &observer;
    auto cached = load(program, EngineKind::kJit), oracle = load(program, EngineKind::kInterp);
    Position cached_end{}, oracle_end{};
    CheckpointDigest cached_digest = run_whole(*cached, cached_end), oracle_digest = run_whole(*oracle, oracle_end);
    EXPECT_EQ(cached_end, oracle_end) << "RECOUNT_TEST_SEED=" << seed;
    EXPECT_EQ(cached_digest, oracle_digest) << "RECOUNT_TEST_SEED=" << seed;
  }
  std::printf("%" PRIu64 " programs, %" PRIu64 " blocks, forgotten %" PRIu64 " times\n", programs, observer.blocks,
              observer.forgets);
  EXPECT_GT(observer.forgets, 2 * programs) << "hardly a cache filled: the test shows nothing";
}

// --- over one program that computes for ever ---

constexpr unsigned kA0 = 10, kA1 = 11, kA2 = 12;

// Counts in a0, and stores and loads what it has.
RandomProgram endless_loop(const JitOptions& jit) {
  Assembler a;
  a.emit(Op::kAddi, {.rd = kA0, .rs1 = kA0, .imm = 1});
  a.emit(Op::kSd, {.rs1 = kA1, .rs2 = kA0});
  a.emit(Op::kLd, {.rd = kA2, .rs1 = kA1});
  a.emit(Op::kAdd, {.rd = kA0, .rs1 = kA0, .rs2 = kA2});
  a.emit(Op::kJal, {.imm = -4 * 4});
  RandomProgram program{.memory = a.bytes(), .hart = {}, .events = {}, .jit = jit};
  program.hart.pc = raw(board::kRam);
  program.hart.x[kA1] = raw(board::kRam) + 0x10000;
  return program;
}

TEST(Jit, WhatIsHotIsTranslatedOnce) {
  CountingObserver observer;
  auto t = load(endless_loop({.hot_after = 24, .observer = &observer}), EngineKind::kJit);
  t->run_until(Position{5 * 20});
  EXPECT_EQ(observer.blocks, 0u);
  t->run_until(Position{100'000});
  EXPECT_GE(observer.blocks, 1u);
  EXPECT_LE(observer.blocks, 3u);
}

// The jump cache may still lead to what was dropped: that must not send the block to the interpreter for ever.
TEST(Jit, WhatWasDroppedBecomesHotAgain) {
  CountingObserver observer;
  RandomProgram program = endless_loop({.hot_after = 4, .observer = &observer});
  auto t = load(program, EngineKind::kJit);
  t->run_until(Position{10'000});
  uint64_t before = observer.blocks;
  ASSERT_GT(before, 0u);
  Bytes other = Assembler().emit(Op::kAddi, {.rd = kA0, .rs1 = kA0, .imm = 2}).bytes();
  ASSERT_TRUE(t->machine().ram().write(board::kRam, other));
  t->run_until(Position{20'000});
  EXPECT_GT(observer.blocks, before);
}

// --- the log's last line ---

struct Summary {
  uint64_t blocks = 0, instructions = 0, host_bytes = 0, dropped = 0, fills = 0;
};

// What a JIT with this program tells at its end, when it has run to `end` and a store to the first instruction has come.
Summary summary_of(RandomProgram program, uint64_t end, CountingObserver& observer) {
  char* text = nullptr;
  size_t size = 0;
  program.jit.log = open_memstream(&text, &size);
  program.jit.observer = &observer;
  auto t = load(program, EngineKind::kJit);
  observer.forgets = 0;  // loading forgets, too
  t->run_until(Position{end});
  EXPECT_TRUE(t->machine().ram().write(board::kRam, ByteView(program.memory).first(4)));
  t.reset();
  std::fclose(program.jit.log);
  std::string all(text, size);
  std::free(text);
  Summary s;
  size_t at = all.rfind("recount: engine: ");
  if (at == std::string::npos) return s;
  EXPECT_EQ(all.back(), '\n');
  EXPECT_EQ(std::sscanf(all.c_str() + at,
                        "recount: engine: %" SCNu64 " blocks of %" SCNu64 " instructions as %" SCNu64
                        " bytes (%*f a guest instruction), %*f s of %*f s translating (%*f %%), %" SCNu64
                        " dropped, %*f of %*f MiB used, %" SCNu64 " fills",
                        &s.blocks, &s.instructions, &s.host_bytes, &s.dropped, &s.fills),
            5)
      << all.substr(at);
  return s;
}

TEST(Jit, TheLogEndsWithWhatWasMade) {
  CountingObserver observer;
  Summary s = summary_of(endless_loop({.hot_after = 1}), 10'000, observer);
  EXPECT_GT(observer.blocks, 0u);
  EXPECT_EQ(s.blocks, observer.blocks);
  EXPECT_EQ(s.host_bytes, observer.host_bytes);
  EXPECT_EQ(s.instructions, 5 * s.blocks) << "the loop is one block of five instructions";
  EXPECT_EQ(s.dropped, 1u) << "the store to it";
  EXPECT_EQ(s.fills, 0u);
}

TEST(Jit, TheLogCountsHowOftenItsMemoryWasFull) {
  uint64_t fills = 0;
  for (uint64_t seed = first_seed(), round = 0; round < 20; ++seed, ++round) {
    CountingObserver observer;
    RandomProgram program = make_random_program(seed);
    program.jit.code_bytes = kSmallCode;
    Summary s = summary_of(program, kSteps, observer);
    EXPECT_EQ(s.blocks, observer.blocks) << "RECOUNT_TEST_SEED=" << seed;
    EXPECT_EQ(s.fills, observer.forgets) << "RECOUNT_TEST_SEED=" << seed;
    fills += s.fills;
  }
  EXPECT_GT(fills, 20u) << "hardly a cache filled: the test shows nothing";
}

// The console that is printed on computes with doubles (CollectedConsole); the guest never does.
TEST(Jit, WhatADevicesListenerRoundsIsNoFlagOfTheGuest) {
  Assembler a;
  a.emit(Op::kSb, {.rs1 = kA1, .rs2 = kA0});
  a.emit(Op::kJal, {.imm = -4});
  RandomProgram program{.memory = a.bytes(), .hart = {}, .events = {}, .jit = {.hot_after = 1}};
  program.hart.pc = raw(board::kRam);
  program.hart.x[kA0] = 'x';
  program.hart.x[kA1] = raw(board::kUart);
  auto t = load(program, EngineKind::kJit);
  t->run_until(Position{1000});
  ASSERT_GT(t->console().size(), 100u);
  EXPECT_EQ(t->machine().hart().fflags, 0u);
}

// A backup is a fork: it goes on with the same state and its own code, and so does the parent.
TEST(Jit, AForkGoesOnTheSame) {
  auto straight = load(endless_loop({.hot_after = 2}), EngineKind::kJit);
  straight->run_until(Position{300'000});
  Digest128 expected = straight->state_digest();
  CountingObserver observer;
  auto t = load(endless_loop({.hot_after = 2, .observer = &observer}), EngineKind::kJit);
  t->run_until(Position{100'000});
  uint64_t blocks = observer.blocks;
  ASSERT_GT(blocks, 0u);
  pid_t child = fork();
  if (child == 0) {
    t->machine().forked();
    t->run_until(Position{300'000});
    if (observer.blocks == blocks) _exit(2);  // it has run without code of its own
    _exit(t->state_digest() == expected ? 0 : 1);
  }
  t->run_until(Position{300'000});
  EXPECT_EQ(t->state_digest(), expected);
  EXPECT_EQ(observer.blocks, blocks) << "the fork took the parent's code away";
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace recount::test
