// Microbenchmarks of what a guest's speed and a recording's cost are made of: scripts/bench micro.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <random>
#include <vector>

#include "engine/interp/block_cache.h"
#include "hart/hart.h"
#include "isa/insn.h"
#include "journal/journal_writer.h"

namespace recount {
namespace {

constexpr uint64_t kRamBase = 0x80000000;

// Each instruction of the table, with operands at random.
std::vector<uint32_t> words_of_all_instructions(size_t count) {
  std::mt19937 random(1);
  std::vector<uint32_t> words(count);
  for (size_t i = 0; i < count; ++i) {
    auto op = static_cast<Op>(1 + i % (static_cast<size_t>(Op::kCount) - 1));
    words[i] = info_of(op).match | (static_cast<uint32_t>(random()) & ~info_of(op).mask);
  }
  std::ranges::shuffle(words, random);
  return words;
}

std::vector<uint32_t> compressed_words(size_t count) {
  std::mt19937 random(2);
  std::vector<uint32_t> words(count);
  for (uint32_t& word : words) {
    do word = random() & 0xffff;
    while ((word & 3) == 3);
  }
  return words;
}

void decode_words(benchmark::State& state, const std::vector<uint32_t>& words) {
  for (auto _ : state) {
    for (uint32_t word : words) benchmark::DoNotOptimize(decode(word));
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(words.size()));
}

void Decode(benchmark::State& state) { decode_words(state, words_of_all_instructions(4096)); }
BENCHMARK(Decode);

void DecodeCompressed(benchmark::State& state) { decode_words(state, compressed_words(4096)); }
BENCHMARK(DecodeCompressed);

// A hart in S-mode under Sv39 that reads page after page, of so many that a TLB of some thousand entries
// holds none of them when it comes round again.
class ManyPages {
 public:
  static constexpr uint64_t kPages = 1 << 16;

  ManyPages() {
    constexpr uint64_t kRoot = kRamBase, kMiddle = kRoot + kPageSize, kLeaves = kMiddle + kPageSize;
    constexpr uint64_t kData = kRamBase + (1 << 20), kDataFrames = 64;
    constexpr uint64_t kEntries = kPageSize / 8, kPointer = 1, kReadable = 0xc3;  // V; and R, A, D
    auto set = [&](uint64_t table, uint64_t index, uint64_t address, uint64_t bits) {
      store_le(ram_->host(Gpa{table + index * 8}), address >> 2 | bits);
    };
    set(kRoot, 0, kMiddle, kPointer);
    for (uint64_t i = 0; i < kPages / kEntries; ++i) set(kMiddle, i, kLeaves + i * kPageSize, kPointer);
    for (uint64_t i = 0; i < kPages; ++i) set(kLeaves, i, kData + i % kDataFrames * kPageSize, kReadable);
    hart.state.satp = satp::kSv39 << satp::kModeShift | kRoot >> kPageShift;
    hart.state.privilege = Privilege::kSupervisor;
    hart.mmu.update_context();
    ram_->set_watcher(&hart.mmu);
  }

 private:
  std::unique_ptr<Ram> ram_ = *Ram::create(Gpa{kRamBase}, 2 << 20);
  Bus bus_;
  Timebase time_;

 public:
  Hart hart{0, *ram_, bus_, time_, Caching::kOn};
};

void TlbMiss(benchmark::State& state) {
  ManyPages pages;
  uint64_t page = 0;
  bool faulted = false;
  for (auto _ : state) {
    auto value = pages.hart.mmu.load(page << kPageShift, 8);
    faulted |= !value.has_value();
    page = (page + 40503) % ManyPages::kPages;  // odd: comes to all of them
  }
  if (faulted) state.SkipWithError("a load faulted");
}
BENCHMARK(TlbMiss);

void BlockLookup(benchmark::State& state) {
  interp::BlockCache blocks;
  std::mt19937_64 random(3);
  std::vector<uint64_t> pcs(10000);
  for (uint64_t& pc : pcs) {
    pc = kRamBase + random() % (64 << 20) / 2 * 2;
    auto block = std::make_unique<interp::Block>();
    block->physical_pc = pc;
    block->size_bytes = 16;
    blocks.insert(std::move(block));
  }
  size_t at = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(blocks.find(pcs[at]));
    at = at + 1 < pcs.size() ? at + 1 : 0;
  }
}
BENCHMARK(BlockLookup);

// The commonest record, into a ring whose reader keeps up.
void JournalWrite(benchmark::State& state) {
  auto ring = Ring::create();
  if (!ring) return state.SkipWithError("no memory for a ring");
  RingControl& control = (*ring)->control();
  JournalWriter writer;
  writer.attach(**ring);
  Event event{Position{0}, TimeAnchor{0, uint64_t{1} << 30}};
  for (auto _ : state) {
    event.position = Position{raw(event.position) + 30000};
    std::get<TimeAnchor>(event.payload).time_ticks += 300;
    writer.append(event);
    control.consumed.store(control.head.load(std::memory_order_relaxed), std::memory_order_relaxed);
  }
  if (writer.lost()) state.SkipWithError("the ring was full");
  state.SetBytesProcessed(static_cast<int64_t>(control.head.load()));
}
BENCHMARK(JournalWrite);

// Of as many dirty frames in a guest of 512 MiB.
void RamDigest(benchmark::State& state) {
  auto ram = Ram::create(Gpa{kRamBase}, 512 << 20);
  if (!ram) return state.SkipWithError("no memory for a guest");
  auto dirty_frames = static_cast<uint64_t>(state.range(0));
  for (uint64_t i = 0; i < dirty_frames; ++i) {
    Gpa frame{kRamBase + i * 16 * kPageSize};
    (*ram)->note_write(frame, 8);
    store_le((*ram)->host(frame), i);
  }
  for (auto _ : state) benchmark::DoNotOptimize((*ram)->dirty_digest());
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(dirty_frames * kPageSize));
}
BENCHMARK(RamDigest)->Arg(0)->Arg(64)->Arg(4096);

}  // namespace
}  // namespace recount

BENCHMARK_MAIN();
