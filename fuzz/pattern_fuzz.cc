// A guest that prints anything: the failure detector sees the same however the bytes come in pieces, keeps
// little, and what it quotes is text. The first byte says how long the pieces are.

#include <algorithm>
#include <vector>

#include "base/check.h"
#include "recorder/failure_detector.h"

namespace recount {
namespace {

struct Seen {
  std::optional<FailureNotice> failure;
  std::string last_line;
  bool operator==(const Seen&) const = default;
};

Seen watch(ByteView bytes, size_t piece) {
  // Making one compiles its patterns: once for all runs.
  static auto made = FailureDetector::create(known_failure_patterns());
  CHECK(made.has_value());
  FailureDetector& detector = **made;
  detector.watch(view_of("\nbegin\n"));
  detector.forget();
  for (; !bytes.empty(); bytes = bytes.subspan(std::min(piece, bytes.size()))) {
    detector.watch(bytes.first(std::min(piece, bytes.size())));
  }
  detector.watch(view_of("\n"));
  return {detector.seen(), detector.last_line()};
}

}  // namespace
}  // namespace recount

std::vector<std::vector<uint8_t>> fuzz_seeds() {
  using namespace recount;
  std::vector<Bytes> seeds;
  for (const char* text : {"[    1.0] Kernel panic - not syncing: sysrq\nOops [#1]\n",
                           "\x03kernel BUG at mm/slub.c:1!\r\nBUG: x\n",
                           "\x01[  5.1] Unable to handle kernel NULL pointer dereference at virtual address "
                           "0\nOops - x [#2]\nOops: 1 [#3]",
                           "\x05\x1b[0;1;31m[FAILED]\x1b[0m Failed to start x\x1b]0;title\x07y\r\n",
                           "\x02sh[87]: unhandled signal 11 code 0x1 at 0x0\nWARNING: CPU: 0 PID: 1 at a.c:1 f"}) {
    ByteView view = view_of(text);
    seeds.emplace_back(view.begin(), view.end());
  }
  seeds.emplace_back(9000, 'x');
  return seeds;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace recount;
  if (size == 0) return 0;
  ByteView console(data + 1, size - 1);
  Seen whole = watch(console, console.size() + 1);
  CHECK(whole == watch(console, 1 + data[0]));
  CHECK(whole.last_line.size() <= 4096);
  if (!whole.failure) return 0;
  CHECK(whole.failure->detail.size() <= 4096);
  CHECK(std::ranges::all_of(whole.failure->detail, [](char c) { return c >= 0x20 && c < 0x7f; }));
  return 0;
}
