#include "debug/rsp/packet.h"

#include <gtest/gtest.h>

#include <random>

#include "debug/rsp/hex.h"

namespace recount::rsp {
namespace {

std::vector<Input> inputs_of(std::string_view bytes) {
  PacketReader reader;
  reader.feed(view_of(bytes));
  std::vector<Input> inputs;
  while (auto input = reader.next()) inputs.push_back(*input);
  return inputs;
}

// What a client makes of an answer: run lengths and escapes undone.
std::string received(const std::string& frame) {
  std::string payload;
  for (size_t i = 1; i + 3 < frame.size(); ++i) {
    if (frame[i] == '*') {
      payload.append(static_cast<size_t>(frame[++i] - 29), payload.back());
    } else {
      payload += frame[i] == '}' ? static_cast<char>(frame[++i] ^ 0x20) : frame[i];
    }
  }
  return payload;
}

TEST(Packet, IsPayloadAndChecksum) { EXPECT_EQ(framed("OK"), "$OK#9a"); }

TEST(Packet, EmptyPayloadIsAPacket) { EXPECT_EQ(framed(""), "$#00"); }

TEST(Packet, AnyBytesArriveAsTheyWere) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 2000; ++round) {
    std::string payload(random() % 300, '\0');
    unsigned letters = 1 + random() % 256;  // few letters make runs
    for (char& c : payload) c = static_cast<char>(random() % letters);
    std::string frame = framed(payload);
    ASSERT_EQ(received(frame), payload);
    ASSERT_EQ(frame.find('$', 1), std::string::npos);
    ASSERT_EQ(frame.find('#'), frame.size() - 3);
  }
}

TEST(Packet, RunLengthsAreNeverSignsOfTheirOwn) {
  for (size_t length = 1; length < 400; ++length) {
    std::string payload(length, '0');
    std::string frame = framed(payload);
    EXPECT_EQ(received(frame), payload);
    EXPECT_EQ(frame.find_first_of("+-"), std::string::npos) << length;
    EXPECT_LE(frame.size(), length + 4) << length;
  }
}

TEST(PacketReader, GivesWhatCameInOrder) {
  EXPECT_EQ(inputs_of("+$g#67\x03-$OK#9a"), (std::vector<Input>{{InputKind::kAck, ""},
                                                             {InputKind::kPacket, "g"},
                                                             {InputKind::kInterrupt, ""},
                                                             {InputKind::kNack, ""},
                                                             {InputKind::kPacket, "OK"}}));
}

TEST(PacketReader, TakesPacketsInPieces) {
  PacketReader reader;
  std::vector<Input> inputs;
  for (char c : std::string("$qSupported#37$?#3f")) {
    reader.feed(view_of({&c, 1}));
    while (auto input = reader.next()) inputs.push_back(*input);
  }
  EXPECT_EQ(inputs, (std::vector<Input>{{InputKind::kPacket, "qSupported"}, {InputKind::kPacket, "?"}}));
}

TEST(PacketReader, WrongChecksumIsNoPacket) {
  EXPECT_EQ(inputs_of("$g#68$g#zz"), (std::vector<Input>{{InputKind::kDamaged, ""}, {InputKind::kDamaged, ""}}));
}

TEST(PacketReader, UndoesEscapes) {
  EXPECT_EQ(inputs_of("$X}\x03}]#" + std::string("35")).size(), 1u);
  PacketReader reader;
  std::string body = "X}\x03}]";
  unsigned sum = 0;
  for (char c : body) sum += static_cast<uint8_t>(c);
  uint8_t low[] = {static_cast<uint8_t>(sum)};
  reader.feed(view_of("$" + body + "#" + to_hex(low)));
  EXPECT_EQ(reader.next(), (Input{InputKind::kPacket, "X#}"}));
}

TEST(PacketReader, EndlessPacketIsRefused) {
  PacketReader reader;
  reader.feed(view_of("$" + std::string(3 * kMostPayload, 'a')));
  EXPECT_EQ(reader.next(), std::nullopt);
  EXPECT_TRUE(reader.overflown());
}

TEST(Hex, RefusesWhatIsNone) {
  EXPECT_EQ(hex_number("1F"), 31u);
  EXPECT_EQ(hex_number("ffffffffffffffff"), ~0ull);
  for (std::string_view bad : {"", "0x1", "-1", "g", "10000000000000000", "1 "}) EXPECT_EQ(hex_number(bad), std::nullopt) << bad;
  EXPECT_EQ(from_hex("0aff"), (Bytes{10, 255}));
  EXPECT_EQ(from_hex("0af"), std::nullopt);
  EXPECT_EQ(from_hex("0-"), std::nullopt);
}

}  // namespace
}  // namespace recount::rsp
