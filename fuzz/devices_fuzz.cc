// A guest gone mad against the devices without queues: reads and writes of every size at every offset, through the
// bus, with input, interrupt levels and time in between. Each step is done to two boards, and either may be replaced
// by a fresh one that the other's state is restored into: they must never differ.

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/check.h"
#include "device/aclint.h"
#include "device/goldfish_rtc.h"
#include "device/plic.h"
#include "device/syscon.h"
#include "device/uart16550.h"
#include "device/watchdog.h"
#include "machine/board.h"
#include "memory/bus.h"
#include "state/archive.h"

namespace recount {
namespace {

constexpr unsigned kHarts = 2, kContexts = 4;

struct Place {
  Gpa base;
  uint64_t size_bytes;
};
constexpr Place kPlaces[] = {{board::kAclint, board::kAclintSize}, {board::kPlic, board::kPlicSize},
                             {board::kUart, board::kUartSize}, {board::kRtc, board::kRtcSize},
                             {board::kSyscon, board::kSysconSize}, {board::kWatchdog, board::kWatchdogSize}};

class Clock final : public ClockPort {
 public:
  uint64_t now_ticks() const override { return ticks_; }
  void pass(uint64_t ticks) { ticks_ += ticks; }

 private:
  uint64_t ticks_ = 0;
};

class Console final : public ConsolePort {
 public:
  void console_output(ConsoleId console, ByteView bytes) override {
    CHECK(console == ConsoleId::kUart && bytes.size() == 1);
    ++bytes_;
  }
  uint64_t bytes() const { return bytes_; }

 private:
  uint64_t bytes_ = 0;
};

class Devices {
 public:
  Devices(const ClockPort& clock, uint64_t rtc_base_ns)
      : clock_(clock), aclint_(clock, kHarts), plic_(kContexts), uart_(console_), rtc_(clock, rtc_base_ns), watchdog_(clock) {
    MmioDevice* const devices[] = {&aclint_, &plic_, &uart_, &rtc_, &syscon_, &watchdog_};
    for (size_t i = 0; i < std::size(kPlaces); ++i) bus_.map(kPlaces[i].base, kPlaces[i].size_bytes, *devices[i]);
  }

  uint64_t read(Gpa gpa, unsigned size_bytes) {
    std::array<bool, kContexts> pending{};
    for (unsigned c = 0; c < kContexts; ++c) pending[c] = plic_.pending(c);
    uint64_t value = at(gpa, size_bytes).mmio_read(raw(gpa) - raw(region_->base), size_bytes);
    CHECK(size_bytes == 8 || value >> (8 * size_bytes) == 0);
    check_claim(gpa, size_bytes, value, pending);
    return value;
  }
  // How many bytes it printed.
  uint64_t write(Gpa gpa, unsigned size_bytes, uint64_t value) {
    const uint64_t before = console_.bytes();
    at(gpa, size_bytes).mmio_write(raw(gpa) - raw(region_->base), size_bytes, value);
    return console_.bytes() - before;
  }
  void receive(ByteView bytes) { uart_.receive(bytes.first(std::min(bytes.size(), uart_.room()))); }
  void take() {
    if (uart_.has_input()) uart_.take();
  }
  void set_levels(uint32_t high) { plic_.set_levels(high); }
  void set_msip(unsigned hart, bool on) { aclint_.set_msip(hart, on); }

  // What holds whatever was done.
  void check() {
    CHECK(uart_.possible() && uart_.room() <= 16);
    rtc_.check_alarm();
    // An alarm that waits lies ahead: else whoever sleeps until it never sleeps.
    CHECK(rtc_.alarm_ticks() > clock_.now_ticks());
    watchdog_.check();
    CHECK(watchdog_.possible() && (watchdog_.expired() || watchdog_.expiry_ticks() > clock_.now_ticks()));
    CHECK(syscon_.request() <= PowerRequest::kFail && syscon_.code() <= 0xffff);
  }
  bool same_lines(const Devices& other) const {
    bool same = uart_.irq() == other.uart_.irq() && rtc_.irq() == other.rtc_.irq();
    for (unsigned c = 0; c < kContexts; ++c) same = same && plic_.pending(c) == other.plic_.pending(c);
    for (unsigned h = 0; h < kHarts; ++h) {
      same = same && aclint_.msip(h) == other.aclint_.msip(h) && aclint_.mtimecmp(h) == other.aclint_.mtimecmp(h);
    }
    return same && syscon_.request() == other.syscon_.request() && watchdog_.expired() == other.watchdog_.expired();
  }

