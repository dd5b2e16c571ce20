#include "support/random_program.h"

#include <bit>

#include "hart/open_memory_for_tests.h"
#include "isa/csr.h"
#include "machine/board.h"
#include "support/assembler.h"
#include "support/random_value.h"

namespace recount::test {
namespace {

constexpr uint64_t kRam = raw(board::kRam);
// Offsets in RAM.
constexpr uint64_t kMachineHandler = 0x0, kSupervisorHandler = 0x1000, kContexts = 0x2000;
constexpr uint64_t kRootA = 0x4000, kMiddleA = 0x5000, kLeafA = 0x6000, kRootB = 0x7000, kMiddleB = 0x8000,
                   kLeafB = 0x9000;
constexpr uint64_t kRoot48 = 0xa000, kMiddleIdentity = 0xb000;
constexpr uint64_t kTables = kRootA;
constexpr uint64_t kCode = kProgramCode, kData = kProgramCodeEnd, kEnd = 0x20000;
constexpr uint64_t kWindow = 0x40000000;  // virtual: where the leaf tables map pages at random
constexpr unsigned kWindowPages = 32;
constexpr unsigned kContextCount = 64, kContextShift = 7;

// A context, 128 bytes: what a handler loads.
enum Slot : int {
  kKeepPc = 0,
  kPc = 8,
  kStatus = 16,
  kSatp = 24,
  kPointers = 32,
  kSupervisorTimer = 96,
  kMachineTimer = 104,
  kMie = 112
};

// Register roles. Anything may be clobbered; the handlers load the pointers again.
constexpr unsigned kFirstPointer = 8, kPointerCount = 8;
constexpr unsigned kDataPointer = 8, kCodePointer = 9, kWindowPointer = 10, kTablePointer = 11;

class Generator : private RandomMaker {
 public:
  explicit Generator(uint64_t seed) : RandomMaker(seed) {}
  RandomProgram make();

 private:
  void put64(uint64_t offset, uint64_t v) { store_le(memory_.data() + offset, v); }
  void put_code(uint64_t offset, const std::vector<uint32_t>& words) {
    for (uint32_t w : words) {
      store_le(memory_.data() + offset, w);
      offset += 4;
    }
  }

  void make_handler(uint64_t at, bool machine);
  void make_tables();
  void make_contexts();
  void make_code();
  void make_hart();
  uint64_t random_pte(unsigned window_page);
  uint64_t random_pc(Privilege mode);
  uint64_t random_pointer(unsigned role);
  uint64_t random_value() { return test::random_value(random_); }
  uint64_t random_satp();
  uint64_t near_edge();
  void emit(Op op, Fields fields) { code_.push_back(encode(op, fields)); }
  void emit_random(Op op);
  void emit_any();
  void emit_csr();
  void emit_memory();
  void emit_pte_edit();
  void emit_code_write();
  void emit_reserved_pair();
  void emit_return();
  void emit_far_address();
  void emit_compressed();
  unsigned any_register() { return static_cast<unsigned>(below(32)); }
  unsigned pointer() { return kFirstPointer + static_cast<unsigned>(below(kPointerCount)); }
  // Mostly not a pointer.
  unsigned target() { return chance(92) ? one_of(kScratch) : any_register(); }
  static constexpr unsigned kScratch[] = {0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 28, 29, 30, 31};

