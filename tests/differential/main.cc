// The side of a differential run that is not QEMU: writes a batch of random cases as an image of RAM, for QEMU to run and to
// leave its results in, and then runs the same image here and compares. driver.py starts both.
//
//   differential image HARNESS VERSION SEED COUNT FILE [everything]
//   differential compare HARNESS VERSION SEED COUNT FILE ENGINE [everything]
//   differential show VERSION SEED [everything]
//
// VERSION is QEMU's. Case n of a batch has the seed SEED + n. `compare` exits with 1 if something differs, and prints
// `differs: SEED` and the differences; of a batch of one case, the memory too.

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "differential/case.h"
#include "differential/result.h"
#include "support/assembler.h"
#include "support/test_machine.h"

namespace recount::differential {
namespace {

constexpr uint64_t kUsed =
    RESULTS + MOST_CASES * RESULT_BYTES - RAM_BASE;  // bytes of RAM; QEMU keeps its device tree behind them

struct Batch {
  Oracle oracle;
  uint64_t seed, count;
};

uint8_t* at(Bytes& image, uint64_t address) { return image.data() + (address - RAM_BASE); }

Bytes make_image(const Bytes& harness, const Batch& batch) {
  Bytes image(kUsed);
  test::Assembler reset;
  reset.emit(Op::kAuipc, {.rd = 5, .imm = HARNESS - RAM_BASE}).emit(Op::kJalr, {.rs1 = 5});
  Bytes jump = reset.bytes();
  std::memcpy(at(image, RAM_BASE), jump.data(), jump.size());
  std::memcpy(at(image, HARNESS), harness.data(), harness.size());
  store_le(at(image, HEADER + HEADER_COUNT), batch.count);
  for (uint64_t i = 0; i < batch.count; ++i) {
    Bytes words = layout_of(make_case(batch.seed + i, batch.oracle));
    std::memcpy(at(image, CASES + i * CASE_BYTES), words.data(), words.size());
  }
  return image;
}

// Steps in which the harness has long ended a case, whatever the watchdog had to end. It cannot end M-mode's own loop.
constexpr uint64_t kMostSteps = 4'000'000;

// Runs the image to its end, and leaves RAM in it. False if there is no end.
bool run(Bytes& image, EngineKind engine) {
  MachineConfig config;
  config.ram_bytes = RAM_BYTES;
  config.engine = engine;
  config.jit.hot_after = 1;  // a case's code runs once
  test::TestMachine machine(config, BootImages{});
  machine.machine().ram().write(Gpa{RAM_BASE}, image);
  HartState hart;
  hart.pc = RAM_BASE;
  machine.set_hart(hart);
  machine.set_events(test::time_at_rate((uint64_t{1} << 32) / 100));
  Stop stop;
  uint64_t index = 0, before;
  do {
    before = index;
    stop = machine.run_until(machine.machine().at() + kMostSteps);
    machine.machine().ram().read(Gpa{HEADER + HEADER_INDEX}, std::span(reinterpret_cast<uint8_t*>(&index), sizeof index));
  } while (stop == Stop::kPosition && index != before);
  if (stop != Stop::kPoweroff) {
    const HartState& h = machine.machine().hart();
    std::printf("stopped (%d) at position %" PRIu64 ", pc %" PRIx64 ", mcause %" PRIx64 ", mepc %" PRIx64 ", mtval %" PRIx64 "\n",
                static_cast<int>(stop), raw(machine.machine().at()), h.pc, h.mcause, h.mepc, h.mtval);
  }
  machine.machine().ram().read(Gpa{RAM_BASE}, image);
  return stop == Stop::kPoweroff;
}

uint64_t word(const Bytes& image, uint64_t address) { return load_le<uint64_t>(image.data() + (address - RAM_BASE)); }

void print_traps(const char* side, ByteView result) {
  uint64_t count = std::min<uint64_t>(load_le<uint64_t>(result.data() + RESULT_SEGMENTS), SEGMENT_COUNT);
  for (uint64_t i = 0; i < count; ++i) {
    auto field = [&](uint64_t at) { return load_le<uint64_t>(result.data() + RESULT_TRAPS + i * TRAP_BYTES + at); };
    std::printf("  %-8s trap %" PRIu64 ": mcause %" PRIx64 ", mepc %" PRIx64 ", mtval %" PRIx64 ", mstatus %" PRIx64
                ", mip %" PRIx64 "\n",
                side, i, field(TRAP_CAUSE), field(TRAP_EPC), field(TRAP_TVAL), field(TRAP_MSTATUS), field(TRAP_MIP));
  }
}

void print_memory_differences(const Bytes& ours, const Bytes& theirs) {
  for (uint64_t address = ARENA; address < ARENA + ARENA_BYTES; address += 8) {
    uint64_t a = word(ours, address), b = word(theirs, address);
    if (a != b) std::printf("  %" PRIx64 "         %016" PRIx64 " | %016" PRIx64 "\n", address, a, b);
  }
}

int compare(const Bytes& harness, const Batch& batch, const std::string& file, EngineKind engine) {
  Bytes theirs = test::read_or_die(file);
  theirs.resize(kUsed);
  Bytes ours = make_image(harness, batch);
  bool ended = run(ours, engine);
  if (!ended) std::printf("did not end here: %" PRIu64 "\n", batch.seed + word(ours, HEADER + HEADER_INDEX));
  if (word(theirs, HEADER + HEADER_DONE) != DONE) {
    std::printf("did not end in QEMU: %" PRIu64 "\n", batch.seed + word(theirs, HEADER + HEADER_INDEX));
    ended = false;
  }
  if (!ended) return 1;
  uint64_t different = 0, endless = 0, one_sided = 0, traps = 0;
  for (uint64_t i = 0; i < batch.count; ++i) {
    auto result = [&](const Bytes& image) {
      return ByteView(image).subspan(RESULTS - RAM_BASE + i * RESULT_BYTES, RESULT_BYTES);
    };
    ByteView a = result(ours), b = result(theirs);
    traps += load_le<uint64_t>(a.data() + RESULT_SEGMENTS);
    Differences found = differences(make_case(batch.seed + i, batch.oracle), batch.oracle, a, b);
    endless += found.watchdog == Watchdog::kBoth;
    one_sided += found.watchdog == Watchdog::kOne;
    if (found.lines.empty()) continue;
    ++different;
    std::printf("differs: %" PRIu64 "  (recount | QEMU)\n", batch.seed + i);
    for (const auto& line : found.lines) std::printf("  %s\n", line.c_str());
    if (batch.count != 1) continue;
    print_traps("recount", a);
    print_traps("QEMU", b);
    print_memory_differences(ours, theirs);
  }
  std::printf("%" PRIu64 " cases, %" PRIu64 " traps, %" PRIu64 " endless, %" PRIu64 " endless on one side, %" PRIu64
              " different\n",
              batch.count, traps, endless, one_sided, different);
  return different == 0 ? 0 : 1;
}

int usage() {
  std::fprintf(stderr, "differential: started by scripts/differential\n");
  return 2;
}

int main(int argc, char** argv) {
  std::vector<std::string> args(argv + 1, argv + argc);
  bool everything = !args.empty() && args.back() == "everything";
  if (everything) args.pop_back();
  auto number = [&](size_t i) { return std::strtoull(args[i].c_str(), nullptr, 0); };
  if (args.size() == 3 && args[0] == "show") {
    auto version = parse_version(args[1]);
    if (!version) return usage();
    std::fputs(describe(make_case(number(2), Oracle(*version, everything))).c_str(), stdout);
    return 0;
  }
  if (args.size() < 6) return usage();
  auto version = parse_version(args[2]);
  if (!version) return usage();
  Batch batch{Oracle(*version, everything), number(3), std::min<uint64_t>(number(4), MOST_CASES)};
  Bytes harness = test::read_or_die(args[1]);
  if (args[0] == "image") {
    Bytes image = make_image(harness, batch);
    image.resize(RAM_BYTES);
    std::ofstream out(args[5], std::ios::binary);
    out.write(reinterpret_cast<const char*>(image.data()), static_cast<std::streamsize>(image.size()));
    return out.good() ? 0 : 1;
  }
  auto engine = args.size() == 7 ? engine_named(args[6]) : std::nullopt;
  if (args[0] != "compare" || !engine) return usage();
  return compare(harness, batch, args[5], *engine);
}

}  // namespace
}  // namespace recount::differential

int main(int argc, char** argv) { return recount::differential::main(argc, argv); }
