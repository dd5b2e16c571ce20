#include "debug/query/call_stacks.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <random>

namespace recount {
namespace {

constexpr uint64_t kOuter = 0x1000, kInner = 0x2000, kTail = 0x3000, kHandler = 0x4000;

class CallStacksTest : public ::testing::Test {
 protected:
  // One instruction of S-mode at pc, after which next is to come.
  void run(uint64_t pc, Op op, uint8_t rd, uint8_t rs1, uint64_t next) {
    hart_.pc = next;
    stacks_.add(step_at(pc), {.op = op, .rd = rd, .rs1 = rs1}, hart_);
  }
  void trap(uint64_t pc) {
    Step step = step_at(pc);
    step.trap = 1ull << 63 | 5;
    hart_.pc = kHandler;
    stacks_.add(step, {}, hart_);
  }
  static Step step_at(uint64_t pc) { return {.pc = pc, .privilege = Privilege::kSupervisor, .trap = {}}; }
  std::map<std::string, uint64_t> folded() const {
    std::map<std::string, uint64_t> all;
    stacks_.for_each_folded([&](const std::string& stack, uint64_t steps) { all[stack] += steps; });
    return all;
  }
  HartState behind() const {
    HartState hart;
    hart.privilege = Privilege::kSupervisor;
    hart.x[2] = 0x80008000;
    return hart;
  }

  Symbols symbols_{{{"outer", kOuter, 't'},
                    {"inner", kInner, 't'},
                    {"tail", kTail, 't'},
                    {"handler", kHandler, 't'},
                    {"end", 0x5000, 't'}}};
  CallStacks stacks_{symbols_};
  HartState hart_ = behind();
};

TEST_F(CallStacksTest, CallsNestAndReturnsComeBack) {
  run(kOuter, Op::kJal, 1, 0, kInner);
  run(kInner, Op::kJalr, 0, 1, kOuter + 4);
  run(kOuter + 4, Op::kAddi, 0, 0, kOuter + 8);
  EXPECT_EQ(folded(), (std::map<std::string, uint64_t>{{"outer", 2}, {"outer;inner", 1}}));
}

TEST_F(CallStacksTest, ATailCallTakesItsCallersPlace) {
  run(kOuter, Op::kJal, 1, 0, kInner);
  run(kInner, Op::kJal, 0, 0, kTail);
  run(kTail, Op::kJalr, 0, 1, kOuter + 4);
  run(kOuter + 4, Op::kAddi, 0, 0, kOuter + 8);
  EXPECT_EQ(folded(), (std::map<std::string, uint64_t>{{"outer", 2}, {"outer;inner", 1}, {"outer;tail", 1}}));
}

TEST_F(CallStacksTest, AnInterruptIsACallOfItsHandler) {
  run(kOuter, Op::kAddi, 0, 0, kOuter + 4);
  trap(kOuter + 4);
  run(kHandler, Op::kSret, 0, 0, kOuter + 4);
  run(kOuter + 4, Op::kAddi, 0, 0, kOuter + 8);
  EXPECT_EQ(folded(), (std::map<std::string, uint64_t>{{"outer", 2}, {"outer;handler", 1}}));
}

TEST_F(CallStacksTest, NoOrderOfCallsAndReturnsLosesAStep) {
  const auto seed = std::random_device()();
  std::printf("seed %u\n", seed);
  std::mt19937_64 random(seed);
  constexpr uint64_t kSteps = 200'000;
  const Op ops[] = {Op::kJal, Op::kJalr, Op::kAddi, Op::kSret};
  for (uint64_t i = 0; i < kSteps; ++i) {
    hart_.x[2] = random();
    run(kOuter + random() % 0x5000, ops[random() % 4], random() % 8, random() % 8, random());
    if (random() % 8 == 0) trap(random());
  }
  uint64_t told = 0;
  for (const auto& [stack, steps] : folded()) told += steps;
  EXPECT_EQ(told, kSteps);
}

}  // namespace
}  // namespace recount
