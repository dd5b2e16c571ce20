#pragma once
// Address translation and guest memory access: the page-table walk, and a coherent TLB over it.
// Marks the frames that its cached translations come from, and drops what a store to one changes
// (docs/determinism.md, "Caches are architecturally invisible"). With Caching::kOff every access walks.

#include <array>
#include <cstdint>
#include <expected>
#include <vector>

#include "base/address.h"
#include "hart/hart_state.h"
#include "hart/pmp.h"
#include "hart/tlb.h"
#include "memory/bus.h"
#include "memory/ram.h"

namespace recount {

enum class Caching : uint8_t { kOff, kOn };

// Told when code that an engine has decoded changes, or may no longer be reached as it was.
class CodeWatcher {
 public:
  virtual ~CodeWatcher() = default;
  virtual void code_changes(Gpa gpa, uint64_t size_bytes) = 0;
};

class Mmu final : public WriteWatcher {
 public:
  Mmu(HartState& hart, Ram& ram, Bus& bus, Caching caching);

  // The host address of a cached translation, or nullptr: then load() or store() must do it.
  const uint8_t* cached_load(uint64_t va, unsigned size_bytes) const {
    return reinterpret_cast<const uint8_t*>(cached(tlb_[0], va, size_bytes));
  }
  uint8_t* cached_store(uint64_t va, unsigned size_bytes) {
    return reinterpret_cast<uint8_t*>(cached(tlb_[1], va, size_bytes));
  }
  // A load or store of 1 to 8 bytes at va, of any alignment; std::unexpected is the trap. May reach a
  // device, so the Timebase must be exact when they are called.
  std::expected<uint64_t, Trap> load(uint64_t va, unsigned size_bytes);
  std::expected<void, Trap> store(uint64_t va, unsigned size_bytes, uint64_t value);

  // Where an atomic's operand lives: checked for both load and store, in RAM, naturally aligned.
  std::expected<Gpa, Trap> translate_atomic(uint64_t va, unsigned size_bytes, Access access);
  // gpa as translate_atomic() gave it.
  template <class T>
  T read_ram(Gpa gpa) const {
    return load_le<T>(ram_.host(gpa));
  }
  // Bytes of a block that cbo.zero clears, or a cbo.* touches.
  std::expected<Gpa, Trap> translate_block(uint64_t va, Access access);

  // The physical address that va fetches from. Fetching from outside of RAM is an access fault.
  std::expected<Gpa, Trap> translate_fetch(uint64_t va) {
    uint64_t tag = Tlb::tag_of(va, fetch_context_);
    const TlbEntry& e = tlb_[2].slot(tag);
    if (e.tag == tag) [[likely]] return Gpa{e.addend + va};
    return translate_fetch_slow(va);
  }
  // Whether translate_fetch(va) holds for all of va's page. Not where PMP draws a border through it.
  bool fetch_holds_for_page(uint64_t va) const {
    uint64_t tag = Tlb::tag_of(va, fetch_context_);
    return tlb_[2].slot(tag).tag == tag;
  }
  TlbContext fetch_context() const { return fetch_context_; }
  // Changes whenever a cached fetch translation may have been dropped.
  uint32_t fetch_epoch() const { return fetch_epoch_; }

  // After any change to privilege, mstatus or satp.
  void update_context();
  // After a change to PMP, a restore, or on request: forgets everything.
  void flush();
  // Before kFrameDirty flags are cleared: the next store to each frame must be seen again.
  void flush_writes() { tlb_[1].flush(); }
  // This frame now holds decoded code: stores to it must take the slow path.
  void mark_code(Gpa gpa) { mark_frame(gpa, kFrameCode); }
  void set_code_watcher(CodeWatcher* watcher) { code_watcher_ = watcher; }

  // Set by any access that reached a device: interrupt levels may have changed.
  bool device_touched = false;
  // Set when a store changed decoded code, or what a fetch translates to: the running block may be stale.
  bool code_changed = false;

  void before_write(Gpa gpa, uint64_t size_bytes, uint8_t flags) override;

 private:
  struct Translation {
    Gpa gpa;
    bool cacheable;  // PMP answers alike over the page
  };
  std::expected<Translation, Trap> translate(uint64_t va, Access access);
  std::expected<uint64_t, Trap> walk(uint64_t va, Access access, Privilege privilege);
  uintptr_t cached(const Tlb& tlb, uint64_t va, unsigned size_bytes) const {
    uint64_t tag = Tlb::tag_of(va, data_context_);
    const TlbEntry& e = tlb.slot(tag);
    bool hit = e.tag == tag && (va & kPageMask) <= kPageSize - size_bytes;
    return hit ? e.addend + va : 0;
  }
  std::expected<uint64_t, Trap> load_crossing(uint64_t va, unsigned size_bytes);
  std::expected<void, Trap> store_crossing(uint64_t va, unsigned size_bytes, uint64_t value);
  std::expected<Gpa, Trap> translate_fetch_slow(uint64_t va);
  Privilege data_privilege() const;
  void mark_frame(Gpa gpa, uint8_t flag);
  TlbContext slot_of_root(uint64_t satp);

  HartState& hart_;
  Ram& ram_;
  Bus& bus_;
  const Caching caching_;
  CodeWatcher* code_watcher_ = nullptr;
  TlbContext data_context_ = 0;
  TlbContext fetch_context_ = 0;
  uint32_t fetch_epoch_ = 1;
  uint64_t table_stores_ = 0;  // since the page-table flags were last cleared
  std::array<Tlb, 3> tlb_;     // by Access
  std::vector<uint64_t> roots_;  // satp values by context slot; slot 0 is "no translation"
  size_t last_root_ = 0;
};

}  // namespace recount
