#pragma once
// What a recording is to do, as the command line or a file said it.

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "network/network_config.h"
#include "recorder/evidence_limits.h"
#include "recorder/failure_detector.h"
#include "session/record_session.h"

namespace recount {

struct DriveConfig {
  std::string path;
  bool read_only = false;
  bool qcow2 = false;  // until whoever starts the recording has made a raw one of it
};

enum class AfterFailure : uint8_t { kStop, kReboot, kContinue };

struct RecorderConfig {
  std::string name;
  std::string kernel, initrd, bios;  // paths; empty: none
  std::string append, mmu = "sv39";
  uint64_t memory_bytes = 512ull << 20;
  unsigned harts = 1;
  std::vector<DriveConfig> drives;
  NetworkConfig network;
  std::string console = "stdio";  // "stdio", "unix:PATH", or a file that output is appended to
  EngineKind engine = kDefaultEngine;
  JitOptions jit;

  bool record = true;
  bool backup = true;  // false: the past is the power-on, and is kept whole
  uint64_t window_ns = 30'000'000'000;
  std::vector<std::string> save_on;  // causes
  bool saves(const std::string& cause) const { return std::ranges::count(save_on, cause) != 0; }
  std::vector<FailurePattern> patterns;  // the user's own first
  std::optional<uint64_t> silence_ns;    // of guest time, after which a silent console is a failure
  std::optional<uint64_t> hang_ns;       // of guest time, after which a hart that lets no interrupt in is one
  AfterFailure after_failure = AfterFailure::kStop;
  std::string evidence_folder;
  EvidenceLimitOptions limits;
  std::string run_folder;  // of this run: journal segments, layers of the backup
};

}  // namespace recount
