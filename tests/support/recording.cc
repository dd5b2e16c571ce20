#include "support/recording.h"

#include "evidence/console_cast.h"
#include "evidence/evidence_writer.h"
#include "evidence/names.h"
#include "journal/segment.h"
#include "session/machine_state.h"
#include "support/assembler.h"

namespace recount::test {

MachineConfig recording_config(EngineKind engine) {
  MachineConfig config;
  config.ram_bytes = kRecordingRamBytes;
  config.engine = engine;
  return config;
}

Bytes ticking_guest() {
  constexpr unsigned kA0 = 10, kA1 = 11, kA2 = 12, kA3 = 13, kCount = 9, kNow = 6, kPlace = 7, kChar = 8;
  constexpr unsigned kUart = 18, kTimecmp = 19, kTime = 20, kData = 21, kPowerOff = 22, kFinisher = 23;
  constexpr unsigned kMie = 0x304;
  Assembler a;
  a.emit(Op::kLui, {.rd = kUart, .imm = 0x10000000});
  a.emit(Op::kLui, {.rd = kTimecmp, .imm = 0x2004000});
  a.emit(Op::kLui, {.rd = kTime, .imm = 0x200c000});  // mtime lies 8 below
  a.emit(Op::kAuipc, {.rd = kData, .imm = 0x100000});
  a.emit(Op::kLui, {.rd = kFinisher, .imm = 0x100000});
  a.emit(Op::kLui, {.rd = kPowerOff, .imm = 0x5000});
  a.emit(Op::kAddi, {.rd = kPowerOff, .rs1 = kPowerOff, .imm = 0x555});
  a.emit(Op::kAddi, {.rd = kA0, .imm = 1 << 7});
  a.csr(Op::kCsrrw, 0, kMie, kA0);  // the timer wakes WFI; mstatus.MIE stays off
  const size_t loop = a.words().size();
  a.emit(Op::kAddi, {.rd = kCount, .rs1 = kCount, .imm = 1});
  a.emit(Op::kLd, {.rd = kNow, .rs1 = kTime, .imm = -8});
  a.emit(Op::kAndi, {.rd = kPlace, .rs1 = kCount, .imm = 63});
  a.emit(Op::kSlli, {.rd = kPlace, .rs1 = kPlace, .imm = 12});
  a.emit(Op::kAdd, {.rd = kPlace, .rs1 = kPlace, .rs2 = kData});
  a.emit(Op::kSd, {.rs1 = kPlace, .rs2 = kNow, .imm = 16});
  a.emit(Op::kAndi, {.rd = kChar, .rs1 = kCount, .imm = 63});
  a.emit(Op::kAddi, {.rd = kChar, .rs1 = kChar, .imm = '0'});
  a.emit(Op::kSb, {.rs1 = kUart, .rs2 = kChar});
  // Four instructions if a byte is there.
  a.emit(Op::kLbu, {.rd = kA1, .rs1 = kUart, .imm = 5});
  a.emit(Op::kAndi, {.rd = kA1, .rs1 = kA1, .imm = 1});
  a.emit(Op::kBeq, {.rs1 = kA1, .imm = 6 * 4});
  a.emit(Op::kLbu, {.rd = kA1, .rs1 = kUart});
  a.emit(Op::kSb, {.rs1 = kUart, .rs2 = kA1});
  a.emit(Op::kAddi, {.rd = kA2, .imm = 'q'});
  a.emit(Op::kBne, {.rs1 = kA1, .rs2 = kA2, .imm = 2 * 4});
  a.emit(Op::kSw, {.rs1 = kFinisher, .rs2 = kPowerOff});
  // Some work.
  a.emit(Op::kAddi, {.rd = kA3, .imm = 2000});
  a.emit(Op::kAddi, {.rd = kA3, .rs1 = kA3, .imm = -1});
  a.emit(Op::kBne, {.rs1 = kA3, .imm = -4});
  a.emit(Op::kLui, {.rd = kA3, .imm = 0x5000});  // 20,480 ticks
  a.emit(Op::kAdd, {.rd = kNow, .rs1 = kNow, .rs2 = kA3});
  a.emit(Op::kSd, {.rs1 = kTimecmp, .rs2 = kNow});
  a.emit(Op::kWfi);
  auto here = static_cast<int64_t>(a.words().size());
  a.emit(Op::kJal, {.imm = (static_cast<int64_t>(loop) - here) * 4});
  return a.bytes();
}

Recording::Recording(Digests digests) {
  machine_ = std::move(Machine::create(recording_config(), tap_).value());
  CHECK(machine_->boot({.firmware = ticking_guest(), .kernel = {}, .initrd = {}}).has_value());
  session_ = std::make_unique<RecordSession>(*machine_, tap_, sink_, host_ns_, digests);
  session_->power_on({});
  checkpoint();
}

Stop Recording::run_ms(uint64_t ms) {
  const uint64_t until = host_ns_ + ms * 1'000'000;
  Stop stop = Stop::kPosition;
  while (host_ns_ < until) {
    stop = session_->run_slice(host_ns_, suspended_ns_);
    if (stop != Stop::kPosition && stop != Stop::kIdle) break;
    host_ns_ += 200'000 + ++slices_ * 7919 % 100'000;
    // Now and then the host takes its time.
    if (slices_ % 50 == 0) host_ns_ += 3'000'000;
    if (stop == Stop::kIdle) host_ns_ = std::max(host_ns_, std::min(session_->wake_ns(), until));
  }
  return stop;
}

void Recording::run_while_clock_stands_still(unsigned slices) {
  for (unsigned i = 0; i < slices; ++i) session_->run_slice(host_ns_, suspended_ns_);
}

void Recording::checkpoint() {
  sink_.events.clear();
  Ram& ram = machine_->ram();
  past_ = {.begin = machine_->at(),
           .begin_ticks = machine_->time_ticks(),
           .state = capture_state(*machine_, tap_),
           .ram = Bytes(ram.frame(0), ram.frame(0) + ram.size())};
}

Past Recording::finish() {
  session_->note_failure({"operator", "the test is over"});
  past_.end = machine_->at();
  past_.end_ticks = machine_->time_ticks();
  past_.events = sink_.events;
  return past_;
}

const Past& sample_past() {
  static const Past past = [] {
    Recording recording;
    recording.run_ms(500);
    recording.checkpoint();
    recording.session().operator_request({OperatorAction::kMark, "early"});
    recording.run_ms(700);
    recording.session().console_input(view_of("typed"));
    recording.run_ms(1500);
    recording.session().operator_request({OperatorAction::kMark, "late"});
    recording.run_ms(400);
    return recording.finish();
  }();
  return past;
}

Result<std::string> write_evidence(const Past& past, const std::string& folder, const std::string& name) {
  auto writer = TRY(EvidenceWriter::create(folder, name));
  ChainWriter chain(past.begin);
  uint32_t segments = 0;
  auto add = [&](const Bytes& segment) { return writer->add_member(segment_name(segments++), segment); };
  for (const Event& event : past.events) {
    if (auto full = chain.add(event)) TRY(add(*full));
  }
  TRY(add(chain.finish()));
  TRY(writer->add_member(kStateMember, past.state));
  TRY(writer->add_ram(past.ram));
  for (size_t i = 0; i < past.overlays.size(); ++i)
    TRY(writer->add_member(overlay_name(i), past.overlays[i]));
  Manifest manifest{.tool_version = "test",
                    .build_id = "test",
                    .cause = "operator",
                    .detail = "the test is over",
                    .position_begin = past.begin,
                    .position_end = past.end,
                    .guest_time_begin_ticks = past.begin_ticks,
                    .guest_time_end_ticks = past.end_ticks,
                    .recorder = "test",
                    .engine = "interp",
                    .machine = {.ram_bytes = past.ram.size(), .mmu = "sv39", .seed = Digest256{}.hex()},
                    .disks = past.disks,
                    .uncertified_reason = "made by a test"};
  TRY(writer->finish_uncertified(manifest));
  TRY(writer->certify(manifest, std::nullopt, ConsoleCast("test", 0).finish()));
  return writer->publish();
}

}  // namespace recount::test
