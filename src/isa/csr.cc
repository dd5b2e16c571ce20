#include "isa/csr.h"

#include <fmt/format.h>

namespace recount {
namespace {

struct Family {
  const char* prefix;
  unsigned first_csr, first_index, count, stride;
};
constexpr Family kFamilies[] = {
    {"hpmcounter", csr::kHpmcounter3, 3, 29, 1}, {"mhpmcounter", csr::kMhpmcounter3, 3, 29, 1},
    {"mhpmevent", csr::kMhpmevent3, 3, 29, 1},   {"pmpcfg", csr::kPmpcfg0, 0, 16, 2},  // RV64: even ones only
    {"pmpaddr", csr::kPmpaddr0, 0, 64, 1},
};

}  // namespace

std::string csr_name(unsigned number) {
  switch (number) {
#define CSR(id, name, value) \
  case value:                \
    return name;
#include "isa/csr.inc"
#undef CSR
    default:
      break;
  }
  for (const Family& f : kFamilies) {
    unsigned i = number - f.first_csr;
    if (i < f.count && i % f.stride == 0) return fmt::format("{}{}", f.prefix, f.first_index + i);
  }
  return fmt::format("{:#x}", number);
}

}  // namespace recount
