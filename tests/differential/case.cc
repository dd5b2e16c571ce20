#include "differential/case.h"

#include <utility>

#include "base/check.h"
#include "hart/pte.h"
#include "hart/status.h"
#include "hart/trap.h"
#include "isa/csr.h"
#include "isa/insn.h"
#include "memory/ram.h"
#include "support/assembler.h"
#include "support/random_value.h"
#include "support/seed.h"

namespace recount::differential {
namespace {

using test::Assembler;
using test::encode;
using test::Fields;

// Pages of the arena. Before and behind the data, one that pointers near its ends may reach.
constexpr uint64_t kSupervisorHandler = 0x1000, kCode = 0x2000, kData = 0x5000, kRoot = 0xa000, kMiddle = 0xb000, kLeaf = 0xc000,
                   kMiddleIdentity = 0xd000, kLeafIdentity = 0xe000, kRoot48 = 0xf000;
constexpr unsigned kArenaPages = ARENA_BYTES / kPageSize, kDataPages = 4;
// Virtual: where the leaf table maps pages at random. Physically there is nothing on either board.
constexpr uint64_t kWindow = 0x2000000000;
constexpr unsigned kWindowPages = 24;
constexpr unsigned kUserPage = kWindowPages;  // behind them, one where U-mode may do all
// The first of them are the two pages of code, for S-mode and again for U-mode; the others mostly data.
constexpr unsigned kSupervisorCode = 0, kUserCode = 2, kWindowData = 4;

// Register roles, at first: anything may be clobbered.
constexpr unsigned kSatpValue = 7, kStatusValue = 23, kAlignedPointer = 24, kIdentityPointer = 25, kUserPointer = 26,
                   kFirstPointer = 8, kPointerCount = 8;
constexpr unsigned kDataPointer = 8, kCodePointer = 9, kWindowPointer = 10, kTablePointer = 11;

// What the delegated traps of a case may come to before its S-mode handler gives up.
constexpr uint64_t kMostDelegated = 6;

// What a segment's code may do. In M-mode nothing may stop the watchdog while code can go round.
struct Freedom {
  Privilege mode;
  bool goes_round;      // branches back, jalr, mret
  bool changes_status;  // mstatus
  bool sees_status;     // whether what FS has become may be looked at
};

class Generator : private test::RandomMaker {
 public:
  Generator(uint64_t seed, const Oracle& oracle) : RandomMaker(seed), oracle_(oracle) { case_.seed = seed; }
  Case make();

 private:
  void put64(uint64_t offset, uint64_t v) { store_le(case_.arena.data() + offset, v); }
  void put_code(uint64_t offset, const std::vector<uint32_t>& words);

  void make_supervisor_handler();
  void make_tables();
  void make_data();
  void make_csrs();
  void make_protection();
  void make_registers();
  void make_segments();
  Segment make_segment(uint64_t code, Freedom freedom);
  uint64_t random_pte(unsigned window_page);
  uint64_t random_satp();
  uint64_t random_value() { return test::random_value(random_); }
  uint64_t random_pointer(unsigned role);
  uint64_t near_edge();
  uint64_t random_status(Privilege mode, bool changes_status);

  void emit(Op op, const Fields& fields) { emit(encode(op, fields)); }
  void emit(uint32_t word) { code_.push_back(word); }
  void emit_any(const Freedom& freedom);
  void emit_op(Op op, const Freedom& freedom);
  void emit_csr(const Freedom& freedom);
  void emit_legality(const Freedom& freedom);
  void emit_memory();
  void emit_pte_edit();
  void emit_code_write(const Freedom& freedom);
  void emit_reserved_pair(Privilege mode);
  void emit_compressed(const Freedom& freedom);
  void emit_random_word(const Freedom& freedom);
  bool may_emit(uint32_t word, const Freedom& freedom) const;
  bool left_out(Op op) const;
  bool left_out(unsigned csr_number) const;
  bool is_nowhere_or_everywhere(unsigned csr_number) const;

  unsigned any_register() { return static_cast<unsigned>(below(32)); }
  unsigned pointer() { return kFirstPointer + static_cast<unsigned>(below(kPointerCount)); }
  // What is stored through: not to code, and not to tables without a fence.
  unsigned data_pointer() {
    unsigned p = pointer();
    return p == kCodePointer || p == kTablePointer ? kDataPointer : p;
  }
  // Mostly not a pointer.
  static bool is_kept(unsigned r) { return r == kSatpValue || (r >= kStatusValue && r <= kUserPointer); }
  unsigned target() {
    unsigned r = chance(94) ? one_of(kScratch) : any_register();
    return is_kept(r) ? 1 : r;
  }
  static constexpr unsigned kScratch[] = {0, 1, 2, 3, 4, 5, 6, 16, 17, 18, 19, 20, 21, 28, 29, 30, 31};

  bool differs_in(Exception e) const { return oracle_.differs_in(e); }

