#include "debug/linux/maple_tree.h"

namespace recount {
namespace {

constexpr unsigned kDeepest = 31, kMostNodes = 200'000;

enum NodeType : uint8_t { kDense, kLeaf, kRange, kRangeWithGaps };

class Walk {
 public:
  Walk(const LinuxKernel& kernel, const std::function<bool(uint64_t)>& visit) : kernel_(kernel), visit_(visit) {}

  bool tree(uint64_t root) {
    // A tree of one entry has no nodes.
    if (!is_node(root)) return root == 0 || visit_(root);
    return node(root, ~0ull, 0);
  }

 private:
  // xa_is_node(): the lowest two bits are 10, and it is no small number.
  static bool is_node(uint64_t entry) { return (entry & 3) == 2 && entry > 4096; }

  // Of the range that ends with last. False: broken, or enough.
  bool node(uint64_t encoded, uint64_t last, unsigned depth) {
    if (depth > kDeepest || ++nodes_ > kMostNodes) return false;
    const uint64_t address = encoded & ~0xffull;
    const auto type = static_cast<NodeType>(encoded >> 3 & 0xf);
    if (type != kLeaf && type != kRange && type != kRangeWithGaps) return false;
    const bool gaps = type == kRangeWithGaps;
    auto pivots = kernel_.field(gaps ? "maple_arange_64.pivot" : "maple_range_64.pivot");
    auto slots = kernel_.field(gaps ? "maple_arange_64.slot" : "maple_range_64.slot");
    if (!pivots || !slots || pivots->size > 0x100 || slots->size > 0x100) return false;
    for (uint64_t i = 0; i < slots->size / 8; ++i) {
      const bool has_pivot = i < pivots->size / 8;
      auto pivot = has_pivot ? kernel_.view().read<uint64_t>(address + pivots->offset + 8 * i) : last;
      auto slot = kernel_.view().read<uint64_t>(address + slots->offset + 8 * i);
      if (!pivot || !slot) return false;
      // Behind its last range a node's pivots are 0.
      const uint64_t end = *pivot == 0 && i > 0 ? last : *pivot;
      if (*slot != 0 && !(type == kLeaf ? visit_(*slot) : node(*slot, end, depth + 1))) return false;
      if (end == last) return true;
    }
    return true;
  }

  const LinuxKernel& kernel_;
  const std::function<bool(uint64_t)>& visit_;
  unsigned nodes_ = 0;
};

}  // namespace

bool each_in_maple_tree(const LinuxKernel& kernel, uint64_t tree, const std::function<bool(uint64_t)>& visit) {
  auto root = kernel.number(tree, "maple_tree.ma_root");
  return root && Walk(kernel, visit).tree(*root);
}

}  // namespace recount
