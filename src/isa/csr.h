#pragma once
// CSR numbers. Privileged spec, "CSR Listing"; Sstc for stimecmp.

namespace recount::csr {

inline constexpr unsigned kFflags = 0x001, kFrm = 0x002, kFcsr = 0x003;
inline constexpr unsigned kCycle = 0xc00, kTime = 0xc01, kInstret = 0xc02, kHpmcounter3 = 0xc03;

inline constexpr unsigned kSstatus = 0x100, kSie = 0x104, kStvec = 0x105, kScounteren = 0x106, kSenvcfg = 0x10a;
inline constexpr unsigned kSscratch = 0x140, kSepc = 0x141, kScause = 0x142, kStval = 0x143, kSip = 0x144;
inline constexpr unsigned kStimecmp = 0x14d, kSatp = 0x180;

inline constexpr unsigned kMvendorid = 0xf11, kMarchid = 0xf12, kMimpid = 0xf13, kMhartid = 0xf14;
inline constexpr unsigned kMconfigptr = 0xf15;
inline constexpr unsigned kMstatus = 0x300, kMisa = 0x301, kMedeleg = 0x302, kMideleg = 0x303, kMie = 0x304;
inline constexpr unsigned kMtvec = 0x305, kMcounteren = 0x306, kMenvcfg = 0x30a, kMcountinhibit = 0x320;
inline constexpr unsigned kMscratch = 0x340, kMepc = 0x341, kMcause = 0x342, kMtval = 0x343, kMip = 0x344;
inline constexpr unsigned kPmpcfg0 = 0x3a0, kPmpaddr0 = 0x3b0;
inline constexpr unsigned kMcycle = 0xb00, kMinstret = 0xb02, kMhpmcounter3 = 0xb03, kMhpmevent3 = 0x323;

}  // namespace recount::csr
