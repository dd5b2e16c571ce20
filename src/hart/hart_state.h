#pragma once
// Everything architectural about a hart, as a value: it copies, compares, is captured and digested.
// Nothing cached or derived lives here.

#include <algorithm>
#include <array>
#include <cstdint>

#include "hart/status.h"
#include "hart/trap.h"

namespace recount {

inline constexpr unsigned kPmpEntryCount = 16;
inline constexpr unsigned kPmpAddressBits = 54;  // "Physical Memory Protection CSRs"
// Engines write results for x0 here, so that no store needs a test; never read, never captured.
inline constexpr unsigned kDiscardRegister = 32;

struct HartState {
  std::array<uint64_t, 33> x{};
  std::array<uint64_t, 32> f{};
  uint64_t pc = 0;
  Privilege privilege = Privilege::kMachine;
  bool waiting = false;  // in WFI
  bool paused = false;   // its last step was a pause: its turn is over
  bool stopped = false;  // SBI HSM: runs nothing until another hart starts it

  uint64_t hart_id = 0;
  uint64_t mstatus = mstatus::kXlen64;
  uint64_t medeleg = 0, mideleg = 0, mie = 0;
  uint64_t mip = 0;    // the bits that software sets
  uint64_t lines = 0;  // the bits that devices drive, in mip's places
  uint64_t mtvec = 0, mscratch = 0, mepc = 0, mcause = 0, mtval = 0;
  uint64_t mcounteren = 0, mcountinhibit = 0, menvcfg = 0;
  uint64_t stvec = 0, sscratch = 0, sepc = 0, scause = 0, stval = 0;
  uint64_t satp = 0, scounteren = 0, senvcfg = 0;
  uint64_t stimecmp = ~0ull;
  bool native_sbi = false;  // no firmware in M-mode: the machine itself answers S-mode's ecall
  uint8_t fflags = 0, frm = 0;
  std::array<uint8_t, kPmpEntryCount> pmpcfg{};
  std::array<uint64_t, kPmpEntryCount> pmpaddr{};
  uint64_t unretired = 0;  // steps that were trap or interrupt entries, or other harts'
  uint64_t mcycle_offset = 0, minstret_offset = 0;
  bool reserved = false;        // an LR is outstanding ...
  uint64_t reservation = 0;     // ... on this physical address ...
  uint64_t reserved_value = 0;  // ... which held this value

  // False for values that no hart comes to, and that would be taken for an index, an address or a shift.
  bool possible() const {
    bool mode = privilege == Privilege::kUser || privilege == Privilege::kSupervisor || privilege == Privilege::kMachine;
    auto previous = mstatus & mstatus::kMpp;
    bool fetches = ((pc | mepc | sepc) & 1) == 0;
    uint64_t translation = satp >> satp::kModeShift;
    bool translates = translation == satp::kBare || translation == satp::kSv39 || translation == satp::kSv48;
    bool protects = std::ranges::all_of(pmpaddr, [](uint64_t a) { return a >> kPmpAddressBits == 0; });
    return mode && previous != 2ull << mstatus::kMppShift && frm <= 7 && fflags <= 31 && x[0] == 0 && fetches &&
           translates && protects;
  }

  template <class Archive>
  void state(Archive& a) {
    for (unsigned i = 0; i < 32; ++i) a(kXNames[i], x[i]);
    a("f", f);
    a("pc", pc);
    a("privilege", privilege);
    a("waiting", waiting);
    a("paused", paused);
    a("stopped", stopped);
    a("mstatus", mstatus);
    a("medeleg", medeleg);
    a("mideleg", mideleg);
    a("mie", mie);
    a("mip", mip);
    a("lines", lines);
    a("mtvec", mtvec);
    a("mscratch", mscratch);
    a("mepc", mepc);
    a("mcause", mcause);
    a("mtval", mtval);
    a("mcounteren", mcounteren);
    a("mcountinhibit", mcountinhibit);
    a("menvcfg", menvcfg);
    a("stvec", stvec);
    a("sscratch", sscratch);
    a("sepc", sepc);
    a("scause", scause);
    a("stval", stval);
    a("satp", satp);
    a("scounteren", scounteren);
    a("senvcfg", senvcfg);
    a("stimecmp", stimecmp);
    a("native_sbi", native_sbi);
    a("fflags", fflags);
    a("frm", frm);
    a("pmpcfg", pmpcfg);
    a("pmpaddr", pmpaddr);
    a("unretired", unretired);
    a("mcycle_offset", mcycle_offset);
    a("minstret_offset", minstret_offset);
    a("reserved", reserved);
    a("reservation", reservation);
    a("reserved_value", reserved_value);
  }

  static constexpr const char* kXNames[32] = {
      "x0",  "x1",  "x2",  "x3",  "x4",  "x5",  "x6",  "x7",  "x8",  "x9",  "x10", "x11", "x12", "x13", "x14", "x15",
      "x16", "x17", "x18", "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28", "x29", "x30", "x31"};
};

}  // namespace recount
