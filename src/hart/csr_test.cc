// Who may read and write which CSR, and which bits stay.

#include "isa/csr.h"

#include <gtest/gtest.h>

#include "hart/hart.h"

namespace recount {
namespace {

class CsrTest : public testing::Test {
 protected:
  std::unique_ptr<Ram> ram_ = *Ram::create(Gpa{0x80000000}, 2 << 20);
  Bus bus_;
  Timebase time_;
  Hart hart_{0, *ram_, bus_, time_, Caching::kOff};
  HartState& s_ = hart_.state;

  uint64_t write_read(unsigned number, uint64_t v) {
    EXPECT_TRUE(hart_.write_csr(number, v));
    return hart_.read_csr(number).value_or(~0ull);
  }
};

// Privileged spec, "CSR Address Mapping Conventions": bits 9:8 are the lowest privilege, 11:10 both set is
// read-only.
TEST_F(CsrTest, EveryNumberKeepsItsPrivilegeAndReadOnlyness) {
  for (unsigned number = 0; number < 4096; ++number) {
    for (Privilege p : {Privilege::kUser, Privilege::kSupervisor, Privilege::kMachine}) {
      s_ = HartState{};
      s_.privilege = p;
      s_.mstatus |= mstatus::kFs;
      s_.mcounteren = s_.scounteren = 0xffffffff;
      s_.menvcfg = menvcfg::kWritable;
      hart_.mmu.update_context();
      bool readable = hart_.read_csr(number).has_value();
      if ((number >> 8 & 3) > static_cast<unsigned>(p)) {
        EXPECT_FALSE(readable) << std::hex << number;
      }
      bool writable = hart_.write_csr(number, 0);
      if (number >> 10 == 3) {
        EXPECT_FALSE(writable) << std::hex << number;
      }
      if (writable) {
        EXPECT_TRUE(readable) << std::hex << number;
      }
    }
  }
}

// "Machine Status Registers (mstatus and mstatush)".
TEST_F(CsrTest, MstatusKeepsItsWarlFields) {
  EXPECT_EQ(write_read(csr::kMstatus, ~0ull), mstatus::kWritable | mstatus::kXlen64 | mstatus::kSd);
  // MPP = 2 is no privilege: what was there stays.
  EXPECT_EQ(write_read(csr::kMstatus, 2ull << mstatus::kMppShift) & mstatus::kMpp, mstatus::kMpp);
  EXPECT_EQ(write_read(csr::kMstatus, 0), mstatus::kXlen64);
}

TEST_F(CsrTest, SstatusIsAViewThatCannotTouchMachineFields) {
  hart_.write_csr(csr::kMstatus, mstatus::kMpp | mstatus::kMie | mstatus::kTvm);
  EXPECT_EQ(write_read(csr::kSstatus, ~0ull),
            mstatus::kSupervisorWritable | (mstatus::kXlen64 & mstatus::kUxl) | mstatus::kSd);
  EXPECT_EQ(s_.mstatus & (mstatus::kMpp | mstatus::kMie | mstatus::kTvm | mstatus::kMprv),
            mstatus::kMpp | mstatus::kMie | mstatus::kTvm);
}

TEST_F(CsrTest, FloatRegistersNeedFsAndMakeItDirty) {
  EXPECT_FALSE(hart_.read_csr(csr::kFcsr));
  EXPECT_FALSE(hart_.write_csr(csr::kFrm, 1));
  s_.mstatus |= 1ull << 13;  // Initial
  EXPECT_EQ(write_read(csr::kFcsr, 0xfff), 0xffu);
  EXPECT_EQ(s_.mstatus & mstatus::kFs, mstatus::kFs);
  EXPECT_EQ(*hart_.read_csr(csr::kFrm), 7u);
  EXPECT_EQ(*hart_.read_csr(csr::kFflags), 31u);
}

// "Machine Counter-Enable Register (mcounteren)".
TEST_F(CsrTest, CountersNeedEachPrivilegesLeave) {
  for (unsigned number : {csr::kCycle, csr::kTime, csr::kInstret, csr::kHpmcounter3}) {
    uint64_t bit = 1ull << (number & 31);
    s_.mcounteren = s_.scounteren = 0;
    s_.privilege = Privilege::kMachine;
    EXPECT_TRUE(hart_.read_csr(number));
    s_.privilege = Privilege::kSupervisor;
    EXPECT_FALSE(hart_.read_csr(number));
    s_.mcounteren = bit;
    EXPECT_TRUE(hart_.read_csr(number));
    s_.privilege = Privilege::kUser;
    EXPECT_FALSE(hart_.read_csr(number));
    s_.scounteren = bit;
    EXPECT_TRUE(hart_.read_csr(number));
    s_.mcounteren = 0;
    EXPECT_FALSE(hart_.read_csr(number));
  }
}

// "Hardware Performance Monitor": what is written is what the next instruction reads; traps do not retire.
TEST_F(CsrTest, WrittenCountersGoOnFromWhatWasWritten) {
  time_.steps = 1000;
  s_.unretired = 10;
  EXPECT_EQ(*hart_.read_csr(csr::kMinstret), 990u);
  hart_.write_csr(csr::kMinstret, 5);
  hart_.write_csr(csr::kMcycle, 7);
  time_.steps = 1001;  // the writing instruction retired
  EXPECT_EQ(*hart_.read_csr(csr::kMinstret), 5u);
  EXPECT_EQ(*hart_.read_csr(csr::kMcycle), 7u);
  time_.steps = 1002;
  s_.unretired = 11;
  EXPECT_EQ(*hart_.read_csr(csr::kMinstret), 5u);
  EXPECT_EQ(*hart_.read_csr(csr::kMcycle), 8u);
}

// "Supervisor Address Translation and Protection (satp) Register".
TEST_F(CsrTest, UnsupportedSatpModeHasNoEffect) {
  uint64_t sv39 = 8ull << 60 | 3ull << 44 | 0x80004;
  EXPECT_EQ(write_read(csr::kSatp, sv39), sv39);
  EXPECT_EQ(write_read(csr::kSatp, 10ull << 60 | 5), sv39);
  EXPECT_EQ(write_read(csr::kSatp, 9ull << 60 | 5), 9ull << 60 | 5);
  EXPECT_EQ(write_read(csr::kSatp, 0), 0u);
}

// "Supervisor Interrupt (sip and sie) Registers": only delegated interrupts, and only SSIP is writable.
TEST_F(CsrTest, SipShowsDelegatedInterruptsAndWritesOnlySsip) {
  s_.mip = 1 << kSsi | 1 << kSti;
  s_.lines = 1 << kSei | 1 << kMei;
  EXPECT_EQ(*hart_.read_csr(csr::kSip), 0u);
  s_.mideleg = 1 << kSsi | 1 << kSti | 1 << kSei;
  EXPECT_EQ(*hart_.read_csr(csr::kSip), 1u << kSsi | 1u << kSti | 1u << kSei);
  hart_.write_csr(csr::kSip, 0);
  EXPECT_EQ(*hart_.read_csr(csr::kSip), 1u << kSti | 1u << kSei);
  hart_.write_csr(csr::kSie, ~0ull);
  EXPECT_EQ(s_.mie, s_.mideleg);
}

TEST_F(CsrTest, MipMachineBitsBelongToDevices) {
  s_.lines = 1 << kMti;
  hart_.write_csr(csr::kMip, ~0ull);
  EXPECT_EQ(s_.mip, 1u << kSsi | 1u << kSti | 1u << kSei);
  hart_.write_csr(csr::kMip, 0);
  EXPECT_EQ(*hart_.read_csr(csr::kMip), 1u << kMti);
}

// "Physical Memory Protection CSRs", "Locking and Privilege Mode".
TEST_F(CsrTest, LockedPmpEntryStaysAndSoDoesTheFloorOfALockedTor) {
  hart_.write_csr(csr::kPmpaddr0 + 1, 0x100);
  hart_.write_csr(csr::kPmpaddr0, 0x80);
  hart_.write_csr(csr::kPmpcfg0, 0x89ull << 8);  // entry 1: locked, TOR, R
  hart_.write_csr(csr::kPmpaddr0 + 1, 0x200);
  hart_.write_csr(csr::kPmpaddr0, 0x90);
  EXPECT_EQ(s_.pmpaddr[1], 0x100u);
  EXPECT_EQ(s_.pmpaddr[0], 0x80u);
  EXPECT_EQ(write_read(csr::kPmpcfg0, 0), 0x8900u);
}

TEST_F(CsrTest, PmpOddConfigurationRegistersDoNotExist) {
  EXPECT_FALSE(hart_.read_csr(csr::kPmpcfg0 + 1));
  EXPECT_FALSE(hart_.write_csr(csr::kPmpcfg0 + 3, 0));
  EXPECT_EQ(write_read(csr::kPmpcfg0 + 4, ~0ull), 0u);  // entries 16 and up
}

// "Machine Environment Configuration Register (menvcfg)", "Supervisor Environment Configuration Register (senvcfg)".
TEST_F(CsrTest, ReservedInvalidatePermissionIsNotTaken) {
  for (unsigned number : {csr::kMenvcfg, csr::kSenvcfg}) {
    EXPECT_EQ(write_read(number, 0xf0), 0xf0u);
    EXPECT_EQ(write_read(number, 0x60), 0x70u) << "CBIE stays 3";
    EXPECT_EQ(write_read(number, 0x10), 0x10u);
    EXPECT_EQ(write_read(number, 0x20), 0x10u) << "CBIE stays 1";
    EXPECT_EQ(write_read(number, 0), 0u);
  }
}

// "Sstc": needs STCE and mcounteren.TM below M.
TEST_F(CsrTest, StimecmpNeedsLeaveInSupervisorMode) {
  EXPECT_TRUE(hart_.read_csr(csr::kStimecmp));
  s_.privilege = Privilege::kSupervisor;
  EXPECT_FALSE(hart_.read_csr(csr::kStimecmp));
  s_.menvcfg = menvcfg::kStce;
  EXPECT_FALSE(hart_.write_csr(csr::kStimecmp, 1));
  s_.mcounteren = 2;
  EXPECT_TRUE(hart_.write_csr(csr::kStimecmp, 1));
}

}  // namespace
}  // namespace recount
