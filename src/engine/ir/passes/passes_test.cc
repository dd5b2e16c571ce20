// What each pass does; and what it must leave alone.

#include "engine/ir/passes/passes.h"

#include <gtest/gtest.h>

#include "engine/ir/builder.h"
#include "engine/ir/print.h"
#include "engine/ir/verify.h"

namespace recount::ir {
namespace {

class Passes : public testing::Test {
 protected:
  void SetUp() override { ir_.begin_step({.offset = 0, .length = 4, .raw = 0x13}); }

  Value load(Value base) { return ir_.add({.op = Opcode::kLoad, .width = 8, .a = base}); }
  void store(Value base, Value v) { ir_.add({.op = Opcode::kStore, .width = 8, .a = base, .b = v}); }
  Value float_get(unsigned slot, unsigned width, unsigned detail = 0) {
    return ir_.add({.op = Opcode::kFGet,
                    .width = static_cast<uint8_t>(width),
                    .detail = static_cast<uint8_t>(detail),
                    .slot = static_cast<uint8_t>(slot)});
  }
  void float_set(unsigned slot, unsigned width, Value v) {
    ir_.add({.op = Opcode::kFSet, .width = static_cast<uint8_t>(width), .slot = static_cast<uint8_t>(slot), .a = v});
  }
  // The block, ended, after these passes, without the lines that name steps.
  template <class... Pass>
  std::string after(Pass... pass) {
    ir_.exit(4);
    EXPECT_EQ(verify(block_), std::nullopt);
    (pass(block_), ...);
    EXPECT_EQ(verify(block_), std::nullopt);
    std::string text = print(block_), lines;
    for (size_t at = 0; at < text.size();) {
      size_t end = text.find('\n', at) + 1;
      if (text[at] != ';') lines += text.substr(at, end - at);
      at = end;
    }
    return lines;
  }

