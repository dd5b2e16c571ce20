#pragma once
// Serves a timeline to a client of gdb's remote protocol. The client sees harts as threads, and time that goes both ways; nothing it
// asks changes the guest, and what would (writing a register or memory) is refused.

#include "debug/gdb_stops.h"
#include "debug/monitor.h"
#include "debug/rsp/packet.h"
#include "debug/rsp/request.h"
#include "debug/timeline.h"

namespace recount {

enum class SessionEnd : uint8_t { kDetached, kKilled, kGone };

class GdbServer {
 public:
  GdbServer(Timeline& timeline, Monitor& monitor) : timeline_(timeline), monitor_(monitor) {}

  // Until the client detaches, kills the target, or is gone. The next one finds the timeline where this one left it.
  SessionEnd serve(int connection);

 private:
  static constexpr const char *kNoSuchThing = "E01", *kRefused = "E.the past cannot be changed";
  static constexpr const char* kUnreadable = "E14";

  void send(std::string_view payload);
  bool receive();
  bool interrupted();
  void answer(const rsp::Request& request);
  std::string reply(const rsp::AskWhy&) { return last_stop_; }
  std::string reply(const rsp::ReadRegisters&);
  std::string reply(const rsp::ReadRegister& request);
  std::string reply(const rsp::ReadMemory& request);
  std::string reply(const rsp::Write&) { return kRefused; }
  std::string reply(const rsp::ChangeStop& request);
  std::string reply(const rsp::Resume& request);
  std::string reply(const rsp::ResumeElsewhere&) { return kRefused; }
  std::string reply(const rsp::Reverse& request);
  std::string reply(const rsp::SelectThread& request);
  std::string reply(const rsp::AskThreadAlive& request);
  std::string reply(const rsp::Detach&);
  std::string reply(const rsp::Kill&);
  std::string reply(const rsp::Monitor& request);
  std::string reply(const rsp::Transfer& request);
  std::string reply(const rsp::Search& request);
  std::string reply(const rsp::Supported&);
  std::string reply(const rsp::Query& request);
  std::string reply(const rsp::Malformed&) { return kNoSuchThing; }
  std::string reply(const rsp::Unknown&) { return ""; }

  std::string run(Direction direction);
  std::string step(Direction direction, int64_t thread, const std::optional<rsp::Action>& range);
  std::string stop_reply(const Result<Stopped>& stopped);
  std::string threads_xml();
  std::string describe(unsigned hart);
  bool is_hart(int64_t thread) { return thread >= 1 && thread <= timeline_.machine().hart_count(); }
  GuestView view();

  Timeline& timeline_;
  Monitor& monitor_;
  GdbStops stops_;
  rsp::PacketReader reader_;
  int connection_ = -1;
  bool acks_ = true, gone_ = false, physical_ = false;
  std::optional<SessionEnd> end_;
  int64_t thread_ = 1;       // of what g, m and the like are about
  int64_t step_thread_ = 0;  // Hc
  std::string last_sent_, last_stop_ = "T05thread:1;";
};

}  // namespace recount
