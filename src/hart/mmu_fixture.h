#pragma once
// Page tables for one page, in Sv39 or Sv48, and a hart that runs on them: for the Mmu's tests.

#include <gtest/gtest.h>

#include "hart/hart.h"
#include "hart/open_memory_for_tests.h"
#include "hart/pte.h"

namespace recount::test {

using namespace pte;

inline constexpr uint64_t kRam = 0x80000000;
inline constexpr uint64_t kAll = kV | kR | kW | kX | kA | kD;
inline constexpr uint64_t kTables[4] = {kRam + 0x4000, kRam + 0x5000, kRam + 0x6000,
                                 kRam + 0x7000};  // from the root down
inline constexpr uint64_t kPage = kRam + 0x10000;

struct Mode {
  uint64_t satp_mode;
  Caching caching;
};

class MmuTest : public testing::TestWithParam<Mode> {
 protected:
  MmuTest() {
    // Address 0x40000000 leads through all tables to the leaf entry.
    for (unsigned level = levels() - 1; level > 0; --level) entry(level) = (table(level - 1) >> 2) | kV;
    entry(0) = pte(kPage, kAll);
    hart_.state.satp = GetParam().satp_mode << satp::kModeShift | table(levels() - 1) >> kPageShift;
    hart_.state.privilege = Privilege::kSupervisor;
    open_memory(hart_.state);
    hart_.mmu.update_context();
  }

  static constexpr uint64_t kVa = 0x40000000;
  unsigned levels() const { return GetParam().satp_mode == satp::kSv39 ? 3 : 4; }
  static uint64_t table(unsigned level) { return kTables[3 - level]; }
  static uint64_t pte(uint64_t address, uint64_t flags) { return address >> 2 | flags; }
  // The entry of that level on the way to kVa. Changing it through this is what DMA does: seen by the
  // watcher.
  struct Entry {
    Ram& ram;
    Gpa gpa;
    operator uint64_t() const { return load_le<uint64_t>(ram.host(gpa)); }
    Entry& operator=(uint64_t v) {
      ram.note_write(gpa, 8);
      store_le(ram.host(gpa), v);
      return *this;
    }
  };
  Entry entry(unsigned level) { return {*ram_, Gpa{table(level) + (kVa >> (12 + 9 * level) & 511) * 8}}; }

  // 0: it went through.
  uint64_t cause_of_load(uint64_t va = kVa) {
    auto v = hart_.mmu.load(va, 8);
    if (v) return 0;
    tval_ = v.error().tval;
    return static_cast<uint64_t>(v.error().cause);
  }
  uint64_t cause_of_store(uint64_t va = kVa) {
    auto done = hart_.mmu.store(va, 8, 0);
    if (done) return 0;
    tval_ = done.error().tval;
    return static_cast<uint64_t>(done.error().cause);
  }
  uint64_t cause_of_fetch(uint64_t va = kVa) {
    auto gpa = hart_.mmu.translate_fetch(va);
    if (gpa) return 0;
    tval_ = gpa.error().tval;
    return static_cast<uint64_t>(gpa.error().cause);
  }
  void in(Privilege p) {
    hart_.state.privilege = p;
    hart_.mmu.update_context();
  }
  void status(uint64_t bits) {
    hart_.state.mstatus |= bits;
    hart_.mmu.update_context();
  }

  std::unique_ptr<Ram> ram_ = *Ram::create(Gpa{kRam}, 2 << 20);
  Bus bus_;
  Timebase time_;
  Hart hart_{0, *ram_, bus_, time_, GetParam().caching};
  uint64_t tval_ = 0;
  struct Watch {
    Watch(Ram& ram, Mmu& mmu) { ram.set_watcher(&mmu); }
  } watch_{*ram_, hart_.mmu};
};

}  // namespace recount::test
