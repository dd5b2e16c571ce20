#pragma once
// Events for tests and fuzzers: one of each kind, or many at random.

#include <random>
#include <vector>

#include "event/event.h"

namespace recount {

inline Event sample_event(size_t kind, uint64_t position, std::mt19937_64& random) {
  auto bytes = [&random](size_t most) {
    Bytes b(random() % (most + 1));
    for (uint8_t& v : b) v = static_cast<uint8_t>(random());
    return b;
  };
  auto digest = [&random] { return Digest128{random(), random()}; };
  Event event{Position{position}, {}};
  switch (kind % std::variant_size_v<Payload>) {
    case 0:
      event.payload = TimeAnchor{random() >> (random() % 64), random() % (1ull << 40)};
      break;
    case 1:
      event.payload = ConsoleInput{ConsoleId::kVirtio, bytes(40)};
      break;
    case 2:
      event.payload = DiskCompletion{static_cast<uint8_t>(random()), random(), DiskStatus::kIoError};
      break;
    case 3:
      event.payload = EntropySeed{{1, 2, 3}};
      break;
    case 4:
      event.payload = OperatorRequest{OperatorAction::kMark, "a mark"};
      break;
    case 5:
      event.payload = Gap{GapReason::kThrottled, "text"};
      break;
    case 6:
      event.payload = CheckpointDigest{digest(), digest(), digest(), digest()};
      break;
    case 7:
      event.payload = FailureNotice{"panic", "Kernel panic - not syncing: sysrq"};
      break;
    default:
      event.payload = PacketArrival{bytes(60)};
  }
  return event;
}

inline std::vector<Event> sample_events(size_t count, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<Event> events;
  uint64_t position = 0;
  for (size_t i = 0; i < count; ++i) events.push_back(sample_event(i, position += random() % 1000, random));
  return events;
}

}  // namespace recount
