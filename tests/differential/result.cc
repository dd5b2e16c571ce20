#include "differential/result.h"

#include <fmt/format.h>

#include "hart/status.h"
#include "isa/disasm.h"
#include "isa/insn.h"

namespace recount::differential {
namespace {

constexpr const char* kCsrNames[] = {
#define CASE_CSR(name, number) #name,
#include "differential/csrs.inc"
#undef CASE_CSR
};

constexpr uint64_t kFetchAccess = 1, kBreakpoint = 3, kLoadMisaligned = 4, kLoadAccess = 5, kStoreAccess = 7, kLoadPage = 13,
                   kStorePage = 15, kLoadToStore = 2;

// A result without what is known to differ.
class Normalised {
 public:
  Normalised(const Case& c, const Oracle& oracle, ByteView result)
      : case_(c), oracle_(oracle), bytes_(result.begin(), result.end()) {}
  Bytes take() {
    bool modified = modifies_code();
    for (uint64_t at = RESULT_TRAPS; at < RESULT_TRAPS + SEGMENT_COUNT * TRAP_BYTES; at += TRAP_BYTES) {
      // Where code is modified, or entered in mid-instruction, any bits may be written.
      uint64_t status = get(at + TRAP_MSTATUS);
      if (oracle_.differs_in(Exception::kVsWithoutV)) status &= ~(uint64_t{3} << 9 | mstatus::kSd);
      if (modified && oracle_.differs_in(Exception::kUxlIsWritable)) status &= ~(mstatus::kUxl | mstatus::kSxl);
      put(at + TRAP_MSTATUS, status);
      uint64_t pc = get(at + TRAP_EPC);
      normalise(at + TRAP_CAUSE, at + TRAP_TVAL, modified || is_at(pc, Format::kAtomic),
                modified || is_at(pc, Format::kCacheBlock));
    }
    // The S-mode handler has moved sepc on: any such instruction may have been the one.
    bool atomic = modified || holds(Format::kAtomic), block = modified || holds(Format::kCacheBlock);
    normalise(csr_at(CaseCsr::scause), csr_at(CaseCsr::stval), atomic, block);
    return std::move(bytes_);
  }

 private:
  static uint64_t csr_at(CaseCsr which) { return RESULT_CSRS + 8 * static_cast<uint64_t>(which); }
  uint64_t get(uint64_t at) const { return load_le<uint64_t>(bytes_.data() + at); }
  void put(uint64_t at, uint64_t v) { store_le(bytes_.data() + at, v); }
  bool is_at(uint64_t pc, Format format) const {
    auto offset = arena_offset_of_code(pc);
    return offset && info_of(decode(load_le<uint32_t>(case_.arena.data() + *offset)).op).format == format;
  }
  // Also in the middle of another instruction, where a branch may lead.
  bool holds(Format format) const {
    for (const Segment& s : case_.segments) {
      for (uint64_t at = s.code; at < s.code_end; at += 2) {
        if (info_of(decode(load_le<uint32_t>(case_.arena.data() + at)).op).format == format) return true;
      }
    }
    return false;
  }
  // Then, what stands where in the end is not known.
  bool modifies_code() const {
    for (const Segment& s : case_.segments) {
      for (uint64_t at = s.code; at < s.code_end; at += 2) {
        if (decode(load_le<uint32_t>(case_.arena.data() + at)).op == Op::kFenceI) return true;
      }
    }
    return false;
  }
  void normalise(uint64_t cause_at, uint64_t tval_at, bool atomic, bool block) {
    uint64_t cause = get(cause_at);
    bool physical = cause == kLoadAccess || cause == kStoreAccess;
    if (physical && oracle_.differs_in(Exception::kAccessFaultIsRoundedDown)) put(tval_at, get(tval_at) & ~7ull);
    if (cause == kFetchAccess && oracle_.differs_in(Exception::kFetchFaultIsBehind)) put(tval_at, get(tval_at) & ~7ull);
    bool wraps = get(tval_at) + 8 < 16;
    if (physical && wraps && oracle_.differs_in(Exception::kEitherPortionFaults)) put(tval_at, 0);
    bool store = cause == kStoreAccess || cause == kStorePage;
    if (block && store && oracle_.differs_in(Exception::kCacheBlockFaultIsRoundedDown)) put(tval_at, get(tval_at) & ~63ull);
    if (cause == kBreakpoint && oracle_.differs_in_breakpoint_address()) put(tval_at, 0);
    if (atomic && (cause == kLoadMisaligned || cause == kLoadAccess || cause == kLoadPage) &&
        oracle_.differs_in(Exception::kAmoFaultsAsALoad)) {
      put(cause_at, cause += kLoadToStore);
    }
    // PMP may deny the load, and the page the store.
    if (atomic && cause == kStoreAccess && oracle_.differs_in(Exception::kAmoReadsFirst)) put(cause_at, kStorePage);
  }

  const Case& case_;
  const Oracle& oracle_;
  Bytes bytes_;
};

class Comparison {
 public:
  Comparison(Bytes ours, Bytes theirs) : ours_(std::move(ours)), theirs_(std::move(theirs)) {}
  uint64_t ours(uint64_t at) const { return load_le<uint64_t>(ours_.data() + at); }
  uint64_t theirs(uint64_t at) const { return load_le<uint64_t>(theirs_.data() + at); }

