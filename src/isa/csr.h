#pragma once
// CSR numbers and names. Privileged spec, "CSR Listing".

#include <string>

namespace recount {

namespace csr {

#define CSR(id, name, number) inline constexpr unsigned k##id = number;
#include "isa/csr.inc"
#undef CSR

// First of a numbered family.
inline constexpr unsigned kHpmcounter3 = 0xc03, kMhpmcounter3 = 0xb03, kMhpmevent3 = 0x323;
inline constexpr unsigned kPmpcfg0 = 0x3a0, kPmpaddr0 = 0x3b0;

}  // namespace csr

// "sstatus"; a number without a name as "0x5c0".
std::string csr_name(unsigned number);

}  // namespace recount
