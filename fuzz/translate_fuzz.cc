// Any bytes as a page of guest code, through the whole of the JIT's compiler: translated, verified after each pass,
// printed, and made host code. That it computes the right thing is engine_fuzz.cc's.

#include <cstdint>
#include <memory>
#include <vector>

#include "base/check.h"
#include "engine/frontend/translate.h"
#include "engine/ir/passes/passes.h"
#include "engine/ir/print.h"
#include "engine/ir/verify.h"
#include "engine/x64/emitter.h"
#include "rv64_words.h"

namespace recount {
namespace {

// Of an input: how long the block may be, and where in the page the code is.
constexpr size_t kHeaderBytes = 3;
constexpr unsigned kMostSteps = 64;
constexpr uintptr_t kAddress = 0x10000000;

class Compiler {
 public:
  Compiler() {
    const void* somewhere = reinterpret_cast<const void*>(kAddress - 0x1000);
    for (auto stub : {&x64::Stubs::enter, &x64::Stubs::load, &x64::Stubs::load_f, &x64::Stubs::store, &x64::Stubs::store_f,
                      &x64::Stubs::step, &x64::Stubs::step_f, &x64::Stubs::exit_link, &x64::Stubs::exit_interpret,
                      &x64::Stubs::missed}) {
      stubs_.*stub = somewhere;
    }
  }

  // Returns the code, for who wants to compare.
  Bytes emit(const ir::Block& block) {
    const std::vector<const void*> ops(block.points.size());
    x64::EmittedBlock emitted = emitter_.emit(block, kAddress, ops.data(), 0);
    const size_t size = emitted.code.size();
    CHECK(size > 0 && size <= x64::kMostBlockBytes && emitted.dead_entry < size);
    for (const x64::Link& link : emitted.links) {
      CHECK(link.site + sizeof(uint32_t) <= size && link.stub < size);
      CHECK(link.target_offset >= 0 && link.target_offset < static_cast<int32_t>(kPageSize));
    }
    return Bytes(emitted.code.begin(), emitted.code.end());
  }

 private:
  std::unique_ptr<Ram> ram_ = Ram::create(Gpa{0x80000000}, 1 << 20).value();
  Bus bus_;
  Timebase time_;
  Hart hart_{0, *ram_, bus_, time_, Caching::kOn};
  x64::Layout layout_{hart_, *ram_};
  x64::Stubs stubs_;
  x64::Emitter emitter_{layout_, stubs_};
};

void check_form(const ir::Block& block) {
  if (auto wrong = ir::verify(block)) {
    std::fprintf(stderr, "%s\n%s", wrong->c_str(), ir::print(block).c_str());
    CHECK(!wrong);
  }
}

// Each step in the page, and within the limit.
void check_points(const ir::Block& block, unsigned offset, unsigned most_steps) {
  CHECK(block.points.size() <= most_steps);
  if (!block.points.empty()) CHECK(block.points.front().offset == offset);
  for (const ir::Point& point : block.points) CHECK(point.offset + unsigned{point.length} <= kPageSize);
}

void compile(ByteView page, uint16_t offset, unsigned most_steps) {
  static Compiler compiler;
  ir::Block block = frontend::translate(page, offset, {most_steps});
  check_points(block, offset, most_steps);
  if (block.points.empty()) return;
  check_form(block);
  ir::Block whole = block;
  for (auto pass : {ir::forward_slots, ir::fold_constants, ir::remove_dead}) {
    pass(block);
    check_form(block);
  }
  ir::optimise(whole);
  check_form(whole);
  CHECK(!ir::print(whole).empty());
  for (const ir::Block* each : {&block, &whole}) CHECK(compiler.emit(*each) == compiler.emit(*each));
}

}  // namespace
}  // namespace recount

std::vector<std::vector<uint8_t>> fuzz_seeds() {
  auto seeds = recount::seeds_of_words(recount::kHeaderBytes);
  for (auto& seed : seeds) seed[0] = 63;
  return seeds;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed) {
  return recount::mutate_words_behind(recount::kHeaderBytes, data, size, most, seed);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace recount;
  if (size < kHeaderBytes) return 0;
  ByteReader in({data, size});
  const unsigned most_steps = 1 + in.fixed<uint8_t>() % kMostSteps;
  const auto offset = static_cast<uint16_t>(in.fixed<uint16_t>() % kPageSize & ~1u);
  Bytes page(kPageSize);
  ByteView code = in.raw(std::min<size_t>(in.remaining(), kPageSize - offset));
  std::ranges::copy(code, page.begin() + offset);
  compile(page, offset, most_steps);
  return 0;
}
