#pragma once
// What a client's packet asks, as values. Knows numbers and words, not what they are for: no address or register number here
// has been checked against a machine. "Debugging with GDB", appendix "GDB Remote Serial Protocol", section "Packets".

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"

namespace recount::rsp {

// From 1; what packets say of all or any thread.
inline constexpr int64_t kAllThreads = -1, kAnyThread = 0;

struct AskWhy {};                 // ?
struct ReadRegisters {};          // g
struct ReadRegister {             // p
  uint64_t number = 0;
};
struct ReadMemory {               // m, x
  uint64_t address = 0, size_bytes = 0;
  bool binary = false;            // the answer is to be bytes, not digits
};
struct Write {};                  // G P M X: all that would change the machine
struct ChangeStop {               // Z z
  bool insert = false;
  unsigned type = 0;              // 0 software, 1 hardware breakpoint, 2 write, 3 read, 4 access watchpoint
  uint64_t address = 0, kind = 0; // kind: of a watchpoint, its size
};
enum class ActionKind : uint8_t { kContinue, kStep, kStepRange };
struct Action {
  ActionKind kind = ActionKind::kContinue;
  int64_t thread = kAllThreads;
  uint64_t begin = 0, end = 0;    // of a range of pc to step in
};
struct Resume {                   // c C s S vCont; the first action that names a thread, or all, is that thread's
  std::vector<Action> actions;
};
struct ResumeElsewhere {};        // c or s with an address: would change pc
struct Reverse {                  // bc bs
  ActionKind kind = ActionKind::kContinue;
};
struct SelectThread {             // Hg Hc
  char operation = 'g';
  int64_t thread = kAnyThread;
};
struct AskThreadAlive {           // T
  int64_t thread = 0;
};
struct Detach {};                 // D
struct Kill {};                   // k vKill
struct Monitor {                  // qRcmd
  std::string command;
};
struct Transfer {                 // qXfer:object:read:annex:offset,length
  std::string object, annex;
  uint64_t offset = 0, size_bytes = 0;
};
struct Search {                   // qSearch:memory
  uint64_t address = 0, size_bytes = 0;
  Bytes pattern;
};
struct Supported {                // qSupported
  std::vector<std::string> features;
};
// Another q or Q packet, or a v packet without a shape of its own: "qC", "vCont?", "QStartNoAckMode"; what follows the first ':'
// or ',' is arguments.
struct Query {
  std::string name, arguments;
};
struct Malformed {};              // a packet whose name is known and whose rest makes no sense
struct Unknown {};

using Request = std::variant<AskWhy, ReadRegisters, ReadRegister, ReadMemory, Write, ChangeStop, Resume, ResumeElsewhere, Reverse,
                             SelectThread, AskThreadAlive, Detach, Kill, Monitor, Transfer, Search, Supported, Query, Malformed,
                             Unknown>;

Request parse_request(std::string_view payload);

}  // namespace recount::rsp
