#pragma once
// Translated blocks, by the physical address of their code: so they survive context switches and layouts of
// address spaces. A store to code drops the blocks of its 64-byte lines, and only those.

#include <bitset>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/address.h"
#include "engine/interp/micro_op.h"
#include "engine/ir/ir.h"

namespace recount::jit {

struct Translation {
  uint64_t physical_pc = 0;
  uint64_t lines = 0;                  // of its page: a bit for each 64 bytes with code of it
  uint32_t entry = 0;                  // in the code memory
  uint32_t dead_entry = 0;             // where who still comes is sent, once it is dropped
  uint32_t size_bytes = 0;             // of host code
  uint16_t step_count = 0;
  bool dropped = false;
  std::vector<uint32_t> incoming;      // numbers of the links that jump here
  std::vector<interp::MicroOp> ops;    // a chain of two for each step that the interpreter may have to do
  std::vector<ir::Point> points;       // the guest code that it was made from; kept by a paranoid build only
};

class CodeMap {
 public:
  Translation* find(uint64_t physical_pc) const {
    if (!maybe_[maybe_index(physical_pc)]) return nullptr;
    auto it = by_pc_.find(physical_pc);
    return it == by_pc_.end() ? nullptr : it->second;
  }
  Translation* insert(std::unique_ptr<Translation> translation);
  // Those whose code touches [gpa, gpa + size), which lies in one page: not found any more, but still there.
  std::vector<Translation*> drop(Gpa gpa, uint64_t size_bytes);
  // True if code of this frame is translated.
  bool holds(Gpa gpa) const;
  template <class Visit>
  void each(Visit visit) const {
    for (auto [pc, translation] : by_pc_) visit(*translation);
  }
  void clear();
  size_t size() const { return by_pc_.size(); }

 private:
  struct Frame {
    uint64_t lines = 0;
    std::vector<Translation*> blocks;
  };
  static constexpr unsigned kMaybeBits = 17;
  static size_t maybe_index(uint64_t physical_pc) {
    return (physical_pc >> 1 ^ physical_pc >> kMaybeBits) & ((1u << kMaybeBits) - 1);
  }
  std::unordered_map<uint64_t, Translation*> by_pc_;
  std::bitset<1u << kMaybeBits> maybe_;  // not set: nothing with this hash is in by_pc_. Cold code is asked for most often.
  std::unordered_map<uint64_t, Frame> frames_;
  std::vector<std::unique_ptr<Translation>> all_;  // dropped ones too: they may be running
};

uint64_t lines_of(const ir::Block& block);

}  // namespace recount::jit
