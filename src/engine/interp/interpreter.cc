#include "engine/interp/interpreter.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace recount {

using interp::Block;
using interp::MicroOp;
using interp::Outcome;

Interpreter::Interpreter(Hart& hart, Timebase& time, Ram& ram, Caching caching)
    : hart_(hart),
      time_(time),
      ram_(ram),
      caching_(caching),
      context_{.hart = hart, .time = time, .x = hart.state.x.data()} {
  hart_.mmu.set_code_watcher(this);
}

Interpreter::~Interpreter() { hart_.mmu.set_code_watcher(nullptr); }

void Interpreter::flush() {
  blocks_.flush();
  blocks_.reclaim();
  jumps_.fill({});
  ram_.clear_flags(kFrameCode);
}

bool Interpreter::code_changes(Gpa gpa, uint64_t size_bytes) {
  if (!blocks_.drop(gpa, size_bytes)) return blocks_.holds(gpa);
  ++block_epoch_;
  // The running block may be among them: leave it behind this instruction.
  hart_.mmu.code_changed = true;
  return blocks_.holds(gpa);
}

Exit Interpreter::exit_of(Outcome outcome) const {
  if (outcome == Outcome::kSbiCall) return Exit::kSbiCall;
  return trap_loop_ ? Exit::kTrapLoop : Exit::kAttention;
}

Exit Interpreter::run(uint64_t limit) {
  while (time_.steps < limit) {
    if (auto exit = run_some(limit)) return *exit;
  }
  return Exit::kLimit;
}

std::optional<Exit> Interpreter::run_some(uint64_t limit) {
  uint64_t pc = hart_.state.pc;
  Block* block = caching_ == Caching::kOn ? block_at(pc) : nullptr;
  uint64_t room = limit - time_.steps;
  if (block == nullptr) {
    // No block comes from a page with a breakpoint.
    DebugStops* stops = hart_.mmu.debug_stops();
    if (stops != nullptr && stops->stops_before(pc, time_.steps)) return Exit::kBreakpoint;
    step();
  } else if (block->step_count <= room) [[likely]] {
    run_block(*block, pc);
    settle();
  } else {
    // Only as much of it as there is room for: the op behind that ends the chain this once.
    MicroOp& end = block->ops[room];
    interp::Handler handler = std::exchange(end.run, interp::fall_through);
    run_block(*block, pc);
    end.run = handler;
    settle();
  }
  bool touched = hart_.mmu.device_touched;
  if (context_.outcome < Outcome::kAttention && !touched && !trap_loop_) [[likely]] return std::nullopt;
  hart_.mmu.device_touched = false;
  return exit_of(context_.outcome);
}

void Interpreter::run_block(Block& block, uint64_t pc) {
  context_.pc = pc;
  context_.first = block.ops.data();
  context_.first->run(context_, context_.first);
}

Interpreter::Did Interpreter::execute(const MicroOp* chain, uint64_t pc) {
  context_.pc = pc;
  context_.first = chain;
  chain->run(context_, chain);
  settle();
  Did did{context_.outcome, hart_.mmu.device_touched, trap_loop_};
  hart_.mmu.device_touched = false;
  return did;
}

// After a chain: count its steps, move the pc, enter the handler if it trapped.
void Interpreter::settle() {
  time_.steps += static_cast<uint64_t>(context_.last + 1 - context_.first);
  hart_.state.pc = context_.next_pc;
  trap_loop_ = false;
  if (context_.outcome == Outcome::kTrap) {
    Privilege from = hart_.state.privilege;
    hart_.take_trap(context_.trap);
    // A handler whose own first instruction traps will do so for ever. Not one that a lower mode jumped to.
    trap_loop_ = hart_.state.pc == context_.next_pc && hart_.state.privilege == from;
  }
  if (hart_.mmu.code_changed) {
    hart_.mmu.code_changed = false;
    blocks_.reclaim();
  }
}