  void compare(const std::string& name, uint64_t at) {
    uint64_t a = ours(at), b = theirs(at);
    if (a != b) lines_.push_back(fmt::format("{:<16} {:016x} | {:016x}", name, a, b));
  }
  // Whether nothing but FS, and with it SD, differs, and it is Dirty here and Initial or Clean there.
  bool ours_is_dirtier(uint64_t at) const {
    constexpr uint64_t kBits = mstatus::kFs | mstatus::kSd;
    uint64_t a = ours(at), b = theirs(at);
    return (a & mstatus::kFs) == mstatus::kFs && (b & mstatus::kFs) != 0 && (a & ~kBits) == (b & ~kBits);
  }
  std::vector<std::string> take() { return std::move(lines_); }
  bool same() const { return lines_.empty(); }

 private:
  Bytes ours_, theirs_;
  std::vector<std::string> lines_;
};

}  // namespace

namespace {

// Whether an SC stands there: also in the middle of another instruction, where a branch may have led.
bool is_store_conditional(const Case& c, uint64_t pc) {
  auto offset = arena_offset_of_code(pc);
  if (!offset) return false;
  Op op = decode(load_le<uint32_t>(c.arena.data() + *offset)).op;
  return op == Op::kScW || op == Op::kScD;
}

}  // namespace

Differences differences(const Case& which, const Oracle& oracle, ByteView ours, ByteView theirs) {
  Comparison c(Normalised(which, oracle, ours).take(), Normalised(which, oracle, theirs).take());
  uint64_t segments = std::min<uint64_t>(c.ours(RESULT_SEGMENTS), SEGMENT_COUNT);
  for (uint64_t i = 0; i < segments; ++i) {
    uint64_t at = RESULT_TRAPS + i * TRAP_BYTES;
    bool here = c.ours(at + TRAP_CAUSE) == WATCHDOG_CAUSE, there = c.theirs(at + TRAP_CAUSE) == WATCHDOG_CAUSE;
    if (c.same() && (here || there)) return {{}, here && there ? Watchdog::kBoth : Watchdog::kOne};
    uint64_t cause = c.ours(at + TRAP_CAUSE), pc = c.ours(at + TRAP_EPC);
    bool store_fault = cause == kStoreAccess || cause == kStorePage;
    bool fails_otherwise = oracle.differs_in(Exception::kFailingScDoesNotFault) ||
                           oracle.differs_in(Exception::kFailingScLooksAtPermissionsOnly);
    if (c.same() && store_fault && pc != c.theirs(at + TRAP_EPC) && fails_otherwise && is_store_conditional(which, pc)) return {};
    c.compare(fmt::format("trap {} mcause", i), at + TRAP_CAUSE);
    c.compare(fmt::format("trap {} mepc", i), at + TRAP_EPC);
    c.compare(fmt::format("trap {} mtval", i), at + TRAP_TVAL);
    bool ours_only_dirty = oracle.differs_in(Exception::kFlagsDirtyNothing) && c.ours_is_dirtier(at + TRAP_MSTATUS);
    if (!ours_only_dirty) c.compare(fmt::format("trap {} mstatus", i), at + TRAP_MSTATUS);
    c.compare(fmt::format("trap {} mip", i), at + TRAP_MIP);
  }
  c.compare("segments", RESULT_SEGMENTS);
  c.compare("mie", RESULT_MIE);
  for (size_t i = 0; i < CASE_CSR_COUNT; ++i) c.compare(kCsrNames[i], RESULT_CSRS + 8 * i);
  for (size_t i = 1; i < 32; ++i) c.compare(fmt::format("x{}", i), RESULT_X + 8 * i);
  for (size_t i = 0; i < 32; ++i) c.compare(fmt::format("f{}", i), RESULT_F + 8 * i);
  c.compare("hash of memory", RESULT_HASH);
  return {c.take(), Watchdog::kSlept};
}

std::string describe(const Case& c) {
  std::string text;
  for (size_t i = 0; i < CASE_CSR_COUNT; ++i)
    text += fmt::format("  {:<10} {:016x}{}", kCsrNames[i], c.csrs[i], i % 4 == 3 ? "\n" : "");
  text += "\n";
  for (size_t i = 1; i < 32; ++i) text += fmt::format("  x{:<9} {:016x}{}", i, c.x[i], i % 4 == 0 ? "\n" : "");
  text += "\n";
  for (size_t i = 0; i < 32; ++i) text += fmt::format("  f{:<9} {:016x}{}", i, c.f[i], i % 4 == 3 ? "\n" : "");
  for (size_t i = 0; i < SEGMENT_COUNT; ++i) {
    const Segment& s = c.segments[i];
    text += fmt::format("segment {}: pc {:x}, mstatus {:x}, mie {:x}, mip {:x}\n", i, s.pc, s.mstatus, s.mie, s.mip);
    for (uint64_t at = s.code; at < s.code_end;) {
      Insn insn = decode(load_le<uint32_t>(c.arena.data() + at));
      uint64_t pc = s.pc + (at - s.code);
      text += fmt::format("  {:x}: {:08x}  {}\n", pc, insn.raw, disassemble(insn, pc));
      at += insn.length;
    }
  }
  return text;
}

}  // namespace recount::differential
