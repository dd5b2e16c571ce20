#pragma once
// The JIT: guest code to IR to x86-64, for what is executed often. What is cold, what does not fit the budget and
// what is rare runs in the interpreter, which this engine stands on. docs/engine.md.

#include <array>
#include <memory>
#include <optional>

#include "engine/engine.h"
#include "engine/interp/interpreter.h"
#include "engine/jit/code_map.h"
#include "engine/jit/jit_figures.h"
#include "engine/jit/jit_options.h"
#include "engine/x64/emitter.h"
#include "host/code_memory.h"

namespace recount {

class Jit final : public Engine, private CodeWatcher {
 public:
  Jit(Hart& hart, Timebase& time, Ram& ram, const JitOptions& options);
  ~Jit() override;

  Exit run(uint64_t limit) override;
  void flush() override;
  void forked() override;
  void audit() const override;

 private:
  // A direct jump, that is or could be linked.
  struct LinkRecord {
    jit::Translation* from;
    uint32_t site, stub;
    int32_t target_offset;
  };

  bool code_changes(Gpa gpa, uint64_t size_bytes) override;
  const void* code_at(uint64_t pc);
  // Nothing where it does not hold for the whole page.
  std::optional<uint64_t> physical_pc(uint64_t pc);
  jit::Translation* translation_at(uint64_t physical_pc);
  jit::Translation* translate(Gpa gpa);
  void log_block(Gpa gpa, const ir::Block& block);
  void follow_link();
  void point(uint32_t site, uint32_t target);
  void make_code_memory();
  void forget_code();
  bool becomes_hot(uint64_t physical_pc);
  std::optional<Exit> enter(const void* code, uint64_t limit);
  // What a translated address is known under: its context, and the epoch of its half.
  uint64_t fetch_key(uint64_t pc) const {
    return hart_.mmu.fetch_epoch(pc) << kTlbContextBits | hart_.mmu.fetch_context(pc);
  }
  void set_fetch_keys();
  bool fetch_keys_hold();

  // The slow paths of translated code.
  template <x64::ExitReason (Jit::*kPath)()>
  static uint32_t slow(void* self) {
    Jit& jit = *static_cast<Jit*>(self);
    x64::ExitReason reason = (jit.*kPath)();
    // The block may hold host addresses: where one of them may have become untrue, it is to check them again.
    if (jit.hart_.mmu.translations_dropped) [[unlikely]] jit.forget_groups();
    return static_cast<uint32_t>(reason);
  }
  void forget_groups();
  x64::ExitReason load();
  x64::ExitReason store();
  x64::ExitReason step();
  void sync(const x64::Info& where);
  x64::ExitReason resume();
  x64::ExitReason leave(Exit exit);
  x64::ExitReason behind(const x64::Info& where);
  bool interrupt_possible() const;
  void set_float_mode();
  uint32_t guest_mxcsr() const;
  void take_flags(uint32_t mxcsr);
  uint64_t& word(x64::Word w) { return hart_.engine_words[static_cast<size_t>(w)]; }

  Hart& hart_;
  Timebase& time_;
  Ram& ram_;
  const JitOptions options_;
  Interpreter interpreter_;
  x64::Layout layout_;
  x64::Stubs stubs_;
  x64::Emitter emitter_;
  std::unique_ptr<CodeMemory> memory_;  // none: everything is interpreted
  size_t used_bytes_ = 0;
  size_t stub_bytes_ = 0;
  jit::CodeMap map_;
  std::vector<LinkRecord> links_;
  std::vector<x64::JumpEntry> jumps_;
  std::vector<x64::CodeEntry> codes_;  // of what is in map_, as far as they do not share places
  std::array<uint8_t, 1u << 14> heat_{};
  uint64_t limit_ = 0;
  std::optional<Exit> exit_;
  uint64_t code_generation_ = 0;  // numbers of links and translations hold for one
  jit::Figures figures_;
};

}  // namespace recount
