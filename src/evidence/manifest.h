#pragma once
// What an evidence file says about itself: values, and their JSON. docs/formats/evidence.md explains each
// field. from_json trusts nothing: a field that is not there, of a wrong type or impossible gives kDamaged
// with its name.

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "event/position.h"
#include "evidence/members.h"

namespace recount {

// A file that the machine started from.
struct ImageInfo {
  std::string name;
  uint64_t size_bytes = 0;
  Digest256 blake2b;
  bool operator==(const ImageInfo&) const = default;
};

// The network device, and what was behind it.
struct NetworkInfo {
  std::string link;  // as --net has it
  std::string mac;   // 52:54:00:12:34:56
  bool operator==(const NetworkInfo&) const = default;
};

struct MachineInfo {
  uint64_t hart_count = 1;
  uint64_t ram_bytes = 0;
  std::string append;
  std::string mmu;  // sv39, sv48
  uint64_t rtc_base_ns = 0;
  std::string seed;  // 64 hex digits
  std::optional<ImageInfo> firmware, kernel, initrd;
  std::optional<NetworkInfo> network;
  bool operator==(const MachineInfo&) const = default;
};

struct DiskInfo {
  std::string path;
  uint64_t size_bytes = 0;
  Digest256 base_digest;
  bool read_only = false;
  std::string overlay;  // the member that holds it; empty if nothing was written
  bool operator==(const DiskInfo&) const = default;
};

// Something that is missing from the recording.
struct GapInfo {
  Position position{};
  std::string reason;
  std::string text;
  bool operator==(const GapInfo&) const = default;
};

struct Manifest {
  std::string tool_version, build_id;
  std::string cause, detail;  // why it was saved
  Position position_begin{}, position_end{};
  uint64_t guest_time_begin_ticks = 0, guest_time_end_ticks = 0;  // 10 MHz
  uint64_t utc_ns = 0;                                            // of the failure, host's clocks
  uint64_t monotonic_ns = 0;
  uint64_t clock_uncertainty_ns = 0;
  std::string recorder, engine;
  MachineInfo machine;
  std::vector<DiskInfo> disks;
  std::vector<GapInfo> gaps;
  bool certified = false;
  std::string uncertified_reason;       // if not: why
  std::optional<Position> diverged_at;  // and where, if a replay diverged
  MemberMap members;  // all but manifest.json and what comes after it; the writer fills it in
  bool operator==(const Manifest&) const = default;

  std::string to_json() const;
  static Result<Manifest> from_json(std::string_view text);
};

// What replaying it once gave, and exactly what was replayed.
struct Certificate {
  std::string engine, tool_version;
  Position position_begin{}, position_end{};
  uint64_t steps = 0, events = 0;
  uint64_t digests_compared = 0, mismatches = 0;
  struct Final {  // lower-case hex
    std::string harts, devices, output, ram;
    bool operator==(const Final&) const = default;
  } final_digest;
  double host_seconds = 0;
  uint64_t utc_ns = 0;
  std::map<std::string, Digest256, std::less<>> vouches_for;  // replay_inputs(members)
  bool operator==(const Certificate&) const = default;

  std::string to_json() const;
  static Result<Certificate> from_json(std::string_view text);
};

// "2026-03-01T12:34:56.123456789Z"
std::string utc_text(uint64_t utc_ns);

}  // namespace recount
