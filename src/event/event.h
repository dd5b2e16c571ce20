#pragma once
// Every nondeterministic input of a machine is one of these, at an exact Position. Values only.
// Records that do not touch the machine (a checkpoint digest, a failure noticed) travel with them.

#include <array>
#include <cstdint>
#include <string>
#include <variant>

#include "base/bytes.h"
#include "base/digest.h"
#include "event/position.h"

namespace recount {

// From here on: time = time_ticks + ((position - here) * rate) >> 32. Never goes back.
struct TimeAnchor {
  uint64_t time_ticks = 0;  // 10 MHz
  uint64_t rate = 0;        // ticks per step, 32.32 fixed point
  bool operator==(const TimeAnchor&) const = default;
};

// Which console device the bytes go to.
enum class ConsoleId : uint8_t { kUart = 0, kVirtio = 1 };

// Bytes that arrive in the device's receive queue; never more than it has room for.
struct ConsoleInput {
  ConsoleId console = ConsoleId::kUart;
  Bytes bytes;
  bool operator==(const ConsoleInput&) const = default;
};

enum class DiskStatus : uint8_t { kOk = 0, kIoError = 1 };

// A request is named by its serial number, counted per disk from power-on.
struct DiskCompletion {
  uint8_t disk = 0;
  uint64_t request = 0;
  DiskStatus status = DiskStatus::kOk;
  bool operator==(const DiskCompletion&) const = default;
};

// Seeds the generator that serves every random byte the machine gives.
struct EntropySeed {
  std::array<uint8_t, 32> seed{};
  bool operator==(const EntropySeed&) const = default;
};

enum class OperatorAction : uint8_t { kSave = 0, kMark = 1, kShutdown = 2 };
struct OperatorRequest {
  OperatorAction action = OperatorAction::kMark;
  std::string text;
  bool operator==(const OperatorRequest&) const = default;
};

enum class GapReason : uint8_t { kSuspended = 0, kJournalLost = 1, kThrottled = 2 };
struct Gap {
  GapReason reason = GapReason::kSuspended;
  std::string text;
  bool operator==(const Gap&) const = default;
};

// The digests of canonical state at this position, part by part, so that a mismatch names its part.
struct CheckpointDigest {
  Digest128 harts;
  Digest128 devices;
  Digest128 output;
  Digest128 ram;  // of the frames dirtied since the last one
  bool operator==(const CheckpointDigest&) const = default;
};

// A detector noticed a failure here. Replay reports it; the machine never sees it.
struct FailureNotice {
  std::string cause;   // "panic", "oops", "reset", ... (docs/interface.md)
  std::string detail;  // the console line, the code, the signal
  bool operator==(const FailureNotice&) const = default;
};

// An Ethernet frame for the guest's network device, which has a buffer for it.
struct PacketArrival {
  Bytes frame;
  bool operator==(const PacketArrival&) const = default;
};

using Payload = std::variant<TimeAnchor, ConsoleInput, DiskCompletion, EntropySeed, OperatorRequest, Gap,
                             CheckpointDigest, FailureNotice, PacketArrival>;

struct Event {
  Position position{};
  Payload payload;
  bool operator==(const Event&) const = default;
};

// Whether it may have a device write to the guest's memory.
inline bool brings_data(const Event& event) {
  return std::holds_alternative<DiskCompletion>(event.payload) || std::holds_alternative<PacketArrival>(event.payload) ||
         std::holds_alternative<ConsoleInput>(event.payload);
}

}  // namespace recount
