#include "debug/printk_log.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

namespace recount {
namespace {

constexpr const char* kInfo =
    "OSRELEASE=6.12\nSYMBOL(prb)=80001000\nOFFSET(printk_ringbuffer.desc_ring)=0\nOFFSET(printk_ringbuffer.text_data_ring)=48\n"
    "OFFSET(prb_desc_ring.count_bits)=0\nOFFSET(prb_desc_ring.descs)=8\nOFFSET(prb_desc_ring.infos)=16\nOFFSET(prb_desc_ring.head_id)=24\n"
    "OFFSET(prb_desc_ring.tail_id)=32\nSIZE(prb_desc)=24\nOFFSET(prb_desc.state_var)=0\nOFFSET(prb_desc.text_blk_lpos)=8\n"
    "OFFSET(prb_data_blk_lpos.begin)=0\nOFFSET(prb_data_blk_lpos.next)=8\nSIZE(printk_info)=88\nOFFSET(printk_info.seq)=0\n"
    "OFFSET(printk_info.ts_nsec)=8\nOFFSET(printk_info.text_len)=16\nOFFSET(prb_data_ring.size_bits)=0\nOFFSET(prb_data_ring.data)=8\n"
    "OFFSET(atomic_long_t.counter)=0\n";

// A ring of 4 records and 64 bytes of text, at these physical addresses, which are the virtual ones.
constexpr uint64_t kRam = 0x80000000, kPointer = 0x80001000, kRing = 0x80001100, kDescs = 0x80002000, kInfos = 0x80003000, kData = 0x80004000;

class PrintkLog : public testing::Test {
 protected:
  PrintkLog() {
    put<uint64_t>(kPointer, kRing);
    put<uint32_t>(kRing, 2);
    put<uint64_t>(kRing + 8, kDescs);
    put<uint64_t>(kRing + 16, kInfos);
    put<uint32_t>(kRing + 48, 6);
    put<uint64_t>(kRing + 56, kData);
  }
  template <class T>
  void put(uint64_t at, T value) {
    store_le<T>(ram_->host(Gpa{at}), value);
  }
  void live(uint64_t tail, uint64_t head) {
    put<uint64_t>(kRing + 32, tail);
    put<uint64_t>(kRing + 24, head);
  }
  // text lies at data offset at, behind its identifier.
  void record(uint64_t id, uint64_t state, uint64_t begin, uint64_t next, uint64_t at, std::string_view text) {
    put<uint64_t>(kDescs + id % 4 * 24, state << 62 | id);
    put<uint64_t>(kDescs + id % 4 * 24 + 8, begin);
    put<uint64_t>(kDescs + id % 4 * 24 + 16, next);
    put<uint64_t>(kInfos + id % 4 * 88, id + 100);
    put<uint64_t>(kInfos + id % 4 * 88 + 8, id * 1000);
    put<uint16_t>(kInfos + id % 4 * 88 + 16, static_cast<uint16_t>(text.size()));
    std::memcpy(ram_->host(Gpa{kData + at + 8}), text.data(), text.size());
  }
  Result<std::vector<LogRecord>> read() { return printk_log(GuestView(*ram_, AddressSpace{}), Vmcoreinfo(kInfo)); }

  std::unique_ptr<Ram> ram_ = *Ram::create(Gpa{kRam}, 64 << 10);
};

TEST_F(PrintkLog, GivesCommittedRecordsInOrderAndFollowsTheTextAroundTheRing) {
  live(6, 9);
  record(6, 2, 96, 112, 32, "six");
  record(7, 3, 112, 120, 48, "reusable");
  record(8, 2, 120, 144, 0, "eight wrap");  // would cross the end: lies at the ring's begin
  record(9, 1, 1, 1, 0, "");
  auto records = read();
  ASSERT_TRUE(records);
  ASSERT_EQ(records->size(), 3u);
  EXPECT_EQ((*records)[0].text, "six");
  EXPECT_EQ((*records)[0].sequence, 106u);
  EXPECT_EQ((*records)[0].time_ns, 6000u);
  EXPECT_EQ((*records)[1].text, "eight wrap");
  EXPECT_EQ((*records)[2].text, "");
}

TEST_F(PrintkLog, WithoutItsStructuresThereIsNone) {
  put<uint32_t>(kRing, 60);
  EXPECT_EQ(read().error().kind, ErrorKind::kUnavailable);
  put<uint64_t>(kPointer, 0x1234);
  EXPECT_EQ(read().error().kind, ErrorKind::kUnavailable);
}

// Run under sanitizers.
TEST_F(PrintkLog, WhateverTheGuestWroteThereItEnds) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 200; ++i) {
    live(random() % 2 == 0 ? random() : random() % 8, random() % 2 == 0 ? random() : random() % 8);
    for (int n = 0; n < 40; ++n) put<uint8_t>(kRing + random() % 3 * 0x0f00 + random() % 128, static_cast<uint8_t>(random()));
    if (i % 8 == 0) put<uint64_t>(kPointer, kRing);
    if (i % 2 == 0) {
      put<uint32_t>(kRing, 2);
      put<uint32_t>(kRing + 48, 6);
    }
    auto records = read();
    EXPECT_TRUE(!records || records->size() <= 1u << 24);
  }
}

TEST(Vmcoreinfo, FindsValuesByTheirWholeKey) {
  Vmcoreinfo info("SIZE(page)=64\nSIZE(pages)=x\nSYMBOL(prb)=ffffffff81000000\nBUILD-ID=abc");
  EXPECT_EQ(info.size("page"), 64u);
  EXPECT_FALSE(info.size("pages"));
  EXPECT_FALSE(info.size("pag"));
  EXPECT_EQ(info.symbol("prb"), 0xffffffff81000000u);
  EXPECT_EQ(info.value("BUILD-ID"), "abc");
}

}  // namespace
}  // namespace recount
