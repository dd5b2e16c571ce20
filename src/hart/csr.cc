// CSR reads and writes: who may, which bits are writable, what follows. Privileged spec, "CSR Listing".

#include "isa/csr.h"

#include "hart/hart.h"

namespace recount {
namespace {

constexpr uint64_t kSupervisorInterrupts = 1u << kSsi | 1u << kSti | 1u << kSei;
constexpr uint64_t kMachineInterrupts = 1u << kMsi | 1u << kMti | 1u << kMei;
// ecall from M cannot be delegated: it never comes from below.
constexpr uint64_t kDelegable = 0xb3ff;
constexpr uint64_t kMisa = 2ull << 62 | 1 << ('A' - 'A') | 1 << ('C' - 'A') | 1 << ('D' - 'A') | 1 << ('F' - 'A') |
                           1 << ('I' - 'A') | 1 << ('M' - 'A') | 1 << ('S' - 'A') | 1 << ('U' - 'A');
constexpr uint64_t kCounterEnable = 0xffffffff;
constexpr uint64_t kVectored = 1;
constexpr uint64_t kPmpAddressMask = (1ull << kPmpAddressBits) - 1;
constexpr uint8_t kPmpLocked = 0x80, kPmpWritable = 0x9f, kPmpModeMask = 0x18, kPmpTor = 0x08;

uint64_t legal_tvec(uint64_t v) { return (v & 2) != 0 ? v & ~3ull : v & (~3ull | kVectored); }

// CBIE is WARL: 2 is reserved; what was there stays.
uint64_t legal_envcfg(uint64_t v, uint64_t old) {
  constexpr uint64_t kReserved = 2ull << 4;
  return (v & menvcfg::kCbie) == kReserved ? (v & ~menvcfg::kCbie) | (old & menvcfg::kCbie) : v;
}

bool is_hpm(unsigned n, unsigned first) { return n >= first && n < first + 29; }
bool is_pmp(unsigned n) {
  return (n >= csr::kPmpcfg0 && n < csr::kPmpcfg0 + 16) || (n >= csr::kPmpaddr0 && n < csr::kPmpaddr0 + 64);
}

}  // namespace

uint64_t Hart::mstatus() const {
  bool dirty = (state.mstatus & mstatus::kFs) == mstatus::kFs;
  return state.mstatus | (dirty ? mstatus::kSd : 0);
}

bool Hart::may_read_counter(unsigned number) const {
  unsigned bit = number & 31;
  if (state.privilege != Privilege::kMachine && (state.mcounteren >> bit & 1) == 0) return false;
  return state.privilege != Privilege::kUser || (state.scounteren >> bit & 1) != 0;
}

std::optional<uint64_t> Hart::read_pmp(unsigned number) const {
  if (number >= csr::kPmpaddr0) {
    unsigned i = number - csr::kPmpaddr0;
    return i < kPmpEntryCount ? state.pmpaddr[i] : 0;
  }
  unsigned first = (number - csr::kPmpcfg0) * 4;
  if (number % 2 != 0) return std::nullopt;  // RV64 has the even ones only
  uint64_t v = 0;
  for (unsigned i = 0; i < 8 && first + i < kPmpEntryCount; ++i) {
    v |= static_cast<uint64_t>(state.pmpcfg[first + i]) << (8 * i);
  }
  return v;
}

void Hart::write_pmp(unsigned number, uint64_t value) {
  if (number >= csr::kPmpaddr0) {
    unsigned i = number - csr::kPmpaddr0;
    if (i >= kPmpEntryCount || (state.pmpcfg[i] & kPmpLocked) != 0) return;
    bool next_is_locked_tor = i + 1 < kPmpEntryCount && (state.pmpcfg[i + 1] & kPmpLocked) != 0 &&
                              (state.pmpcfg[i + 1] & kPmpModeMask) == kPmpTor;
    if (!next_is_locked_tor) state.pmpaddr[i] = value & kPmpAddressMask;
  } else {
    unsigned first = (number - csr::kPmpcfg0) * 4;
    for (unsigned i = 0; i < 8 && first + i < kPmpEntryCount; ++i) {
      if ((state.pmpcfg[first + i] & kPmpLocked) != 0) continue;
      auto cfg = static_cast<uint8_t>(value >> (8 * i) & kPmpWritable);
      if ((cfg & 3) == 2) cfg = static_cast<uint8_t>(cfg & ~2);  // W without R is reserved
      state.pmpcfg[first + i] = cfg;
    }
  }
  mmu.flush();
}

std::optional<uint64_t> Hart::read_csr(unsigned number) const {
  if (((number >> 8) & 3) > static_cast<unsigned>(state.privilege)) return std::nullopt;
  const HartState& s = state;
  switch (number) {
    case csr::kFflags:
    case csr::kFrm:
    case csr::kFcsr:
      if (!fp_enabled()) return std::nullopt;
      return number == csr::kFflags ? s.fflags : number == csr::kFrm ? s.frm : static_cast<uint64_t>(s.frm) << 5 | s.fflags;
    case csr::kCycle:
    case csr::kMcycle:
      if (number == csr::kCycle && !may_read_counter(number)) return std::nullopt;
      return timebase_.steps + s.mcycle_offset;
    case csr::kInstret:
    case csr::kMinstret:
      if (number == csr::kInstret && !may_read_counter(number)) return std::nullopt;
      return timebase_.steps - s.unretired + s.minstret_offset;
    case csr::kTime:
      if (!may_read_counter(number)) return std::nullopt;
      return timebase_.ticks();

    case csr::kSstatus: return mstatus() & mstatus::kSupervisorReadable;
    case csr::kSie: return s.mie & s.mideleg;
    case csr::kStvec: return s.stvec;
    case csr::kScounteren: return s.scounteren;
    case csr::kSenvcfg: return s.senvcfg;
    case csr::kSscratch: return s.sscratch;
    case csr::kSepc: return s.sepc;
    case csr::kScause: return s.scause;
    case csr::kStval: return s.stval;
    case csr::kSip: return mip() & s.mideleg;
    case csr::kStimecmp:
      if (s.privilege == Privilege::kSupervisor &&
          ((s.menvcfg & menvcfg::kStce) == 0 || (s.mcounteren >> 1 & 1) == 0)) {
        return std::nullopt;
      }
      return s.stimecmp;
    case csr::kSatp:
      if (s.privilege == Privilege::kSupervisor && (s.mstatus & mstatus::kTvm) != 0) return std::nullopt;
      return s.satp;

    case csr::kMvendorid:
    case csr::kMarchid:
    case csr::kMimpid:
    case csr::kMconfigptr: return 0;
    case csr::kMhartid: return s.hart_id;
    case csr::kMstatus: return mstatus();
    case csr::kMisa: return kMisa;
    case csr::kMedeleg: return s.medeleg;
    case csr::kMideleg: return s.mideleg;
    case csr::kMie: return s.mie;
    case csr::kMtvec: return s.mtvec;
    case csr::kMcounteren: return s.mcounteren;
    case csr::kMenvcfg: return s.menvcfg;
    case csr::kMcountinhibit: return s.mcountinhibit;
    case csr::kMscratch: return s.mscratch;
    case csr::kMepc: return s.mepc;
    case csr::kMcause: return s.mcause;
    case csr::kMtval: return s.mtval;
    case csr::kMip: return mip();
    default: return read_numbered_csr(number);
  }
}

// Of a family.
std::optional<uint64_t> Hart::read_numbered_csr(unsigned number) const {
  if (is_hpm(number, csr::kHpmcounter3)) {
    if (!may_read_counter(number)) return std::nullopt;
    return 0;
  }
  if (is_hpm(number, csr::kMhpmcounter3) || is_hpm(number, csr::kMhpmevent3)) return 0;
  if (is_pmp(number)) return read_pmp(number);
  return std::nullopt;
}

void Hart::write_mstatus(uint64_t value, uint64_t writable) {
  uint64_t v = (state.mstatus & ~writable) | (value & writable);
  // MPP is WARL: 2 is no privilege; keep what was there.
  if ((v & mstatus::kMpp) == 2ull << mstatus::kMppShift) v = (v & ~mstatus::kMpp) | (state.mstatus & mstatus::kMpp);
  bool same_context = ((state.mstatus ^ v) & Mmu::kContextStatus) == 0;
  state.mstatus = v;
  if (!same_context) mmu.update_context();
}

bool Hart::write_csr(unsigned number, uint64_t value) {
  constexpr unsigned kReadOnly = 3;
  if (number >> 10 == kReadOnly || !read_csr(number)) return false;
  HartState& s = state;
  if (is_pmp(number)) {
    write_pmp(number, value);
    return true;
  }
  auto write_masked = [value](uint64_t& reg, uint64_t mask) { reg = (reg & ~mask) | (value & mask); };
  switch (number) {
    case csr::kFflags:
      s.fflags = value & 31;
      mark_fp_dirty();
      break;
    case csr::kFrm:
      s.frm = value & 7;
      mark_fp_dirty();
      break;
    case csr::kFcsr:
      s.fflags = value & 31;
      s.frm = value >> 5 & 7;
      mark_fp_dirty();
      break;

    case csr::kSstatus: write_mstatus(value, mstatus::kSupervisorWritable); break;
    case csr::kSie: write_masked(s.mie, s.mideleg); break;
    case csr::kStvec: s.stvec = legal_tvec(value); break;
    case csr::kScounteren: s.scounteren = value & kCounterEnable; break;
    case csr::kSenvcfg: s.senvcfg = legal_envcfg(value, s.senvcfg) & menvcfg::kWritable & ~menvcfg::kStce; break;
    case csr::kSscratch: s.sscratch = value; break;
    case csr::kSepc: s.sepc = value & ~1ull; break;
    case csr::kScause: s.scause = value; break;
    case csr::kStval: s.stval = value; break;
    case csr::kSip: write_masked(s.mip, s.mideleg & 1u << kSsi); break;
    case csr::kStimecmp: s.stimecmp = value; break;
    case csr::kSatp: {
      uint64_t mode = value >> satp::kModeShift;
      // An unsupported mode: "no write to satp has any effect".
      if (mode == satp::kBare || mode == satp::kSv39 || mode == satp::kSv48) s.satp = value;
      mmu.update_context();
      break;
    }

    case csr::kMstatus: write_mstatus(value, mstatus::kWritable); break;
    case csr::kMedeleg: s.medeleg = value & kDelegable; break;
    case csr::kMideleg: s.mideleg = value & kSupervisorInterrupts; break;
    case csr::kMie: s.mie = value & (kSupervisorInterrupts | kMachineInterrupts); break;
    case csr::kMtvec: s.mtvec = legal_tvec(value); break;
    case csr::kMcounteren: s.mcounteren = value & kCounterEnable; break;
    case csr::kMenvcfg: s.menvcfg = legal_envcfg(value, s.menvcfg) & menvcfg::kWritable; break;
    case csr::kMcountinhibit: s.mcountinhibit = 0; break;
    case csr::kMscratch: s.mscratch = value; break;
    case csr::kMepc: s.mepc = value & ~1ull; break;
    case csr::kMcause: s.mcause = value; break;
    case csr::kMtval: s.mtval = value; break;
    case csr::kMip: {
      uint64_t writable = kSupervisorInterrupts;
      if ((s.menvcfg & menvcfg::kStce) != 0) writable &= ~(1ull << kSti);
      write_masked(s.mip, writable);
      break;
    }
    // The instruction itself retires after the write: the counter reads as written by the next one.
    case csr::kMcycle: s.mcycle_offset = value - (timebase_.steps + 1); break;
    case csr::kMinstret: s.minstret_offset = value - (timebase_.steps + 1 - s.unretired); break;
    default: break;  // read-only zero fields of writable numbers
  }
  return true;
}

}  // namespace recount
