// Every kind of malformed block is found, and named.

#include "engine/ir/verify.h"

#include <gtest/gtest.h>

#include "engine/ir/builder.h"

namespace recount::ir {
namespace {

// lw a0, 4(a1); add a2, a0, a0; and on.
Block good() {
  Block block;
  Builder ir(block);
  ir.begin_step({.offset = 0x10, .length = 4, .raw = 0x0045a503});
  Value base = ir.get(11);
  Value loaded = ir.add({.op = Opcode::kLoad, .width = 4, .detail = 1, .slot = 10, .a = base, .imm = 4});
  ir.set(10, loaded);
  ir.begin_step({.offset = 0x14, .length = 4, .raw = 0x00a50633});
  ir.set(12, ir.binary(Opcode::kAdd, loaded, loaded));
  ir.exit(0x18);
  return block;
}

enum Place : size_t { kGetPlace, kLoadPlace, kSetPlace, kAddPlace, kSecondSetPlace, kExitPlace };

void expect_fault(const Block& block, const std::string& expected) {
  auto fault = verify(block);
  ASSERT_TRUE(fault) << "not found: " << expected;
  EXPECT_EQ(*fault, expected);
}

TEST(Verify, AGoodBlockHasNoFault) { EXPECT_FALSE(verify(good())); }

TEST(Verify, AnEmptyBlockIsNone) {
  expect_fault({}, "an empty block");
  Block without_points = good();
  without_points.points.clear();
  expect_fault(without_points, "an empty block");
}

TEST(Verify, OperandsAreDefinedBefore) {
  Block self = good();
  self.insts[kAddPlace].b = kAddPlace;
  expect_fault(self, "%3 add: an operand that is not defined before");
  Block later = good();
  later.insts[kLoadPlace].a = kAddPlace;
  expect_fault(later, "%1 load: an operand that is not defined before");
  Block missing = good();
  missing.insts[kAddPlace].b = kNoValue;
  expect_fault(missing, "%3 add: an operand that is not defined before");
}

TEST(Verify, OperandsAreValues) {
  Block block = good();
  block.insts[kAddPlace].a = kSetPlace;
  expect_fault(block, "%3 add: an operand that is no value");
}

TEST(Verify, NothingHasAnOperandTooMany) {
  Block block = good();
  block.insts[kSetPlace].b = kGetPlace;
  expect_fault(block, "%2 set: an operand too many");
  block = good();
  block.insts[kExitPlace].a = kGetPlace;
  expect_fault(block, "%5 exit: an operand too many");
}

TEST(Verify, IntegersAndFloatsAreKeptApart) {
  Block block = good();
  block.insts[kAddPlace].op = Opcode::kFAdd;
  expect_fault(block, "%3 f.add: an operand of the other kind");
  block = good();
  block.insts[kLoadPlace].op = Opcode::kFLoad;  // its result is set as an integer
  expect_fault(block, "%2 set: an operand of the other kind");
  block = good();
  block.insts[kSetPlace].op = Opcode::kFSet;
  expect_fault(block, "%2 f.set: an operand of the other kind");
}

TEST(Verify, OfAFloatStoreTheAddressIsAnInteger) {
  Block block;
  Builder ir(block);
  ir.begin_step({});
  Value base = ir.get(2);
  Value stored = ir.add({.op = Opcode::kFGet, .slot = 3});
  ir.add({.op = Opcode::kFStore, .a = base, .b = stored});
  ir.exit(4);
  EXPECT_FALSE(verify(block));
  std::swap(block.insts[2].a, block.insts[2].b);
  expect_fault(block, "%2 f.store: an operand of the other kind");
}

TEST(Verify, WidthsAreOfTheirKind) {
  for (unsigned width : {0u, 3u, 5u, 16u}) {
    Block block = good();
    block.insts[kLoadPlace].width = static_cast<uint8_t>(width);
    expect_fault(block, "%1 load: an impossible width");
  }
  Block narrow = good();
  narrow.insts[kLoadPlace].width = 1;
  EXPECT_FALSE(verify(narrow));
  for (unsigned width : {1u, 2u}) {  // memory only
    Block block = good();
    block.insts[kAddPlace].width = static_cast<uint8_t>(width);
    expect_fault(block, "%3 add: an impossible width");
  }
}

TEST(Verify, ThereAre32Slots) {
  Block block = good();
  block.insts[kSetPlace].slot = 32;
  expect_fault(block, "%2 set: no such slot");
}

TEST(Verify, StepsExistAndGoForward) {
  Block block = good();
  block.insts[kExitPlace].step = 2;
  expect_fault(block, "%5 exit: a step that the block does not have");
  block = good();
  block.insts[kExitPlace].step = 0;
  expect_fault(block, "%5 exit: a step before the last one");
}

TEST(Verify, ABlockEndsOnceAtItsEnd) {
  Block block = good();
  block.insts.pop_back();
  expect_fault(block, "%4 set: the end of a block, or none, in the wrong place");
  block = good();
  block.insts[kSecondSetPlace] = {.op = Opcode::kExit, .step = 1, .imm = 0x18};
  expect_fault(block, "%4 exit: the end of a block, or none, in the wrong place");
  block = good();
  block.insts[kExitPlace] = {.op = Opcode::kStep, .detail = static_cast<uint8_t>(StepKind::kGoesOn), .step = 1};
  expect_fault(block, "%5 step: the end of a block, or none, in the wrong place");
  block.insts[kExitPlace].detail = static_cast<uint8_t>(StepKind::kLeaves);
  EXPECT_FALSE(verify(block));
}

TEST(Verify, ABlockHasNumbersForItsValues) {
  Block block = good();
  block.insts.insert(block.insts.begin() + kSetPlace, kNoValue, {.op = Opcode::kConst, .step = 0});
  expect_fault(block, "too many instructions");
}

}  // namespace
}  // namespace recount::ir
