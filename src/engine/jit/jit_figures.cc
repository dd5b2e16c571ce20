#include "engine/jit/jit_figures.h"

#include <fmt/format.h>

namespace recount::jit {
namespace {

double ratio(double part, double whole) { return whole > 0 ? part / whole : 0; }

}  // namespace

std::string describe(const Figures& f, size_t used_bytes, size_t size_bytes) {
  constexpr double kMiB = 1 << 20;
  return fmt::format(
      "{} blocks of {} instructions as {} bytes ({:.1f} a guest instruction), {:.3f} s of {:.3f} s translating ({:.2f} %), "
      "{} dropped, {:.1f} of {:.1f} MiB used, {} fills",
      f.blocks, f.instructions, f.host_bytes, ratio(static_cast<double>(f.host_bytes), static_cast<double>(f.instructions)),
      f.translating.seconds(), f.running.seconds(), 100 * ratio(f.translating.seconds(), f.running.seconds()), f.dropped,
      static_cast<double>(used_bytes) / kMiB, static_cast<double>(size_bytes) / kMiB, f.fills);
}

}  // namespace recount::jit
