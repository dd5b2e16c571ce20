// Hostile guest code on a whole machine: the JIT, or the cached interpreter, against the oracle. The handlers, page
// tables and data are those of a random program; its code is the input's, over and over, so that it lies across
// every border of lines and pages. Both must agree at every stop.

#include <array>
#include <cstdio>
#include <memory>

#include "base/check.h"
#include "machine/board.h"
#include "rv64_words.h"
#include "support/random_program.h"

namespace recount::test {
namespace {

// Of an input: which program, which engine and its options, how long the slices are, and where the code begins to run.
constexpr size_t kHeaderBytes = 7;
constexpr uint64_t kSteps = 800;
constexpr size_t kSmallCache = 72 << 10, kBigCache = 1 << 20;

// Made once; what is odd has physical memory protection, ends early or runs elsewhere, as they come.
const RandomProgram& program(unsigned number) {
  static const auto programs = [] {
    std::array<RandomProgram, 16> made;
    for (size_t i = 0; i < made.size(); ++i) made[i] = make_random_program(i);
    return made;
  }();
  return programs[number % programs.size()];
}

void put_code(RandomProgram& into, ByteView code) {
  if (code.empty()) return;
  for (uint64_t at = kProgramCode; at < kProgramCodeEnd; at += code.size()) {
    const size_t size = std::min<uint64_t>(code.size(), kProgramCodeEnd - at);
    std::copy_n(code.begin(), size, into.memory.begin() + static_cast<std::ptrdiff_t>(at));
  }
}

void run(ByteReader& in) {
  const auto which = in.fixed<uint8_t>(), hot_after = in.fixed<uint8_t>(), most_steps = in.fixed<uint8_t>(),
             slice = in.fixed<uint8_t>(), cache = in.fixed<uint8_t>();
  const uint64_t at = in.fixed<uint16_t>() % (kProgramCodeEnd - kProgramCode) & ~1ull;
  RandomProgram one = program(which);
  put_code(one, in.raw(in.remaining()));
  one.hart.pc = raw(board::kRam) + kProgramCode + at;
  one.jit = {.hot_after = 1u + hot_after % 8,
             .most_steps = 1u + most_steps % 64,
             .code_bytes = cache % 8 == 0 ? kSmallCache : kBigCache};
  const EngineKind engine = (which & 0xc0) == 0xc0 ? EngineKind::kInterp : EngineKind::kJit;
  auto cached = load(one, engine), oracle = load(one, EngineKind::kReference);
  Stop stop = Stop::kPosition;
  for (uint64_t until = 0; until < kSteps && stop == Stop::kPosition;) {
    until = std::min(kSteps, until + 32 + 4 * slice);
    stop = cached->run_until(Position{until});
    const bool same = oracle->run_until(Position{until}) == stop && cached->state_digest() == oracle->state_digest();
    const bool last = until == kSteps || stop != Stop::kPosition;
    if (same && (!last || cached->digest() == oracle->digest())) continue;
    std::fprintf(stderr, "at %llu the two engines differ:\n%s", static_cast<unsigned long long>(until),
                 difference(*cached, *oracle).c_str());
    std::abort();
  }
}

}  // namespace
}  // namespace recount::test

std::vector<std::vector<uint8_t>> fuzz_seeds() {
  using namespace recount;
  auto seeds = seeds_of_words(test::kHeaderBytes);
  for (size_t i = 0; i < seeds.size(); ++i) {
    seeds[i][0] = static_cast<uint8_t>(i * 17);
    seeds[i][2] = 63;
    seeds[i][3] = static_cast<uint8_t>(i * 29);
  }
  return seeds;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed) {
  return recount::mutate_words_behind(recount::test::kHeaderBytes, data, size, most, seed);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < recount::test::kHeaderBytes) return 0;
  recount::ByteReader in({data, size});
  recount::test::run(in);
  return 0;
}
