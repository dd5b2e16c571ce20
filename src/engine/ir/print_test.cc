#include "engine/ir/print.h"

#include <gtest/gtest.h>

#include "engine/ir/builder.h"

namespace recount::ir {
namespace {

TEST(Print, AnInstructionALineAndALineForEachStep) {
  Block block;
  Builder ir(block);
  ir.begin_step({.offset = 0xffc, .length = 2, .raw = 0x4188});
  Value base = ir.get(11);
  Value loaded = ir.add({.op = Opcode::kLoad, .width = 4, .detail = 1, .slot = 10, .a = base, .imm = -8});
  ir.set(10, loaded);
  ir.begin_step({.offset = 0xffe, .length = 2, .raw = 0x9002});
  ir.add({.op = Opcode::kStore, .width = 1, .a = base, .b = loaded});
  ir.add({.op = Opcode::kAmo, .width = 4, .detail = static_cast<uint8_t>(AmoKind::kMaxU), .a = base, .b = loaded});
  Value number = ir.add({.op = Opcode::kFGet, .width = 4, .slot = 31});
  Value sum = ir.add({.op = Opcode::kFFma, .width = 4, .detail = 3, .a = number, .b = number, .c = number});
  ir.add({.op = Opcode::kFSign, .width = 8, .detail = 2, .a = sum, .b = sum});
  ir.exit_if(Relation::kGeU, base, ir.constant(-1), 4096);
  ir.step(StepKind::kGoesOn);
  ir.exit_to(ir.address(0));
  EXPECT_EQ(print(block),
            "; step 0 at 0xffc: 4188\n"
            "%0 = get $11\n"
            "%1 = load.4s %0, -8\n"
            "set $10, %1\n"
            "; step 1 at 0xffe: 9002\n"
            "store.1 %0, %1\n"
            "%4 = amo.max_u.4 %0, %1\n"
            "%5 = f.get.4 $31\n"
            "%6 = f.fma.4.3 %5, %5, %5\n"
            "%7 = f.sign.8.2 %6, %6\n"
            "%8 = const -1\n"
            "exit_if.ge_u %0, %8, 4096\n"
            "step\n"
            "%11 = address 0\n"
            "exit_to %11\n");
}

TEST(Print, AStepThatLeavesSaysSo) {
  Block block;
  Builder ir(block);
  ir.begin_step({.offset = 0, .length = 4, .raw = 0x73});
  ir.step(StepKind::kLeaves);
  EXPECT_EQ(print(block), "; step 0 at 0x000: 00000073\nstep.leaves\n");
}

}  // namespace
}  // namespace recount::ir
