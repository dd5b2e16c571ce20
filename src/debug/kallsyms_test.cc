#include "debug/kallsyms.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <algorithm>
#include <random>

namespace recount {
namespace {

constexpr uint64_t kBase = 0xffffffff80000000;

// As scripts/kallsyms.c lays it out: letters stand for themselves, and one token for "sys_".
Bytes tables_of(const std::vector<Symbol>& symbols, size_t before) {
  constexpr uint8_t kSys = 0xc0;
  Bytes out(before);
  auto align = [&] { out.resize((out.size() + 7) & ~size_t{7}); };
  auto put = [&](auto value) {
    for (size_t i = 0; i < sizeof value; ++i) out.push_back(static_cast<uint8_t>(value >> (8 * i)));
  };
  align();
  put(static_cast<uint32_t>(symbols.size()));
  align();
  std::vector<uint32_t> markers;
  size_t names = out.size();
  for (size_t i = 0; i < symbols.size(); ++i) {
    if (i % 256 == 0) markers.push_back(static_cast<uint32_t>(out.size() - names));
    std::string text = symbols[i].type + symbols[i].name;
    Bytes packed;
    for (size_t n = 0; n < text.size(); ++n) {
      bool token = text.substr(n, 4) == "sys_";
      packed.push_back(token ? kSys : static_cast<uint8_t>(text[n]));
      if (token) n += 3;
    }
    if (packed.size() >= 0x80) {
      put(static_cast<uint8_t>(0x80 | (packed.size() & 0x7f)));
      put(static_cast<uint8_t>(packed.size() >> 7));
    } else {
      put(static_cast<uint8_t>(packed.size()));
    }
    out.insert(out.end(), packed.begin(), packed.end());
  }
  align();
  for (uint32_t marker : markers) put(marker);
  align();
  std::vector<uint16_t> index;
  size_t table = out.size();
  for (unsigned token = 0; token < 256; ++token) {
    index.push_back(static_cast<uint16_t>(out.size() - table));
    std::string text = token == kSys ? "sys_" : token < 0x21 || token > 0x7e ? "unused" : std::string(1, static_cast<char>(token));
    out.insert(out.end(), text.begin(), text.end());
    out.push_back(0);
  }
  align();
  for (uint16_t i : index) put(i);
  align();
  for (const Symbol& s : symbols) put(static_cast<uint32_t>(s.address - kBase));
  align();
  put(kBase);
  return out;
}

std::vector<Symbol> many() {
  std::vector<Symbol> symbols;
  for (uint64_t i = 0; i < 1000; ++i) symbols.push_back({fmt::format("sys_call_{}", i), kBase + 16 * i, i % 3 == 0 ? 'd' : 'T'});
  symbols[700].name = std::string(300, 'x');
  return symbols;
}

TEST(Kallsyms, ReadsEachNameTypeAndAddress) {
  for (size_t before : {0, 1, 4096, 100'001}) {
    Symbols symbols = kallsyms_in(tables_of(many(), before));
    ASSERT_EQ(symbols.all().size(), 1000u);
    for (size_t i = 0; i < 1000; ++i) {
      EXPECT_EQ(symbols.all()[i].name, many()[i].name);
      EXPECT_EQ(symbols.all()[i].address, many()[i].address);
      EXPECT_EQ(symbols.all()[i].type, many()[i].type);
    }
  }
}

TEST(Kallsyms, ThereAreNoneWhereThereIsNoTable) {
  EXPECT_TRUE(kallsyms_in({}).empty());
  EXPECT_TRUE(kallsyms_in(Bytes(100'000)).empty());
  Bytes cut = tables_of(many(), 64);
  cut.resize(cut.size() / 2);
  EXPECT_TRUE(kallsyms_in(cut).empty());
}

// The guest may have written anything there. Run under sanitizers.
TEST(Kallsyms, DamagedTablesAreReadWithinBounds) {
  std::mt19937_64 random(1);
  const Bytes whole = tables_of(many(), 64);
  for (int i = 0; i < 2000; ++i) {
    Bytes damaged = whole;
    for (uint64_t n = 0; n <= random() % 8; ++n) damaged[random() % damaged.size()] = static_cast<uint8_t>(random());
    if (random() % 4 == 0) damaged.resize(random() % damaged.size());
    kallsyms_in(damaged);
  }
}

TEST(Kallsyms, AMarkerThatLeadsOutOfMemoryIsNoTable) {
  std::vector<Symbol> symbols = many();
  symbols.resize(600);  // three markers, and four bytes of zeros behind them
  Bytes tables = tables_of(symbols, 64);
  const std::string_view first_token("unused");
  auto tokens = std::ranges::search(tables, first_token).begin() - tables.begin();
  for (uint32_t marker : {0xfffffff8u, 0xfffffff0u, 0xffffff00u}) {
    store_le(tables.data() + tokens - 8, marker);
    EXPECT_TRUE(kallsyms_in(tables).empty());
  }
}

TEST(Symbols, ModulesEndAndTheirFunctionsHaveOneName) {
  Symbols symbols({{"probe", 0x100, 't', "virtio"}, {"remove", 0x180, 't', "virtio"}, {"", 0x200, '?', ""}, {"probe", 0x8000, 'T', ""}, {"_end", 0x9000, 'D', ""}});
  EXPECT_EQ(symbols.describe(0x100), "probe [virtio]");
  EXPECT_EQ(symbols.describe(0x104), "probe+0x4 [virtio]");
  EXPECT_EQ(symbols.name_at(0x100), "probe [virtio]");
  EXPECT_EQ(symbols.name_at(0x104), "probe [virtio]");
  EXPECT_EQ(symbols.describe(0x1ff), "remove+0x7f [virtio]");
  EXPECT_EQ(symbols.describe(0x200), "");
  EXPECT_EQ(symbols.describe(0x7fff), "");
  EXPECT_EQ(symbols.address_of("probe"), 0x8000u);
  EXPECT_EQ(symbols.address_of("remove"), 0x180u);
  EXPECT_FALSE(symbols.address_of(""));
}

TEST(Symbols, DescribeWhatLiesBetweenTheFirstAndTheLast) {
  Symbols symbols({{"b", 0x200, 't'}, {"a", 0x100, 't'}, {"also_a", 0x100, 't'}, {"end", 0x300, 'd'}});
  EXPECT_EQ(symbols.describe(0x100), "a");
  EXPECT_EQ(symbols.describe(0x2ff), "b+0xff");
  EXPECT_EQ(symbols.describe(0xff), "");
  EXPECT_EQ(symbols.describe_return(0x200), "a+0x100");
  EXPECT_EQ(symbols.describe_return(0x204), "b+0x4");
  EXPECT_EQ(symbols.describe(0x300), "");
  EXPECT_EQ(symbols.address_of("b"), 0x200u);
  EXPECT_FALSE(symbols.address_of("c"));
  EXPECT_EQ(symbols.place_in("b+0x10"), 0x210u);
  EXPECT_EQ(symbols.place_in("0x10"), 0x10u);
  for (const char* bad : {"", "c", "b+", "b+c", "+1", "0x", "-1", "12345678901234567890123"}) EXPECT_FALSE(symbols.place_in(bad)) << bad;
}

}  // namespace
}  // namespace recount