  template <class Archive>
  void state(Archive& a) {
    a("aclint", aclint_);
    a("plic", plic_);
    a("uart", uart_);
    a("rtc", rtc_);
    a("syscon", syscon_);
    a("watchdog", watchdog_);
  }

 private:
  MmioDevice& at(Gpa gpa, unsigned size_bytes) {
    region_ = bus_.find(gpa, size_bytes);
    CHECK(region_ != nullptr && region_->device != nullptr);
    return *region_->device;
  }
  // A claim gives a source if and only if the context's line was high, and each source once until it is complete.
  void check_claim(Gpa gpa, unsigned size_bytes, uint64_t claimed, const std::array<bool, kContexts>& pending) {
    constexpr uint64_t kFirst = raw(board::kPlic) + 0x200004, kStride = 0x1000;
    if (size_bytes != 4 || raw(gpa) < kFirst || (raw(gpa) - kFirst) % kStride != 0) return;
    uint64_t context = (raw(gpa) - kFirst) / kStride;
    if (context >= kContexts) return;
    CHECK((claimed != 0) == pending[context] && claimed < Plic::kSources);
    if (claimed == 0) return;
    Gpa word = board::kPlic + (0x1000 + 4 * (claimed / 32));
    CHECK((plic_.mmio_read(raw(word) - raw(board::kPlic), 4) >> (claimed % 32) & 1) == 0);
  }

  const ClockPort& clock_;
  Console console_;
  Aclint aclint_;
  Plic plic_;
  Uart16550 uart_;
  GoldfishRtc rtc_;
  Syscon syscon_;
  Watchdog watchdog_;
  Bus bus_;
  const Bus::Region* region_ = nullptr;
};

Digest128 digest(Devices& devices) {
  DigestArchive archive;
  devices.state(archive);
  return archive.finish();
}

void copy_state(Devices& from, Devices& to) {
  SaveArchive saved;
  from.state(saved);
  auto load = LoadArchive::parse(saved.finish());
  CHECK(load.has_value());
  to.state(**load);
  CHECK((*load)->status().has_value());
}

// What an input is made of: an opcode, then its operands.
enum Op : uint8_t { kRead, kWrite, kPass, kReceive, kTake, kLevels, kSoftware, kRestore, kOps };

struct Access {
  Gpa gpa;
  unsigned size_bytes;
};

// Naturally aligned, in one of the devices.
Access access(ByteReader& in) {
  const auto which = in.fixed<uint8_t>();
  const Place& place = kPlaces[(which >> 2) % std::size(kPlaces)];
  unsigned size_bytes = 1u << (which & 3);
  uint64_t offset = in.fixed<uint32_t>() % place.size_bytes & ~uint64_t{size_bytes - 1};
  return {place.base + offset, size_bytes};
}

void run(ByteReader& in) {
  constexpr uint64_t kBases[] = {0, 1'764'000'000'000'000'000, 99, 1ull << 62};
  const uint64_t base = kBases[in.fixed<uint8_t>() % std::size(kBases)];
  Clock clock;
  auto one = std::make_unique<Devices>(clock, base), two = std::make_unique<Devices>(clock, base);
  int restores = 4;  // they take longer than all else
  for (int step = 0; step < 400 && in.ok() && in.remaining() > 0; ++step) {
    switch (in.fixed<uint8_t>() % kOps) {
      case kRead: {
        Access a = access(in);
        CHECK(one->read(a.gpa, a.size_bytes) == two->read(a.gpa, a.size_bytes));
        break;
      }
      case kWrite: {
        Access a = access(in);
        const auto value = in.fixed<uint64_t>();
        const uint64_t printed = one->write(a.gpa, a.size_bytes, value);
        CHECK(printed <= 1 && printed == two->write(a.gpa, a.size_bytes, value));
        break;
      }
      case kPass: clock.pass(in.fixed<uint32_t>()); break;
      case kReceive: {
        const size_t size = in.fixed<uint8_t>();
        ByteView bytes = in.raw(std::min(size, in.remaining()));
        one->receive(bytes);
        two->receive(bytes);
        break;
      }
      case kTake:
        one->take();
        two->take();
        break;
      case kLevels: {
        const auto high = in.fixed<uint32_t>();
        one->set_levels(high);
        two->set_levels(high);
        break;
      }
      case kSoftware: {
        const auto which = in.fixed<uint8_t>();
        one->set_msip(which % kHarts, (which & 0x80) != 0);
        two->set_msip(which % kHarts, (which & 0x80) != 0);
        break;
      }
      default: {
        if (restores == 0) break;
        --restores;
        auto fresh = std::make_unique<Devices>(clock, 0);
        copy_state(*one, *fresh);
        one = std::move(fresh);
        std::swap(one, two);
      }
    }
    one->check();
    two->check();
    CHECK(one->same_lines(*two));
  }
  CHECK(digest(*one) == digest(*two));
}

}  // namespace
}  // namespace recount

