#include "app/code_reports.h"

namespace recount {

void add_code_report_options(CLI::App& verb, CodeReportWishes& wishes) {
  verb.add_flag("--perf-map", wishes.perf_map, "Name the JIT's code for perf, in /tmp/perf-PID.map")->configurable(false);
  verb.add_flag("--gdb-jit", wishes.gdb_jit, "Name the JIT's code for gdb, by its JIT interface")->configurable(false);
}

CodeReports::CodeReports(const CodeReportWishes& wishes) {
  if (wishes.perf_map) perf_.emplace();
  if (wishes.gdb_jit) gdb_.emplace();
}

void CodeReports::translated(uint64_t physical_pc, const void* host_code, size_t size_bytes) {
  if (perf_) perf_->translated(physical_pc, host_code, size_bytes);
  if (gdb_) gdb_->translated(physical_pc, host_code, size_bytes);
}

void CodeReports::forgotten() {
  if (perf_) perf_->forgotten();
  if (gdb_) gdb_->forgotten();
}

}  // namespace recount
