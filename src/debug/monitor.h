#pragma once
// What a client can ask beside gdb's protocol, as text: monitor when, goto, events, who-wrote, last, calls and more. The Python
// file for gdb makes commands of them. Answers are lines for people.

#include <functional>
#include <string>
#include <vector>

#include "debug/guest_view.h"
#include "debug/linux/linux_kernel.h"
#include "debug/symbols.h"
#include "debug/timeline.h"
#include "evidence/evidence_reader.h"

namespace recount {

class Monitor {
 public:
  // symbols may be empty.
  Monitor(Timeline& timeline, const EvidenceReader& evidence, const Symbols& symbols)
      : timeline_(timeline), evidence_(evidence), symbols_(symbols) {}
  using Interrupted = std::function<bool()>;
  // Addresses are those of view, which is of where the timeline stands.
  Result<std::string> run(const std::string& command, const GuestView& view, const Interrupted& interrupted);

 private:
  using Words = std::vector<std::string>;
  struct Command {
    const char *name, *usage, *help;
    Result<std::string> (Monitor::*run)(const Words&, const GuestView&, const Interrupted&);
  };
  static const Command kCommands[];
  Result<std::string> help(const Words&, const GuestView&, const Interrupted&);
  Result<std::string> when(const Words&, const GuestView&, const Interrupted&);
  Result<std::string> go(const Words& words, const GuestView&, const Interrupted&);
  Result<std::string> events(const Words& words, const GuestView&, const Interrupted&);
  Result<std::string> who_wrote(const Words& words, const GuestView& view, const Interrupted& interrupted);
  Result<std::string> last(const Words& words, const GuestView&, const Interrupted& interrupted);
  Result<std::string> calls(const Words& words, const GuestView&, const Interrupted& interrupted);
  Result<std::string> checkpoint(const Words&, const GuestView&, const Interrupted&);
  Result<std::string> back(const Words&, const GuestView&, const Interrupted&);
  Result<std::string> forward(const Words&, const GuestView&, const Interrupted&);
  Result<std::string> dmesg(const Words& words, const GuestView&, const Interrupted&);
  Result<std::string> ps(const Words& words, const GuestView&, const Interrupted&);
  Result<std::string> maps(const Words& words, const GuestView&, const Interrupted&);
  Result<std::string> console(const Words& words, const GuestView&, const Interrupted&);
  Result<std::string> info(const Words& words, const GuestView&, const Interrupted&);
  Result<std::string> move_to(Position position);
  // To the last of from, and remembers in to where it was.
  Result<std::string> retrace(std::vector<Position>& from, std::vector<Position>& to);
  Result<Position> position_of(const Words& words);
  Result<uint64_t> address_in(const Words& words, const char* usage);
  std::string here();
  // kUnavailable if no kernel that tells its types is found.
  Result<LinuxKernel> linux_kernel();
  // ", pid 1 (init)": of who runs on this hart; empty where that is not known.
  std::string process_on(unsigned hart);

  Timeline& timeline_;
  const EvidenceReader& evidence_;
  const Symbols& symbols_;
  std::optional<Btf> btf_;  // of the guest's kernel, once it was there
  std::vector<Position> past_, future_;  // of moves: where back and forward lead
};

}  // namespace recount
