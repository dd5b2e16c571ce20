// A kernel in S-mode that calls the machine's SBI with anything in its registers. The input is the registers:
// eight words a call; the guest loads them and makes the call.

#include <cstring>
#include <memory>

#include "base/check.h"
#include "machine/machine.h"
#include "session/machine_state.h"
#include "support/assembler.h"

namespace recount::test {
namespace {

constexpr unsigned kMostCalls = 16;
constexpr uint64_t kTable = 0x80400000;  // of the registers; the kernel is at 0x80200000
constexpr unsigned kA0 = 10, kNext = 5, kScratch = 6;

class Nowhere final : public ConsolePort {
 public:
  void console_output(ConsoleId, ByteView bytes) override { CHECK(bytes.size() <= kPageSize); }
};

// For each call: a0 to a7 from the table, then ecall.
Bytes kernel() {
  constexpr size_t kHeader = 64;
  Bytes image(kHeader, 0);
  Assembler header, body;
  header.emit(Op::kJal, {.imm = kHeader});
  store_le<uint32_t>(&image[0], header.words()[0]);
  std::memcpy(&image[56], "RSC\x05", 4);
  body.emit(Op::kAuipc, {.rd = kNext, .imm = 0x200000});  // the page of the table, and
  body.emit(Op::kAddi, {.rd = kNext, .rs1 = kNext, .imm = -static_cast<int64_t>(kHeader)});
  for (unsigned i = 0; i < 8; ++i) body.emit(Op::kLd, {.rd = kA0 + i, .rs1 = kNext, .imm = i * 8});
  body.emit(Op::kAddi, {.rd = kNext, .rs1 = kNext, .imm = 64});
  body.emit(Op::kEcall);
  body.emit(Op::kAdd, {.rd = kScratch, .rs1 = kA0, .rs2 = kA0 + 1});
  body.emit(Op::kJal, {.imm = -11 * 4});
  Bytes code = body.bytes();
  image.insert(image.end(), code.begin(), code.end());
  return image;
}

struct Guest {
  Guest() {
    MachineConfig config;
    config.ram_bytes = 16 << 20;
    machine = Machine::create(config, tap).value();
    CHECK(machine->boot({.firmware = {}, .kernel = kernel(), .initrd = {}}).has_value());
    at_start = capture_state(*machine, tap);
  }
  Nowhere nowhere;
  OutputTap tap{nowhere};
  std::unique_ptr<Machine> machine;
  Bytes at_start;
};

}  // namespace
}  // namespace recount::test

std::vector<std::vector<uint8_t>> fuzz_seeds() {
  using namespace recount;
  // Extension, function, and arguments that mean something to some of them.
  constexpr uint64_t kExtensions[] = {0,        1,          2,        8,          0x10,      0x54494d45,
                                      0x735049, 0x52464e43, 0x48534d, 0x53525354, 0x4442434e};
  std::vector<Bytes> seeds;
  for (uint64_t extension : kExtensions) {
    Bytes& seed = seeds.emplace_back();
    ByteWriter w(seed);
    for (uint64_t function = 0; function < 4; ++function) {
      for (uint64_t v : {uint64_t{16}, uint64_t{0x80500000}, uint64_t{0}, uint64_t{1}, uint64_t{0},
                         uint64_t{0}, function, extension})
        w.fixed(v);
    }
  }
  return seeds;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace recount;
  static test::Guest guest;
  CHECK(restore_state(guest.at_start, *guest.machine, guest.tap).has_value());
  guest.machine->apply({guest.machine->at(), ConsoleInput{ConsoleId::kUart, {'i', 'n'}}});
  constexpr uint64_t kTableBytes = test::kMostCalls * 64;
  Bytes table(kTableBytes, 0);
  std::copy_n(data, std::min<size_t>(size, kTableBytes), table.begin());
  CHECK(guest.machine->ram().write(Gpa{test::kTable}, table));
  uint64_t calls = 0;
  CHECK(guest.machine->hart().native_sbi);
  for (Position target = guest.machine->at(); calls < test::kMostCalls; ++calls) {
    target = target + 12;
    if (guest.machine->run_until(target) != Stop::kPosition) break;
  }
  // Whatever was asked, the guest is where it would be.
  CHECK(guest.machine->check_restored().has_value());
  return 0;
}
