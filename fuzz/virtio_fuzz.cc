// A driver gone mad against each virtio device: register writes, queue memory and DMA targets as the input says,
// completions in between. Nothing may crash, hang, or make a device grow. Where the input says so, a second device is
// made of the saved state, and goes the same way on memory of its own: it must come to the same. A device may also
// begin with a state read from the input: evidence is as hostile as a guest.

#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "base/check.h"
#include "device/virtio/block.h"
#include "device/virtio/console.h"
#include "device/virtio/driver_for_tests.h"
#include "device/virtio/entropy.h"
#include "device/virtio/memory_disk_for_tests.h"
#include "device/virtio/net.h"
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
class Air final : public PacketPort {
 public:
  void send_packet(ByteView frame) override { CHECK(frame.size() >= kLeastFrame && frame.size() <= kMostFrame); }
};
class Zeroes final : public EntropyPort {
 public:
  void entropy(std::span<uint8_t> out) override { std::ranges::fill(out, uint8_t{0}); }
};

// What an input is made of: an opcode, then its operands.
enum Op : uint8_t {
  kWriteRegister, kReadRegister, kPutDescriptor, kPublish, kPutBytes, kNotify, kComplete, kInput, kRestore, kOps
};

enum Kind : uint8_t { kBlock, kConsole, kEntropy, kNetwork, kKinds };
constexpr unsigned kQueues[] = {1, 6, 1, 2};
// Added to a kind.
constexpr uint8_t kWithState = kKinds, kReadOnly = 0x80;

struct Devices {
  explicit Devices(bool read_only) : disk(Bytes(16 * kSectorSize), read_only) {}
  VirtioDevice& device(Kind kind) {
    if (kind == kBlock) return block;
    if (kind == kConsole) return console;
    return kind == kEntropy ? static_cast<VirtioDevice&>(entropy) : net;
  }

  std::unique_ptr<Ram> ram = testing::make_ram(kRamBytes);
  MemoryDisk disk;
  Nowhere nowhere;
  Zeroes zeroes;
  Air air;
  VirtioBlock block{*ram, disk, 0};
  VirtioConsole console{*ram, nowhere};
  VirtioEntropy entropy{*ram, zeroes};
  VirtioNet net{*ram, air, {0x52, 0x54, 0, 0x12, 0x34, 0x56}};
};

// Mostly inside of RAM, where the queues are; anywhere else otherwise.
Gpa place(ByteReader& in) {
  uint64_t v = in.fixed<uint32_t>();
  if ((v & 0xf) == 0xf) return Gpa{in.fixed<uint64_t>()};
  return testing::kRamBase + v % kRamBytes;
}

// The devices' states.
template <class Archive>
void state(Archive& a, Devices& d) {
  a("block", d.block);
  a("console", d.console);
  a("entropy", d.entropy);
  a("net", d.net);
}

Digest128 digest(Devices& d) {
  DigestArchive archive;
  state(archive, d);
  return archive.finish();
}

// As evidence is opened: memory, disk, and each device's state, whose requests are announced again.
void copy(Devices& from, Devices& to) {
  SaveArchive saved;
  state(saved, from);
  auto load = LoadArchive::parse(saved.finish());
  CHECK(load.has_value());
  state(**load, to);
  CHECK((*load)->status().has_value());
  CHECK(digest(from) == digest(to));
  std::copy_n(from.ram->frame(0), kRamBytes, to.ram->frame(0));
  to.disk.bytes() = from.disk.bytes();
  to.block.restart();
}

// A state that does not load, or that no device comes to, is refused as a whole, as a machine would.
bool load_state(Devices& d, ByteView cbor) {
  auto load = LoadArchive::parse(cbor);
  if (!load) return false;
  state(**load, d);
  return (*load)->status().has_value() && d.console.possible();
}

class Run {
 public:
  Run(Devices& devices, Kind kind) : d_(devices), kind_(kind), driver_(d_.device(kind), *d_.ram) {
    driver_.start(kQueues[kind]);
  }
  // Goes on behind the step that another is at, with devices that are in the same state.
  Run(Devices& devices, const Run& other)
      : d_(devices),
        kind_(other.kind_),
        driver_(other.driver_, d_.device(kind_), *d_.ram),
        step_(other.step_ + 1),
        restored_(true) {}

  void go(ByteReader in) {
    for (; step_ < 200 && in.ok() && in.remaining() > 0; ++step_) step(in);
    CHECK(d_.console.possible());
    if (copied_) compare();
  }
  // How many requests of the disk wait: those that were started, and are not forgotten.
  uint64_t pending() {
    uint64_t count = 0;
    for (const BlockRequest& request : d_.disk.started()) count += d_.block.pending(request.serial) ? 1 : 0;
    return count;
  }

