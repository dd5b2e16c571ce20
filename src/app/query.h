#pragma once
// The questions of recount query: what is asked, and how each kind is answered.

#include "app/evidence_options.h"
#include "app/query_output.h"

namespace recount {

struct QueryOptions {
  EvidenceOptions evidence;
  std::string kind;
  std::string from, to = "end";  // from empty: the begin
  std::string address, function;
  uint64_t size = 8;
  bool physical = false, folded = false;
};

struct QueryRange {
  Position from, to;
};

// position finds what a text means.
template <class PositionOf>
Result<QueryRange> range_in(const QueryOptions& options, Position begin, PositionOf position) {
  QueryRange range{begin, TRY(position(options.to))};
  if (!options.from.empty()) range.from = TRY(position(options.from));
  if (range.from > range.to) {
    return fail(ErrorKind::kUsage, fmt::format("--from {}: behind --to {}", raw(range.from), raw(range.to)));
  }
  return range;
}

// Rare things, found at the engine's speed.
Result<void> query_writes(const QueryOptions& options, QueryOutput& out);
Result<void> query_calls(const QueryOptions& options, QueryOutput& out);
Result<void> query_syscalls(const QueryOptions& options, QueryOutput& out);
Result<void> query_sched(const QueryOptions& options, QueryOutput& out);
// What needs each instruction.
Result<void> query_trace(const QueryOptions& options, QueryOutput& out);
Result<void> query_coverage(const QueryOptions& options, QueryOutput& out);
Result<void> query_profile(const QueryOptions& options, QueryOutput& out);

}  // namespace recount
