#include "evidence/console_cast.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <sstream>

namespace recount {
namespace {

struct Event {
  double seconds;
  std::string kind, text;
};
std::vector<Event> events_of(ConsoleCast& cast) {
  Bytes bytes = cast.finish();
  std::istringstream in(std::string(bytes.begin(), bytes.end()));
  std::string line;
  std::getline(in, line);
  EXPECT_EQ(nlohmann::json::parse(line)["version"], 2);
  std::vector<Event> events;
  while (std::getline(in, line)) {
    auto j = nlohmann::json::parse(line);  // throws if it is not UTF-8
    events.push_back({j[0], j[1], j[2]});
  }
  return events;
}

TEST(ConsoleCast, IsReadAsItWasWrittenAndWhatIsNoneIsRefused) {
  ConsoleCast cast("t", 0);
  cast.add(1.5, view_of("one\r\n\"two\""));
  cast.marker(2, "panic");
  cast.add(2.25, view_of("\x1b[31mthree"));
  const Bytes bytes = cast.finish();
  auto pieces = read_console_cast(bytes);
  ASSERT_TRUE(pieces);
  ASSERT_EQ(pieces->size(), 2u);
  EXPECT_EQ((*pieces)[0].text, "one\r\n\"two\"");
  EXPECT_EQ((*pieces)[1].seconds, 2.25);
  EXPECT_EQ((*pieces)[1].text, "\x1b[31mthree");
  for (const char* other : {"{}\n[]\n", "{}\n[1,\"o\"]\n", "{}\n[\"1\",\"o\",\"x\"]\n", "{}\n[1,2,\"x\"]\n", "{}\n[1,\"o\",3]\n", "{}\n[[[[[[[[\n", "{}\n\xff\n"}) {
    EXPECT_FALSE(read_console_cast(view_of(other))) << other;
  }
  EXPECT_TRUE(read_console_cast({}));
}

TEST(ConsoleCast, CharacterCutInTwoPiecesIsJoined) {
  ConsoleCast cast("t", 0);
  cast.add(1, view_of("caf\xc3"));
  cast.add(2, view_of("\xa9 \xf0\x9f"));
  cast.add(3, view_of("\x98\x80\r\n"));
  auto events = events_of(cast);
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0].text, "caf");
  EXPECT_EQ(events[1].text, "\xc3\xa9 ");
  EXPECT_EQ(events[2].text, "\xf0\x9f\x98\x80\r\n");
  EXPECT_EQ(events[2].seconds, 3);
}

TEST(ConsoleCast, TimeDoesNotGoBack) {
  ConsoleCast cast("t", 0);
  cast.add(2, view_of("a"));
  cast.add(1, view_of("b"));
  cast.marker(3, "failure");
  auto events = events_of(cast);
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[1].seconds, 2);
  EXPECT_EQ(events[2].kind, "m");
}

TEST(ConsoleCast, WrongBytesAreReplaced) {
  EXPECT_EQ(valid_utf8(view_of("a\xff"
                               "b\xc0\x80\xed\xa0\x80"
                               "\xf4\x90\x80\x80z"),
                       nullptr),
            "a\xef\xbf\xbd"
            "b\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
            "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz");
  EXPECT_EQ(valid_utf8(view_of("\xe2\x82"), nullptr), "\xef\xbf\xbd");
  ConsoleCast cast("t\xff", 0);
  cast.add(1, view_of("\xe2\x82"));
  auto events = events_of(cast);  // at the end the half character is given up
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].text, "\xef\xbf\xbd");
}

TEST(ConsoleCast, AnyBytesInAnyPiecesGiveTheSameText) {
  uint64_t seed = std::random_device{}();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  const std::string alphabet = "a\n\"\\\x1b\x7f\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xff\xed\xf4\x90";
  for (int round = 0; round < 500; ++round) {
    Bytes bytes(random() % 40);
    for (auto& b : bytes) b = static_cast<uint8_t>(alphabet[random() % alphabet.size()]);
    ConsoleCast cast("t", 0);
    std::string joined;
    for (size_t at = 0; at < bytes.size();) {
      size_t size = std::min<size_t>(1 + random() % 5, bytes.size() - at);
      cast.add(0, ByteView(bytes).subspan(at, size));
      at += size;
    }
    for (const Event& e : events_of(cast)) joined += e.text;
    EXPECT_EQ(joined, valid_utf8(bytes, nullptr));
  }
}

}  // namespace
}  // namespace recount
