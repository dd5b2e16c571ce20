#pragma once
// A few instructions in a small machine, from a state that the test sets, under each engine. Every test names the part of
// the specification that it proves: titles are those of the RISC-V Instruction Set Manual, volumes I (unprivileged) and
// II (privileged, 1.13). docs/conformance.md lists them, and what is chosen where the specification leaves it open.

#include <gtest/gtest.h>

#include "hart/open_memory_for_tests.h"
#include "hart/pte.h"
#include "isa/csr.h"
#include "machine/board.h"
#include "support/assembler.h"
#include "support/test_machine.h"

namespace recount::test {

inline constexpr uint64_t kRam = raw(board::kRam);
// Offsets in RAM. The handler jumps to itself: a run that traps ends there.
inline constexpr uint64_t kHandler = 0x1000, kCode = 0x8000, kData = 0x9000;
inline constexpr uint64_t kTop = 0x3000, kRoot = 0x4000, kMiddle = 0x5000, kLeaf = 0x6000;
inline constexpr uint64_t kNowhere = 0x1000;  // a physical address with nothing at it
inline constexpr uint64_t kInterruptBit = 1ull << 63;

// With paging on: the window's first page is kCode, its second kData; the rest of it is not there.
inline constexpr uint64_t kWindow = 0x40000000, kDataPage = kWindow + kPageSize;
inline constexpr uint64_t kKernelPage = pte::kV | pte::kR | pte::kW | pte::kX | pte::kA | pte::kD;
inline constexpr uint64_t kUserPage = kKernelPage | pte::kU;

class Conformance : public testing::TestWithParam<EngineKind> {
 protected:
  Conformance() {
    MachineConfig config;
    config.ram_bytes = 16 << 20;
    config.engine = GetParam();
    config.jit.hot_after = 1;
    machine_ = std::make_unique<TestMachine>(config, BootImages{});
    machine_->set_events(time_at_rate(1ull << 32));  // a tick each step
    hart_.pc = kRam + kCode;
    hart_.mtvec = hart_.stvec = kRam + kHandler;
    hart_.mcounteren = hart_.scounteren = 0xffffffff;
    open_memory(hart_);
    put(kHandler, Assembler().emit(Op::kJal));
  }

  uint8_t* host(uint64_t offset) { return machine_->machine().ram().host(board::kRam + offset); }
  void put(uint64_t offset, const Assembler& code) { machine_->machine().ram().write(board::kRam + offset, code.bytes()); }
  void put16(uint64_t offset, uint16_t v) { store_le(host(offset), v); }
  void put64(uint64_t offset, uint64_t v) { store_le(host(offset), v); }
  uint64_t get64(uint64_t offset) { return load_le<uint64_t>(host(offset)); }

  // Supervisor mode in the window, with these flags for its second page.
  void page_tables(uint64_t data_flags, uint64_t mode = satp::kSv39, uint64_t code_flags = kKernelPage) {
    put64(kTop, (kRam + kRoot) >> 2 | pte::kV);
    put64(kRoot + 8, (kRam + kMiddle) >> 2 | pte::kV);
    put64(kRoot + 16, kRam >> 2 | kKernelPage);  // RAM where it is, for the handler
    put64(kMiddle, (kRam + kLeaf) >> 2 | pte::kV);
    put64(kLeaf, (kRam + kCode) >> 2 | code_flags);
    put64(kLeaf + 8, (kRam + kData) >> 2 | data_flags);
    uint64_t root = kRam + (mode == satp::kSv48 ? kTop : kRoot);
    hart_.satp = mode << satp::kModeShift | root >> kPageShift;
    hart_.privilege = Privilege::kSupervisor;
    hart_.pc = kWindow;
  }

  // Long enough for every test here: they end in the handler, or spin.
  const HartState& run(uint64_t steps = 100) {
    machine_->set_hart(hart_);
    stop_ = machine_->run_until(machine_->machine().at() + steps);
    return machine_->machine().hart();
  }
  // The one instruction at kCode, or where page_tables() has it; then a jump to itself.
  const HartState& run_one(Op op, const Fields& fields = {}) {
    put(kCode, Assembler().emit(op, fields).emit(Op::kJal));
    return run();
  }
  // The same behind a store to and a load from kData's page: its translations are cached then, so that engines take their
  // fast ways.
  const HartState& run_one_warm(Op op, const Fields& fields) {
    hart_.x[31] = kRam + kData + kPageSize / 2;
    put(kCode, Assembler()
                   .emit(Op::kSd, {.rs1 = 31, .rs2 = 0})
                   .emit(Op::kLd, {.rd = 30, .rs1 = 31})
                   .emit(op, fields)
                   .emit(Op::kJal));
    return run();
  }
  // Under that instruction: the cause in machine mode, which it must have come to, or 0 if it went through.
  uint64_t cause_of(Op op, const Fields& fields = {}) {
    const HartState& s = run_one(op, fields);
    if (s.pc == hart_.pc + 4) return 0;
    EXPECT_EQ(s.pc, kRam + kHandler);
    EXPECT_EQ(s.mepc, hart_.pc);
    return s.mcause;
  }
  void run_in(Privilege privilege) { hart_.privilege = privilege; }

  std::unique_ptr<TestMachine> machine_;
  HartState hart_;
  Stop stop_ = Stop::kPosition;
};

inline const auto kEveryEngine = testing::Values(EngineKind::kReference, EngineKind::kInterp, EngineKind::kJit);
inline std::string engine_of(const testing::TestParamInfo<EngineKind>& info) { return std::string(engine_name(info.param)); }

}  // namespace recount::test