  const Oracle& oracle_;
  Case case_;
  // A handler whose first instruction is itself delegated to it is an endless trap loop, in which QEMU's clock, that counts
  // instructions, stands still. So a case either delegates such faults, or may lose its S-mode handler.
  bool handler_is_sure_ = false;
  bool walks_update_ = true;   // whether there are page-table entries without A and D
  bool maps_nothing_ = false;  // whether a page-table entry names an address where no memory is
  bool changes_protection_ = true;
  bool writes_code_ = false, has_pairs_ = false;
  bool only_pairs_ = false;  // whether there are LR and SC, and nothing that could run an SC without its LR
  bool protects_ = false;    // whether there are PMP entries but the one for the arena
  bool aligned_ = false;     // whether loads and stores mostly are
  std::vector<uint32_t> code_;
};

void Generator::put_code(uint64_t offset, const std::vector<uint32_t>& words) {
  for (uint32_t word : words) {
    store_le(case_.arena.data() + offset, word);
    offset += 4;
  }
}

// Goes on behind the instruction that trapped, a few times; then asks M-mode to end the segment. Clobbers x30 and x31.
void Generator::make_supervisor_handler() {
  Assembler a;
  a.csr(Op::kCsrrs, 31, csr::kSscratch, 0)
      .emit(Op::kAddi, {.rd = 31, .rs1 = 31, .imm = -1})
      .csr(Op::kCsrrw, 0, csr::kSscratch, 31);
  a.emit(Op::kBge, {.rs1 = 31, .rs2 = 0, .imm = 8}).emit(Op::kEcall);
  a.csr(Op::kCsrrs, 30, csr::kSepc, 0).emit(Op::kAddi, {.rd = 30, .rs1 = 30, .imm = 4}).csr(Op::kCsrrw, 0, csr::kSepc, 30);
  a.emit(Op::kSret);
  put_code(kSupervisorHandler, a.words());
}

uint64_t Generator::random_pte(unsigned window_page) {
  bool code = window_page < kWindowData;
  uint64_t page = code ? kCode + (window_page & 1) * kPageSize : kData + below(kDataPages) * kPageSize;
  uint64_t flags = pte::kV | pte::kR | pte::kW | pte::kX;
  bool user = code ? window_page >= kUserCode : chance(50);
  if (chance(code ? 10 : 40)) flags = (chance(90) ? pte::kV : 0) | below(8) << 1;
  if (chance(3) && !(code && differs_in(Exception::kSumLetsFetch))) user = !user;
  if (user) flags |= pte::kU;
  if (chance(20)) flags |= 1 << 5;         // G
  if (chance(20)) flags |= below(4) << 8;  // for software
  if (chance(60) || ((flags & pte::kW) == 0 && differs_in(Exception::kAmoReadsFirst))) flags |= pte::kA;
  if (chance(50)) flags |= pte::kD;
  if (!walks_update_) flags |= pte::kA | pte::kD;
  if (chance(2)) flags |= 1ull << (54 + below(10));
  if (chance(2)) {  // outside of RAM
    maps_nothing_ = true;
    if (differs_in(Exception::kAmoReadsFirst)) flags |= pte::kR | pte::kW | pte::kA | pte::kD;
    if (differs_in(Exception::kCacheBlockOfNoMemory)) flags |= pte::kR | pte::kW;
    return 1ull << (28 + below(26)) | flags;
  }
  return (ARENA + page) >> 2 | flags;
}

void Generator::make_tables() {
  auto table = [](uint64_t offset) { return (ARENA + offset) >> 2 | pte::kV; };
  auto index = [](uint64_t va, unsigned level) { return 8 * (va >> (12 + 9 * level) & 511); };
  put64(kRoot + index(kWindow, 2), table(kMiddle));
  put64(kRoot + index(ARENA, 2), table(kMiddleIdentity));
  put64(kMiddle, table(kLeaf));
  uint64_t all = pte::kV | pte::kR | pte::kW | pte::kX | pte::kA | pte::kD;
  // The second 2 MiB of the window: all of the arena at once, or the same leaf table, or what is nowhere allowed.
  switch (below(5)) {
    case 0: put64(kMiddle + 8, table(kLeaf)); break;
    case 1: put64(kMiddle + 8, (ARENA + (chance(50) ? kPageSize : 0)) >> 2 | all); break;
    case 2: put64(kMiddle + 8, table(kLeaf) | 1ull << (4 + below(6))); break;  // U, G, A, D or for software
    default:
      put64(kMiddle + 8,
            (ARENA >> 2 | all | (chance(50) ? pte::kU : 0)) & ~(chance(40) && walks_update_ ? pte::kA | pte::kD : 0));
      break;
  }
  if (chance(10)) put64(kMiddle, table(kLeaf) | 1ull << (5 + below(3)));
  for (unsigned i = 0; i < kWindowPages; ++i) put64(kLeaf + 8 * i, random_pte(i));
  put64(kLeaf + 8 * kUserPage, (ARENA + kData) >> 2 | all | pte::kU);
  put64(kMiddleIdentity, table(kLeafIdentity));
  for (unsigned i = 0; i < kArenaPages; ++i) put64(kLeafIdentity + 8 * i, (ARENA + i * kPageSize) >> 2 | all);
  put64(kRoot48, table(kRoot));
}

uint64_t Generator::near_edge() {
  return chance(50) ? kPageSize - below(24) : chance(70) ? below(64) & ~7ull : (kPageSize - 64 + below(64)) & ~7ull;
}

void Generator::make_data() {
  for (unsigned page = 0; page < kDataPages; ++page) {
    for (uint64_t i = 0; i < 64; i += 8) {
      put64(kData + page * kPageSize + i, random_value());
      put64(kData + page * kPageSize + kPageSize - 64 + i, random_value());
    }
  }
}

uint64_t Generator::random_satp() {
  auto of = [&](uint64_t mode, uint64_t root) { return mode << satp::kModeShift | below(4) << 44 | (ARENA + root) >> 12; };
  switch (below(16)) {
    case 0:
    case 1:
    case 2: return 0;
    case 3:
    case 4: return of(satp::kSv48, kRoot48);
    case 5: return of(satp::kSv39, handler_is_sure_ ? kRoot : below(kArenaPages) * kPageSize);
    default: return of(satp::kSv39, kRoot);
  }
}

uint64_t Generator::random_pointer(unsigned role) {
  // The second 2 MiB may show all of the arena: there, only its data.
  bool second = chance(25);
  uint64_t page = second ? kData / kPageSize + below(kDataPages) : kWindowData + below(kWindowPages - kWindowData + 1);
  uint64_t window = kWindow + (second ? 0x200000 : 0) + page * kPageSize + near_edge();
  uint64_t identity = ARENA + kData + below(kDataPages) * kPageSize + near_edge();
  switch (role) {
    case kDataPointer: return identity;
    case kCodePointer:
      return (chance(50) ? kWindow + (differs_in(Exception::kSumLetsFetch) ? 0 : 2 * below(2) * kPageSize) : ARENA + kCode) +
             (below(2 * kPageSize) & ~3ull);
    case kWindowPointer: return window;
    case kTablePointer:
      // Not what maps the code that edits it: the next fetch would see the edit here at once, in QEMU after the fence.
      return ARENA + (chance(80) ? kLeaf + 8 * (kWindowData + below(kWindowPages - kWindowData)) : kMiddle + 8);
    default: return chance(50) ? window : chance(80) ? identity : random_value();
  }
}

void Generator::make_csrs() {
  handler_is_sure_ = chance(50);
  only_pairs_ = handler_is_sure_ && chance(40) && differs_in(Exception::kFailingScDoesNotFault);
  auto set = [&](CaseCsr which, uint64_t v) { case_.csr(which) = v; };
  // Not the S-mode handler's own ecall, which ends a segment.
  set(CaseCsr::medeleg, chance(40) ? 0 : random_() & 0xb1ff);
  set(CaseCsr::mideleg, chance(50) ? 0 : random_() & 0x222);
  set(CaseCsr::mcounteren, chance(70) ? ~0ull : random_());
  set(CaseCsr::scounteren, chance(70) ? ~0ull : random_());
  set(CaseCsr::menvcfg, random_() & menvcfg::kWritable);
  set(CaseCsr::senvcfg, random_() & menvcfg::kWritable);
  set(CaseCsr::satp, random_satp());
  set(CaseCsr::stvec, ARENA + kSupervisorHandler + (chance(10) ? 1 : 0));
  set(CaseCsr::sepc, chance(70) ? kWindow + kUserCode * kPageSize + below(2 * kPageSize) : random_value());
  set(CaseCsr::scause, random_value());
  set(CaseCsr::stval, random_value());
  set(CaseCsr::sscratch, kMostDelegated);
  for (CaseCsr which : {CaseCsr::menvcfg, CaseCsr::senvcfg}) {
    uint64_t& value = case_.csr(which);
    if (differs_in(Exception::kReservedCbieStays) && (value & menvcfg::kCbie) == 2ull << 4) value |= menvcfg::kCbie;
  }
  if (differs_in(Exception::kStimecmpWithoutStce)) case_.csr(CaseCsr::menvcfg) |= menvcfg::kStce;
  set(CaseCsr::stimecmp, chance(85) ? ~0ull : 0);
  set(CaseCsr::fcsr, below(4) == 0 ? random_() & 0xff : below(5) << 5 | below(32));
  make_protection();
  uint64_t& medeleg = case_.csr(CaseCsr::medeleg);
  if (only_pairs_) medeleg &= ~(1ull << 8);  // the end of a segment is its end
  if (!handler_is_sure_) medeleg &= ~(1ull << 12 | 1ull << 2 | 1ull << 1);
  if (only_pairs_ || oracle_.differs_in_breakpoint_address()) medeleg &= ~(1ull << 3);
  // Whichever of the two causes it is, it is delegated.
  if (differs_in(Exception::kAmoFaultsAsALoad)) {
    constexpr uint64_t kLoads = 1ull << 4 | 1ull << 5 | 1ull << 13;
    medeleg = (medeleg & ~kLoads) | (medeleg >> 2 & kLoads);
  }
  if (differs_in(Exception::kAmoReadsFirst) && protects_) {
    constexpr uint64_t kAccess = 1ull << 5 | 1ull << 7;
    medeleg = (medeleg & ~kAccess) | (medeleg >> 8 & kAccess);
  }
  for (CaseCsr which : {CaseCsr::mcounteren, CaseCsr::scounteren}) {
    if (differs_in(Exception::kCounterEnableIsWide)) case_.csr(which) &= 0xffffffff;
    if (differs_in(Exception::kCounterEnablesOfCounters)) case_.csr(which) &= 7;
  }
  if (differs_in(Exception::kEpcKeepsItsLowBit)) case_.csr(CaseCsr::sepc) &= ~1ull;
}

// Entries whose borders lie in the middle of pages, before the one that opens the arena; nothing opens the rest to S and U.
void Generator::make_protection() {
  constexpr uint8_t kNapot = 3 << 3, kAll = 7;
  uint64_t cfg = uint64_t{kNapot | kAll} << (8 * 6);
  case_.csr(CaseCsr::pmpaddr6) = (ARENA | (ARENA_BYTES / 2 - 1)) >> 2;
  bool used = !handler_is_sure_ && chance(40);
  for (unsigned i = 0; i < 6; ++i) {
    uint64_t address = (ARENA + (chance(50) ? kData + below(kDataPages) * kPageSize + near_edge() : below(ARENA_BYTES))) >> 2;
    if (chance(30)) address |= (1ull << below(12)) - 1;
    case_.csrs[static_cast<size_t>(CaseCsr::pmpaddr0) + i] = address;
    uint64_t permissions = chance(50) ? 7 : below(8);
    if (differs_in(Exception::kPmpKeepsWriteOnly)) permissions |= (permissions & 2) >> 1;
    // The first does not reach from 0 (TOR): it would open to M-mode what the boards differ in.
    uint64_t mode = i == 0 ? one_of({0, 2, 3}) : static_cast<int>(below(4));
    if (used && chance(60)) cfg |= (mode << 3 | permissions) << (8 * i);
  }
  case_.csr(CaseCsr::pmpcfg0) = cfg;
  aligned_ = used && differs_in(Exception::kMisalignedIsSplit);
  protects_ = used;
  walks_update_ = !(used && (differs_in(Exception::kPteUpdateIgnoresPmp) || differs_in(Exception::kAmoReadsFirst)));
  changes_protection_ = used || !differs_in(Exception::kPteUpdateIgnoresPmp);
}

void Generator::make_registers() {
  for (unsigned i = 1; i < 32; ++i) case_.x[i] = random_value();
  for (uint64_t& f : case_.f) f = random_value();
  for (unsigned i = 0; i < kPointerCount; ++i) case_.x[kFirstPointer + i] = random_pointer(kFirstPointer + i);
  for (unsigned i = kFirstPointer; i < kFirstPointer + kPointerCount; ++i) {
    if (aligned_) case_.x[i] &= ~7ull;
  }
  case_.x[kSatpValue] = random_satp();
  uint64_t in_page = below(kPageSize) & ~7ull;
  case_.x[kIdentityPointer] = ARENA + kData + in_page;
  case_.x[kUserPointer] = kWindow + kUserPage * kPageSize + in_page;
  case_.x[kAlignedPointer] = random_pointer(chance(50) ? kDataPointer : kWindowPointer) & ~7ull;
  uint64_t& status = case_.x[kStatusValue];
  status = random_();
  if (differs_in(Exception::kUxlIsWritable)) status = (status & ~(mstatus::kUxl | mstatus::kSxl)) | mstatus::kXlen64;
  if (differs_in(Exception::kVsWithoutV)) status &= ~(uint64_t{3} << 9);
  if (differs_in(Exception::kMppMayBeReserved) && (status & mstatus::kMpp) == 2ull << mstatus::kMppShift) status ^= mstatus::kMpp;
  if (differs_in(Exception::kHypervisorStatusWithoutH)) status &= ~(uint64_t{3} << 38);
}

uint64_t Generator::random_status(Privilege mode, bool changes_status) {
  constexpr uint64_t kFree = mstatus::kSum | mstatus::kMxr | mstatus::kSpp | mstatus::kSpie | mstatus::kSie;
  uint64_t status = random_() & kFree;
  status |= (chance(70) ? 3 : below(4)) << 13;  // FS
  if (chance(10)) status |= random_() & (mstatus::kTvm | mstatus::kTw | mstatus::kTsr);
  if (mode == Privilege::kMachine && chance(30) && !differs_in(Exception::kMretKeepsTranslations)) status |= mstatus::kMprv;
  // mret makes it MIE.
  if (!changes_status || chance(50)) status |= mstatus::kMpie;
  return status | static_cast<uint64_t>(mode) << mstatus::kMppShift | mstatus::kXlen64;
}

// Code whose words end a segment that nothing else has ended.
Segment Generator::make_segment(uint64_t code, Freedom freedom) {
  Segment s;
  s.mstatus = random_status(freedom.mode, freedom.changes_status);
  uint64_t fs = s.mstatus & mstatus::kFs;
  freedom.sees_status = fs == 0 || fs == mstatus::kFs || !differs_in(Exception::kFlagsDirtyNothing);
  code_.clear();
  uint64_t most = 1 + below(9);
  while (code_.size() < most) emit_any(freedom);
  constexpr Op kEnds[] = {Op::kEcall, Op::kEcall, Op::kEbreak};
  emit(one_of(kEnds), {});
  put_code(code, code_);

  s.code = code;
  s.code_end = code + 4 * code_.size();
  bool paged = case_.csr(CaseCsr::satp) >> satp::kModeShift != satp::kBare;
  unsigned page = freedom.mode == Privilege::kUser ? kUserCode : kSupervisorCode;
  bool window = freedom.mode != Privilege::kMachine && (paged ? chance(95) : chance(3));
  s.pc = (window ? kWindow + page * kPageSize : ARENA + kCode) + (code - kCode);
  s.mie = chance(70) ? 0 : random_() & 0x222;
  s.mip = chance(70) ? 0 : random_() & (differs_in(Exception::kLowestInterruptFirst) ? 0x22 : 0x222);
  return s;
}

void Generator::make_segments() {
  // Often across the two pages of code, at any halfword.
  uint64_t at = kCode + (chance(40) ? kPageSize - 2 * below(60) : 2 * below(1000));
  for (Segment& segment : case_.segments) {
    constexpr Privilege kModes[] = {Privilege::kUser, Privilege::kUser, Privilege::kSupervisor, Privilege::kSupervisor,
                                    Privilege::kMachine};
    Freedom freedom{one_of(kModes), true, false, true};
    if (freedom.mode == Privilege::kMachine && chance(50)) freedom.goes_round = false, freedom.changes_status = true;
    segment = make_segment(at, freedom);
    at = segment.code_end + (chance(20) ? 2 : 0);
  }
}

bool Generator::left_out(Op op) const {
  if (op == Op::kCtzw) return differs_in(Exception::kCtzwOfZero);
  if (info_of(op).format != Format::kCacheBlock) return false;
  return differs_in(Exception::kNoCacheBlockOperations) || (protects_ && differs_in(Exception::kCacheBlockInPieces));
}

bool Generator::is_nowhere_or_everywhere(unsigned number) const {
  auto family = [&](unsigned first, unsigned count) { return number >= first && number < first + count; };
  bool counter = family(csr::kHpmcounter3, 29) || family(csr::kMhpmcounter3, 29) || family(csr::kMhpmevent3, 29);
  if (counter) return !differs_in(Exception::kOtherCounters);
  constexpr unsigned kVstimecmp = 0x24d;
  if (number == kVstimecmp) return !differs_in(Exception::kVstimecmpWithoutH);
  bool far_pmp = (number >= csr::kPmpcfg0 + 4 && number < csr::kPmpcfg0 + 16) ||
                 (number >= csr::kPmpaddr0 + 16 && number < csr::kPmpaddr0 + 64);
  return !far_pmp || !differs_in(Exception::kSixteenPmpEntries);
}

bool Generator::left_out(unsigned number) const {
  // Counters and time differ by nature.
  switch (number) {
    case csr::kCycle:
    case csr::kTime:
    case csr::kInstret:
    case csr::kMcycle:
    case csr::kMinstret:
    // The harness's own.
    case csr::kMtvec:
    case csr::kMscratch: return true;
    default: return false;
  }
}

bool goes_back(const Insn& insn) {
  switch (info_of(insn.op).format) {
    case Format::kB:
    case Format::kJ: return insn.imm <= 0;
    default: return insn.op == Op::kJalr || insn.op == Op::kMret || insn.op == Op::kSret;
  }
}

bool goes_elsewhere(const Insn& insn) {
  Format format = info_of(insn.op).format;
  return format == Format::kB || format == Format::kJ || goes_back(insn);
}

bool is_csr(Format format) { return format == Format::kCsr || format == Format::kCsrImm; }

bool Generator::may_emit(uint32_t word, const Freedom& freedom) const {
  Insn insn = decode(word);
  Format written = info_of(insn.op).format;
  bool writes = written == Format::kS || written == Format::kFpStore || written == Format::kAtomic || written == Format::kCacheBlock;
  if (writes && (insn.rs1 == kCodePointer || insn.rs1 == kTablePointer)) return false;  // without a fence
  // An SC without its LR may or may not succeed; so they come in pairs only.
  Format format = info_of(insn.op).format;
  if (format == Format::kLoadReserved || insn.op == Op::kScW || insn.op == Op::kScD) return false;
  if (left_out(insn.op) || is_kept(insn.rd)) return false;
  if (insn.op == Op::kSret && freedom.mode == Privilege::kMachine && differs_in(Exception::kSretKeepsMprv)) return false;
  if (!freedom.goes_round && goes_back(insn)) return false;
  if (only_pairs_ && (goes_elsewhere(insn) || insn.length == 2)) return false;
  return !is_csr(format);  // emit_csr knows what it may do
}

void Generator::emit_op(Op op, const Freedom& freedom) {
  Format format = info_of(op).format;
  bool physical = freedom.mode == Privilege::kMachine || case_.csr(CaseCsr::satp) >> satp::kModeShift == satp::kBare;
  Fields f{.rd = target(), .rs1 = any_register(), .rs2 = any_register(), .rs3 = any_register()};
  constexpr unsigned kRoundings[] = {0, 1, 2, 3, 4, 7, 7, 7, 7};
  f.rm = chance(96) ? one_of(kRoundings) : static_cast<unsigned>(below(8));
  f.imm = static_cast<int64_t>(chance(50) ? below(64) : random_());
  switch (format) {
    case Format::kB:
    case Format::kJ:
      f.imm =
          chance(85) || !freedom.goes_round ? 4 + 2 * static_cast<int64_t>(below(8)) : 2 * (static_cast<int64_t>(below(40)) - 20);
      break;
    case Format::kLoad:
    case Format::kS:
    case Format::kFpLoad:
    case Format::kFpStore:
      f.rs1 = format == Format::kLoad || format == Format::kFpLoad ? pointer() : data_pointer();
      f.imm = static_cast<int64_t>(below(32)) - 16;
      break;
    case Format::kAtomic:
    case Format::kLoadReserved:
    case Format::kCacheBlock:
      f.rs1 = data_pointer();
      // Translated, or in RAM.
      if (physical && differs_in(Exception::kCacheBlockOfNoMemory)) f.rs1 = kIdentityPointer;
      break;
    default: break;
  }
  if (op == Op::kJalr && chance(80)) {
    f.rs1 = kCodePointer;
    f.imm = static_cast<int64_t>(below(64));
  }
  if (aligned_ && (format == Format::kLoad || format == Format::kS || format == Format::kFpLoad || format == Format::kFpStore))
    f.imm &= ~7ll;
  uint32_t word = encode(op, f);
  if (format == Format::kAtomic || format == Format::kLoadReserved) word |= static_cast<uint32_t>(below(4)) << 25;
  if (may_emit(word, freedom)) emit(word);
}

void Generator::emit_csr(const Freedom& freedom) {
  constexpr unsigned kUser[] = {csr::kFflags, csr::kFrm, csr::kFcsr};
  constexpr unsigned kSupervisor[] = {csr::kSstatus, csr::kSie,    csr::kStvec, csr::kScounteren, csr::kSenvcfg, csr::kSscratch,
                                      csr::kSepc,    csr::kScause, csr::kStval, csr::kSip,        csr::kSatp,    csr::kStimecmp};
  constexpr unsigned kMachine[] = {csr::kMstatus, csr::kMedeleg,  csr::kMideleg,     csr::kMie,   csr::kMcounteren,
                                   csr::kMenvcfg, csr::kMepc,     csr::kMcause,      csr::kMtval, csr::kMip,
                                   csr::kPmpcfg0, csr::kPmpaddr0, csr::kPmpaddr0 + 1};
  constexpr Op kOps[] = {Op::kCsrrw, Op::kCsrrs, Op::kCsrrc, Op::kCsrrwi, Op::kCsrrsi, Op::kCsrrci};
  Op op = one_of(kOps);
  unsigned level = static_cast<unsigned>(freedom.mode);
  // Mostly of the own mode; those of a higher one are illegal.
  if (chance(30)) level = static_cast<unsigned>(below(4));
  unsigned number = level == 0 ? one_of(kUser) : level == 1 ? one_of(kSupervisor) : one_of(kMachine);
  unsigned operand = any_register();
  if (chance(30)) operand = 0;
  bool machine = freedom.mode == Privilege::kMachine;
  auto only_read = [&] { op = Op::kCsrrs, operand = 0; };
  switch (number) {
    case csr::kSatp: operand = chance(60) && !handler_is_sure_ ? kSatpValue : 0; break;
    case csr::kStvec:
      if (differs_in(Exception::kTvecOfReservedMode)) op = chance(50) ? Op::kCsrrwi : Op::kCsrrci, operand &= ~2u;
      if (handler_is_sure_) only_read();
      break;
    case csr::kMedeleg:  // less
      op = chance(50) ? Op::kCsrrc : Op::kCsrrci;
      if (differs_in(Exception::kAmoFaultsAsALoad)) only_read();
      break;
    case csr::kMcause:
    case csr::kScause:
      if (differs_in(Exception::kCacheBlockFaultIsRoundedDown)) only_read();
      if (differs_in(Exception::kAmoFaultsAsALoad)) op = Op::kCsrrw;
      break;
    case csr::kPmpaddr0:
    case csr::kPmpaddr0 + 1:
      if (differs_in(Exception::kPmpAddressIsWide)) only_read();
      break;
    case csr::kMip:
      if (differs_in(Exception::kHypervisorInterruptsWithoutH))
        op = one_of({Op::kCsrrwi, Op::kCsrrsi, Op::kCsrrci}), operand &= ~4u;
      break;
    case csr::kMcounteren:
    case csr::kScounteren:
      if (differs_in(Exception::kCounterEnableIsWide) || differs_in(Exception::kCounterEnablesOfCounters)) only_read();
      break;
    case csr::kMepc:
    case csr::kSepc:
      if (differs_in(Exception::kEpcKeepsItsLowBit)) only_read();
      break;
    case csr::kStimecmp:  // far from now: the clocks differ
      op = chance(50) ? Op::kCsrrw : Op::kCsrrwi;
      operand = op == Op::kCsrrw ? 0 : operand;
      break;
    case csr::kPmpcfg0:  // none is ever locked
      op = one_of({Op::kCsrrwi, Op::kCsrrsi, Op::kCsrrci});
      if (differs_in(Exception::kPmpKeepsWriteOnly)) op = Op::kCsrrwi, operand |= (operand & 2) >> 1;
      operand &= ~8u;
      if (handler_is_sure_ || !changes_protection_) only_read();
      break;
    case csr::kMie:  // the watchdog stays on
      op = chance(50) ? Op::kCsrrs : Op::kCsrrsi;
      if (differs_in(Exception::kHypervisorInterruptsWithoutH)) op = Op::kCsrrsi, operand &= ~4u;
      break;
    case csr::kMideleg:
      if (differs_in(Exception::kHypervisorInterruptsWithoutH))
        op = one_of({Op::kCsrrwi, Op::kCsrrsi, Op::kCsrrci}), operand &= ~4u;
      break;
    case csr::kMenvcfg:
    case csr::kSenvcfg:
      if (differs_in(Exception::kReservedCbieStays)) op = chance(50) ? Op::kCsrrwi : Op::kCsrrsi;  // to no CBIE of 2
      if (number == csr::kSenvcfg) break;
      if (differs_in(Exception::kEnvironmentOfMore)) op = chance(50) ? Op::kCsrrwi : Op::kCsrrsi;
      if (differs_in(Exception::kStimecmpWithoutStce)) op = Op::kCsrrsi;
      break;
    case csr::kMstatus:
    case csr::kSstatus:
      if (machine && !freedom.changes_status) {
        only_read();
      } else if (differs_in(Exception::kUxlIsWritable)) {
        if (op == Op::kCsrrc) op = Op::kCsrrci;
        if (op == Op::kCsrrw || op == Op::kCsrrs) operand = kStatusValue;
      }
      break;
    default: break;
  }
  bool status = number == csr::kMstatus || number == csr::kSstatus;
  bool address = number == csr::kStval && differs_in(Exception::kCacheBlockFaultIsRoundedDown);
  bool cause = (number == csr::kScause || number == csr::kMcause) && differs_in(Exception::kAmoFaultsAsALoad);
  bool pending = number == csr::kSip && differs_in(Exception::kSipReadsWhatIsWritten);
  unsigned rd = pending || address || cause || (status && !freedom.sees_status) ? 0 : target();
  emit(op, {.rd = rd, .rs1 = operand, .imm = static_cast<int64_t>(number)});
}

// Whether a register is there, and may be read or written here; not what it holds.
void Generator::emit_legality(const Freedom& freedom) {
  unsigned number = static_cast<unsigned>(below(4096));
  constexpr unsigned kCounters[] = {csr::kCycle, csr::kTime, csr::kInstret};
  if (chance(20)) number = one_of(kCounters);
  bool reads_only = freedom.mode == Privilege::kMachine || chance(70);
  if ((left_out(number) && !reads_only) || !is_nowhere_or_everywhere(number)) return;
  emit(reads_only ? Op::kCsrrs : Op::kCsrrw, {.rd = 0, .rs1 = 0, .imm = static_cast<int64_t>(number)});
}

void Generator::emit_memory() {
  constexpr Op kOps[] = {Op::kLb,  Op::kLh, Op::kLw, Op::kLd,      Op::kLbu,      Op::kLhu,     Op::kLwu,
                         Op::kSb,  Op::kSh, Op::kSw, Op::kSd,      Op::kFlw,      Op::kFld,     Op::kFsw,
                         Op::kFsd, Op::kSd, Op::kSw, Op::kAmoaddD, Op::kAmoswapW, Op::kAmomaxuW};
  constexpr unsigned kBases[] = {kDataPointer, kDataPointer, kWindowPointer, kWindowPointer, 12, 13, 14, 15};
  emit(one_of(kOps), {.rd = target(),
                      .rs1 = one_of(kBases),
                      .rs2 = any_register(),
                      .imm = (static_cast<int64_t>(below(24)) - 12) & (aligned_ ? ~7ll : ~0ll)});
}

// Flips a bit of a page-table entry, fences, and uses the window.
void Generator::emit_pte_edit() {
  constexpr int64_t kFlips[] = {64, 128, 192, 2, 4, 8, 16, 32, 1, 1024};
  emit(Op::kLd, {.rd = 5, .rs1 = kTablePointer});
  int64_t flip = one_of(kFlips);
  bool clears_accessed = (flip & (pte::kA | pte::kW)) != 0 && differs_in(Exception::kAmoReadsFirst);
  // Of a page where no memory is, the load faults.
  bool clears_dirty = (flip & pte::kD) != 0 && maps_nothing_ && differs_in(Exception::kAmoReadsFirst);
  bool clears = (flip & (pte::kA | pte::kD)) != 0 && !walks_update_;
  if (clears || clears_accessed || clears_dirty) flip = pte::kR;
  emit(Op::kXori, {.rd = 5, .rs1 = 5, .imm = flip});
  emit(Op::kSd, {.rs1 = kTablePointer, .rs2 = 5});
  emit(Op::kSfenceVma, {});
  emit(chance(50) ? Op::kLd : Op::kSd, {.rd = 6, .rs1 = kWindowPointer, .rs2 = 6});
}

// Copies an instruction to just ahead of itself. Without FENCE.I it would be seen at once here, and some time in QEMU.
void Generator::emit_code_write(const Freedom& freedom) {
  if (freedom.mode == Privilege::kMachine && differs_in(Exception::kCacheBlockOfNoMemory)) return;
  if (has_pairs_ && differs_in(Exception::kReservationEndsWithMode)) return;
  if (std::exchange(writes_code_, true)) return;  // another could overwrite this one's FENCE.I
  emit(Op::kAuipc, {.rd = 6});
  emit(Op::kLw, {.rd = 5, .rs1 = 6, .imm = 4 * (static_cast<int64_t>(below(12)) - 4)});
  emit(Op::kSw, {.rs1 = 6, .rs2 = 5, .imm = 16 + 4 * static_cast<int64_t>(below(8))});
  emit(Op::kFenceI, {});
}

void Generator::emit_reserved_pair(Privilege mode) {
  // Nothing is to trap between them.
  if (writes_code_ && differs_in(Exception::kReservationEndsWithMode)) return;
  has_pairs_ = true;
  bool wide = chance(50);
  unsigned base = data_pointer();
  if (differs_in(Exception::kFailingScDoesNotFault)) {
    // Where both may store for sure: code that traps at the LR goes on with the SC.
    if (!only_pairs_) return;
    bool bare = case_.csr(CaseCsr::satp) >> satp::kModeShift == satp::kBare;
    base = mode == Privilege::kUser && !bare ? kUserPointer : kIdentityPointer;
  } else {
    // In M-mode, and where nothing is translated, an address of the window is no memory.
    bool bare = mode == Privilege::kMachine || case_.csr(CaseCsr::satp) >> satp::kModeShift == satp::kBare;
    base = bare ? kIdentityPointer : kAlignedPointer;
  }
  emit(wide ? Op::kLrD : Op::kLrW, {.rd = 5, .rs1 = base});
  if (chance(50)) emit(Op::kAddi, {.rd = 6, .rs1 = 5, .imm = static_cast<int64_t>(below(16))});
  emit(wide ? Op::kScD : Op::kScW, {.rd = 6, .rs1 = base, .rs2 = any_register()});
}

void Generator::emit_compressed(const Freedom& freedom) {
  if (only_pairs_) return;
  uint32_t word = 0;
  for (unsigned half = 0; half < 2; ++half) {
    auto h = static_cast<uint32_t>(random_() & 0xffff);
    if ((h & 3) == 3) h = (h & ~3u) | static_cast<uint32_t>(below(3));
    if (!may_emit(h, freedom)) h = 1;  // c.nop
    word |= h << (16 * half);
  }
  emit(word);
}

void Generator::emit_random_word(const Freedom& freedom) {
  constexpr uint32_t kOpcodes[] = {0x03, 0x07, 0x0f, 0x13, 0x1b, 0x23, 0x27, 0x2f, 0x33, 0x3b, 0x43, 0x53, 0x63, 0x67, 0x73};
  auto word = static_cast<uint32_t>(random_()) | 3;
  if (chance(80)) word = (word & ~0x7fu) | one_of(kOpcodes);
  Format format = info_of(decode(word).op).format;
  bool accesses = format == Format::kLoad || format == Format::kS || format == Format::kFpLoad || format == Format::kFpStore;
  if (may_emit(word, freedom) && !(accesses && aligned_)) emit(word);
}

void Generator::emit_any(const Freedom& freedom) {
  switch (below(24)) {
    case 0:
    case 1:
    case 2: return emit_csr(freedom);
    case 3: return emit_legality(freedom);
    case 4:
    case 5:
    case 6:
    case 7: return emit_memory();
    case 8: return emit_pte_edit();
    case 9: return chance(50) && !only_pairs_ ? emit_code_write(freedom) : void();
    case 10: return emit_reserved_pair(freedom.mode);
    case 11:
    case 12: return emit_compressed(freedom);
    case 13: return emit_random_word(freedom);
    default: break;
  }
  auto op = static_cast<Op>(1 + below(static_cast<uint64_t>(Op::kCount) - 1));
  if (op == Op::kWfi && !chance(10)) return;  // it only waits for the watchdog
  if (!is_csr(info_of(op).format)) emit_op(op, freedom);
}

Case Generator::make() {
  case_.arena.assign(ARENA_BYTES, 0);
  make_supervisor_handler();
  make_csrs();
  make_tables();
  make_data();
  make_registers();
  make_segments();
  return std::move(case_);
}

}  // namespace

Case make_case(uint64_t seed, const Oracle& oracle) { return Generator(seed, oracle).make(); }

std::optional<uint64_t> arena_offset_of_code(uint64_t pc) {
  uint64_t offset = pc - (ARENA + kCode);
  if (pc >= kWindow && pc < kWindow + kWindowData * kPageSize) offset = (pc - kWindow) % (2 * kPageSize);
  if (offset >= 2 * kPageSize) return std::nullopt;
  return kCode + offset;
}

Bytes layout_of(const Case& c) {
  Bytes out(CASE_BYTES);
  auto put = [&](uint64_t offset, uint64_t v) { store_le(out.data() + offset, v); };
  put(CASE_SEED, c.seed);
  for (size_t i = 0; i < SEGMENT_COUNT; ++i) {
    const Segment& s = c.segments[i];
    uint64_t at = CASE_SEGMENTS + i * SEGMENT_BYTES;
    put(at + SEGMENT_PC, s.pc);
    put(at + SEGMENT_MSTATUS, s.mstatus);
    put(at + SEGMENT_MIE, s.mie);
    put(at + SEGMENT_MIP, s.mip);
  }
  for (size_t i = 0; i < 32; ++i) {
    put(CASE_X + 8 * i, c.x[i]);
    put(CASE_F + 8 * i, c.f[i]);
  }
  for (size_t i = 0; i < CASE_CSR_COUNT; ++i) put(CASE_CSRS + 8 * i, c.csrs[i]);
  uint64_t count = 0;
  for (uint64_t offset = 0; offset < ARENA_BYTES; offset += 8) {
    auto v = load_le<uint64_t>(c.arena.data() + offset);
    if (v == 0) continue;
    uint64_t at = CASE_POKES + 16 * count++;
    CHECK(at + 16 <= CASE_BYTES);
    put(at, ARENA + offset);
    put(at + 8, v);
  }
  put(CASE_POKE_COUNT, count);
  return out;
}

}  // namespace recount::differential
