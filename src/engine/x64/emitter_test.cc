// Host code for blocks that nobody would write: as long as they get, of what costs most. That it computes the
// right thing is tests/equivalence_test.cc's.

#include "engine/x64/emitter.h"

#include <gtest/gtest.h>

#include <random>

#include "engine/frontend/translate.h"
#include "engine/ir/passes/passes.h"
#include "isa/insn.h"

namespace recount::x64 {
namespace {

constexpr unsigned kMostSteps = 64;
constexpr uintptr_t kAddress = 0x10000000;

class EmitterTest : public testing::Test {
 protected:
  EmitterTest() {
    const void* somewhere = reinterpret_cast<const void*>(kAddress - 0x1000);
    for (auto stub : {&Stubs::enter, &Stubs::load, &Stubs::load_f, &Stubs::store, &Stubs::store_f, &Stubs::step,
                      &Stubs::step_f, &Stubs::exit_link, &Stubs::exit_interpret, &Stubs::missed}) {
      stubs_.*stub = somewhere;
    }
  }

  // Of the block that begins this page.
  size_t host_bytes(ByteView page) {
    ir::Block block = frontend::translate(page, 0, {kMostSteps});
    if (block.points.empty()) return 0;
    ir::optimise(block);
    std::vector<const void*> ops(block.points.size());
    return emitter_.emit(block, kAddress, ops.data(), 0).code.size();
  }

  std::unique_ptr<Ram> ram_ = *Ram::create(Gpa{0x80000000}, 1 << 20);
  Bus bus_;
  Timebase time_;
  Hart hart_{0, *ram_, bus_, time_, Caching::kOn};
  Layout layout_{hart_, *ram_};
  Stubs stubs_;
  Emitter emitter_{layout_, stubs_};
};

uint32_t random_word(Op op, std::mt19937& random) {
  const InsnInfo& info = info_of(op);
  return info.match | (static_cast<uint32_t>(random()) & ~info.mask);
}

TEST_F(EmitterTest, TheLongestBlocksOfEachInstructionFit) {
  std::mt19937 random(1);
  size_t most = 0;
  const char* of = "";
  for (unsigned n = 1; n < static_cast<unsigned>(Op::kCount); ++n) {
    auto op = static_cast<Op>(n);
    for (unsigned round = 0; round < 8; ++round) {
      Bytes page(kPageSize);
      for (unsigned i = 0; i < kMostSteps; ++i) store_le(page.data() + 4 * i, random_word(op, random));
      size_t bytes = host_bytes(page);
      if (bytes > most) of = info_of(op).mnemonic;
      most = std::max(most, bytes);
    }
  }
  std::printf("the biggest block is of %zu bytes: %s\n", most, of);
  EXPECT_LE(most, kMostBlockBytes / 2) << of;
  EXPECT_GT(most, size_t{2000});
}

TEST_F(EmitterTest, TheLongestBlocksOfAnythingFit) {
  std::mt19937 random(2);
  size_t most = 0;
  for (unsigned round = 0; round < 3000; ++round) {
    Bytes page(kPageSize);
    for (unsigned i = 0; i < kMostSteps; ++i) {
      auto op = static_cast<Op>(1 + random() % (static_cast<unsigned>(Op::kCount) - 1));
      uint32_t word = random_word(op, random);
      // Branches go forward, or blocks would be short.
      if (op >= Op::kBeq && op <= Op::kBgeu) word &= 0x7fffffff;
      if (op == Op::kJal || op == Op::kJalr) word = random_word(Op::kDiv, random);
      store_le(page.data() + 4 * i, word);
    }
    most = std::max(most, host_bytes(page));
  }
  std::printf("the biggest block is of %zu bytes\n", most);
  EXPECT_LE(most, kMostBlockBytes / 2);
  EXPECT_GT(most, size_t{2000});
}

}  // namespace
}  // namespace recount::x64
