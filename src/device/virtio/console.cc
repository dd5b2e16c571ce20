#include "device/virtio/console.h"

#include <algorithm>

#include "base/check.h"

namespace recount {
namespace {

// "Virtqueues": of the console's port, of control messages, of the recorder's port.
enum Queue : unsigned { kReceiveQueue = 0, kTransmitQueue = 1, kControlReceive = 2, kControlTransmit = 3, kRecorderTransmit = 5 };
constexpr uint32_t kConsolePort = 0, kRecorderPort = 1, kPorts = 2;
constexpr uint64_t kMultiport = 1ull << 1;  // "Feature bits"
// "Multiport Device Operation": struct virtio_console_control, and its events.
constexpr size_t kControlHeader = 8;
enum ControlEvent : uint16_t { kDeviceReady = 0, kPortAdd = 1, kPortReady = 3, kIsConsole = 4, kPortOpen = 6, kPortName = 7 };
// Of one chain of output. Drivers send some pages at most; segments that overlap could claim any number.
constexpr uint64_t kMostOutputBytes = 1 << 20;

}  // namespace

bool VirtioConsole::possible() const {
  auto fits = [](const Bytes& message) { return message.size() <= kMostControlBytes; };
  return received_.size() <= kFifoSize && control_.size() <= kMostControl && std::ranges::all_of(control_, fits);
}

uint64_t VirtioConsole::device_features() const { return kMultiport; }

// "Device configuration layout": columns and rows, which are not said, and the number of ports.
Bytes VirtioConsole::config_space() const { return {0, 0, 0, 0, kPorts, 0, 0, 0}; }

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
  switch (index) {
    case kReceiveQueue: return deliver();
    case kTransmitQueue: return take_output(index, [this](ByteView b) { console_.console_output(ConsoleId::kVirtio, b); });
    case kControlReceive: return deliver_control();
    case kControlTransmit: return take_output(index, [this](ByteView b) { hear_control(b); });
    case kRecorderTransmit: return take_output(index, [this](ByteView b) { console_.recorder_port_output(b); });
    default: break;  // the recorder says nothing
  }
}

template <class Take>
void VirtioConsole::take_output(unsigned index, Take take) {
  serve_available(index, [&](uint16_t head, const Chain& chain) {
    uint64_t size = total_bytes(chain.readable);
    if (size > kMostOutputBytes) return break_device();
    Bytes bytes(size);
    SegmentCursor(chain.readable).read(ram(), bytes);
    if (!bytes.empty()) take(bytes);
    if (active()) give_back(index, head, 0);
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

void VirtioConsole::hear_control(ByteView message) {
  if (message.size() < kControlHeader) return break_device();
  ByteReader r(message);
  auto port = r.fixed<uint32_t>();
  auto event = r.fixed<uint16_t>();
  auto value = r.fixed<uint16_t>();
  if (event == kDeviceReady && value == 1) {
    for (uint32_t p = 0; p < kPorts; ++p) send_control(p, kPortAdd, 0);
  } else if (event == kPortReady && value == 1 && port < kPorts) {
    if (port == kConsolePort) send_control(port, kIsConsole, 1);
    if (port == kRecorderPort) send_control(port, kPortName, 1, view_of(std::string_view(kRecorderPortName)));
    send_control(port, kPortOpen, 1);
  } else if (event == kPortOpen && value == 0 && port == kRecorderPort) {
    // Who closes it has said all: what the next one says is another line.
    console_.recorder_port_output(view_of(std::string_view("\n")));
  }
}

void VirtioConsole::send_control(uint32_t port, uint16_t event, uint16_t value, ByteView more) {
  if (control_.size() == kMostControl) return break_device();  // a driver that asks and does not listen
  Bytes& message = control_.emplace_back();
  ByteWriter w(message);
  w.fixed(port);
  w.fixed(event);
  w.fixed(value);
  w.raw(more);
  if (queue(kControlReceive).ready()) deliver_control();
}

void VirtioConsole::deliver_control() {
  auto more = [this] { return !control_.empty(); };
  serve_available(kControlReceive, more, [this](uint16_t head, const Chain& chain) {
    const Bytes message = std::move(control_.front());
    control_.erase(control_.begin());
    if (total_bytes(chain.writable) < message.size()) return break_device();
    SegmentCursor(chain.writable).write(ram(), message);
    give_back(kControlReceive, head, static_cast<uint32_t>(message.size()));
  });
}

}  // namespace recount
