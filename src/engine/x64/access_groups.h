#pragma once
// Which loads, or stores, of a block go through the same base to places that lie close together: these look at the FastTlb
// once. No group goes on behind a `step`: translations may be others there.

#include <cstdint>
#include <vector>

#include "engine/ir/ir.h"

namespace recount::x64 {

struct AccessGroup {
  ir::Value base = ir::kNoValue;
  bool store = false;
  int64_t begin = 0, end = 0;  // what is accessed, from base; at most kMostGroupSpan bytes
  size_t first = 0, last = 0;  // instructions
  unsigned count = 0;
  unsigned word = 0;           // of kGroupCount: no other group has it while this one lasts
};

inline constexpr unsigned kGroupCount = 8;
inline constexpr int64_t kMostGroupSpan = 512;  // pages are crossed rarely

class AccessGroups {
 public:
  void find(const ir::Block& block);
  // The group of this instruction; nullptr if it is in none.
  const AccessGroup* of(size_t instruction) const {
    return group_of_[instruction] == kNone ? nullptr : &groups_[group_of_[instruction]];
  }

 private:
  static constexpr uint16_t kNone = 0xffff;

  void add(const ir::Inst& i, size_t n);
  void keep_worthwhile();

  std::vector<AccessGroup> groups_;
  std::vector<uint16_t> group_of_;
  size_t first_open_ = 0;  // the groups before it can take no more
};

}  // namespace recount::x64
