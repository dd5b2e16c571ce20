#pragma once
// --perf-map and --gdb-jit: who is told what code the JIT makes.

#include <CLI/CLI.hpp>
#include <optional>

#include "app/gdb_jit.h"
#include "app/perf_map.h"

namespace recount {

struct CodeReportWishes {
  bool perf_map = false, gdb_jit = false;
};
void add_code_report_options(CLI::App& verb, CodeReportWishes& wishes);

class CodeReports final : public CodeObserver {
 public:
  explicit CodeReports(const CodeReportWishes& wishes);

  // For JitOptions; nullptr if nobody wants to be told.
  CodeObserver* observer() { return perf_ || gdb_ ? this : nullptr; }

  void translated(uint64_t physical_pc, const void* host_code, size_t size_bytes) override;
  void forgotten() override;

 private:
  std::optional<PerfMap> perf_;
  std::optional<GdbJit> gdb_;
};

}  // namespace recount
