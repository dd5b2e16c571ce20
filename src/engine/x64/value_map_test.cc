// Straight lines of integer operations with more values alive than there are registers, as no guest code
// makes them: emitted, run, and compared with what docs/ir.md says that each operation gives.

#include "engine/x64/value_map.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstring>
#include <random>

#include "engine/ir/builder.h"
#include "engine/ir/passes/passes.h"
#include "engine/ir/print.h"
#include "engine/ir/verify.h"
#include "engine/x64/emitter.h"
#include "hart/host_float.h"
#include "host/code_memory.h"

namespace recount::x64 {
namespace {

using ir::Opcode;
using ir::Value;
__extension__ using Wide = __int128;
__extension__ using UWide = unsigned __int128;

// A division takes two temporaries for itself and one for its result, and the value in the fourth may be spilled as well: the
// spills must hold all that is alive.
constexpr size_t kMostAlive = kSpillCount;
static_assert(kMostAlive > kTemps.size());

template <class Word>
Word shifted(Opcode op, Word a, Word b) {
  unsigned by = b & (sizeof(Word) * 8 - 1);
  if (op == Opcode::kShl || op == Opcode::kShl32) return a << by;
  if (op == Opcode::kShr || op == Opcode::kShr32) return a >> by;
  if (op == Opcode::kRotr || op == Opcode::kRotr32) return std::rotr(a, static_cast<int>(by));
  return static_cast<Word>(static_cast<std::make_signed_t<Word>>(a) >> by);
}

template <class Word>
Word divided(bool is_signed, bool remainder, Word a, Word b) {
  using Signed = std::make_signed_t<Word>;
  if (b == 0) return remainder ? a : ~Word{0};
  if (!is_signed) return remainder ? a % b : a / b;
  if (b == ~Word{0}) return remainder ? 0 : Word{0} - a;  // the quotient may overflow
  auto x = static_cast<Signed>(a), y = static_cast<Signed>(b);
  return static_cast<Word>(remainder ? x % y : x / y);
}

uint64_t binary(Opcode op, uint64_t a, uint64_t b) {
  auto x = static_cast<int64_t>(a), y = static_cast<int64_t>(b);
  auto a32 = static_cast<uint32_t>(a), b32 = static_cast<uint32_t>(b);
  auto extended = [](uint32_t v) { return static_cast<uint64_t>(static_cast<int32_t>(v)); };
  switch (op) {
    case Opcode::kAdd:
      return a + b;
    case Opcode::kSub:
      return a - b;
    case Opcode::kAnd:
      return a & b;
    case Opcode::kOr:
      return a | b;
    case Opcode::kXor:
      return a ^ b;
    case Opcode::kShl:
    case Opcode::kShr:
    case Opcode::kSar:
    case Opcode::kRotr:
      return shifted(op, a, b);
    case Opcode::kLt:
      return x < y;
    case Opcode::kLtU:
      return a < b;
    case Opcode::kMin:
      return x < y ? a : b;
    case Opcode::kMinU:
      return a < b ? a : b;
    case Opcode::kMax:
      return x < y ? b : a;
    case Opcode::kMaxU:
      return a < b ? b : a;
    case Opcode::kMul:
      return a * b;
    case Opcode::kMulH:
      return static_cast<uint64_t>(static_cast<Wide>(x) * y >> 64);
    case Opcode::kMulHU:
      return static_cast<uint64_t>(static_cast<UWide>(a) * b >> 64);
    case Opcode::kDiv:
      return divided(true, false, a, b);
    case Opcode::kDivU:
      return divided(false, false, a, b);
    case Opcode::kRem:
      return divided(true, true, a, b);
    case Opcode::kRemU:
      return divided(false, true, a, b);
    case Opcode::kAdd32:
      return extended(a32 + b32);
    case Opcode::kSub32:
      return extended(a32 - b32);
    case Opcode::kShl32:
    case Opcode::kShr32:
    case Opcode::kSar32:
    case Opcode::kRotr32:
      return extended(shifted(op, a32, b32));
    case Opcode::kMul32:
      return extended(a32 * b32);
    case Opcode::kDiv32:
      return extended(divided(true, false, a32, b32));
    case Opcode::kDivU32:
      return extended(divided(false, false, a32, b32));
    case Opcode::kRem32:
      return extended(divided(true, true, a32, b32));
    case Opcode::kRemU32:
      return extended(divided(false, true, a32, b32));
    default:
      ADD_FAILURE() << ir::info_of(op).mnemonic;
      return 0;
  }
}

uint64_t unary(Opcode op, uint64_t a) {
  auto low = static_cast<uint32_t>(a);
  switch (op) {
    case Opcode::kSext8:
      return static_cast<uint64_t>(static_cast<int8_t>(a));
    case Opcode::kSext16:
      return static_cast<uint64_t>(static_cast<int16_t>(a));
    case Opcode::kSext32:
      return static_cast<uint64_t>(static_cast<int32_t>(a));
    case Opcode::kZext16:
      return static_cast<uint16_t>(a);
    case Opcode::kZext32:
      return low;
    case Opcode::kClz:
      return static_cast<uint64_t>(std::countl_zero(a));
    case Opcode::kCtz:
      return static_cast<uint64_t>(std::countr_zero(a));
    case Opcode::kCpop:
      return static_cast<uint64_t>(std::popcount(a));
    case Opcode::kClz32:
      return static_cast<uint64_t>(std::countl_zero(low));
    case Opcode::kCtz32:
      return static_cast<uint64_t>(std::countr_zero(low));
    case Opcode::kCpop32:
      return static_cast<uint64_t>(std::popcount(low));
    case Opcode::kBswap:
      return __builtin_bswap64(a);
    default:
      ADD_FAILURE() << ir::info_of(op).mnemonic;
      return 0;
  }
}

std::vector<Opcode> all_of(ir::Kind kind) {
  std::vector<Opcode> found;
  for (unsigned op = 0; op < static_cast<unsigned>(Opcode::kCount); ++op) {
    if (ir::info_of(static_cast<Opcode>(op)).kind == kind) found.push_back(static_cast<Opcode>(op));
  }
  return found;
}

uint32_t no_slow_path(void*) {
  ADD_FAILURE() << "a slow path was called";
  return static_cast<uint32_t>(ExitReason::kLeft);
}

// What a block computes, known while it is built.
struct Known {
  Value value;
  uint64_t is;
};

class ValueMapTest : public testing::Test {
 protected:
  ValueMapTest() {
    hart_.engine_words[static_cast<size_t>(Word::kMxcsr)] = kDefaultMxcsr;
    hart_.engine_words[static_cast<size_t>(Word::kHostMxcsr)] = kDefaultMxcsr;
  }

