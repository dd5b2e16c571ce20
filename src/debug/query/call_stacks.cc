#include "debug/query/call_stacks.h"

#include <algorithm>

namespace recount {
namespace {

constexpr unsigned kStackShift = 14, kSp = 2, kTp = 4;
bool is_link(unsigned x) { return x == 1 || x == 5; }

}  // namespace

CallStacks::CallStacks(const Symbols& symbols) : symbols_(symbols), names_{"[other]"}, nodes_(1) {}

// Number 0 is what had no more room.
uint32_t CallStacks::name_of(const CodeAddress& at) {
  if (at.space == 0) {
    if (auto known = names_at_.find(at.pc); known != names_at_.end()) return known->second;
  }
  auto [found, is_new] =
      name_numbers_.try_emplace(function_name(symbols_, at), static_cast<uint32_t>(names_.size()));
  if (is_new && names_.size() >= kMostNames) {
    name_numbers_.erase(found);
    return 0;
  }
  if (is_new) names_.push_back(found->first);
  if (at.space == 0 && names_at_.size() < kMostNodes) names_at_.emplace(at.pc, found->second);
  return found->second;
}

uint32_t CallStacks::child(uint32_t parent, uint32_t name) {
  auto [found, is_new] =
      children_.try_emplace(static_cast<uint64_t>(parent) << 32 | name, static_cast<uint32_t>(nodes_.size()));
  if (!is_new) return found->second;
  if (nodes_.size() >= kMostNodes) {
    children_.erase(found);
    return kNone;
  }
  nodes_.push_back({parent, name, 0});
  return found->second;
}

CallStacks::Frames& CallStacks::frames_of(const Step& step, const HartState& hart) {
  uint64_t key = step.hart;
  if (step.privilege == Privilege::kUser) key = (step.satp * 0x9e3779b97f4a7c15) ^ hart.x[kTp];
  if (step.privilege == Privilege::kSupervisor) key = hart.x[kSp] >> kStackShift;
  if (threads_.size() >= kMostThreads && !threads_.contains(key)) threads_.clear();
  return threads_[key];
}

void CallStacks::call(Frames& frames, const CodeAddress& function, uint64_t return_address) {
  if (frames.empty() || frames.size() >= kMostDepth) return;
  const uint32_t node = child(frames.back().node, name_of(function));
  frames.push_back({node == kNone ? kRoot : node, return_address});
}

// To whoever waits for it there: longjmp leaves several. The outermost waits for nobody.
void CallStacks::come_back(Frames& frames, uint64_t pc) {
  if (frames.empty()) return;
  auto waiting = std::find_if(frames.rbegin(), frames.rend() - 1,
                              [&](const Frame& f) { return f.return_address == pc; });
  if (waiting != frames.rend() - 1) frames.erase(waiting.base() - 1, frames.end());
}

void CallStacks::add(const Step& step, const Insn& insn, const HartState& hart) {
  Frames& frames = frames_of(step, hart);
  const CodeAddress behind{hart.pc, hart.privilege == Privilege::kUser ? hart.satp : 0};
  if (step.trap) {
    if (hart.privilege == step.privilege) call(frames, behind, step.pc);
    return;
  }
  const uint32_t name = name_of(code_address_of(step));
  if (frames.empty()) frames.push_back({kRoot, 0});
  Frame& top = frames.back();
  // The function that was called; or one that it has jumped to for good.
  if (top.node == kRoot || nodes_[top.node].name != name) {
    const uint32_t node = child(frames.size() > 1 ? frames[frames.size() - 2].node : kRoot, name);
    top.node = node == kNone ? kRoot : node;
  }
  if (top.node == kRoot) ++unplaced_;
  ++nodes_[top.node].steps;

  const bool jumps = insn.op == Op::kJal || insn.op == Op::kJalr;
  if (jumps && is_link(insn.rd)) {
    call(frames, behind, step.pc + insn.length);
  } else if (insn.op == Op::kSret || insn.op == Op::kMret ||
             (insn.op == Op::kJalr && insn.rd == 0 && is_link(insn.rs1))) {
    come_back(frames, hart.pc);
  }
}

void CallStacks::for_each_folded(
    const std::function<void(const std::string& stack, uint64_t steps)>& told) const {
  for (const Node& node : nodes_) {
    if (node.steps == 0) continue;  // the root has what had no room
    std::string stack = names_[node.name];
    for (uint32_t at = node.parent; at != kRoot; at = nodes_[at].parent)
      stack = names_[nodes_[at].name] + ";" + stack;
    told(stack, node.steps);
  }
}

}  // namespace recount