  Bytes memory_;
  std::vector<uint32_t> code_;
  HartState hart_;
};

void Generator::make_handler(uint64_t at, bool machine) {
  constexpr unsigned t0 = 5, t1 = 6, t2 = 7;
  unsigned scratch = machine ? csr::kMscratch : csr::kSscratch;
  unsigned epc = machine ? csr::kMepc : csr::kSepc;
  unsigned status = machine ? csr::kMstatus : csr::kSstatus;
  Assembler a;
  if (machine) {
    a.emit(
        Op::kLui,
        {.rd = t0, .imm = static_cast<int64_t>(mstatus::kMprv)});  // the handler's own accesses are its own
    a.csr(Op::kCsrrc, 0, csr::kMstatus, t0);
  }
  auto here = static_cast<int64_t>(at + a.words().size() * 4);
  a.emit(Op::kAuipc, {.rd = t1, .imm = 0});
  a.emit(Op::kLui, {.rd = t2, .imm = (static_cast<int64_t>(kContexts) - here + 0x800) & ~0xfffll});
  a.emit(Op::kAdd, {.rd = t1, .rs1 = t1, .rs2 = t2});
  a.emit(Op::kAddi, {.rd = t1, .rs1 = t1, .imm = (static_cast<int64_t>(kContexts) - here) << 52 >> 52});
  a.csr(Op::kCsrrs, t0, scratch, 0)
      .emit(Op::kAddi, {.rd = t0, .rs1 = t0, .imm = 1})
      .csr(Op::kCsrrw, 0, scratch, t0);
  a.emit(Op::kAndi, {.rd = t0, .rs1 = t0, .imm = kContextCount - 1})
      .emit(Op::kSlli, {.rd = t0, .rs1 = t0, .imm = kContextShift});
  a.emit(Op::kAdd, {.rd = t1, .rs1 = t1, .rs2 = t0});
  auto load = [&](unsigned rd, int slot) { a.emit(Op::kLd, {.rd = rd, .rs1 = t1, .imm = slot}); };
  // Go on where it was, if it was an interrupt and the context says so.
  load(t0, kKeepPc);
  a.csr(Op::kCsrrs, t2, machine ? csr::kMcause : csr::kScause, 0);
  a.emit(Op::kSrli, {.rd = t2, .rs1 = t2, .imm = 63}).emit(Op::kAnd, {.rd = t0, .rs1 = t0, .rs2 = t2});
  a.emit(Op::kBne, {.rs1 = t0, .rs2 = 0, .imm = 7 * 4});
  load(t0, kPc);
  a.csr(Op::kCsrrw, 0, epc, t0);
  load(t0, kStatus);
  a.csr(Op::kCsrrw, 0, status, t0);
  load(t0, kSatp);
  a.csr(Op::kCsrrw, 0, csr::kSatp, t0);
  for (unsigned i = 0; i < kPointerCount; ++i) load(kFirstPointer + i, kPointers + 8 * static_cast<int>(i));
  load(t0, kSupervisorTimer);
  a.csr(Op::kCsrrs, t2, csr::kTime, 0)
      .emit(Op::kAdd, {.rd = t0, .rs1 = t0, .rs2 = t2})
      .csr(Op::kCsrrw, 0, csr::kStimecmp, t0);
  if (machine) {
    load(t0, kMachineTimer);
    a.emit(Op::kAdd, {.rd = t0, .rs1 = t0, .rs2 = t2}).emit(Op::kLui, {.rd = t2, .imm = 0x2004000});
    a.emit(Op::kSd, {.rs1 = t2, .rs2 = t0, .imm = 0}).emit(Op::kLui, {.rd = t2, .imm = 0x2000000});
    a.emit(Op::kSw, {.rs1 = t2, .rs2 = 0, .imm = 0});
    load(t0, kMie);
    a.csr(Op::kCsrrw, 0, csr::kMie, t0);
    a.csr(Op::kCsrrci, 0, csr::kMip, 2).emit(Op::kMret);
  } else {
    a.csr(Op::kCsrrci, 0, csr::kSip, 2).emit(Op::kSret);
  }
  put_code(at, a.words());
}

// The upper half of the window is mostly the user's, and mostly code everywhere.
uint64_t Generator::random_pte(unsigned window_page) {
  constexpr uint64_t kV = 1, kRwx = 14, kU = 16, kG = 32, kA = 64, kD = 128;
  uint64_t page = chance(45)   ? kCode + below(8) * kPageSize
                  : chance(70) ? kData + below(8) * kPageSize
                               : kTables + below(8) * kPageSize;
  uint64_t flags = chance(96) ? kV : 0;
  flags |= chance(80) ? kRwx : below(8) << 1;
  if (chance(window_page < kWindowPages / 2 ? 10 : 90)) flags |= kU;
  if (chance(20)) flags |= kG;
  if (chance(50)) flags |= kA;
  if (chance(50)) flags |= kD;
  if (chance(2)) flags |= 1ull << (54 + below(10));
  if (chance(2)) page += chance(50) ? 1ull << 40 : 0x1000000;  // outside of RAM
  return (kRam + page) >> 2 | flags;
}

void Generator::make_tables() {
  constexpr uint64_t kPointer = 1, kKernelLeaf = 0xcf;  // V; V R W X A D
  auto table = [](uint64_t offset) { return (kRam + offset) >> 2 | kPointer; };
  for (auto [root, middle, leaf] :
       {std::array{kRootA, kMiddleA, kLeafA}, std::array{kRootB, kMiddleB, kLeafB}}) {
    put64(root + 8 * (kWindow >> 30), table(middle));
    put64(root + 8 * (kRam >> 30), table(kMiddleIdentity));
    put64(middle, table(leaf));
    put64(middle + 8, table(chance(50) ? leaf : kLeafA));  // the window again, 2 MiB higher
    if (chance(50)) put64(middle + 16, kRam >> 2 | (kKernelLeaf | (chance(50) ? 16 : 0)));
    for (unsigned i = 0; i < kWindowPages; ++i) put64(leaf + 8 * i, random_pte(i));
  }
  put64(kMiddleIdentity, kRam >> 2 | kKernelLeaf);
  put64(kRoot48, table(kRootA));
}

uint64_t Generator::near_edge() {
  return chance(60) ? kPageSize - below(20) : chance(50) ? below(32) & ~7ull : below(kPageSize) & ~7ull;
}

// Mostly where that mode may execute.
uint64_t Generator::random_pc(Privilege mode) {
  uint64_t offset =
      (chance(30) ? kPageSize * below(8) + kPageSize - 2 * below(8) : below(kData - kCode)) & ~1ull;
  if (mode == Privilege::kMachine ? chance(95) : chance(mode == Privilege::kUser ? 10 : 40))
    return kRam + kCode + offset;
  uint64_t page = below(kWindowPages / 2) + (chance(90) == (mode == Privilege::kUser) ? kWindowPages / 2 : 0);
  return kWindow + (chance(20) ? 0x200000 * below(3) : 0) + page * kPageSize + offset % kPageSize;
}

uint64_t Generator::random_pointer(unsigned role) {
  uint64_t window =
      kWindow + (chance(25) ? 0x200000 * below(3) : 0) + below(kWindowPages) * kPageSize + near_edge();
  switch (role) {
    case kDataPointer:
      return kRam + kData + below(8) * kPageSize + near_edge();
    case kCodePointer:
      return (chance(70) ? kRam + kCode : kWindow) + below(8) * kPageSize + (below(kPageSize) & ~3ull);
    case kWindowPointer:
      return window;
    case kTablePointer: {
      constexpr uint64_t kPages[] = {kLeafA, kLeafA, kLeafA, kLeafB, kLeafB, kMiddleA, kMiddleB};
      return kRam + one_of(kPages) + 8 * below(kWindowPages);
    }
    default:
      break;
  }
  constexpr uint64_t kDevices[] = {0x2000000,  0x2004000, 0x200bff8, 0x10000000,
                                   0x0c000000, 0xc201000, 0x101000};
  return chance(60)   ? window
         : chance(50) ? kRam + kData + below(kEnd - kData)
         : chance(60) ? one_of(kDevices)
                      : random_value();
}

uint64_t Generator::random_satp() {
  uint64_t asid = below(4) << 44;
  auto of = [&](uint64_t mode, uint64_t root) {
    return mode << satp::kModeShift | asid | (kRam + root) >> kPageShift;
  };
  switch (below(8)) {
    case 0:
      return 0;
    case 1:
      return of(satp::kSv48, kRoot48);
    case 2:
    case 3:
      return of(satp::kSv39, kRootB);
    case 4:
      return of(satp::kSv39, kTables + below(8) * kPageSize);
    default:
      return of(satp::kSv39, kRootA);
  }
}

void Generator::make_contexts() {
  for (uint64_t i = 0; i < kContextCount; ++i) {
    uint64_t at = kContexts + (i << kContextShift);
    put64(at + kKeepPc, chance(60));
    uint64_t status =
        random_() & (mstatus::kSum | mstatus::kMxr | mstatus::kSpp | mstatus::kSpie | mstatus::kMpie);
    status |= (chance(95) ? mstatus::kFs : 0) | (chance(10) ? mstatus::kMprv : 0);
    constexpr Privilege kModes[] = {Privilege::kUser, Privilege::kUser, Privilege::kSupervisor,
                                    Privilege::kSupervisor, Privilege::kMachine};
    Privilege mode = one_of(kModes);
    status |= static_cast<uint64_t>(mode) << mstatus::kMppShift;
    put64(at + kPc, random_pc(mode));
    if (chance(5)) status |= random_() & (mstatus::kTvm | mstatus::kTw | mstatus::kTsr);
    put64(at + kStatus, status);
    put64(at + kSatp, random_satp());
    for (unsigned p = 0; p < kPointerCount; ++p)
      put64(at + kPointers + 8 * p, random_pointer(kFirstPointer + p));
    put64(at + kSupervisorTimer, chance(60) ? below(400) : 100000);
    put64(at + kMachineTimer, chance(60) ? below(400) : 100000);
    put64(at + kMie, random_() & 0xaaa);
  }
}

void Generator::emit_random(Op op) {
  Format format = info_of(op).format;
  Fields f{.rd = target(), .rs1 = any_register(), .rs2 = any_register(), .rs3 = any_register()};
  constexpr unsigned kRoundings[] = {0, 1, 2, 3, 4, 7, 7, 7, 7};
  f.rm = chance(98) ? one_of(kRoundings) : static_cast<unsigned>(below(8));
  f.imm = static_cast<int64_t>(chance(50) ? below(64) : random_());
  switch (format) {
    case Format::kB:
      f.imm = chance(70) ? 4 + 2 * static_cast<int64_t>(below(20)) : static_cast<int64_t>(below(128)) - 64;
      break;
    case Format::kJ:
      f.imm = chance(90) ? 4 + 2 * static_cast<int64_t>(below(40)) : static_cast<int64_t>(below(8192)) - 4096;
      break;
    case Format::kLoad:
    case Format::kS:
    case Format::kFpLoad:
    case Format::kFpStore:
      f.rs1 = pointer();
      f.imm = static_cast<int64_t>(below(32)) - 16;
      break;
    case Format::kAtomic:
    case Format::kLoadReserved:
    case Format::kCacheBlock:
      f.rs1 = pointer();
      break;
    default:
      break;
  }
  if (op == Op::kJalr) {
    f.rs1 = kCodePointer;
    f.imm = static_cast<int64_t>(below(64));
  }
  uint32_t word = encode(op, f);
  if (chance(5) && (format == Format::kAtomic || format == Format::kLoadReserved))
    word |= static_cast<uint32_t>(below(4)) << 25;
  code_.push_back(word);
}

void Generator::emit_any() {
  auto op = static_cast<Op>(1 + below(static_cast<uint64_t>(Op::kCount) - 1));
  switch (info_of(op).format) {
    case Format::kCsr:
    case Format::kCsrImm:
      return emit_csr();
    default:
      break;
  }
  if (op == Op::kWfi && !chance(30)) return;
  emit_random(op);
}

void Generator::emit_csr() {
  constexpr unsigned kNumbers[] = {
      csr::kFflags,      csr::kFrm,         csr::kFcsr,       csr::kCycle,      csr::kTime,     csr::kInstret,
      csr::kSstatus,     csr::kSie,         csr::kScounteren, csr::kSenvcfg,    csr::kSscratch, csr::kSepc,
      csr::kScause,      csr::kStval,       csr::kSip,        csr::kStimecmp,   csr::kMstatus,  csr::kMisa,
      csr::kMedeleg,     csr::kMideleg,     csr::kMie,        csr::kMcounteren, csr::kMscratch, csr::kMepc,
      csr::kMcause,      csr::kMtval,       csr::kMip,        csr::kMcycle,     csr::kMinstret, csr::kMhartid,
      csr::kPmpcfg0 + 1, csr::kHpmcounter3, csr::kFcsr,       csr::kFrm,        csr::kSstatus,  csr::kSip,
      csr::kInstret,     csr::kTime};
  constexpr Op kOps[] = {Op::kCsrrw, Op::kCsrrs, Op::kCsrrc, Op::kCsrrwi, Op::kCsrrsi, Op::kCsrrci};
  if (chance(15)) return emit(Op::kCsrrsi, {.rs1 = 1 << kSsi, .imm = chance(50) ? csr::kSip : csr::kMip});
  if (chance(8)) return emit(Op::kCsrrci, {.rd = target(), .rs1 = 2, .imm = csr::kSstatus});  // interrupts off
  // Mostly reads: a program that keeps changing its mode does little else.
  unsigned number = chance(97) ? one_of(kNumbers) : static_cast<unsigned>(below(4096));
  bool quiet = chance(60) && number > csr::kFcsr;
  emit(quiet ? Op::kCsrrs : one_of(kOps), {.rd = target(), .rs1 = quiet ? 0 : any_register(), .imm = number});
}

void Generator::emit_memory() {
  constexpr Op kOps[] = {Op::kLb,  Op::kLh, Op::kLw, Op::kLd,      Op::kLbu,      Op::kLhu,    Op::kLwu,
                         Op::kSb,  Op::kSh, Op::kSw, Op::kSd,      Op::kFlw,      Op::kFld,    Op::kFsw,
                         Op::kFsd, Op::kSd, Op::kSw, Op::kAmoaddD, Op::kAmoswapW, Op::kCboZero};
  constexpr unsigned kBases[] = {kDataPointer, kDataPointer, kWindowPointer, kWindowPointer, 12, 13,
                                 14,           15,           kTablePointer};
  emit(one_of(kOps), {.rd = target(),
                      .rs1 = one_of(kBases),
                      .rs2 = any_register(),
                      .imm = static_cast<int64_t>(below(24)) - 12});
}

// Flips bits of a page-table entry, and at once uses the window: no fence.
void Generator::emit_pte_edit() {
  constexpr int64_t kFlips[] = {64, 128, 192, 4, 8, 16, 1, 1024, 64, 128, 4};
  int64_t offset = 8 * (static_cast<int64_t>(below(9)) - 4);
  emit(Op::kLd, {.rd = 5, .rs1 = kTablePointer, .imm = offset});
  if (chance(80)) {
    emit(Op::kXori, {.rd = 5, .rs1 = 5, .imm = one_of(kFlips)});
  } else {
    emit(Op::kLd, {.rd = 5, .rs1 = kTablePointer, .imm = offset + 8});  // map another page
  }
  constexpr Op kStores[] = {Op::kSd, Op::kSd, Op::kSw, Op::kAmoswapD};
  Op store = one_of(kStores);
  emit(store, {.rd = 0, .rs1 = kTablePointer, .rs2 = 5, .imm = store == Op::kAmoswapD ? 0 : offset});
  if (chance(20)) emit(Op::kSfenceVma, {});
  emit(chance(50) ? Op::kLd : Op::kSd, {.rd = 6, .rs1 = kWindowPointer, .rs2 = 6, .imm = 0});
}

// Copies an instruction to elsewhere: often to just ahead of itself.
void Generator::emit_code_write() {
  emit(Op::kLw, {.rd = 5, .rs1 = kCodePointer, .imm = 4 * static_cast<int64_t>(below(16))});
  if (chance(60)) {
    emit(Op::kAuipc, {.rd = 6, .imm = 0});
    emit(one_of({Op::kSw, Op::kSw, Op::kSh}),
         {.rs1 = 6, .rs2 = 5, .imm = 4 + 2 * static_cast<int64_t>(below(40))});
  } else {
    emit(Op::kSw, {.rs1 = kCodePointer, .rs2 = 5, .imm = 4 * static_cast<int64_t>(below(64))});
  }
  if (chance(20)) emit(Op::kFenceI, {});
}

void Generator::emit_reserved_pair() {
  bool wide = chance(50);
  unsigned base = pointer();
  emit(wide ? Op::kLrD : Op::kLrW, {.rd = 5, .rs1 = base});
  for (uint64_t i = below(3); i > 0; --i) emit_any();
  emit(chance(90) == wide ? Op::kScD : Op::kScW, {.rd = 6, .rs1 = base, .rs2 = any_register()});
}

// A return that goes to the next instruction, mostly in the mode that it comes from.
void Generator::emit_return() {
  bool machine = chance(50);
  emit(Op::kAuipc, {.rd = 5, .imm = 0});
  emit(Op::kAddi, {.rd = 5, .rs1 = 5, .imm = chance(85) ? 28 : 2 * static_cast<int64_t>(below(20))});
  emit(Op::kCsrrw, {.rs1 = 5, .imm = machine ? csr::kMepc : csr::kSepc});
  emit(Op::kAddi, {.rd = 6, .rs1 = 0, .imm = machine ? 3 : 1});
  emit(Op::kSlli, {.rd = 6, .rs1 = 6, .imm = std::countr_zero(machine ? mstatus::kMpp : mstatus::kSpp)});
  emit(Op::kCsrrs, {.rs1 = 6, .imm = machine ? csr::kMstatus : csr::kSstatus});
  emit(machine ? Op::kMret : Op::kSret, {});
}

// As a kernel computes its virtual addresses before it turns paging on: pc and a constant of any size, which fold into one.
void Generator::emit_far_address() {
  unsigned sum = target();
  emit(Op::kAuipc, {.rd = 5, .imm = static_cast<int64_t>(static_cast<int32_t>(random_())) & ~0xfffll});
  emit(Op::kLui, {.rd = 6, .imm = static_cast<int64_t>(static_cast<int32_t>(random_())) & ~0xfffll});
  if (chance(50)) emit(Op::kSlli, {.rd = 6, .rs1 = 6, .imm = static_cast<int64_t>(below(32))});
  emit(chance(70) ? Op::kAdd : Op::kSub, {.rd = sum, .rs1 = 5, .rs2 = 6});
  if (chance(50)) emit(Op::kAddi, {.rd = sum, .rs1 = sum, .imm = static_cast<int64_t>(below(4096)) - 2048});
}

void Generator::emit_compressed() {
  uint32_t word = 0;
  for (unsigned half = 0; half < 2; ++half) {
    auto h = static_cast<uint32_t>(random_() & 0xffff);
    if ((h & 3) == 3) h = (h & ~3u) | static_cast<uint32_t>(below(3));
    word |= h << (16 * half);
  }
  code_.push_back(word);
}

void Generator::make_code() {
  while (code_.size() * 4 < kData - kCode) {
    switch (below(20)) {
      case 0:
        emit_csr();
        break;
      case 1:
      case 2:
      case 3:
      case 4:
        emit_memory();
        break;
      case 5:
        emit_pte_edit();
        break;
      case 6:
        emit_code_write();
        break;
      case 7:
        emit_reserved_pair();
        break;
      case 8:
        emit_compressed();
        break;
      case 9:
        if (chance(10)) code_.push_back(static_cast<uint32_t>(random_()));
        if (chance(15)) emit_return();
        if (chance(15)) emit_far_address();
        break;
      default:
        emit_any();
        break;
    }
  }
  code_.resize((kData - kCode) / 4);
  put_code(kCode, code_);
  // Half of the programs run 2 bytes off, so that 4-byte instructions lie across pages.
  if (chance(50))
    std::copy_backward(memory_.begin() + kCode, memory_.begin() + kData - 2, memory_.begin() + kData);
  for (uint64_t offset = kData; offset < kEnd; offset += 8) put64(offset, random_value());
}

void Generator::make_hart() {
  hart_.pc = kRam + kCode + (below(kData - kCode) & ~1ull);
  for (unsigned i = 1; i < 32; ++i) hart_.x[i] = random_value();
  for (unsigned i = 0; i < kPointerCount; ++i) hart_.x[kFirstPointer + i] = random_pointer(kFirstPointer + i);
  for (auto& f : hart_.f) f = random_value();
  hart_.mstatus |= mstatus::kFs;
  hart_.mtvec = kRam + kMachineHandler;
  hart_.stvec = kRam + kSupervisorHandler;
  hart_.medeleg = chance(50) ? 0 : random_() & 0xb3ff;
  hart_.mideleg = chance(50) ? 0 : 0x222;
  hart_.mie = random_() & 0xaaa;
  hart_.mcounteren = hart_.scounteren = 0xffffffff;
  hart_.menvcfg = menvcfg::kWritable;
  hart_.senvcfg = menvcfg::kWritable & ~menvcfg::kStce;
  open_memory(hart_);
  if (!chance(25)) return;
  // Physical memory protection whose borders lie in the middle of pages.
  constexpr uint8_t kTor = 1 << 3, kNa4 = 2 << 3, kNapot = 3 << 3;
  for (unsigned i = 0; i < 6; ++i) {
    constexpr uint8_t kModes[] = {0, kTor, kNa4, kNapot};
    uint8_t permissions = static_cast<uint8_t>(below(8));
    if ((permissions & 3) == 2) permissions = 7;
    hart_.pmpcfg[i] = static_cast<uint8_t>(one_of(kModes) | permissions | (chance(5) ? 0x80 : 0));
    hart_.pmpaddr[i] = (kRam + kTables + below(kEnd - kTables)) >> 2;
  }
}

RandomProgram Generator::make() {
  memory_.assign(kEnd, 0);
  make_handler(kMachineHandler, true);
  make_handler(kSupervisorHandler, false);
  make_tables();
  make_contexts();
  make_code();
  make_hart();
  // A tick each fourth step: timers of some hundred ticks fire often.
  std::vector<Event> events{{Position{0}, TimeAnchor{0, 1ull << 30}}};
  for (uint64_t at = below(2000); at < 20000; at += 1 + below(2000)) {
    events.push_back({Position{at}, ConsoleInput{ConsoleId::kUart, {static_cast<uint8_t>(random_())}}});
  }
  // Thresholds must not show; mostly, as much as possible is translated.
  JitOptions jit{.hot_after = 1};
  if (chance(25)) jit.hot_after = static_cast<unsigned>(1 + below(chance(80) ? 8 : 255));
  if (chance(40)) jit.most_steps = static_cast<unsigned>(1 + below(64));
  return {std::move(memory_), hart_, std::move(events), jit};
}

}  // namespace

RandomProgram make_random_program(uint64_t seed) { return Generator(seed).make(); }

std::unique_ptr<TestMachine> load(const RandomProgram& program, EngineKind engine, unsigned harts) {
  MachineConfig config;
  config.ram_bytes = 16 << 20;
  config.engine = engine;
  config.harts = harts;
  constexpr uint64_t kShortTurn = 150;
  if (harts > 1) config.turn_steps = kShortTurn;
  config.jit = program.jit;
  auto made = std::make_unique<TestMachine>(config, BootImages{});
  made->machine().ram().write(board::kRam, program.memory);
  for (unsigned hart = 0; hart < harts; ++hart) made->set_hart(program.hart, hart);
  made->set_events(program.events);
  return made;
}

}  // namespace recount::test
