#pragma once
// Traps as values: a guest fault is architecture, not an error.
// Privileged spec, "Machine Cause Register (mcause)".

#include <cstdint>

namespace recount {

enum class Cause : uint64_t {
  kFetchMisaligned = 0,
  kFetchAccess = 1,
  kIllegal = 2,
  kBreakpoint = 3,
  kLoadMisaligned = 4,
  kLoadAccess = 5,
  kStoreMisaligned = 6,
  kStoreAccess = 7,
  kEcallU = 8,
  kEcallS = 9,
  kEcallM = 11,
  kFetchPage = 12,
  kLoadPage = 13,
  kStorePage = 15,
};

struct Trap {
  Cause cause;
  uint64_t tval;
};

// Interrupt numbers are also bit numbers in mip and mie.
enum Interrupt : unsigned { kSsi = 1, kMsi = 3, kSti = 5, kMti = 7, kSei = 9, kMei = 11 };

enum class Privilege : uint8_t { kUser = 0, kSupervisor = 1, kMachine = 3 };

}  // namespace recount
