#include "device/virtio/console.h"

#include <algorithm>

#include "base/check.h"

namespace recount {
namespace {

constexpr unsigned kReceiveQueue = 0, kTransmitQueue = 1;  // "Console Device", "Virtqueues"
// Of one chain of output. Drivers send some pages at most; segments that overlap could claim any number.
constexpr uint64_t kMostOutputBytes = 1 << 20;

}  // namespace

// The FIFO empties itself into the driver's buffers at once, so that its own room is all that need be
// counted.
size_t VirtioConsole::room() const {
  return active() && received_.size() < kFifoSize ? kFifoSize - received_.size() : 0;
}

void VirtioConsole::receive(ByteView bytes) {
  CHECK(bytes.size() <= room());
  received_.insert(received_.end(), bytes.begin(), bytes.end());
  if (queue(kReceiveQueue).ready()) deliver();
}

void VirtioConsole::notify(unsigned index) {
  if (index == kReceiveQueue) return deliver();
  serve_available(kTransmitQueue, [this](uint16_t head, const Chain& chain) {
    uint64_t size = total_bytes(chain.readable);
    if (size > kMostOutputBytes) return break_device();
    Bytes bytes(size);
    SegmentCursor(chain.readable).read(ram(), bytes);
    if (!bytes.empty()) console_.console_output(ConsoleId::kVirtio, bytes);
    give_back(kTransmitQueue, head, 0);
  });
}

void VirtioConsole::deliver() {
  auto more = [this] { return !received_.empty(); };
  serve_available(kReceiveQueue, more, [this](uint16_t head, const Chain& chain) {
    uint64_t size = std::min<uint64_t>(total_bytes(chain.writable), received_.size());
    if (size == 0) return break_device();  // a buffer to receive into that nothing may be written to
    SegmentCursor(chain.writable).write(ram(), {received_.data(), size});
    received_.erase(received_.begin(), received_.begin() + static_cast<std::ptrdiff_t>(size));
    give_back(kReceiveQueue, head, static_cast<uint32_t>(size));
  });
}

}  // namespace recount