// Each device used as a driver would, the state restored in between: from these mutation finds its way.
std::vector<std::vector<uint8_t>> fuzz_seeds() {
  using namespace recount;
  constexpr uint8_t kAclint = 0, kPlic = 1, kUart = 2, kRtc = 3, kSyscon = 4, kWatchdog = 5, kByte = 0, kWord = 2, kDouble = 3;
  std::vector<Bytes> seeds;
  for (uint8_t base = 0; base < 4; ++base) {
    Bytes& seed = seeds.emplace_back(Bytes{base});
    ByteWriter w(seed);
    auto read = [&](uint8_t device, uint8_t size, uint32_t offset) {
      w.fixed(uint8_t{kRead});
      w.fixed(static_cast<uint8_t>(device << 2 | size));
      w.fixed(offset);
    };
    auto write = [&](uint8_t device, uint8_t size, uint32_t offset, uint64_t value) {
      w.fixed(uint8_t{kWrite});
      w.fixed(static_cast<uint8_t>(device << 2 | size));
      w.fixed(offset);
      w.fixed(value);
    };
    write(kPlic, kWord, 10 * 4, 5);
    write(kPlic, kWord, 0x2080, 1 << 10);
    write(kPlic, kWord, 0x201000, 2);
    w.fixed(uint8_t{kLevels});
    w.fixed(uint32_t{1 << 10});
    w.fixed(uint8_t{kRestore});
    read(kPlic, kWord, 0x201004);
    read(kPlic, kWord, 0x1000);
    write(kPlic, kWord, 0x201004, 10);
    write(kUart, kByte, 1, 3);
    w.fixed(uint8_t{kReceive});
    w.fixed(uint8_t{2});
    w.raw(view_of("in"));
    read(kUart, kByte, 2);
    read(kUart, kByte, 0);
    write(kUart, kByte, 4, 0x10);
    write(kUart, kByte, 0, 'x');
    w.fixed(uint8_t{kRestore});
    read(kUart, kByte, 6);
    write(kAclint, kDouble, 0x4008, 1000);
    write(kAclint, kWord, 4, 1);
    read(kAclint, kDouble, 0xbff8);
    read(kRtc, kWord, 0);
    read(kRtc, kWord, 4);
    write(kRtc, kWord, 0x10, 1);
    write(kRtc, kWord, 0xc, 0);
    write(kRtc, kWord, 8, 5'000'000);
    write(kWatchdog, kWord, 0x14, 1);
    write(kWatchdog, kWord, 0x18, 0x01);
    w.fixed(uint8_t{kPass});
    w.fixed(uint32_t{4'999'999});
    w.fixed(uint8_t{kRestore});
    write(kWatchdog, kWord, 0x10, 0xa57 << 1 | 1);
    w.fixed(uint8_t{kPass});
    w.fixed(uint32_t{50'001});
    w.fixed(uint8_t{kSoftware});
    w.fixed(uint8_t{0x81});
    write(kSyscon, kWord, 0, 0x00073333);
    w.fixed(uint8_t{kRestore});
    w.fixed(uint8_t{kTake});
  }
  return seeds;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  recount::ByteReader in({data, size});
  recount::run(in);
  return 0;
}
