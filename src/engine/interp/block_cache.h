#pragma once
// Predecoded blocks, keyed by physical pc: they survive context switches and address-space layout. A block
// never crosses a page. A store to decoded code drops the blocks of its 64-byte lines, and only those.

#include <array>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/address.h"
#include "engine/interp/micro_op.h"

namespace recount::interp {

struct Block {
  uint64_t physical_pc = 0;
  uint32_t step_count = 0;   // instructions in ops; one more op ends the chain
  uint32_t size_bytes = 0;   // of guest code
  std::vector<MicroOp> ops;
};

class BlockCache {
 public:
  Block* find(uint64_t physical_pc) {
    auto it = blocks_.find(physical_pc);
    return it == blocks_.end() ? nullptr : it->second.get();
  }
  Block* insert(std::unique_ptr<Block> block);

  // Drops what was decoded from [gpa, gpa + size). The memory of dropped blocks lives until reclaim().
  // True if anything was dropped.
  bool drop(Gpa gpa, uint64_t size_bytes);
  // True if code of this frame is decoded.
  bool holds(Gpa gpa) const { return frames_.contains(raw(gpa) >> kPageShift); }
  void flush();
  void reclaim() { dropped_.clear(); }
  template <class Visit>
  void each(Visit visit) const {
    for (const auto& [pc, block] : blocks_) visit(*block);
  }
  bool is_full() const { return op_count_ > kMostOps; }

 private:
  static constexpr uint64_t kMostOps = 1u << 20;  // 24 MiB
  static constexpr unsigned kLineShift = 6;

  struct Frame {
    uint64_t lines = 0;  // a bit for each 64 bytes with decoded code
    std::vector<uint64_t> pcs;
  };
  static uint64_t lines_of(uint64_t physical_pc, uint64_t size_bytes);

  std::unordered_map<uint64_t, std::unique_ptr<Block>> blocks_;
  std::unordered_map<uint64_t, Frame> frames_;
  std::vector<std::unique_ptr<Block>> dropped_;
  uint64_t op_count_ = 0;
};

}  // namespace recount::interp
