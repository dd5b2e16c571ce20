#include "device/virtio/net.h"

#include "base/check.h"

namespace recount {
namespace {

// "Feature bits". Without those of offloads, a frame is what it is on the wire; without that of merged buffers, it is in one.
constexpr uint64_t kHasMac = 1ull << 5;
// "Device Operation": struct virtio_net_hdr, num_buffers included.
constexpr size_t kHeaderSize = 12, kBufferCountAt = 10;
// Of one chain to send: anything longer is no frame, however its segments overlap.
constexpr uint64_t kMostChainBytes = 1 << 16;

}  // namespace

uint64_t VirtioNet::device_features() const { return kHasMac; }

Bytes VirtioNet::config_space() const { return Bytes(mac_.begin(), mac_.end()); }

size_t VirtioNet::room() const { return listens() ? queue(kReceiveQueue).available(ram()).value_or(0) : 0; }

void VirtioNet::receive(ByteView frame) {
  CHECK(frame.size() >= kLeastFrame && frame.size() <= kMostFrame);
  if (!listens()) return;
  bool waits = true;
  serve_available(
      kReceiveQueue, [&waits] { return waits; },
      [&](uint16_t head, const Chain& chain) {
        waits = false;
        Bytes packet(kHeaderSize);
        packet[kBufferCountAt] = 1;
        packet.insert(packet.end(), frame.begin(), frame.end());
        // "Setting Up Receive Buffers": a driver is to give room for the longest frame.
        if (total_bytes(chain.writable) < packet.size()) return break_device();
        SegmentCursor(chain.writable).write(ram(), packet);
        give_back(kReceiveQueue, head, static_cast<uint32_t>(packet.size()));
      });
}

void VirtioNet::notify(unsigned index) {
  if (index == kReceiveQueue) return;  // new buffers: they are looked for when there is a frame
  serve_available(kTransmitQueue, [this](uint16_t head, const Chain& chain) {
    uint64_t size = total_bytes(chain.readable);
    if (size < kHeaderSize || size > kMostChainBytes) return break_device();
    Bytes frame(size - kHeaderSize);
    SegmentCursor cursor(chain.readable);
    cursor.skip(kHeaderSize);
    cursor.read(ram(), frame);
    // What is no frame goes nowhere, as on any wire.
    if (frame.size() >= kLeastFrame && frame.size() <= kMostFrame) network_.send_packet(frame);
    give_back(kTransmitQueue, head, 0);
  });
}

}  // namespace recount
