#include "engine/x64/access_groups.h"

#include <algorithm>
#include <array>

namespace recount::x64 {
namespace {

// With two, the check of a group costs as much as theirs.
constexpr unsigned kWorthwhile = 3;

bool is_store(ir::Kind kind) { return kind == ir::Kind::kStore || kind == ir::Kind::kFStore; }
bool is_access(ir::Kind kind) { return is_store(kind) || kind == ir::Kind::kLoad || kind == ir::Kind::kFLoad; }

}  // namespace

void AccessGroups::find(const ir::Block& block) {
  groups_.clear();
  group_of_.assign(block.insts.size(), kNone);
  first_open_ = 0;
  for (size_t n = 0; n < block.insts.size(); ++n) {
    const ir::Inst& i = block.insts[n];
    ir::Kind kind = kind_of(i);
    if (kind == ir::Kind::kStep) first_open_ = groups_.size();
    if (is_access(kind) && block.insts[i.a].op != ir::Opcode::kConst) add(i, n);
  }
  keep_worthwhile();
}

void AccessGroups::add(const ir::Inst& i, size_t n) {
  bool store = is_store(kind_of(i));
  int64_t begin = i.imm, end = i.imm + i.width;
  auto joins = [&](const AccessGroup& g) {
    return g.base == i.a && g.store == store && std::max(g.end, end) - std::min(g.begin, begin) <= kMostGroupSpan;
  };
  auto open = groups_.begin() + static_cast<std::ptrdiff_t>(first_open_);
  auto g = std::find_if(open, groups_.end(), joins);
  if (g == groups_.end()) {
    g = groups_.insert(groups_.end(), {.base = i.a, .store = store, .begin = begin, .end = end, .first = n});
  }
  g->begin = std::min(g->begin, begin);
  g->end = std::max(g->end, end);
  g->last = n;
  ++g->count;
  group_of_[n] = static_cast<uint16_t>(g - groups_.begin());
}

// The others' instructions are in none. Groups are in the order of their first instructions.
void AccessGroups::keep_worthwhile() {
  std::array<size_t, kGroupCount> busy_until{};
  std::vector<bool> kept(groups_.size());
  for (size_t n = 0; n < groups_.size(); ++n) {
    AccessGroup& g = groups_[n];
    auto word = std::ranges::find_if(busy_until, [&](size_t last) { return last <= g.first; });
    if (g.count < kWorthwhile || word == busy_until.end()) continue;
    kept[n] = true;
    g.word = static_cast<unsigned>(word - busy_until.begin());
    *word = g.last + 1;
  }
  for (uint16_t& of : group_of_) {
    if (of != kNone && !kept[of]) of = kNone;
  }
}

}  // namespace recount::x64
