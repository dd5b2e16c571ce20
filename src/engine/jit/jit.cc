#include "engine/jit/jit.h"

#include <fmt/format.h>

#include <cstring>

#include "base/check.h"
#include "base/paranoid.h"
#include "engine/frontend/translate.h"
#include "engine/ir/passes/passes.h"
#include "engine/ir/print.h"
#include "hart/host_float.h"

namespace recount {

using jit::Translation;
using x64::ExitReason;
using x64::Info;
using x64::kMostBlockBytes;
using x64::Word;

Jit::Jit(Hart& hart, Timebase& time, Ram& ram, const JitOptions& options)
    : hart_(hart),
      time_(time),
      ram_(ram),
      options_(options),
      interpreter_(hart, time, ram, Caching::kOn),
      layout_(hart, ram),
      emitter_(layout_, stubs_),
      jumps_(x64::kJumpCount),
      codes_(x64::kCodeCount),
      figures_(options.log != nullptr) {
  hart_.mmu.set_code_watcher(this);
  make_code_memory();
}

Jit::~Jit() {
  hart_.mmu.set_code_watcher(nullptr);
  if (options_.log != nullptr) {
    fmt::print(options_.log, "recount: engine: {}\n", jit::describe(figures_, used_bytes_, options_.code_bytes));
  }
}

void Jit::make_code_memory() {
  used_bytes_ = 0;
  auto memory = CodeMemory::create(options_.code_bytes);
  memory_ = memory ? std::move(*memory) : nullptr;
  if (memory_ == nullptr) return;
  word(Word::kJumps) = reinterpret_cast<uintptr_t>(jumps_.data());
  word(Word::kCodes) = reinterpret_cast<uintptr_t>(codes_.data());
  word(Word::kHostMxcsr) = kDefaultMxcsr;
  x64::Assembler assembler;
  ByteView code = x64::emit_stubs(assembler, reinterpret_cast<uintptr_t>(memory_->executable()), layout_,
                                  {this, slow<&Jit::load>, slow<&Jit::store>, slow<&Jit::step>}, stubs_);
  std::memcpy(memory_->writable(), code.data(), code.size());
  stub_bytes_ = used_bytes_ = (code.size() + 15) & ~size_t{15};
}

void Jit::forget_code() {
  ++code_generation_;
  map_.clear();
  links_.clear();
  jumps_.assign(jumps_.size(), {});
  codes_.assign(codes_.size(), {});
  used_bytes_ = stub_bytes_;
  if (options_.observer != nullptr) options_.observer->forgotten();
}

void Jit::flush() {
  forget_code();
  interpreter_.flush();
}

void Jit::forked() {
  figures_ = jit::Figures(options_.log != nullptr);
  forget_code();
  make_code_memory();
}

bool Jit::code_changes(Gpa gpa, uint64_t size_bytes) {
  bool interpreter_holds = interpreter_.code_changes(gpa, size_bytes);
  for (Translation* t : map_.drop(gpa, size_bytes)) {
    hart_.mmu.code_changed = true;
    ++figures_.dropped;
    x64::CodeEntry& known = codes_[x64::code_index(t->physical_pc)];
    if (known.physical_pc == t->physical_pc) known = {};
    for (uint32_t number : t->incoming) point(links_[number].site, links_[number].stub);
    // The jump cache may still lead here: the entry becomes a jump to where the dispatcher is asked.
    constexpr uint8_t kJump = 0xe9;
    memory_->writable()[t->entry] = kJump;
    point(t->entry + 1, t->dead_entry);
  }
  return interpreter_holds || map_.holds(gpa);
}

// Makes the displacement at site lead to target; both in the code memory.
void Jit::point(uint32_t site, uint32_t target) {
  store_le<int32_t>(memory_->writable() + site, static_cast<int32_t>(target - (site + 4)));
}

bool Jit::becomes_hot(uint64_t physical_pc) {
  uint8_t& heat = heat_[(physical_pc >> 1 ^ physical_pc >> 15) % heat_.size()];
  if (++heat < options_.hot_after) return false;
  heat = 0;
  return true;
}

std::optional<uint64_t> Jit::physical_pc(uint64_t pc) {
  auto gpa = hart_.mmu.translate_fetch(pc);
  if (!gpa || !hart_.mmu.fetch_holds_for_page(pc)) return std::nullopt;
  return raw(*gpa);
}

Translation* Jit::translation_at(uint64_t physical_pc) {
  Translation* t = map_.find(physical_pc);
  if (t == nullptr && memory_ != nullptr && becomes_hot(physical_pc)) t = translate(Gpa{physical_pc});
  return t;
}

const void* Jit::code_at(uint64_t pc) {
  x64::JumpEntry& entry = jumps_[x64::jump_index(pc)];
  if (entry.pc == pc && entry.key == fetch_key(pc)) return entry.code;
  auto physical = physical_pc(pc);
  if (!physical) return nullptr;
  x64::CodeEntry& known = codes_[x64::code_index(*physical)];
  if (known.physical_pc != *physical) {
    Translation* t = translation_at(*physical);
    if (t == nullptr) return nullptr;
    known = {*physical, memory_->executable() + t->entry};
  }
  entry = {.pc = pc, .key = fetch_key(pc), .code = known.code};
  return entry.code;
}

// The log takes longer than what it tells of: its time is nobody's.
void Jit::log_block(Gpa gpa, const ir::Block& block) {
  figures_.translating.stop();
  figures_.running.stop();
  fmt::print(options_.log, "engine: block at {:#x}\n{}", raw(gpa), ir::print(block));
  figures_.running.start();
  figures_.translating.start();
}

Translation* Jit::translate(Gpa gpa) {
  jit::Timed timed(figures_.translating);
  if (used_bytes_ + kMostBlockBytes > memory_->size()) {
    ++figures_.fills;
    forget_code();
  }
  Gpa page{raw(gpa) & ~kPageMask};
  auto offset = static_cast<uint16_t>(raw(gpa) & kPageMask);
  ir::Block block = frontend::translate({ram_.host(page), kPageSize}, offset, {options_.most_steps});
  if (block.points.empty()) return nullptr;
  ir::optimise(block);
  if (options_.log != nullptr) log_block(gpa, block);

  auto t = std::make_unique<Translation>();
  t->physical_pc = raw(gpa);
  t->lines = jit::lines_of(block);
  t->step_count = block.step_count();
  t->ops.resize(2u * block.step_count());
  if constexpr (kParanoid) t->points = block.points;
  std::vector<const void*> ops(block.step_count());
  for (size_t n = 0; n < ops.size(); ++n) {
    interp::MicroOp* chain = &t->ops[2 * n];
    chain[0] = interp::predecode(decode(block.points[n].raw), 0);
    chain[1].run = interp::fall_through;
    chain[1].offset = block.points[n].length;
    ops[n] = chain;
  }

  t->entry = static_cast<uint32_t>(used_bytes_);
  auto address = reinterpret_cast<uintptr_t>(memory_->executable() + used_bytes_);
  auto emitted = emitter_.emit(block, address, ops.data(), static_cast<uint32_t>(links_.size()));
  CHECK(emitted.code.size() <= kMostBlockBytes);
  std::memcpy(memory_->writable() + used_bytes_, emitted.code.data(), emitted.code.size());
  used_bytes_ += (emitted.code.size() + 15) & ~size_t{15};
  t->dead_entry = t->entry + emitted.dead_entry;
  t->size_bytes = static_cast<uint32_t>(emitted.code.size());
  ++figures_.blocks;
  figures_.instructions += t->step_count;
  figures_.host_bytes += t->size_bytes;
  for (const x64::Link& link : emitted.links) {
    links_.push_back({t.get(), t->entry + link.site, t->entry + link.stub, link.target_offset});
  }
  hart_.mmu.mark_code(gpa);
  if (options_.observer != nullptr) {
    options_.observer->translated(raw(gpa), memory_->executable() + t->entry, t->size_bytes);
  }
  return map_.insert(std::move(t));
}

// A direct jump inside the page came out: link it if its target is translated by now.
void Jit::follow_link() {
  uint32_t number = static_cast<uint32_t>(word(Word::kInfo));
  uint64_t pc = word(Word::kPageBase) + static_cast<uint64_t>(static_cast<int64_t>(links_[number].target_offset));
  hart_.state.pc = pc;
  uint64_t generation = code_generation_;
  auto physical = physical_pc(pc);
  Translation* to = physical ? translation_at(*physical) : nullptr;
  if (to == nullptr || code_generation_ != generation || links_[number].from->dropped) return;
  point(links_[number].site, to->entry);
  to->incoming.push_back(number);
}

std::optional<Exit> Jit::enter(const void* code, uint64_t limit) {
  limit_ = limit;
  exit_.reset();
  word(Word::kPageBase) = hart_.state.pc & ~kPageMask;
  set_fetch_keys();
  word(Word::kBudget) = limit - time_.steps;
  word(Word::kMxcsr) = guest_mxcsr();
  set_float_mode();
  auto entry = reinterpret_cast<uint32_t (*)(const void*)>(reinterpret_cast<uintptr_t>(stubs_.enter));
  auto reason = static_cast<ExitReason>(entry(code));
  take_flags(static_cast<uint32_t>(word(Word::kMxcsr)));
  switch (reason) {
    case ExitReason::kLink:
      time_.steps = limit - word(Word::kBudget);
      follow_link();
      return std::nullopt;
    case ExitReason::kLookup:
      time_.steps = limit - word(Word::kBudget);
      hart_.state.pc = word(Word::kAddress);
      return std::nullopt;
    case ExitReason::kInterpret: {
      Info where = Info::unpack(static_cast<uint32_t>(word(Word::kInfo)));
      sync(where);
      hart_.state.pc = word(Word::kPageBase) + where.offset;
      return time_.steps < limit ? interpreter_.run_some(limit) : std::nullopt;
    }
    case ExitReason::kDead:
      time_.steps = limit - word(Word::kBudget);
      hart_.state.pc = word(Word::kPageBase) + Info::unpack(static_cast<uint32_t>(word(Word::kInfo))).offset;
      jumps_[x64::jump_index(hart_.state.pc)] = {};
      return std::nullopt;
    case ExitReason::kLeft: return exit_;
    case ExitReason::kGoOn:
    case ExitReason::kResume: break;
  }
  CHECK(!"translated code came back without a reason");
}

Exit Jit::run(uint64_t limit) {
  jit::Timed timed(figures_.running);
  while (time_.steps < limit) {
    const void* code = code_at(hart_.state.pc);
    auto exit = code != nullptr ? enter(code, limit) : interpreter_.run_some(limit);
    if (exit) return *exit;
  }
  return Exit::kLimit;
}

}  // namespace recount
