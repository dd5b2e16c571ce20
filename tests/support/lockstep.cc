#include "support/lockstep.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "hart/mmu.h"
#include "isa/disasm.h"

namespace recount::test {
namespace {

bool same_memory(TestMachine& a, TestMachine& b) {
  Ram &ram_a = a.machine().ram(), &ram_b = b.machine().ram();
  return std::equal(ram_a.frame(0), ram_a.frame(0) + ram_a.size(), ram_b.frame(0));
}

bool same(TestMachine& a, TestMachine& b) {
  return a.machine().at() == b.machine().at() && a.state_digest() == b.state_digest() && a.console() == b.console() &&
         same_memory(a, b);
}

// What lies at the machine's pc. The walk may set A bits: the machine is not to be run any more.
std::string instruction_at_pc(TestMachine& t) {
  HartState hart = t.machine().hart();
  Bus no_devices;
  Mmu mmu(hart, t.machine().ram(), no_devices, Caching::kOff);
  uint32_t word = 0;
  for (unsigned half = 0; half < 2; ++half) {
    auto gpa = mmu.translate_fetch(hart.pc + 2 * half);
    if (!gpa) return "a fetch that faults";
    word |= uint32_t{load_le<uint16_t>(t.machine().ram().host(*gpa))} << (16 * half);
    if ((word & 3) != 3) break;
  }
  Insn insn = decode(word);
  std::string text = disassemble(insn, hart.pc);
  std::ranges::replace(text, '\t', ' ');
  return fmt::format("{:0{}x}  {}", insn.raw, insn.length * 2, text);
}

using Fields = std::vector<std::pair<std::string, std::string>>;

// The hart whole, of the devices what differs.
std::string columns(const Fields& before, const Fields& a, const Fields& b, const char* name_a, const char* name_b) {
  std::string text = fmt::format("  {:24} {:>18}  {:>18}  {:>18}\n", "", "before", name_a, name_b);
  for (size_t i = 0; i < a.size() && i < b.size() && i < before.size(); ++i) {
    bool differs = a[i] != b[i];
    if (!differs && !a[i].first.starts_with("hart") && !a[i].first.starts_with("time.")) continue;
    text += fmt::format("{} {:24} {:>18}  {:>18}  {:>18}\n", differs ? '*' : ' ', a[i].first, before[i].second,
                        a[i].second == before[i].second ? "" : a[i].second, b[i].second == before[i].second ? "" : b[i].second);
  }
  return text;
}

}  // namespace

// Where a bisection starts from, and by which cuts it comes to where all was the same for the last time.
struct Lockstep::Start {
  const Checkpoint* checkpoint;  // nullptr: power-on
  std::vector<Cut> cuts;
};

// The first machine and the one that differs from it, made anew.
struct Lockstep::Pair {
  std::array<std::unique_ptr<TestMachine>, 2> machines;
  std::array<Stop, 2> stops{};

  Pair(const Lockstep& lockstep, const Start& start, Position to) {
    for (size_t i = 0; i < 2; ++i) {
      auto& m = machines[i];
      m = lockstep.make_(lockstep.engines_[i == 0 ? 0 : lockstep.different_]);
      if (start.checkpoint != nullptr) m->restore(*start.checkpoint);
      for (const Cut& cut : start.cuts) {
        m->run_until(cut.target);
        // It begins a new set of dirty frames, so it may be a part of what went wrong.
        if (cut.what == Compare::kStateAndMemory) m->digest();
      }
      stops[i] = m->run_until(to);
    }
  }
  bool agree() const { return stops[0] == stops[1] && same(*machines[0], *machines[1]); }
};

Lockstep::Lockstep(Make make, std::vector<EngineKind> engines) : make_(std::move(make)), engines_(std::move(engines)) {
  CHECK(engines_.size() >= 2);
  for (EngineKind engine : engines_) machines_.push_back(make_(engine));
}

bool Lockstep::run_until(Position target, Compare what) {
  CHECK(different_ == 0);
  cuts_.push_back({target, what});
  std::optional<CheckpointDigest> expected;
  for (size_t i = 0; i < machines_.size() && different_ == 0; ++i) {
    TestMachine& m = *machines_[i];
    Stop stop = m.run_until(target);
    if (i == 0) stop_ = stop;
    bool agrees = stop == stop_ && m.machine().at() == at() && m.state_digest() == first().state_digest();
    if (agrees && what == Compare::kStateAndMemory) {
      CheckpointDigest digest = m.digest();
      agrees = digest == expected.value_or(digest);
      expected = digest;
    }
    if (!agrees) different_ = i;
  }
  return different_ == 0;
}

void Lockstep::checkpoint() {
  CHECK(different_ == 0 && !cuts_.empty() && cuts_.back().what == Compare::kStateAndMemory);
  checkpoint_ = first().capture();
  checkpoint_cut_ = cuts_.size();
}

std::string Lockstep::explain() const {
  CHECK(different_ != 0);
  auto last = static_cast<ptrdiff_t>(cuts_.size()) - 1;
  Start start{&checkpoint_, {cuts_.begin() + static_cast<ptrdiff_t>(checkpoint_cut_), cuts_.begin() + last}};
  Position high = cuts_.back().target;
  // What was cached when they came apart may matter: if it does not happen again from the checkpoint, then from power-on.
  if (checkpoint_cut_ == 0 || Pair(*this, start, high).agree()) start = {nullptr, {cuts_.begin(), cuts_.begin() + last}};
  if (Pair(*this, start, high).agree()) {
    return fmt::format("they differ before step {}, but not when run again\n", raw(high));
  }
  // Memory is not compared at each cut, so it may have been different for longer.
  while (!start.cuts.empty() && !Pair(*this, start, start.cuts.back().target).agree()) {
    high = start.cuts.back().target;
    start.cuts.pop_back();
  }
  Position low = !start.cuts.empty()           ? start.cuts.back().target
                 : start.checkpoint == nullptr ? Position{0}
                                               : cuts_[checkpoint_cut_ - 1].target;
  while (high - low > 1) {
    Position middle = low + (high - low) / 2;
    (Pair(*this, start, middle).agree() ? low : high) = middle;
  }

  Pair before(*this, start, low), after(*this, start, high);
  auto [a, b] = std::tie(*after.machines[0], *after.machines[1]);
  const char *name_a = engine_name(engines_[0]), *name_b = engine_name(engines_[different_]);
  std::string text = fmt::format("{} and {} differ first at step {}", name_a, name_b, raw(high));
  if (a.machine().at() != b.machine().at()) {
    text += fmt::format(" ({} is at {}, {} at {})", name_a, raw(a.machine().at()), name_b, raw(b.machine().at()));
  }
  auto fields = before.machines[0]->fields();
  uint64_t pc = before.machines[0]->machine().hart().pc;
  text += fmt::format(", made of\n  {:#x}:  {}\n", pc, instruction_at_pc(*before.machines[0]));
  text += columns(fields, a.fields(), b.fields(), name_a, name_b);
  return text + memory_difference(a, b);
}

}  // namespace recount::test