  uint64_t operand() {
    static constexpr uint64_t kEdges[] = {
        0, 1, ~0ull, 1ull << 63, (1ull << 63) - 1, 0x80000000, 0xffffffff, 0xffffffff80000000};
    return random_() % 2 == 0 ? kEdges[random_() % std::size(kEdges)] : random_() >> random_() % 64;
  }

  // A value that is used no more afterwards, in half of the cases.
  Known take(std::vector<Known>& alive, bool must_die) {
    size_t n = random_() % alive.size();
    Known taken = alive[n];
    if (must_die || (alive.size() > kTemps.size() && random_() % 2 == 0)) {
      alive.erase(alive.begin() + static_cast<ptrdiff_t>(n));
    }
    return taken;
  }

  // One guest instruction of `length` operations. Fills the slots that it reads, and says what it will leave
  // in which.
  ir::Block random_block(size_t length, std::vector<std::pair<unsigned, uint64_t>>& left) {
    static const std::vector<Opcode> kUnary = all_of(ir::Kind::kUnary), kBinary = all_of(ir::Kind::kBinary);
    ir::Block block;
    ir::Builder ir(block);
    ir.begin_step({});
    std::vector<Known> alive;
    for (unsigned slot = 1; slot < 32; ++slot) hart_.state.x[slot] = operand();
    for (size_t n = 0; n < length; ++n) {
      if (alive.size() < 2 || (alive.size() < kMostAlive && random_() % 4 == 0)) {
        unsigned slot = 1 + static_cast<unsigned>(random_() % 31);
        uint64_t number = operand();
        alive.push_back(random_() % 4 == 0 ? Known{ir.constant(static_cast<int64_t>(number)), number}
                                           : Known{ir.get(slot), hart_.state.x[slot]});
        continue;
      }
      Known a = take(alive, alive.size() == kMostAlive), b = take(alive, false);
      Opcode op =
          random_() % 4 == 0 ? kUnary[random_() % kUnary.size()] : kBinary[random_() % kBinary.size()];
      alive.push_back(ir::info_of(op).kind == ir::Kind::kUnary
                          ? Known{ir.unary(op, a.value), unary(op, a.is)}
                          : Known{ir.binary(op, a.value, b.value), binary(op, a.is, b.is)});
    }
    unsigned slot = static_cast<unsigned>(random_() % 31);
    for (const Known& known : alive) {
      slot = 1 + slot % 31;
      ir.set(slot, known.value);
      left.emplace_back(slot, known.is);
    }
    ir.exit(4);
    ir::optimise(block);
    return block;
  }

