#pragma once
// Address translation and guest memory access: the page-table walk, and coherent TLBs over it.
// Marks the frames that its cached translations come from, and drops what a store to one changes
// (docs/determinism.md, "Caches are architecturally invisible"). With Caching::kOff every access walks.

#include <array>
#include <cstdint>
#include <expected>
#include <vector>

#include "base/address.h"
#include "hart/debug_stops.h"
#include "hart/hart_state.h"
#include "hart/pmp.h"
#include "hart/translation_caches.h"
#include "memory/bus.h"
#include "memory/ram.h"

namespace recount {

enum class Caching : uint8_t { kOff, kOn };

// Told when code that an engine has decoded changes, or may no longer be reached as it was.
class CodeWatcher {
 public:
  virtual ~CodeWatcher() = default;
  // True if other code of the frame is still known: stores to it must go on to be told.
  virtual bool code_changes(Gpa gpa, uint64_t size_bytes) = 0;
};

class Mmu final : public WriteWatcher {
 public:
  Mmu(HartState& hart, Ram& ram, Bus& bus, Caching caching);
  Mmu(const Mmu&) = delete;
  Mmu& operator=(const Mmu&) = delete;

  // The host address of a cached translation, or nullptr: then load() or store() must do it.
  const uint8_t* cached_load(uint64_t va, unsigned size_bytes) const {
    return reinterpret_cast<const uint8_t*>(cached(Access::kLoad, va, size_bytes));
  }
  uint8_t* cached_store(uint64_t va, unsigned size_bytes) {
    return reinterpret_cast<uint8_t*>(cached(Access::kStore, va, size_bytes));
  }
  // What translated code looks up by itself: the FastTlb of the current data context; update_context()
  // moves it. This member's address never changes.
  FastTlb* fast_tlb = nullptr;
  // ... and what it does not find there, it looks up in this one, under data_tag | page number. The addresses of both never
  // change either.
  uint64_t data_tag = 0;
  const Tlb& tlb(Access access) const { return caches_.tlb(access); }
  // After load() or store() of va: puts what is cached for it into *fast_tlb; access is no fetch. The host
  // address; or nullptr, and nothing done, if nothing is (a device, a watched frame, a page under a PMP
  // border).
  uint8_t* fill_fast(uint64_t va, Access access);

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
    const TlbEntry* e = caches_.find(Access::kFetch, Tlb::tag_of(va, fetch_context(va)));
    if (e != nullptr) [[likely]] return Gpa{e->addend + va};
    return translate_fetch_slow(va);
  }
  // Whether translate_fetch(va) holds for all of va's page. Not where PMP draws a border through it.
  bool fetch_holds_for_page(uint64_t va) const {
    return caches_.find(Access::kFetch, Tlb::tag_of(va, fetch_context(va))) != nullptr;
  }
  // The high half of the address space is mostly the kernel's, and the same under many roots: such share a context there.
  TlbContext fetch_context(uint64_t va) const { return fetch_context_[va >> 63]; }
  // Changes whenever a cached fetch translation in va's half may have been dropped.
  uint64_t fetch_epoch(uint64_t va) const { return fetch_epoch_[va >> 63]; }

  // After any change to privilege, satp or these bits of mstatus.
  static constexpr uint64_t kContextStatus = mstatus::kMprv | mstatus::kMpp | mstatus::kSum | mstatus::kMxr;
  void update_context();
  // After a change to PMP, a restore, or on request: forgets everything.
  void flush();
  // Before kFrameDirty flags are cleared: the next store to each frame must be seen again.
  void flush_writes() {
    caches_.flush(Access::kStore);
    translations_dropped = true;
  }
  // This frame now holds decoded code: stores to it must take the slow path.
  void mark_code(Gpa gpa) { mark_frame(gpa, kFrameCode); }
  void set_code_watcher(CodeWatcher* watcher) { code_watcher_ = watcher; }
  // nullptr: none. Its ranges lie in RAM. After they, or its pcs, were changed, too.
  void set_debug_stops(DebugStops* stops);
  DebugStops* debug_stops() const { return debug_stops_; }

  // Set by any access that reached a device: interrupt levels may have changed. And by one that a debugger waits for: the
  // engine leaves behind the instruction in either case.
  bool device_touched = false;
  // Set when a store changed decoded code, or what a fetch translates to: the running block may be stale.
  bool code_changed = false;
  // Set whenever any cached translation may have been dropped: whoever holds a host address looks it up
  // again. Who cares clears it.
  bool translations_dropped = false;

  void before_write(Gpa gpa, uint64_t size_bytes, uint8_t flags) override;

 private:
  friend class MmuAudit;
  struct Translation {
    Gpa gpa;
    bool cacheable;  // PMP answers alike over the page, and no debugger waits in it
  };
  std::expected<Translation, Trap> translate(uint64_t va, Access access);
  std::expected<uint64_t, Trap> walk(uint64_t va, Access access, Privilege privilege);
  uintptr_t cached(Access access, uint64_t va, unsigned size_bytes) const {
    const TlbEntry* e = caches_.find(access, Tlb::tag_of(va, data_context_));
    bool hit = e != nullptr && (va & kPageMask) <= kPageSize - size_bytes;
    return hit ? e->addend + va : 0;
  }
  std::expected<uint64_t, Trap> load_crossing(uint64_t va, unsigned size_bytes);
  std::expected<void, Trap> store_crossing(uint64_t va, unsigned size_bytes, uint64_t value);
  std::expected<Gpa, Trap> translate_fetch_slow(uint64_t va);
  void drop_leaf(uint64_t index, uint64_t old_pte, uint8_t flags);
  void drop_all();
  void code_changes(Gpa gpa, uint64_t size_bytes);
  void spy(Gpa gpa, uint64_t size_bytes, Access access);
  bool is_spied_for_loads(Gpa gpa) {
    return (ram_.flags(gpa) & kFrameSpied) != 0 && debug_stops_->spies_on_loads_of(gpa);
  }
  void clear_table_flags(Gpa gpa);
  void drop_halves(uint8_t flags);
  Privilege data_privilege() const;
  void mark_frame(Gpa gpa, uint8_t flag);
  static constexpr uint64_t kNoRoot = ~0ull;  // as a satp: matches none
  struct Root {
    uint64_t satp;
    uint8_t high;  // the slot whose contexts are used for the high half
  };
  enum class Share : uint8_t { kNo, kIfSame };
  TlbContext slot_of_root(uint64_t satp, Share share);
  uint8_t slot_with_same_high_half(uint64_t satp);
  const uint8_t* high_half(uint64_t satp);
  void root_changes(Gpa gpa);
  void set_context(Share share);

  HartState& hart_;
  Ram& ram_;
  Bus& bus_;
  const Caching caching_;
  CodeWatcher* code_watcher_ = nullptr;
  DebugStops* debug_stops_ = nullptr;
  TlbContext data_context_ = 0;
  std::array<TlbContext, 2> fetch_context_{};  // for the low and the high half
  std::array<uint64_t, 2> fetch_epoch_{1, 1};
  uint64_t table_stores_ = 0;  // since the page-table flags were last cleared
  TranslationCaches caches_;
  std::vector<Root> roots_;  // by context slot; slot 0 is "no translation"
  std::array<uint8_t, 256> root_hints_{};  // by a hash of satp: the slot that one of that hash had last
};

}  // namespace recount
