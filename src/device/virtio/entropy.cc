#include "device/virtio/entropy.h"

#include <algorithm>

namespace recount {

void VirtioEntropy::notify(unsigned index) {
  serve_available(index, [this, index](uint16_t head, const Chain& chain) {
    // The device may write less than there is room for: a driver that wants more asks again.
    constexpr uint64_t kMostBytes = 4096;
    std::array<uint8_t, kMostBytes> bytes;
    std::span<uint8_t> part(bytes.data(), std::min(total_bytes(chain.writable), kMostBytes));
    if (part.empty()) return break_device();
    source_.entropy(part);
    SegmentCursor(chain.writable).write(ram(), part);
    give_back(index, head, static_cast<uint32_t>(part.size()));
  });
}

}  // namespace recount