// One instruction without any cache: the oracle's way, and the way over what no block can hold.
void Interpreter::step() {
  uint64_t pc = hart_.state.pc;
  auto insn = fetch(pc);
  context_.pc = pc;
  MicroOp chain[2];
  context_.first = chain;
  if (insn) {
    chain[0] = interp::predecode(*insn, 0);
    chain[1] = {};
    chain[1].run = interp::fall_through;
    chain[1].offset = insn->length;
    chain[0].run(context_, chain);
  } else {
    chain[0] = {};
    context_.raise(chain, insn.error());
  }
  settle();
}

std::expected<Insn, Trap> Interpreter::fetch(uint64_t pc) {
  auto low = hart_.mmu.translate_fetch(pc);
  if (!low) return std::unexpected(low.error());
  uint32_t word = load_le<uint16_t>(ram_.host(*low));
  if ((word & 3) == 3) {
    // The second half may lie on another page, and fault there: xtval then names that half.
    auto high = hart_.mmu.translate_fetch(pc + 2);
    if (!high) return std::unexpected(high.error());
    word |= static_cast<uint32_t>(load_le<uint16_t>(ram_.host(*high))) << 16;
  }
  return decode(word);
}

Block* Interpreter::block_at(uint64_t pc) {
  JumpEntry& entry = jumps_[(pc >> 1) % kJumpCacheSize];
  uint64_t epoch = hart_.mmu.fetch_epoch(pc) + block_epoch_;
  if (entry.pc == pc && entry.context == hart_.mmu.fetch_context(pc) && entry.epoch == epoch) [[likely]] {
    return entry.block;
  }
  return find_block(pc, entry);
}

// nullptr: this instruction must be stepped (it faults, crosses a page, or lies where PMP splits its page).
Block* Interpreter::find_block(uint64_t pc, JumpEntry& entry) {
  auto gpa = hart_.mmu.translate_fetch(pc);
  if (!gpa || !hart_.mmu.fetch_holds_for_page(pc)) return nullptr;
  Block* block = blocks_.find(raw(*gpa));
  if (block == nullptr) {
    if (blocks_.is_full()) {
      // The frames stay marked: another engine's code may come from them too.
      blocks_.flush();
      blocks_.reclaim();
      ++block_epoch_;
    }
    auto built = build_block(*gpa);
    if (built == nullptr) return nullptr;
    block = blocks_.insert(std::move(built));
    hart_.mmu.mark_code(*gpa);
  }
  entry = {pc, hart_.mmu.fetch_context(pc), hart_.mmu.fetch_epoch(pc) + block_epoch_, block};
  return block;
}

void Interpreter::audit() const {
  blocks_.each([this](const Block& block) {
    CHECK((ram_.flags(Gpa{block.physical_pc}) & kFrameCode) != 0);
    auto anew = build_block(Gpa{block.physical_pc});
    CHECK(anew != nullptr && std::ranges::equal(anew->ops, block.ops, {}, &MicroOp::raw, &MicroOp::raw));
  });
}

std::unique_ptr<Block> Interpreter::build_block(Gpa gpa) const {
  auto block = std::make_unique<Block>();
  block->physical_pc = raw(gpa);
  uint64_t room = kPageSize - (raw(gpa) & kPageMask);
  uint64_t offset = 0;
  while (block->ops.size() < kMostBlockSteps && offset + 2 <= room) {
    const uint8_t* host = ram_.host(gpa + offset);
    uint32_t word = load_le<uint16_t>(host);
    if ((word & 3) == 3) {
      if (offset + 4 > room) break;
      word = load_le<uint32_t>(host);
    }
    Insn insn = decode(word);
    block->ops.push_back(interp::predecode(insn, static_cast<uint16_t>(offset)));
    offset += insn.length;
    if (interp::ends_block(insn.op)) break;
  }
  if (block->ops.empty()) return nullptr;
  block->step_count = static_cast<uint32_t>(block->ops.size());
  block->size_bytes = static_cast<uint32_t>(offset);
  MicroOp end{};
  end.run = interp::fall_through;
  end.offset = static_cast<uint16_t>(offset);
  block->ops.push_back(end);
  return block;
}

}  // namespace recount
