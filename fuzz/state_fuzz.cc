// A machine's state from anybody, restored and run: refused, or a machine like any other. Nothing may crash,
// hang or reach outside of RAM, with every device in use. An input is either CBOR, or edits of the fields of
// a sound state (a random byte in CBOR rarely gets further than its syntax).

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>

#include "base/check.h"
#include "device/virtio/memory_disk_for_tests.h"
#include "session/machine_state.h"
#include "support/assembler.h"

namespace recount::test {
namespace {

using Json = nlohmann::json;

constexpr uint64_t kRamBytes = 16 << 20;
constexpr uint64_t kQueues = 0x80200000, kQueueStride = 0x10000, kBuffers = 0x80300000;
constexpr unsigned kDevices = 3, kQueuesEach = 2;

class Nowhere final : public ConsolePort {
 public:
  void console_output(ConsoleId, ByteView) override {}
};

// Notifies each queue of each virtio device, asks the other devices, and uses memory in every way, for ever.
Bytes guest() {
  constexpr unsigned kDevice = 5, kOne = 6, kData = 7, kLeft = 8, kA = 10, kB = 11;
  Assembler a;
  a.emit(Op::kAuipc, {.rd = kData, .imm = 0x400000});
  a.emit(Op::kAddi, {.rd = kOne, .imm = 1});
  const size_t loop = a.words().size();
  a.emit(Op::kLui, {.rd = kDevice, .imm = 0x10001000});
  a.emit(Op::kAddi, {.rd = kLeft, .imm = kDevices});
  const size_t each = a.words().size();
  a.emit(Op::kSw, {.rs1 = kDevice, .rs2 = 0, .imm = 0x50});
  a.emit(Op::kSw, {.rs1 = kDevice, .rs2 = kOne, .imm = 0x50});
  a.emit(Op::kLw, {.rd = kA, .rs1 = kDevice, .imm = 0x60});
  a.emit(Op::kLw, {.rd = kA, .rs1 = kDevice, .imm = 0x100});
  a.emit(Op::kLui, {.rd = kB, .imm = 0x1000});
  a.emit(Op::kAdd, {.rd = kDevice, .rs1 = kDevice, .rs2 = kB});
  a.emit(Op::kAddi, {.rd = kLeft, .rs1 = kLeft, .imm = -1});
  a.emit(Op::kBne,
         {.rs1 = kLeft, .imm = (static_cast<int64_t>(each) - static_cast<int64_t>(a.words().size())) * 4});
  for (int64_t device : {0x10000000, 0x101000, 0x102010, 0x2004000, 0xc201000, 0xc200000, 0x200c000}) {
    a.emit(Op::kLui, {.rd = kDevice, .imm = device});
    for (int offset : {-8, 0, 4, 8, 12, 16}) {
      a.emit(Op::kLw, {.rd = kA, .rs1 = kDevice, .imm = offset});
      if (device != 0x10000000) a.emit(Op::kSw, {.rs1 = kDevice, .rs2 = kA, .imm = offset});
    }
    a.emit(Op::kLbu, {.rd = kA, .rs1 = kDevice});
    a.emit(Op::kSb, {.rs1 = kDevice, .rs2 = kA});
  }
  a.emit(Op::kSd, {.rs1 = kData, .rs2 = kA, .imm = 9});
  a.emit(Op::kLd, {.rd = kA, .rs1 = kData, .imm = 9});
  a.emit(Op::kAmoaddD, {.rd = kA, .rs1 = kData, .rs2 = kOne});
  a.emit(Op::kLrD, {.rd = kA, .rs1 = kData});
  a.emit(Op::kScD, {.rd = kB, .rs1 = kData, .rs2 = kA});
  a.emit(Op::kFaddD, {.rd = 1, .rs1 = 2, .rs2 = 3, .rm = 7});
  for (unsigned csr : {0xc01u, 0x344u, 0x300u, 0x142u, 0x180u}) a.csr(Op::kCsrrs, kA, csr, 0);
  auto here = static_cast<int64_t>(a.words().size());
  a.emit(Op::kJal, {.imm = (static_cast<int64_t>(loop) - here) * 4});
  return a.bytes();
}

// A queue in RAM: every descriptor a buffer, chained by twos, all of them available.
void put_queue(Ram& ram, uint64_t base, uint64_t buffers) {
  constexpr uint16_t kSize = 8;
  Bytes table, driver;
  ByteWriter t(table), d(driver);
  for (uint16_t i = 0; i < kSize; ++i) {
    bool last = i % 2 == 1;
    t.fixed(buffers + i * 0x1000);
    t.fixed(uint32_t{last ? 513u : 16u});
    t.fixed(static_cast<uint16_t>(last ? 2 : 1));
    t.fixed(static_cast<uint16_t>(i + 1));
  }
  d.fixed(uint16_t{0});
  d.fixed(kSize);
  for (uint16_t i = 0; i < kSize; ++i) d.fixed(static_cast<uint16_t>(i & ~1));
  CHECK(ram.write(Gpa{base}, table) && ram.write(Gpa{base + 0x1000}, driver));
}

class Victim {
 public:
  Victim() {
    MachineConfig config;
    config.ram_bytes = kRamBytes;
    machine_ = Machine::create(config, tap_, {&disk_}).value();
    CHECK(machine_->boot({.firmware = guest(), .kernel = {}, .initrd = {}}).has_value());
    Ram& ram = machine_->ram();
    for (unsigned i = 0; i < kDevices * kQueuesEach; ++i)
      put_queue(ram, kQueues + i * kQueueStride, kBuffers + i * kQueueStride);
    memory_.assign(ram.frame(0), ram.frame(0) + ram.size());
    sound_ = Json::from_cbor(capture_state(*machine_, tap_));
    unsigned number = 0;
    for (const char* name : {"virtio_console", "virtio_entropy", "disk0"})
      ready(sound_["machine"][name], number);
    list_fields(sound_, Json::json_pointer());
  }

