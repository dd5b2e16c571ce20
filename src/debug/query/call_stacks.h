#pragma once
// Where the steps went, by call stack: followed from calls and returns as they happen, by the link registers
// that the ABI has for them (unprivileged spec, "Unconditional Jumps", return-address stack hints), so
// nothing of the guest's memory is trusted.

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "debug/query/instruction_counts.h"
#include "debug/query/stepper.h"

namespace recount {

// Each thread has its own stack: user threads by satp and tp, S-mode's by the 16 KiB that sp lies in (Linux's
// THREAD_SIZE), M-mode's by hart. A stack begins with what runs when it is first seen; what called that is
// not known.
class CallStacks {
 public:
  // symbols outlives it.
  explicit CallStacks(const Symbols& symbols);

  // insn is the step's; hart as it is behind it. A trap that stays in its mode is a call of its handler.
  void add(const Step& step, const Insn& insn, const HartState& hart);

  // As flamegraph.pl and speedscope take them: "outer;inner" and the instructions carried out in inner.
  void for_each_folded(const std::function<void(const std::string& stack, uint64_t steps)>& told) const;
  // Instructions whose stack had no more room in the tree: of hostile guests, for whom memory is bounded.
  uint64_t unplaced() const { return unplaced_; }

 private:
  static constexpr size_t kMostNodes = 1 << 20, kMostNames = 1 << 18, kMostThreads = 1 << 16,
                          kMostDepth = 256;
  static constexpr uint32_t kRoot = 0, kNone = ~0u;
  struct Node {
    uint32_t parent = kRoot, name = 0;
    uint64_t steps = 0;
  };
  struct Frame {
    uint32_t node;
    uint64_t return_address;  // to its caller
  };
  using Frames = std::vector<Frame>;

  Frames& frames_of(const Step& step, const HartState& hart);
  void call(Frames& frames, const CodeAddress& function, uint64_t return_address);
  void come_back(Frames& frames, uint64_t pc);
  uint32_t name_of(const CodeAddress& at);
  uint32_t child(uint32_t parent, uint32_t name);

  const Symbols& symbols_;
  std::vector<std::string> names_;
  std::unordered_map<std::string, uint32_t> name_numbers_;
  std::unordered_map<uint64_t, uint32_t> names_at_;  // by pc, of kernel code
  std::vector<Node> nodes_;
  std::unordered_map<uint64_t, uint32_t> children_;  // by parent << 32 | name
  std::unordered_map<uint64_t, Frames> threads_;
  uint64_t unplaced_ = 0;
};

}  // namespace recount
