#include "debug/guest_view.h"

#include <gtest/gtest.h>

#include "hart/pte.h"

namespace recount {
namespace {

using namespace pte;

constexpr uint64_t kRam = 0x80000000, kRamBytes = 4 << 20;
constexpr uint64_t kTables = kRam + 0x4000;  // the root first
constexpr uint64_t kPage = kRam + 0x10000;
constexpr uint64_t kVa = 0xffffffff80201000;

class GuestViewTest : public testing::TestWithParam<uint64_t> {
 protected:
  // kVa leads through all tables to kPage.
  GuestViewTest() {
    for (unsigned level = levels() - 1; level > 0; --level) entry(level, (table(level - 1) >> 2) | kV);
    entry(0, leaf(kPage));
  }
  unsigned levels() const { return GetParam() == satp::kSv48 ? 4 : 3; }
  uint64_t table(unsigned level) const { return kTables + (levels() - 1 - level) * kPageSize; }
  void entry(unsigned level, uint64_t value) { store_le(ram_->host(Gpa{table(level) + (kVa >> (12 + 9 * level) & 511) * 8}), value); }
  static uint64_t leaf(uint64_t gpa) { return gpa >> 2 | kV | kR; }
  GuestView view() const { return {*ram_, AddressSpace{GetParam() << satp::kModeShift | kTables >> kPageShift}}; }

  std::unique_ptr<Ram> ram_ = *Ram::create(Gpa{kRam}, kRamBytes);
};

TEST_P(GuestViewTest, ReadsThroughTheTablesAndLeavesNoTrace) {
  store_le<uint64_t>(ram_->host(Gpa{kPage + 0x123}), 0x1122334455667788);
  Bytes before(ram_->host(Gpa{kRam}), ram_->host(Gpa{kRam}) + kRamBytes);
  EXPECT_EQ(view().physical(kVa + 0x123), Gpa{kPage + 0x123});
  EXPECT_EQ(view().read<uint64_t>(kVa + 0x123), 0x1122334455667788u);
  EXPECT_EQ(view().read<uint16_t>(kVa + 0x124), 0x6677u);
  EXPECT_TRUE(std::equal(before.begin(), before.end(), ram_->host(Gpa{kRam})));
  for (uint64_t i = 0; i < ram_->frame_count(); ++i) EXPECT_EQ(ram_->frame_flags(i), 0);
}

TEST_P(GuestViewTest, SuperpagesOfEveryLevel) {
  for (unsigned level = 1; level + 1 < levels(); ++level) {
    uint64_t size = 1ull << (12 + 9 * level);
    entry(level, leaf(kRam & ~(size - 1)));
    auto found = view().mapping(kVa);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->size_bytes, size);
    EXPECT_EQ(raw(found->gpa), (kRam & ~(size - 1)) | (kVa & (size - 1)));
    entry(level, leaf((kRam & ~(size - 1)) + kPageSize));
    EXPECT_FALSE(view().mapping(kVa)) << "a superpage that is not aligned";
  }
}

TEST_P(GuestViewTest, WhatIsNotMappedIsNotRead) {
  for (uint64_t bad : {uint64_t{0}, leaf(kPage) & ~kV, (kPage >> 2) | kV | kW, leaf(kPage) | kReservedHigh, (kPage >> 2) | kV}) {
    entry(0, bad);
    EXPECT_FALSE(view().read<uint8_t>(kVa)) << std::hex << bad;
  }
  entry(0, leaf(0x10000000));
  EXPECT_TRUE(view().physical(kVa)) << "a device is mapped ...";
  EXPECT_FALSE(view().read<uint8_t>(kVa)) << "... but is never read";
  EXPECT_FALSE(view().physical(kVa ^ 1ull << 60)) << "an address that is not sign-extended";
}

TEST_P(GuestViewTest, TablesThatLeadNowhereOrToThemselvesEnd) {
  for (uint64_t where : {~uint64_t{0} >> 10 << 12, kRam + kRamBytes, uint64_t{0}, kTables}) {
    for (unsigned level = levels() - 1; level > 0; --level) {
      entry(level, where >> 12 << 10 | kV);
      view().physical(kVa);
      view().readable(kVa, 1 << 16);
    }
  }
  GuestView outside(*ram_, AddressSpace{GetParam() << satp::kModeShift | satp::kPpnMask});
  EXPECT_FALSE(outside.physical(kVa));
}

TEST_P(GuestViewTest, ReadsStopAtTheFirstPageThatIsMissing) {
  ram_->host(Gpa{kPage})[kPageSize - 2] = 'h';
  ram_->host(Gpa{kPage})[kPageSize - 1] = 'i';
  uint64_t last = kVa + kPageSize - 2;
  EXPECT_EQ(view().readable(last, 100), 2u);
  EXPECT_EQ(view().readable(last, 1), 1u);
  EXPECT_EQ(view().readable(kVa + kPageSize, 100), 0u);
  EXPECT_FALSE(view().read<uint32_t>(last));
  EXPECT_EQ(view().read_text(last - 1, 100), "");
  EXPECT_EQ(view().read_text(last + 1, 1), "i");
  EXPECT_FALSE(view().read_text(last + 2, 100));
}

INSTANTIATE_TEST_SUITE_P(Modes, GuestViewTest, testing::Values(satp::kSv39, satp::kSv48));

TEST(GuestView, WithoutTranslationAddressesArePhysical) {
  auto ram = *Ram::create(Gpa{kRam}, kRamBytes);
  store_le<uint32_t>(ram->host(Gpa{kPage}), 7);
  GuestView view(*ram, AddressSpace{0});
  EXPECT_EQ(view.read<uint32_t>(kPage), 7u);
  EXPECT_FALSE(view.read<uint32_t>(kRam + kRamBytes - 2));
  EXPECT_FALSE(view.read<uint32_t>(~0ull - 1));
  EXPECT_EQ(view.readable(~0ull - 1, 100), 0u);
}

TEST(GuestView, UnknownModesMapNothing) {
  auto ram = *Ram::create(Gpa{kRam}, kRamBytes);
  EXPECT_FALSE(GuestView(*ram, AddressSpace{10ull << satp::kModeShift}).physical(0));
}

TEST(GuestView, SpaceFollowsWhoRuns) {
  HartState hart;
  hart.satp = satp::kSv39 << satp::kModeShift | 0x80004;
  EXPECT_EQ(address_space_of(hart), AddressSpace{0});
  EXPECT_EQ(supervisor_space_of(hart), AddressSpace{hart.satp});
  hart.mstatus |= mstatus::kMprv | 1ull << mstatus::kMppShift;
  EXPECT_EQ(address_space_of(hart), AddressSpace{hart.satp});
  hart.mstatus &= ~mstatus::kMprv;
  hart.privilege = Privilege::kUser;
  EXPECT_EQ(address_space_of(hart), AddressSpace{hart.satp});
}

}  // namespace
}  // namespace recount