 private:
  void step(ByteReader& in) {
    VirtioDevice& device = d_.device(kind_);
    auto queue = static_cast<unsigned>(in.fixed<uint8_t>() % kQueues[kind_]);
    switch (in.fixed<uint8_t>() % kOps) {
      case kWriteRegister: driver_.set(in.fixed<uint8_t>() * 4u, in.fixed<uint32_t>()); break;
      case kReadRegister: {
        const auto offset = in.fixed<uint16_t>();
        const unsigned size_bytes = 1u << (in.fixed<uint8_t>() % 4);
        device.mmio_read(offset % 0x1000 & ~(size_bytes - 1), size_bytes);
        break;
      }
      case kPutDescriptor: {
        auto index = static_cast<uint16_t>(in.fixed<uint8_t>() % Driver::kQueueSize);
        testing::Descriptor descriptor{.gpa = place(in)};
        descriptor.size_bytes = in.fixed<uint16_t>();
        descriptor.flags = in.fixed<uint8_t>();
        descriptor.next = in.fixed<uint8_t>();
        driver_.put_descriptor(Driver::descriptors(queue), index, descriptor);
        break;
      }
      case kPublish: driver_.publish(queue, in.fixed<uint8_t>()); break;
      case kPutBytes: {
        Gpa gpa = place(in);
        d_.ram->write(gpa, in.raw(std::min<size_t>(in.fixed<uint8_t>(), in.remaining())));
        break;
      }
      case kNotify: driver_.notify(queue); break;
      case kComplete: d_.block.complete(in.fixed<uint8_t>(), static_cast<DiskStatus>(in.fixed<uint8_t>() & 1)); break;
      case kInput: {
        const size_t size = in.fixed<uint16_t>();
        d_.console.receive(Bytes(std::min(size, d_.console.room())));
        d_.net.receive(Bytes(std::clamp(size, kLeastFrame, kMostFrame)));
        break;
      }
      default:
        if (!restored_) restore(in);
    }
  }

  // What is left is done to a restored copy first. Once in a run: copying memory takes longer than all else.
  void restore(const ByteReader& in) {
    restored_ = true;
    copied_ = std::make_unique<Devices>(d_.disk.read_only());
    copy(d_, *copied_);
    Run(*copied_, *this).go(in);
  }

  void compare() {
    CHECK(digest(d_) == digest(*copied_));
    CHECK(std::memcmp(d_.ram->frame(0), copied_->ram->frame(0), kRamBytes) == 0);
    CHECK(d_.disk.bytes() == copied_->disk.bytes());
  }

  Devices& d_;
  const Kind kind_;
  Driver driver_;
  int step_ = 0;
  bool restored_ = false;
  std::unique_ptr<Devices> copied_;
};

// The devices' states, saved with a disk request pending.
Bytes saved_state() {
  Devices d(false);
  Driver driver(d.block, *d.ram);
  driver.start(1);
  driver.add(0, {{Driver::buffer(), 16, 0, 0}, {Driver::buffer(1), 513, testing::kWrite, 0}});
  driver.notify(0);
  CHECK(d.block.pending(0));
  SaveArchive saved;
  state(saved, d);
  return saved.finish();
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
    if (i == 1) op(kRestore);
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

// A console's ports set up: buffers for the device's messages, then the driver's own, and a line to the recorder.
std::vector<uint8_t> seed_for_ports() {
  constexpr uint8_t kControlReceive = 2, kControlTransmit = 3, kRecorderTransmit = 5;
  std::vector<uint8_t> input{kConsole};
  ByteWriter w(input);
  auto op = [&](uint8_t queue, Op which) {
    w.fixed(queue);
    w.fixed(uint8_t{which});
  };
  auto chain = [&](uint8_t queue, uint8_t index, uint32_t offset, uint16_t size, uint8_t flags) {
    op(queue, kPutDescriptor);
    w.fixed(index);
    w.fixed(offset);
    w.fixed(size);
    w.fixed(flags);
    w.fixed(uint8_t{0});
    op(queue, kPublish);
    w.fixed(index);
    op(queue, kNotify);
  };
  auto put = [&](uint32_t offset, ByteView bytes) {
    op(0, kPutBytes);
    w.fixed(offset);
    w.fixed(static_cast<uint8_t>(bytes.size()));
    w.raw(bytes);
  };
  for (uint8_t i = 0; i < 6; ++i) chain(kControlReceive, i, 0x110000 + i * 0x1000u, 64, testing::kWrite);
  for (uint8_t message = 0; message < 3; ++message) {
    const uint8_t port = message == 2 ? 1 : 0, event = message == 0 ? 0 : 3;
    put(0x100000, Bytes{port, 0, 0, 0, event, 0, 1, 0});
    chain(kControlTransmit, message, 0x100000, 8, 0);
    if (message == 0) op(0, kRestore);
  }
  put(0x101000, view_of("mark x\n"));
  chain(kRecorderTransmit, 0, 0x101000, 7, 0);
  return input;
}

std::vector<uint8_t> seed_with_state(uint8_t device) {
  std::vector<uint8_t> input{static_cast<uint8_t>(kWithState + device)}, steps = seed_for(device);
  ByteWriter w(input);
  w.blob(saved_state());
  w.raw(ByteView(steps).subspan(1));
  return input;
}

}  // namespace
}  // namespace recount

std::vector<std::vector<uint8_t>> fuzz_seeds() {
  using namespace recount;
  std::vector<Bytes> seeds;
  for (uint8_t kind : {kBlock, kConsole, kEntropy, kNetwork}) {
    seeds.push_back(seed_for(kind));
    seeds.push_back(seed_with_state(kind));
  }
  seeds.push_back(seed_for_ports());
  return seeds;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace recount;
  if (size == 0) return 0;
  Devices devices((data[0] & kReadOnly) != 0);
  ByteReader in({data + 1, size - 1});
  const unsigned which = (data[0] & ~kReadOnly) % (2 * kKinds);
  Run run(devices, static_cast<Kind>(which % kKinds));
  if (which >= kWithState) {
    if (!load_state(devices, in.blob())) return 0;
    devices.block.restart();
  }
  run.go(in);
  CHECK(which >= kWithState || run.pending() <= Virtqueue::kMaxSize);
  return 0;
}