  Bytes sound() const { return Json::to_cbor(sound_); }

  // Edits of the sound state: a field's number, what to do, and a value.
  Bytes edited(ByteReader& in) {
    Json state = sound_;
    while (in.ok() && in.remaining() > 0) {
      Json& field = state[fields_[in.fixed<uint16_t>() % fields_.size()]];
      uint8_t how = in.fixed<uint8_t>();
      if (field.is_binary()) {
        edit_bytes(field.get_binary(), how, in);
      } else if (field.is_number()) {
        field = edit_number(field.get<uint64_t>(), how, in);
      }
    }
    return Json::to_cbor(state);
  }

  void run(ByteView cbor) {
    if (!restore_state(cbor, *machine_, tap_)) return;
    machine_->ram().clear_flags(kFrameDirty);
    machine_->restored();
    machine_->restart_disks();
    constexpr uint64_t kPart = 4000;
    for (uint8_t part = 0; part < 5; ++part) {
      Stop stop = machine_->run_until(machine_->at() + kPart);
      for (ConsoleId console : {ConsoleId::kUart, ConsoleId::kVirtio}) {
        machine_->apply({machine_->at(), ConsoleInput{console, Bytes(std::min<size_t>(
                                                                   machine_->console_room(console), 40))}});
      }
      for (uint64_t serial = 0; serial < 6; ++serial) {
        machine_->apply({machine_->at(), DiskCompletion{0, serial, DiskStatus{serial == 5}}});
      }
      TimeAnchor anchor{machine_->time_ticks() + 10'000, 1ull << 30};
      if (machine_->possible(anchor)) machine_->apply({machine_->at(), anchor});
      if (stop != Stop::kPosition && stop != Stop::kIdle) break;
    }
    disk_.started().clear();
    // What a machine has come to, a machine can be in.
    Bytes now = capture_state(*machine_, tap_);
    CHECK(restore_state(now, *machine_, tap_).has_value());
    put_memory_back();
  }

 private:
  static void ready(Json& device, unsigned& number) {
    constexpr uint64_t kAllOk = 15, kVersion1 = 1ull << 32;
    device["status"] = kAllOk;
    device["driver_features"] = kVersion1;
    for (unsigned q = 0; q < kQueuesEach; ++q) {
      Json& queue = device["queues"][std::to_string(q)];
      uint64_t base = kQueues + number++ * kQueueStride;
      queue["ready"] = uint64_t{1};
      queue["size"] = uint64_t{8};
      for (unsigned i = 0; i < 3; ++i) queue["addresses"][std::to_string(i)] = base + i * 0x1000;
    }
  }
  void list_fields(const Json& value, const Json::json_pointer& at) {
    for (const auto& [name, field] : value.items()) {
      if (field.is_object()) {
        list_fields(field, at / name);
      } else if (name != "size" || at.back() == "0" || at.back() == "1") {  // not the length of an array
        fields_.push_back(at / name);
      }
    }
  }
  static uint64_t edit_number(uint64_t old, uint8_t how, ByteReader& in) {
    switch (how % 8) {
      case 0:
        return in.fixed<uint64_t>();
      case 1:
        return old ^ 1ull << (in.fixed<uint8_t>() % 64);
      case 2:
        return in.fixed<uint8_t>();
      case 3:
        return ~0ull >> (in.fixed<uint8_t>() % 64);
      case 4:
        return 0x80000000 + in.fixed<uint32_t>() % (2 * kRamBytes);
      default:
        return old + in.fixed<uint8_t>() - 128;
    }
  }
  static void edit_bytes(std::vector<uint8_t>& bytes, uint8_t how, ByteReader& in) {
    size_t n = in.fixed<uint16_t>();
    if (how % 8 == 0) {
      bytes.resize(n % 2048);
    } else if (!bytes.empty()) {
      bytes[n % bytes.size()] = in.fixed<uint8_t>();
    }
  }
  void put_memory_back() {
    Ram& ram = machine_->ram();
    for (uint64_t i = 0; i < ram.frame_count(); ++i) {
      if ((ram.frame_flags(i) & kFrameDirty) == 0) continue;
      std::copy_n(memory_.begin() + static_cast<std::ptrdiff_t>(i * kPageSize), kPageSize, ram.frame(i));
    }
  }

  Nowhere nowhere_;
  OutputTap tap_{nowhere_};
  testing::MemoryDisk disk_{Bytes(64 * kSectorSize)};
  std::unique_ptr<Machine> machine_;
  Bytes memory_;
  Json sound_;
  std::vector<Json::json_pointer> fields_;
};

Victim& victim() {
  static Victim one;
  return one;
}

}  // namespace
}  // namespace recount::test

std::vector<std::vector<uint8_t>> fuzz_seeds() {
  using namespace recount;
  std::vector<Bytes> seeds;
  seeds.push_back({0});
  Bytes cbor = test::victim().sound();
  cbor.insert(cbor.begin(), 1);
  seeds.push_back(cbor);
  std::mt19937_64 random(1);
  for (int i = 0; i < 200; ++i) {
    Bytes& edits = seeds.emplace_back(Bytes(6 + random() % 24));
    for (uint8_t& b : edits) b = static_cast<uint8_t>(random());
    edits[0] = 0;
  }
  return seeds;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace recount;
  if (size == 0) return 0;
  ByteReader in({data + 1, size - 1});
  Bytes edited;
  if (data[0] % 2 == 0) edited = test::victim().edited(in);
  test::victim().run(data[0] % 2 == 0 ? ByteView(edited) : ByteView(data + 1, size - 1));
  return 0;
}
