#include "evidence/bisect.h"

#include <fmt/format.h>

#include <algorithm>

namespace recount {
namespace {

// Two machines that should be the same one.
struct Pair {
  std::unique_ptr<Replayer> a, b;

  Result<Pair> clone() const { return Pair{TRY(a->clone()), TRY(b->clone())}; }
  // Whether both come to target, in the same state. A digest that does not match the recording is not asked
  // for here: what is compared is one engine with the other.
  bool agree_at(Position target) {
    a->run_until(target);
    b->run_until(target);
    return a->at() == target && b->at() == target && a->whole_digest() == b->whole_digest();
  }
};

// Empty: none in these registers.
std::string first_difference(const HartState& a, const HartState& b) {
  if (a.pc != b.pc) return fmt::format("pc: {:#x} and {:#x}", a.pc, b.pc);
  for (unsigned i = 0; i < 32; ++i) {
    if (a.x[i] != b.x[i]) return fmt::format("x{}: {:#x} and {:#x}", i, a.x[i], b.x[i]);
    if (a.f[i] != b.f[i]) return fmt::format("f{}: {:#x} and {:#x}", i, a.f[i], b.f[i]);
  }
  return {};
}

std::string first_difference(Replayer& a, Replayer& b) {
  if (a.at() != b.at())
    return fmt::format("one stops at position {}, the other at {}", raw(a.at()), raw(b.at()));
  const unsigned harts = a.machine().hart_count();
  for (unsigned n = 0; n < harts; ++n) {
    std::string difference = first_difference(a.machine().hart(n), b.machine().hart(n));
    if (!difference.empty()) return harts == 1 ? difference : fmt::format("hart {}, {}", n, difference);
  }
  if (a.machine().hart().hart_id != b.machine().hart().hart_id) return "whose turn it is";
  CheckpointDigest da = a.whole_digest(), db = b.whole_digest();
  if (da.harts != db.harts) return "a control register, or guest time";
  if (da.devices != db.devices) return "a device";
  if (da.output != db.output) return "the output";
  Ram &ra = a.machine().ram(), &rb = b.machine().ram();
  for (uint64_t frame = 0; frame < ra.frame_count(); ++frame) {
    const uint8_t *pa = ra.frame(frame), *pb = rb.frame(frame);
    auto [ma, mb] = std::mismatch(pa, pa + kPageSize, pb);
    if (ma == pa + kPageSize) continue;
    uint64_t gpa = raw(ra.base()) + frame * kPageSize + static_cast<uint64_t>(ma - pa);
    return fmt::format("memory at {:#x}: {:#04x} and {:#04x}", gpa, *ma, *mb);
  }
  return "nothing that can be seen";
}

// The last digest of the recording that was reached before things went wrong.
Position last_digest_before(const Replayer& replayer, Position limit) {
  Position last = replayer.at();
  for (const Event& event : replayer.events()) {
    if (event.position < limit && std::holds_alternative<CheckpointDigest>(event.payload))
      last = event.position;
  }
  return last;
}

}  // namespace

Result<Bisection> bisect(Replayer& a, Replayer& b, const Divergence& divergence) {
  Bisection found{.last_equal = std::nullopt, .difference = {}, .divergence = divergence};
  found.last_matching_digest = last_digest_before(a, divergence.position);
  Pair equal{TRY(a.clone()), TRY(b.clone())};
  Position low = a.at(), high = divergence.position;
  Pair apart = TRY(equal.clone());
  if (apart.agree_at(high)) return found;
  while (high - low > 1) {
    Position middle = low + (high - low) / 2;
    Pair probe = TRY(equal.clone());
    if (probe.agree_at(middle)) {
      equal = std::move(probe);
      low = middle;
    } else {
      apart = std::move(probe);
      high = middle;
    }
  }
  found.last_equal = low;
  found.pc = equal.a->machine().hart().pc;
  found.difference = first_difference(*apart.a, *apart.b);
  return found;
}

Result<Bisection> bisect_engines(Replayer& replayer, EngineKind other, const Divergence& divergence) {
  replayer.run_until(last_digest_before(replayer, divergence.position));
  auto with_other = TRY(replayer.clone(other));
  return bisect(replayer, *with_other, divergence);
}

std::string describe(const Bisection& b) {
  if (b.last_equal) {
    return fmt::format(
        "first differing step: the engines agree at position {} and differ at {}\n  at pc {:#x}: {}",
        raw(*b.last_equal), raw(*b.last_equal) + 1, b.pc, b.difference);
  }
  return fmt::format(
      "both engines agree at every step: it is the recording that differs from both, somewhere behind\n"
      "  position {} (the last digest that matches) and not behind {} ({})",
      raw(b.last_matching_digest), raw(b.divergence.position), b.divergence.what);
}

}  // namespace recount