  Block block_;
  Builder ir_{block_};
};

// --- forward_slots ---

TEST_F(Passes, AGetBehindASetIsWhatWasSet) {
  Value v = load(ir_.get(5));
  ir_.set(6, v);
  ir_.set(7, ir_.get(6));
  EXPECT_EQ(after(forward_slots, remove_dead),
            "%0 = get $5\n%1 = load.8 %0\nset $6, %1\nset $7, %1\nexit 4\n");
}

TEST_F(Passes, ASecondGetIsTheFirst) {
  Value a = ir_.get(5), b = ir_.get(5);
  ir_.set(6, ir_.binary(Opcode::kAdd, a, b));
  EXPECT_EQ(after(forward_slots, remove_dead), "%0 = get $5\n%1 = add %0, %0\nset $6, %1\nexit 4\n");
}

TEST_F(Passes, BehindAStepNothingIsKnown) {
  ir_.set(6, ir_.get(5));
  ir_.step(StepKind::kGoesOn);
  ir_.set(7, ir_.get(5));
  ir_.set(8, ir_.get(6));
  EXPECT_EQ(after(forward_slots, remove_dead),
            "%0 = get $5\nset $6, %0\nstep\n%3 = get $5\nset $7, %3\n%5 = get $6\nset $8, %5\nexit 4\n");
}

TEST_F(Passes, ALoadDoesNotMakeSlotsUnknown) {
  Value base = ir_.get(5);
  ir_.set(6, load(base));
  ir_.set(7, load(ir_.get(5)));
  EXPECT_EQ(after(forward_slots, remove_dead),
            "%0 = get $5\n%1 = load.8 %0\nset $6, %1\n%3 = load.8 %0\nset $7, %3\nexit 4\n");
}

TEST_F(Passes, IntegerAndFloatSlotsAreOthers) {
  ir_.set(5, ir_.get(6));
  float_set(7, 8, float_get(5, 8));
  EXPECT_EQ(after(forward_slots, remove_dead), "%0 = get $6\nset $5, %0\n%2 = f.get.8 $5\nf.set.8 $7, %2\nexit 4\n");
}

TEST_F(Passes, WhatWasSetAsASingleIsNotReadAsADouble) {
  float_set(5, 4, float_get(4, 4));
  float_set(6, 8, float_get(5, 8));
  EXPECT_EQ(after(forward_slots, remove_dead),
            "%0 = f.get.4 $4\nf.set.4 $5, %0\n%2 = f.get.8 $5\nf.set.8 $6, %2\nexit 4\n");
}

TEST_F(Passes, WhatWasSetAsADoubleIsCheckedWhenReadAsASingle) {
  float_set(5, 8, float_get(4, 8));
  float_set(6, 4, float_get(5, 4));
  float_set(7, 4, float_get(5, 4, 1));  // raw: the low word of the double, whatever it is
  EXPECT_EQ(after(forward_slots, remove_dead),
            "%0 = f.get.8 $4\nf.set.8 $5, %0\n%2 = f.get.4 $5\nf.set.4 $6, %2\nf.set.4 $7, %0\nexit 4\n");
}

// --- fold_constants ---

TEST_F(Passes, ConstantsAreComputed) {
  Value big = ir_.constant(0x7fffffff), one = ir_.constant(1);
  ir_.set(5, ir_.binary(Opcode::kAdd, big, one));
  ir_.set(6, ir_.binary(Opcode::kAdd32, big, one));
  ir_.set(7, ir_.binary(Opcode::kSar, ir_.constant(-16), ir_.constant(66)));
  ir_.set(28, ir_.binary(Opcode::kShl32, one, ir_.constant(31)));
  ir_.set(29, ir_.binary(Opcode::kLtU, one, ir_.constant(-1)));
  ir_.set(30, ir_.unary(Opcode::kZext32, ir_.constant(-1)));
  EXPECT_EQ(after(fold_constants, remove_dead),
            "%0 = const 2147483648\nset $5, %0\n%2 = const -2147483648\nset $6, %2\n%4 = const -4\nset $7, %4\n"
            "%6 = const -2147483648\nset $28, %6\n%8 = const 1\nset $29, %8\n%10 = const 4294967295\nset $30, %10\nexit 4\n");
}

TEST_F(Passes, ZeroOnTheRightChangesNothing) {
  Value zero = ir_.constant(0), x = ir_.get(5);
  ir_.set(6, ir_.binary(Opcode::kAdd, x, zero));
  ir_.set(7, ir_.binary(Opcode::kShr, x, zero));
  ir_.set(8, ir_.binary(Opcode::kAdd, zero, x));
  EXPECT_EQ(after(fold_constants, remove_dead), "%0 = get $5\nset $6, %0\nset $7, %0\nset $8, %0\nexit 4\n");
}

TEST_F(Passes, ZeroMattersWhereAResultIsNarrowedOrTurnedRound) {
  Value zero = ir_.constant(0), x = ir_.get(5);
  ir_.set(6, ir_.binary(Opcode::kAdd32, x, zero));  // sign-extends
  ir_.set(7, ir_.binary(Opcode::kSub, zero, x));
  ir_.set(8, ir_.binary(Opcode::kAnd, x, zero));
  EXPECT_EQ(after(fold_constants, remove_dead),
            "%0 = const 0\n%1 = get $5\n%2 = add.32 %1, %0\nset $6, %2\n%4 = sub %0, %1\nset $7, %4\n"
            "%6 = and %1, %0\nset $8, %6\nexit 4\n");
}

TEST_F(Passes, AnAddressAndAConstantAreAnAddress) {
  ir_.set(5, ir_.binary(Opcode::kAdd, ir_.address(0x1000), ir_.constant(-8)));
  EXPECT_EQ(after(fold_constants, remove_dead), "%0 = address 4088\nset $5, %0\nexit 4\n");
}

TEST_F(Passes, OperandsFollowWhatWasFolded) {
  Value x = ir_.binary(Opcode::kAdd, ir_.get(5), ir_.constant(0));
  store(x, ir_.binary(Opcode::kOr, x, ir_.constant(0)));
  EXPECT_EQ(after(fold_constants, remove_dead), "%0 = get $5\nstore.8 %0, %0\nexit 4\n");
}

// --- remove_dead ---

TEST_F(Passes, AnOverwrittenSetGoes) {
  ir_.set(5, ir_.constant(1));
  ir_.set(5, ir_.constant(2));
  EXPECT_EQ(after(remove_dead), "%0 = const 2\nset $5, %0\nexit 4\n");
}

TEST_F(Passes, ASetThatAGetReadsStays) {
  ir_.set(5, ir_.constant(1));
  ir_.set(6, ir_.get(5));
  ir_.set(5, ir_.constant(2));
  EXPECT_EQ(after(remove_dead), "%0 = const 1\nset $5, %0\n%2 = get $5\nset $6, %2\n%4 = const 2\nset $5, %4\nexit 4\n");
}

// The emitter finds such a value in its slot again when it has no register for it (value_map.h).
TEST_F(Passes, TheSetOfAValueThatIsUsedLaterStays) {
  Value a = ir_.get(6), b = ir_.get(7);
  Value sum = ir_.binary(Opcode::kAdd, a, b);
  ir_.set(5, sum);
  ir_.set(8, ir_.binary(Opcode::kXor, sum, sum));
  ir_.set(5, ir_.constant(0));
  EXPECT_EQ(after(remove_dead),
            "%0 = get $6\n%1 = get $7\n%2 = add %0, %1\nset $5, %2\n%4 = xor %2, %2\nset $8, %4\n"
            "%6 = const 0\nset $5, %6\nexit 4\n");
}

TEST_F(Passes, WhoeverMayLeaveSeesEverySlot) {
  Value base = ir_.get(8), x = ir_.get(9);
  ir_.set(5, ir_.constant(1));
  load(base);
  ir_.set(5, ir_.constant(2));
  store(base, x);
  ir_.set(5, ir_.constant(3));
  ir_.exit_if(Relation::kEq, base, x, 64);
  ir_.set(5, ir_.constant(4));
  ir_.step(StepKind::kGoesOn);
  ir_.set(5, ir_.constant(5));
  EXPECT_EQ(after(remove_dead),
            "%0 = get $8\n%1 = get $9\n%2 = const 1\nset $5, %2\n%4 = load.8 %0\n%5 = const 2\nset $5, %5\n"
            "store.8 %0, %1\n%8 = const 3\nset $5, %8\nexit_if.eq %0, %1, 64\n%11 = const 4\nset $5, %11\nstep\n"
            "%14 = const 5\nset $5, %14\nexit 4\n");
}

TEST_F(Passes, WhatHasEffectsStaysUnused) {
  Value base = ir_.get(5);
  load(base);                                                                        // it may fault
  ir_.add({.op = Opcode::kAmo, .width = 8, .a = base, .b = base});                   // it stores
  Value number = float_get(1, 8);
  ir_.add({.op = Opcode::kFAdd, .width = 8, .a = number, .b = number});              // it raises flags
  ir_.binary(Opcode::kDiv, base, base);                                              // it cannot trap
  EXPECT_EQ(after(remove_dead),
            "%0 = get $5\n%1 = load.8 %0\n%2 = amo.swap.8 %0, %0\n%3 = f.get.8 $1\n%4 = f.add.8 %3, %3\nexit 4\n");
}

TEST_F(Passes, FloatSetsDieByFloatSetsOnly) {
  Value number = float_get(1, 8);
  float_set(5, 8, number);
  ir_.set(5, ir_.constant(1));
  float_set(6, 8, number);
  EXPECT_EQ(after(remove_dead),
            "%0 = f.get.8 $1\nf.set.8 $5, %0\n%2 = const 1\nset $5, %2\nf.set.8 $6, %0\nexit 4\n");
}

TEST_F(Passes, AllOfThemTogether) {
  // addi a0, zero, 1; addi a0, a0, 2; add a1, a0, a2; mv a2, a1
  auto add = [&](Value a, Value b) { return ir_.binary(Opcode::kAdd, a, b); };
  Value zero = ir_.constant(0);
  ir_.set(10, add(zero, ir_.constant(1)));
  Value a0 = ir_.get(10);
  ir_.set(10, add(a0, ir_.constant(2)));
  a0 = ir_.get(10);
  ir_.set(11, add(a0, ir_.get(12)));
  Value a1 = ir_.get(11);
  ir_.set(12, add(a1, ir_.constant(0)));
  EXPECT_EQ(after(optimise), "%0 = const 3\nset $10, %0\n%2 = get $12\n%3 = add %0, %2\nset $11, %3\nset $12, %3\nexit 4\n");
}

}  // namespace
}  // namespace recount::ir
