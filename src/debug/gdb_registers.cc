#include "debug/gdb_registers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "debug/rsp/hex.h"
#include "isa/csr.h"

namespace recount {
namespace {

uint64_t mstatus_of(const HartState& s) {
  return s.mstatus | ((s.mstatus & mstatus::kFs) == mstatus::kFs ? mstatus::kSd : 0);
}

struct Csr {
  unsigned number;
  uint64_t (*value)(const HartState&, const Timebase&);
};

constexpr Csr kCsrs[] = {
    {csr::kFflags, [](const HartState& s, const Timebase&) -> uint64_t { return s.fflags; }},
    {csr::kFrm, [](const HartState& s, const Timebase&) -> uint64_t { return s.frm; }},
    {csr::kFcsr, [](const HartState& s, const Timebase&) -> uint64_t { return static_cast<uint64_t>(s.frm) << 5 | s.fflags; }},
    {csr::kCycle, [](const HartState& s, const Timebase& t) { return t.steps + s.mcycle_offset; }},
    {csr::kTime, [](const HartState&, const Timebase& t) { return t.ticks(); }},
    {csr::kInstret, [](const HartState& s, const Timebase& t) { return t.steps - s.unretired + s.minstret_offset; }},
    {csr::kSstatus, [](const HartState& s, const Timebase&) { return mstatus_of(s) & mstatus::kSupervisorReadable; }},
    {csr::kSie, [](const HartState& s, const Timebase&) { return s.mie & s.mideleg; }},
    {csr::kStvec, [](const HartState& s, const Timebase&) { return s.stvec; }},
    {csr::kScounteren, [](const HartState& s, const Timebase&) { return s.scounteren; }},
    {csr::kSenvcfg, [](const HartState& s, const Timebase&) { return s.senvcfg; }},
    {csr::kSscratch, [](const HartState& s, const Timebase&) { return s.sscratch; }},
    {csr::kSepc, [](const HartState& s, const Timebase&) { return s.sepc; }},
    {csr::kScause, [](const HartState& s, const Timebase&) { return s.scause; }},
    {csr::kStval, [](const HartState& s, const Timebase&) { return s.stval; }},
    {csr::kSip, [](const HartState& s, const Timebase& t) { return pending_interrupts(s, t.ticks()) & s.mideleg; }},
    {csr::kStimecmp, [](const HartState& s, const Timebase&) { return s.stimecmp; }},
    {csr::kSatp, [](const HartState& s, const Timebase&) { return s.satp; }},
    {csr::kMhartid, [](const HartState& s, const Timebase&) { return s.hart_id; }},
    {csr::kMstatus, [](const HartState& s, const Timebase&) { return mstatus_of(s); }},
    {csr::kMedeleg, [](const HartState& s, const Timebase&) { return s.medeleg; }},
    {csr::kMideleg, [](const HartState& s, const Timebase&) { return s.mideleg; }},
    {csr::kMie, [](const HartState& s, const Timebase&) { return s.mie; }},
    {csr::kMtvec, [](const HartState& s, const Timebase&) { return s.mtvec; }},
    {csr::kMcounteren, [](const HartState& s, const Timebase&) { return s.mcounteren; }},
    {csr::kMenvcfg, [](const HartState& s, const Timebase&) { return s.menvcfg; }},
    {csr::kMscratch, [](const HartState& s, const Timebase&) { return s.mscratch; }},
    {csr::kMepc, [](const HartState& s, const Timebase&) { return s.mepc; }},
    {csr::kMcause, [](const HartState& s, const Timebase&) { return s.mcause; }},
    {csr::kMtval, [](const HartState& s, const Timebase&) { return s.mtval; }},
    {csr::kMip, [](const HartState& s, const Timebase& t) { return pending_interrupts(s, t.ticks()); }},
};

constexpr std::array<const char*, 32> kIntegerNames = {
    "zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "fp", "s1", "a0",  "a1",  "a2", "a3", "a4", "a5",
    "a6",   "a7", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6"};
constexpr std::array<const char*, 32> kFloatNames = {
    "ft0", "ft1", "ft2", "ft3", "ft4", "ft5", "ft6", "ft7", "fs0", "fs1", "fa0",  "fa1",  "fa2", "fa3", "fa4",  "fa5",
    "fa6", "fa7", "fs2", "fs3", "fs4", "fs5", "fs6", "fs7", "fs8", "fs9", "fs10", "fs11", "ft8", "ft9", "ft10", "ft11"};

std::string register_xml(std::string_view name, unsigned number, std::string_view type, std::string_view group = "") {
  std::string in_group = group.empty() ? "" : fmt::format(" group=\"{}\"", group);
  return fmt::format("<reg name=\"{}\" bitsize=\"64\" regnum=\"{}\" type=\"{}\"{}/>", name, number, type, in_group);
}

}  // namespace

std::string gdb_target_xml() {
  std::string xml =
      "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\"><target version=\"1.0\">"
      "<architecture>riscv:rv64</architecture><feature name=\"org.gnu.gdb.riscv.cpu\">";
  for (unsigned i = 0; i < 32; ++i) xml += register_xml(kIntegerNames[i], i, i == 1 ? "code_ptr" : i >= 2 && i <= 4 ? "data_ptr" : "int");
  xml += register_xml("pc", kGdbPc, "code_ptr");
  xml +=
      "</feature><feature name=\"org.gnu.gdb.riscv.fpu\"><union id=\"riscv_double\"><field name=\"float\" type=\"ieee_single\"/>"
      "<field name=\"double\" type=\"ieee_double\"/></union>";
  for (unsigned i = 0; i < 32; ++i) xml += register_xml(kFloatNames[i], kGdbFirstFloat + i, "riscv_double");
  xml += "</feature><feature name=\"org.gnu.gdb.riscv.csr\">";
  for (const Csr& csr : kCsrs) xml += register_xml(csr_name(csr.number), kGdbFirstCsr + csr.number, "int", "system");
  xml += "</feature><feature name=\"org.gnu.gdb.riscv.virtual\">" + register_xml("priv", kGdbPrivilege, "int", "system");
  return xml + "</feature></target>";
}

std::optional<uint64_t> gdb_register(const Machine& machine, unsigned hart, uint64_t number) {
  const HartState& s = machine.hart(hart);
  if (number < kGdbPc) return s.x[number];
  if (number == kGdbPc) return s.pc;
  if (number < kGdbFirstCsr) return s.f[number - kGdbFirstFloat];
  if (number == kGdbPrivilege) return static_cast<uint64_t>(s.privilege);
  const auto* csr = std::ranges::find(kCsrs, number - kGdbFirstCsr, &Csr::number);
  if (csr == std::end(kCsrs)) return std::nullopt;
  if (s.hart_id == machine.hart().hart_id) return csr->value(s, machine.timebase());
  // Its count lacks the position while others have their turns (src/machine/hart_turns.cc).
  HartState in_turn = s;
  in_turn.unretired += machine.timebase().steps;
  return csr->value(in_turn, machine.timebase());
}

std::optional<std::string> gdb_register_hex(const Machine& machine, unsigned hart, uint64_t number) {
  auto value = gdb_register(machine, hart, number);
  if (!value) return std::nullopt;
  Bytes bytes;
  ByteWriter(bytes).fixed(*value);
  return rsp::to_hex(bytes);
}

std::string gdb_general_registers(const Machine& machine, unsigned hart) {
  std::string hex;
  for (unsigned n = 0; n <= kGdbPc; ++n) hex += *gdb_register_hex(machine, hart, n);
  return hex;
}

}  // namespace recount
