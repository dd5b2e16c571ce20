// A driver gone mad against each virtio device: register writes, queue memory and DMA targets as the input says,
// completions in between. Nothing may crash, hang, or make a device grow; the state must survive saving. The disk
// may also begin with a state read from the input: evidence is as hostile as a guest.

#include <cstdint>
#include <vector>

#include "base/check.h"
#include "device/virtio/block.h"
#include "device/virtio/console.h"
#include "device/virtio/driver_for_tests.h"
#include "device/virtio/entropy.h"
#include "device/virtio/memory_disk_for_tests.h"
#include "state/archive.h"

namespace recount {
namespace {

using testing::Driver;
using testing::MemoryDisk;

constexpr uint64_t kRamBytes = 2 << 20;

class Nowhere final : public ConsolePort {
 public:
  void console_output(ConsoleId, ByteView) override {}
};
class Zeroes final : public EntropyPort {
 public:
  void entropy(std::span<uint8_t> out) override { std::ranges::fill(out, uint8_t{0}); }
};

// What an input is made of: an opcode, then its operands.
enum Op : uint8_t { kWriteRegister, kReadRegister, kPutDescriptor, kPublish, kPutBytes, kNotify, kComplete, kInput, kOps };

struct Devices {
  std::unique_ptr<Ram> ram = testing::make_ram(kRamBytes);
  MemoryDisk disk{Bytes(16 * kSectorSize)};
  Nowhere nowhere;
  Zeroes zeroes;
  VirtioBlock block{*ram, disk, 0};
  VirtioConsole console{*ram, nowhere};
  VirtioEntropy entropy{*ram, zeroes};
};

// Mostly inside of RAM, where the queues are; anywhere else otherwise.
Gpa place(ByteReader& in) {
  uint64_t v = in.fixed<uint32_t>();
  if ((v & 0xf) == 0xf) return Gpa{in.fixed<uint64_t>()};
  return testing::kRamBase + v % kRamBytes;
}

template <class Device>
void check_state(Device& device, Device& other) {
  SaveArchive saved;
  device.state(saved);
  auto load = LoadArchive::parse(saved.finish());
  CHECK(load.has_value());
  other.state(**load);
  CHECK((*load)->status().has_value());
  DigestArchive a, b;
  device.state(a);
  other.state(b);
  CHECK(a.finish() == b.finish());
}

// The disk's state, saved with a request pending.
Bytes saved_state() {
  Devices d;
  Driver driver(d.block, *d.ram);
  driver.start(1);
  driver.add(0, {{Driver::buffer(), 16, 0, 0}, {Driver::buffer(1), 513, testing::kWrite, 0}});
  driver.notify(0);
  CHECK(d.block.pending(0));
  SaveArchive saved;
  d.block.state(saved);
  return saved.finish();
}

// A state that does not load is refused as a whole, as a machine would be.
bool load_state(VirtioBlock& block, ByteView cbor) {
  auto load = LoadArchive::parse(cbor);
  if (!load) return false;
  block.state(**load);
  return (*load)->status().has_value();
}

void drive(Devices& d, VirtioDevice& device, unsigned queues, ByteReader& in, ByteView disk_state = {}) {
  Driver driver(device, *d.ram);
  driver.start(queues);
  if (!disk_state.empty()) {
    if (!load_state(d.block, disk_state)) return;
    d.block.restart();
  }
  for (int step = 0; step < 200 && in.ok() && in.remaining() > 0; ++step) {
    auto queue = static_cast<unsigned>(in.fixed<uint8_t>() % queues);
    switch (in.fixed<uint8_t>() % kOps) {
      case kWriteRegister: driver.set(in.fixed<uint8_t>() * 4u, in.fixed<uint32_t>()); break;
      case kReadRegister: device.mmio_read(in.fixed<uint16_t>() % 0x1000, 1u << (in.fixed<uint8_t>() % 4)); break;
      case kPutDescriptor: {
        auto index = static_cast<uint16_t>(in.fixed<uint8_t>() % Driver::kQueueSize);
        testing::Descriptor descriptor{.gpa = place(in)};
        descriptor.size_bytes = in.fixed<uint16_t>();
        descriptor.flags = in.fixed<uint8_t>();
        descriptor.next = in.fixed<uint8_t>();
        driver.put_descriptor(Driver::descriptors(queue), index, descriptor);
        break;
      }
      case kPublish: driver.publish(queue, in.fixed<uint8_t>()); break;
      case kPutBytes: {
        Gpa gpa = place(in);
        d.ram->write(gpa, in.raw(std::min<size_t>(in.fixed<uint8_t>(), in.remaining())));
        break;
      }
      case kNotify: driver.notify(queue); break;
      case kComplete: d.block.complete(in.fixed<uint8_t>(), static_cast<DiskStatus>(in.fixed<uint8_t>() & 1)); break;
      case kInput: {
        Bytes typed(std::min<size_t>(in.fixed<uint16_t>(), d.console.room()));
        d.console.receive(typed);
        break;
      }
      default: break;
    }
  }
}

// A sound disk request, a sound output, and a buffer to fill: from these mutation finds its way.
std::vector<uint8_t> seed_for(uint8_t device) {
  std::vector<uint8_t> input{device};
  ByteWriter w(input);
  auto op = [&](Op which) {
    w.fixed(uint8_t{0});
    w.fixed(uint8_t{which});
  };
  auto descriptor = [&](uint8_t index, uint32_t offset, uint16_t size, uint8_t flags) {
    op(kPutDescriptor);
    w.fixed(index);
    w.fixed(offset);
    w.fixed(size);
    w.fixed(flags);
    w.fixed(static_cast<uint8_t>(index + 1));
  };
  descriptor(0, 0x100000, 16, testing::kNext | (device == 0 ? 0 : testing::kWrite));
  descriptor(1, 0x101000, 512, testing::kNext | testing::kWrite);
  descriptor(2, 0x102000, 1, testing::kWrite);
  for (int i = 0; i < 3; ++i) {
    op(kPublish);
    w.fixed(uint8_t{0});
    op(kNotify);
    op(kInput);
    w.fixed(uint16_t{20});
    op(kComplete);
    w.fixed(static_cast<uint8_t>(i));
    w.fixed(uint8_t{0});
  }
  return input;
}

std::vector<uint8_t> seed_with_state() {
  std::vector<uint8_t> input{3}, steps = seed_for(0);
  ByteWriter w(input);
  w.blob(saved_state());
  w.raw(ByteView(steps).subspan(1));
  return input;
}

}  // namespace
}  // namespace recount

std::vector<std::vector<uint8_t>> fuzz_seeds() {
  return {recount::seed_for(0), recount::seed_for(1), recount::seed_for(2), recount::seed_with_state()};
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace recount;
  if (size == 0) return 0;
  Devices devices, others;
  ByteReader in({data + 1, size - 1});
  switch (data[0] % 4) {
    case 0: drive(devices, devices.block, 1, in); break;
    case 1: drive(devices, devices.console, 2, in); break;
    case 2: drive(devices, devices.entropy, 1, in); break;
    default: {
      ByteView state = in.blob();
      drive(devices, devices.block, 1, in, state);
      return 0;
    }
  }
  uint64_t pending = 0;
  for (const BlockRequest& request : devices.disk.started()) pending += devices.block.pending(request.serial) ? 1 : 0;
  CHECK(pending <= Virtqueue::kMaxSize);
  check_state(devices.block, others.block);
  check_state(devices.console, others.console);
  check_state(devices.entropy, others.entropy);
  return 0;
}
