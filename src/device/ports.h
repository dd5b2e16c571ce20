#pragma once
// What a device needs of the world, declared by the device and implemented by the session. A device
// cannot tell recording from replay: the session swaps what stands behind these.

#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "event/event.h"

namespace recount {

// Guest time: a function of position (docs/determinism.md). 10 MHz ticks, never goes back.
class ClockPort {
 public:
  virtual ~ClockPort() = default;
  virtual uint64_t now_ticks() const = 0;
};

// Where a console's output goes.
class ConsolePort {
 public:
  virtual ~ConsolePort() = default;
  virtual void console_output(ConsoleId console, ByteView bytes) = 0;
  // What the guest says to its recorder, beside its console. Nobody need listen.
  virtual void recorder_port_output(ByteView) {}
};

// An Ethernet frame without its check sequence.
inline constexpr size_t kLeastFrame = 14, kMostFrame = 1518;  // bytes: a header alone; a header, a VLAN tag and 1500

// The network. What arrives from it is a PacketArrival event.
class PacketPort {
 public:
  virtual ~PacketPort() = default;
  // Of kLeastFrame to kMostFrame bytes.
  virtual void send_packet(ByteView frame) = 0;
};

inline constexpr uint64_t kSectorSize = 512;

enum class BlockOp : uint8_t { kRead = 0, kWrite = 1, kFlush = 2, kDiscard = 3, kWriteZeroes = 4 };

struct BlockRequest {
  uint64_t serial = 0;  // counted from power-on; names the request in its DiskCompletion
  BlockOp op = BlockOp::kRead;
  uint64_t sector = 0;
  uint64_t sector_count = 0;
  bool operator==(const BlockRequest&) const = default;
};

// A disk. start() only announces a request: the session answers with a DiskCompletion event at some
// later position. The data itself moves then, on the vCPU thread, through read() and write():
// so what a read returns depends on positions alone, never on how fast the host was.
class BlockPort {
 public:
  virtual ~BlockPort() = default;
  virtual uint64_t sector_count() const = 0;
  virtual bool read_only() const = 0;
  virtual void start(const BlockRequest& request) = 0;
  // Whole sectors, inside the disk (the device has checked). The host having failed here is a
  // kIoError for the guest only if the completion event said so: implementations CHECK otherwise.
  virtual void read(uint64_t sector, std::span<uint8_t> out) = 0;
  virtual void write(uint64_t sector, ByteView bytes) = 0;
  virtual void write_zeroes(uint64_t sector, uint64_t sector_count) = 0;
};

// Random bytes for the guest: the machine's own seeded generator.
class EntropyPort {
 public:
  virtual ~EntropyPort() = default;
  virtual void entropy(std::span<uint8_t> out) = 0;
};

}  // namespace recount
