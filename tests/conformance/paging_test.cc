// Sv39 and Sv48: each step of Supervisor-Level ISA, "Virtual Address Translation Process", for loads, stores and fetches.
// src/hart/mmu_test.cc asks the walker itself; here the instruction's trap is what counts.

#include "conformance/conformance.h"

namespace recount::test {
namespace {

struct Causes {
  uint64_t load, store, fetch;
  bool operator==(const Causes&) const = default;
  friend void PrintTo(const Causes& c, std::ostream* out) { *out << c.load << " " << c.store << " " << c.fetch; }
};
constexpr Causes kAllowed{0, 0, 0}, kPageFaults{13, 15, 12}, kAccessFaults{5, 7, 1};

// Each test in Sv39, then in Sv48.
class Paging : public Conformance {
 protected:
  static constexpr uint64_t kModes[] = {satp::kSv39, satp::kSv48};

  // Of accesses to that address, from code that is mapped as page_tables() has it.
  Causes causes(uint64_t va = kDataPage) {
    hart_.x[5] = va;
    Causes c{cause_of(Op::kLd, {.rd = 6, .rs1 = 5}), 0, 0};
    EXPECT_EQ(machine_->machine().hart().mtval, c.load != 0 ? va : 0);
    c.store = cause_of(Op::kSd, {.rs1 = 5, .rs2 = 0});
    EXPECT_EQ(machine_->machine().hart().mtval, c.store != 0 ? va : 0);
    // What is fetched there is zeroes: an illegal instruction, or what the store has left.
    uint64_t pc = std::exchange(hart_.pc, va);
    const HartState& s = run();
    EXPECT_EQ(s.mepc, va);
    EXPECT_EQ(s.mtval, s.mcause == 2 ? 0 : va);
    c.fetch = s.mcause == 2 ? 0 : s.mcause;
    hart_.pc = pc;
    return c;
  }
};

TEST_P(Paging, MappedPageIsReachedByEveryAccess) {
  for (uint64_t mode : kModes) {
    page_tables(kKernelPage, mode);
    EXPECT_EQ(causes(), kAllowed);
  }
}
// "(1) satp must be active", "Let a be satp.ppn x PAGESIZE": machine mode is not translated.
TEST_P(Paging, MachineModeIsNotTranslated) {
  for (uint64_t mode : kModes) {
    page_tables(0, mode);
    hart_.privilege = Privilege::kMachine;
    hart_.pc = kRam + kCode;
    hart_.x[5] = kRam + kData;
    EXPECT_EQ(cause_of(Op::kLd, {.rd = 6, .rs1 = 5}), 0u);
  }
}
// "(2) If accessing pte violates a PMA or PMP check, raise an access-fault exception corresponding to the original access
// type."
TEST_P(Paging, TableOutsideOfMemoryIsAnAccessFault) {
  for (uint64_t mode : kModes) {
    page_tables(kKernelPage, mode);
    put64(kMiddle + 8, kNowhere >> 2 | pte::kV);
    EXPECT_EQ(causes(kWindow + (2 << 20)), kAccessFaults);
    put64(kRoot + 24, (1ull << 55) >> 2 | pte::kV);
    EXPECT_EQ(causes(3ull << 30), kAccessFaults);
  }
}
// "(3) If pte.v=0, or if pte.r=0 and pte.w=1, or if any bits or encodings that are reserved for future standard use are set".
TEST_P(Paging, InvalidEntryIsAPageFault) {
  for (uint64_t mode : kModes) {
    page_tables(kKernelPage & ~pte::kV, mode);
    EXPECT_EQ(causes(), kPageFaults);
  }
}
TEST_P(Paging, WritableEntryThatIsNotReadableIsAPageFault) {
  for (uint64_t mode : kModes) {
    for (uint64_t x : {uint64_t{0}, pte::kX}) {
      page_tables(pte::kV | pte::kW | x | pte::kA | pte::kD, mode);
      EXPECT_EQ(causes(), kPageFaults);
    }
  }
}
// "Sv39": bits 60 to 54 are reserved; "If Svnapot is not implemented, bit 63 remains reserved and must be zeroed by software
// for forward compatibility, or else a page-fault exception is raised"; Svpbmt and bits 62 and 61 likewise.
TEST_P(Paging, ReservedBitInALeafIsAPageFault) {
  for (uint64_t mode : kModes) {
    for (unsigned bit = 54; bit < 64; ++bit) {
      page_tables(kKernelPage | 1ull << bit, mode);
      EXPECT_EQ(causes(), kPageFaults) << bit;
    }
  }
}
// "For non-leaf PTEs, the D, A, and U bits are reserved".
TEST_P(Paging, ReservedBitInAPointerIsAPageFault) {
  for (uint64_t mode : kModes) {
    for (unsigned bit : {4u, 6u, 7u, 54u, 61u, 63u}) {
      page_tables(kKernelPage, mode);
      put64(kMiddle + 8, (kRam + kLeaf) >> 2 | pte::kV | 1ull << bit);
      EXPECT_EQ(causes(kDataPage + (2 << 20)), kPageFaults) << bit;
    }
    page_tables(kKernelPage, mode);
    put64(kMiddle + 8, (kRam + kLeaf) >> 2 | pte::kV);
    EXPECT_EQ(causes(kDataPage + (2 << 20)), kAllowed);
  }
}
// "The RSW field is reserved for use by supervisor software"; G only says what a fence may keep.
TEST_P(Paging, SoftwaresBitsAreIgnored) {
  for (uint64_t mode : kModes) {
    page_tables(kKernelPage | 1 << 8 | 1 << 9 | 1 << 5, mode);
    EXPECT_EQ(causes(), kAllowed);
  }
}
// "(4) this PTE is a pointer to the next level ... If i<0, stop and raise a page-fault".
TEST_P(Paging, PointerAtTheLastLevelIsAPageFault) {
  for (uint64_t mode : kModes) {
    page_tables(pte::kV, mode);
    EXPECT_EQ(causes(), kPageFaults);
  }
}
// "(5) If i>0 and pte.ppn[i-1:0] != 0, this is a misaligned superpage".
TEST_P(Paging, SuperpageMustBeAligned) {
  for (uint64_t mode : kModes) {
    page_tables(kKernelPage, mode);
    uint64_t megapage = kWindow + (2 << 20);
    put64(kMiddle + 8, kRam >> 2 | kKernelPage);
    EXPECT_EQ(causes(megapage + kData), kAllowed);
    put64(kMiddle + 8, (kRam + kPageSize) >> 2 | kKernelPage);
    EXPECT_EQ(causes(megapage + kData), kPageFaults);
    put64(kRoot + 24, (kRam + (2 << 20)) >> 2 | kKernelPage);
    EXPECT_EQ(causes(3ull << 30), kPageFaults);
  }
}
// "(10) pa.ppn[i-1:0] = va.vpn[i-1:0]".
TEST_P(Paging, SuperpageTakesItsLowPartFromTheAddress) {
  for (uint64_t mode : kModes) {
    page_tables(kKernelPage, mode);
    put64(kMiddle + 8, kRam >> 2 | kKernelPage);
    put64(kRoot + 24, kRam >> 2 | kKernelPage);
    put64(0x123458, 0x1234567890);
    for (uint64_t base : {kWindow + (2 << 20), uint64_t{3} << 30}) {
      hart_.x[5] = base + 0x123458;
      EXPECT_EQ(run_one(Op::kLd, {.rd = 6, .rs1 = 5}).x[6], 0x1234567890u);
    }
  }
}
// Sv48 has a fourth level: a leaf there is a terapage.
TEST_P(Paging, TerapageMapsAndMustBeAligned) {
  page_tables(kKernelPage, satp::kSv48);
  uint64_t terapage = 1ull << 39;
  put64(kTop + 8, kKernelPage);  // physical address 0 on
  EXPECT_EQ(causes(terapage + kRam + kData), kAllowed);
  put64(kTop + 8, (1ull << 30) >> 2 | kKernelPage);
  EXPECT_EQ(causes(terapage + kRam + kData), kPageFaults);
}
// "(8) Determine if the requested memory access is allowed by the pte.r, pte.w, and pte.x bits." (U, SUM and MXR:
// status_test.cc)
TEST_P(Paging, EachPermissionIsAskedForItsOwnAccess) {
  constexpr uint64_t kBase = pte::kV | pte::kA | pte::kD;
  for (uint64_t mode : kModes) {
    page_tables(kBase | pte::kR, mode);
    EXPECT_EQ(causes(), (Causes{0, 15, 12}));
    page_tables(kBase | pte::kR | pte::kW, mode);
    EXPECT_EQ(causes(), (Causes{0, 0, 12}));
    page_tables(kBase | pte::kX, mode);
    EXPECT_EQ(causes(), (Causes{13, 15, 0}));
    page_tables(kBase | pte::kR | pte::kX, mode);
    EXPECT_EQ(causes(), (Causes{0, 15, 0}));
  }
}
// "Sv39", "Sv48": the high bits "all equal to bit 38", or 47, "or else a page-fault exception will occur".
TEST_P(Paging, AddressThatIsNotSignExtendedIsAPageFault) {
  for (uint64_t mode : kModes) {
    page_tables(kKernelPage, mode);
    unsigned bits = mode == satp::kSv39 ? 39 : 48;
    for (uint64_t va : {kDataPage | 1ull << bits, kDataPage | 1ull << 63, kDataPage | ~0ull << bits, 1ull << (bits - 1)}) {
      EXPECT_EQ(causes(va), kPageFaults) << std::hex << va;
    }
  }
}
// The upper half has its own entries.
TEST_P(Paging, UpperHalfIsMapped) {
  for (uint64_t mode : kModes) {
    page_tables(kKernelPage, mode);
    uint64_t root = mode == satp::kSv39 ? kRoot : kTop;
    put64(root + 511 * 8, (kRam + kMiddle) >> 2 | pte::kV);
    put64(kMiddle + 511 * 8, (kRam + kLeaf) >> 2 | pte::kV);
    put64(kLeaf + 511 * 8, (kRam + kData) >> 2 | kKernelPage);
    if (mode == satp::kSv48) {  // one level more
      put64(kMiddle + 511 * 8, (kRam + kRoot) >> 2 | pte::kV);
      put64(kRoot + 511 * 8, (kRam + kLeaf) >> 2 | pte::kV);
    }
    EXPECT_EQ(causes(~0ull - kPageMask), kAllowed);
    EXPECT_EQ(causes(~0ull - kPageMask - kPageSize), kPageFaults);
  }
}
// Supervisor-Level ISA, "Supervisor Address Translation and Protection (satp) Register": an unsupported MODE: "the entire
// write has no effect; no fields in satp are modified".
TEST_P(Paging, UnsupportedModeIsNoWriteAtAll) {
  for (uint64_t mode : {1ull, 7ull, 10ull, 11ull, 15ull}) {
    hart_.satp = satp::kSv39 << satp::kModeShift | 5ull << 44 | 77;
    hart_.x[5] = mode << satp::kModeShift | 3;
    put(kCode, Assembler().csr(Op::kCsrrw, 0, csr::kSatp, 5).csr(Op::kCsrrs, 10, csr::kSatp, 0).emit(Op::kJal));
    EXPECT_EQ(run().x[10], hart_.satp) << mode;
  }
}

INSTANTIATE_TEST_SUITE_P(Engines, Paging, kEveryEngine, engine_of);

}  // namespace
}  // namespace recount::test
