#pragma once
// The interpreter. With Caching::kOn it runs predecoded blocks; with kOff it is the oracle: every
// instruction is fetched, decoded and executed anew, and every access walks the page tables.

#include <array>
#include <optional>

#include "engine/engine.h"
#include "engine/interp/block_cache.h"
#include "engine/interp/micro_op.h"
#include "memory/ram.h"

namespace recount {

class Interpreter final : public Engine, private CodeWatcher {
 public:
  // The hart's Mmu must have been made with the same Caching.
  Interpreter(Hart& hart, Timebase& time, Ram& ram, Caching caching);
  ~Interpreter() override;

  Exit run(uint64_t limit) override;
  void flush() override;
  void audit() const override;

  // For an engine on top of this one. One block, or as much of it as fits below limit; the Exit, if there is
  // a reason for one.
  std::optional<Exit> run_some(uint64_t limit);
  struct Did {
    interp::Outcome outcome;
    bool device_touched;
    bool trap_loop;
  };
  // The instruction at pc, predecoded: a chain of its op and one that falls through. The Timebase is exact.
  Did execute(const interp::MicroOp* chain, uint64_t pc);
  bool code_changes(Gpa gpa, uint64_t size_bytes) override;

 private:
  static constexpr size_t kMostBlockSteps = 64;
  static constexpr size_t kJumpCacheSize = 1u << 14;

  // Virtual pc and context -> block; valid while no fetch translation and no block was dropped.
  struct JumpEntry {
    uint64_t pc = ~0ull;
    TlbContext context = 0;
    uint64_t epoch = 0;
    interp::Block* block = nullptr;
  };

  interp::Block* block_at(uint64_t pc);
  interp::Block* find_block(uint64_t pc, JumpEntry& entry);
  std::unique_ptr<interp::Block> build_block(Gpa gpa) const;
  std::expected<Insn, Trap> fetch(uint64_t pc);
  void step();
  void run_block(interp::Block& block, uint64_t pc);
  void settle();
  Exit exit_of(interp::Outcome outcome) const;

  Hart& hart_;
  Timebase& time_;
  Ram& ram_;
  const Caching caching_;
  interp::Context context_;
  interp::BlockCache blocks_;
  uint64_t block_epoch_ = 0;
  bool trap_loop_ = false;
  std::array<JumpEntry, kJumpCacheSize> jumps_;
};

}  // namespace recount
