#include "debug/gdb_server.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "debug/gdb_registers.h"
#include "debug/rsp/hex.h"
#include "host/poll.h"
#include "host/stream.h"

namespace recount {
namespace {

// A window of an object that is read piece by piece.
std::string piece_of(const std::string& object, const rsp::Transfer& window) {
  if (window.offset >= object.size()) return "l";
  uint64_t size = std::min<uint64_t>(window.size_bytes, rsp::kMostPayload / 2);
  bool last = size >= object.size() - window.offset;
  return (last ? "l" : "m") + object.substr(window.offset, size);
}

// All that a virtual address can name. The guest's own tables say what is there, and differ from process to process.
constexpr const char* kMemoryMap =
    "<?xml version=\"1.0\"?><!DOCTYPE memory-map SYSTEM \"gdb-memory-map.dtd\"><memory-map>"
    "<memory type=\"ram\" start=\"0x0\" length=\"0x8000000000000000\"/>"
    "<memory type=\"ram\" start=\"0x8000000000000000\" length=\"0x8000000000000000\"/></memory-map>";

const char* name_of(Privilege privilege) {
  return privilege == Privilege::kUser ? "U" : privilege == Privilege::kSupervisor ? "S" : "M";
}

}  // namespace

SessionEnd GdbServer::serve(int connection) {
  connection_ = connection;
  acks_ = true;
  gone_ = false;
  physical_ = false;
  end_.reset();
  reader_ = {};
  stops_.clear();
  thread_ = static_cast<int64_t>(timeline_.machine().hart().hart_id) + 1;
  last_stop_ = fmt::format("T05thread:{:x};", thread_);
  while (!end_ && !gone_) {
    auto input = reader_.next();
    if (!input) {
      if (!receive()) break;
      continue;
    }
    if (input->kind == rsp::InputKind::kDamaged) write_all(connection_, view_of("-"));
    // gdb sends one whenever an answer takes longer than two seconds, without acknowledgements too; a second answer would be taken for
    // that of its next request.
    if (input->kind == rsp::InputKind::kNack && acks_) write_all(connection_, view_of(last_sent_));
    if (input->kind != rsp::InputKind::kPacket) continue;
    if (acks_) write_all(connection_, view_of("+"));
    answer(rsp::parse_request(input->payload));
  }
  return end_.value_or(SessionEnd::kGone);
}

bool GdbServer::receive() {
  Bytes bytes = read_some(connection_);
  reader_.feed(bytes);
  gone_ = gone_ || bytes.empty() || reader_.overflown();
  return !gone_;
}

// While the timeline moves, the client says nothing but Ctrl-C.
bool GdbServer::interrupted() {
  while (!gone_ && reader_.waiting_bytes() < rsp::kMostPayload && is_readable(connection_)) receive();
  auto input = gone_ ? std::nullopt : reader_.next();
  return gone_ || (input && input->kind == rsp::InputKind::kInterrupt);
}

void GdbServer::send(std::string_view payload) {
  last_sent_ = rsp::framed(payload);
  write_all(connection_, view_of(last_sent_));
}

void GdbServer::answer(const rsp::Request& request) {
  send(std::visit([this](const auto& r) { return reply(r); }, request));
  const auto* query = std::get_if<rsp::Query>(&request);
  if (query != nullptr && query->name == "QStartNoAckMode") acks_ = false;
}

GuestView GdbServer::view() {
  Machine& machine = timeline_.machine();
  AddressSpace space = physical_ ? AddressSpace{} : address_space_of(machine.hart(static_cast<unsigned>(thread_ - 1)));
  return {machine.ram(), space};
}

std::string GdbServer::reply(const rsp::ReadRegisters&) {
  return gdb_general_registers(timeline_.machine(), static_cast<unsigned>(thread_ - 1));
}

std::string GdbServer::reply(const rsp::ReadRegister& request) {
  return gdb_register_hex(timeline_.machine(), static_cast<unsigned>(thread_ - 1), request.number).value_or(kNoSuchThing);
}

std::string GdbServer::reply(const rsp::ReadMemory& request) {
  if (request.size_bytes == 0) return request.binary ? "OK" : "";
  GuestView memory = view();
  uint64_t size = memory.readable(request.address, std::min<uint64_t>(request.size_bytes, rsp::kMostPayload / 2));
  Bytes bytes(size);
  if (size == 0 || !memory.read(request.address, bytes)) return kUnreadable;
  return request.binary ? std::string(bytes.begin(), bytes.end()) : rsp::to_hex(bytes);
}

std::string GdbServer::reply(const rsp::Search& request) {
  constexpr uint64_t kMostSearched = 1ull << 30, kPiece = 1 << 16;
  GuestView memory = view();
  uint64_t size = std::min(request.size_bytes, kMostSearched), step = kPiece + request.pattern.size();
  for (uint64_t at = 0; at < size; at += kPiece) {
    Bytes bytes(memory.readable(request.address + at, std::min(step, size - at)));
    if (bytes.empty() || !memory.read(request.address + at, bytes)) return at == 0 ? kUnreadable : "0";
    auto found = std::ranges::search(bytes, request.pattern);
    if (!found.empty()) return fmt::format("1,{:x}", request.address + at + static_cast<uint64_t>(found.begin() - bytes.begin()));
  }
  return "0";
}

std::string GdbServer::reply(const rsp::ChangeStop& request) {
  if (!GdbStops::supports(request)) return "";
  return stops_.change(request, view()) ? "OK" : kUnreadable;
}

std::string GdbServer::reply(const rsp::Resume& request) {
  // One action moves the machine: harts cannot go their own ways. The first that steps, or else all go on.
  for (const rsp::Action& action : request.actions) {
    if (action.kind == rsp::ActionKind::kContinue) continue;
    bool range = action.kind == rsp::ActionKind::kStepRange;
    return step(Direction::kForward, action.thread > 0 ? action.thread : step_thread_, range ? std::optional(action) : std::nullopt);
  }
  return run(Direction::kForward);
}

std::string GdbServer::reply(const rsp::Reverse& request) {
  if (request.kind == rsp::ActionKind::kStep) return step(Direction::kBackward, step_thread_, std::nullopt);
  return run(Direction::kBackward);
}

std::string GdbServer::run(Direction direction) {
  stops_.forget_deleted();
  timeline_.set_breakpoints(stops_.breakpoints());
  timeline_.set_watchpoints(stops_.watches());
  auto stopped = timeline_.resume(direction, [this] { return interrupted(); });
  if (stopped && stopped->reason == StopReason::kWatch && stopped->watch) {
    // gdb takes RISC-V's watchpoints for such that stop ahead of the access, and makes the step through it by itself before it
    // compares values: forwards one comes to it from before, backwards from behind.
    Position before = stopped->watch->before;
    auto moved = timeline_.go_to(direction == Direction::kForward ? before : before + 1);
    if (!moved) return stop_reply(std::unexpected(moved.error()));
  }
  return stop_reply(stopped);
}

// Until thread has made a step (backwards: undone one), or the step left the range.
std::string GdbServer::step(Direction direction, int64_t thread, const std::optional<rsp::Action>& range) {
  auto wanted = static_cast<uint64_t>(is_hart(thread) ? thread : thread_) - 1;
  std::vector<uint64_t> breakpoints = stops_.breakpoints();
  constexpr unsigned kLooksEvery = 64;
  for (unsigned n = 0;; ++n) {
    // Who made the step that is undone is whose turn it is behind it.
    uint64_t undone = timeline_.machine().hart().hart_id;
    auto stopped = timeline_.step(direction, 1);
    if (!stopped) return stop_reply(stopped);
    uint64_t stepped = direction == Direction::kForward ? timeline_.machine().hart().hart_id : undone;
    stopped->hart = static_cast<unsigned>(stepped);
    if (stopped->reason == StopReason::kBegin || stopped->reason == StopReason::kEnd) return stop_reply(stopped);
    if (n % kLooksEvery == kLooksEvery - 1 && interrupted()) return stop_reply(stopped);
    uint64_t pc = timeline_.machine().hart(static_cast<unsigned>(stepped)).pc;
    bool breaks = std::ranges::binary_search(breakpoints, pc);
    bool in_range = range && pc >= range->begin && pc < range->end;
    if (breaks || (stepped == wanted && !in_range)) {
      thread_ = static_cast<int64_t>(stepped) + 1;
      return last_stop_ = fmt::format("T05thread:{:x};", thread_);
    }
  }
}

std::string GdbServer::stop_reply(const Result<Stopped>& stopped) {
  if (!stopped) {
    // A stop, so that the client goes on to ask; and what went wrong.
    send("O" + rsp::text_to_hex("recount: " + stopped.error().message + "\n"));
    return last_stop_ = fmt::format("T06thread:{:x};", thread_);
  }
  if (is_hart(static_cast<int64_t>(stopped->hart) + 1)) thread_ = static_cast<int64_t>(stopped->hart) + 1;
  std::string why;
  switch (stopped->reason) {
    case StopReason::kBegin: why = "replaylog:begin;"; break;
    case StopReason::kEnd: why = "replaylog:end;"; break;
    case StopReason::kWatch: why = stopped->watch ? stops_.reply_to(*stopped->watch) : ""; break;
    case StopReason::kBreakpoint:
    case StopReason::kInterrupted: break;
  }
  unsigned signal = stopped->reason == StopReason::kInterrupted ? 2 : 5;
  return last_stop_ = fmt::format("T{:02x}thread:{:x};{}", signal, thread_, why);
}

std::string GdbServer::reply(const rsp::SelectThread& request) {
  if (request.thread > 0 && !is_hart(request.thread)) return kNoSuchThing;
  if (request.operation == 'c') step_thread_ = request.thread;
  if (request.operation == 'g' && request.thread > 0) thread_ = request.thread;
  return "OK";
}

std::string GdbServer::reply(const rsp::AskThreadAlive& request) { return is_hart(request.thread) ? "OK" : kNoSuchThing; }

std::string GdbServer::reply(const rsp::Detach&) {
  end_ = SessionEnd::kDetached;
  return "OK";
}

std::string GdbServer::reply(const rsp::Kill&) {
  end_ = SessionEnd::kKilled;
  return "OK";
}

std::string GdbServer::reply(const rsp::Monitor& request) {
  if (request.command == "physical on" || request.command == "physical off") {
    physical_ = request.command.ends_with("on");
    return "OK";
  }
  auto said = monitor_.run(request.command, view(), [this] { return interrupted(); });
  std::string text = said ? *said : "recount: " + said.error().message + "\n";
  constexpr size_t kPiece = rsp::kMostPayload / 4;
  for (size_t at = 0; at < text.size(); at += kPiece) send("O" + rsp::text_to_hex(std::string_view(text).substr(at, kPiece)));
  return "OK";
}

std::string GdbServer::reply(const rsp::Transfer& request) {
  if (request.object == "features" && request.annex == "target.xml") return piece_of(gdb_target_xml(), request);
  if (request.object == "memory-map") return piece_of(kMemoryMap, request);
  if (request.object == "threads") return piece_of(threads_xml(), request);
  return request.object == "features" ? "E00" : "";
}

std::string GdbServer::describe(unsigned hart) {
  const HartState& s = timeline_.machine().hart(hart);
  return fmt::format("hart {}, {}-mode{}", hart, name_of(s.privilege), s.stopped ? ", stopped" : s.waiting ? ", waits" : "");
}

std::string GdbServer::threads_xml() {
  std::string xml = "<?xml version=\"1.0\"?><threads>";
  for (unsigned hart = 0; hart < timeline_.machine().hart_count(); ++hart) {
    xml += fmt::format("<thread id=\"{:x}\" core=\"{}\">{}</thread>", hart + 1, hart, describe(hart));
  }
  return xml + "</threads>";
}

std::string GdbServer::reply(const rsp::Supported&) {
  return fmt::format(
      "PacketSize={:x};QStartNoAckMode+;ReverseStep+;ReverseContinue+;hwbreak-;swbreak-;vContSupported+;"
      "qXfer:features:read+;qXfer:memory-map:read+;qXfer:threads:read+",
      rsp::kMostPayload);
}

std::string GdbServer::reply(const rsp::Query& request) {
  const std::string& name = request.name;
  if (name == "QStartNoAckMode" || name == "qSymbol") return "OK";
  if (name == "vCont?") return "vCont;c;C;s;S;r";
  if (name == "qAttached") return "1";
  if (name == "qC") return fmt::format("QC{:x}", thread_);
  if (name == "qsThreadInfo") return "l";
  if (name == "qfThreadInfo") {
    std::string all = "m";
    for (unsigned hart = 1; hart <= timeline_.machine().hart_count(); ++hart) all += fmt::format("{}{:x}", hart == 1 ? "" : ",", hart);
    return all;
  }
  if (name == "qThreadExtraInfo") {
    auto thread = rsp::hex_number(request.arguments);
    if (!thread || !is_hart(static_cast<int64_t>(*thread))) return kNoSuchThing;
    return rsp::text_to_hex(describe(static_cast<unsigned>(*thread - 1)));
  }
  if (name == "qHostInfo") return "triple:" + rsp::text_to_hex("riscv64-unknown-unknown") + ";endian:little;ptrsize:8;watchpoint_exceptions_received:before;";
  if (name == "Qqemu.PhyMemMode") {
    physical_ = request.arguments == "1";
    return "OK";
  }
  if (name == "qqemu.PhyMemMode") return physical_ ? "1" : "0";
  return "";
}

}  // namespace recount