  ExitReason run(const ir::Block& block) {
    SlowPaths slow{nullptr, no_slow_path, no_slow_path, no_slow_path};
    Assembler a;
    auto place = reinterpret_cast<uintptr_t>(memory_->executable());
    ByteView stub_code = emit_stubs(a, place, layout_, slow, stubs_);
    std::memcpy(memory_->writable(), stub_code.data(), stub_code.size());
    size_t start = (stub_code.size() + 63) & ~size_t{63};
    Emitter emitter(layout_, stubs_);
    const void* no_op = nullptr;
    ByteView code = emitter.emit(block, place + start, &no_op, 0).code;
    std::memcpy(memory_->writable() + start, code.data(), code.size());
    hart_.engine_words[static_cast<size_t>(Word::kBudget)] = 100;
    auto enter = reinterpret_cast<uint32_t (*)(const void*)>(reinterpret_cast<uintptr_t>(stubs_.enter));
    return static_cast<ExitReason>(enter(memory_->executable() + start));
  }

  std::unique_ptr<CodeMemory> memory_ = *CodeMemory::create(1 << 20);
  std::unique_ptr<Ram> ram_ = *Ram::create(Gpa{0x80000000}, 1 << 20);
  Bus bus_;
  Timebase time_;
  Hart hart_{0, *ram_, bus_, time_, Caching::kOn};
  Layout layout_{hart_, *ram_};
  Stubs stubs_;
  std::mt19937_64 random_{20261126};
};

TEST_F(ValueMapTest, MoreValuesThanRegistersComeOutRight) {
  uint64_t spills = 0;
  for (unsigned round = 0; round < 20000; ++round) {
    for (auto& word : hart_.engine_words) word = word == kDefaultMxcsr ? word : 0;
    std::vector<std::pair<unsigned, uint64_t>> left;
    ir::Block block = random_block(2 + round % 60, left);
    ASSERT_EQ(ir::verify(block), std::nullopt) << ir::print(block);
    ASSERT_EQ(run(block), ExitReason::kLink) << ir::print(block);
    for (unsigned n = 0; n < kSpillCount; ++n)
      spills += hart_.engine_words[static_cast<size_t>(Word::kSpill) + n] != 0;
    for (auto& [slot, expected] : left)
      ASSERT_EQ(hart_.state.x[slot], expected) << "round " << round << ", slot " << slot << "\n"
                                               << ir::print(block);
  }
  EXPECT_GT(spills, 20000u);  // or this shows nothing
}

}  // namespace
}  // namespace recount::x64
