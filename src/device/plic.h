#pragma once
// The platform-level interrupt controller, in the layout of sifive,plic-1.0.0. Level-triggered: a source
// that is claimed stays silent until completed, and is pending again then if its level is still high.
// RISC-V PLIC specification, "Memory Map" and "Interrupt Claim Process".

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "memory/bus.h"

namespace recount {

class Plic final : public MmioDevice {
 public:
  static constexpr unsigned kSources = 96;  // source 0 does not exist

  explicit Plic(unsigned context_count) : contexts_(context_count) {}

  // The levels of sources 1 to 31, a bit each: all that a board here uses. The machine sets them often.
  size_t context_count() const { return contexts_.size(); }
  void set_levels(uint32_t high) { level_[0] = high & ~1u; }
  // Whether any source could ever raise this context's interrupt line, as it is set up.
  bool listens(unsigned context) const;
  // Whether this context's interrupt line is high.
  bool pending(unsigned context) const { return best(contexts_[context]) != 0; }

  uint64_t mmio_read(uint64_t offset, unsigned size_bytes) override;
  void mmio_write(uint64_t offset, unsigned size_bytes, uint64_t value) override;

  template <class Archive>
  void state(Archive& a) {
    a("priority", priority_);
    a("level", level_);
    a("claimed", claimed_);
    std::span contexts(contexts_);  // their number is the board's: no state may change it
    a("contexts", contexts);
  }

 private:
  static constexpr unsigned kWords = kSources / 32;
  using Bits = std::array<uint32_t, kWords>;
  struct Context {
    Bits enabled{};
    uint32_t threshold = 0;
    template <class Archive>
    void state(Archive& a) {
      a("enabled", enabled);
      a("threshold", threshold);
    }
  };

  uint32_t pending_word(unsigned w) const { return level_[w] & ~claimed_[w]; }
  unsigned best(const Context& c) const;
  uint32_t claim(const Context& c);
  void complete(uint32_t source);

  std::array<uint32_t, kSources> priority_{};
  Bits level_{};
  Bits claimed_{};
  std::vector<Context> contexts_;
};

}  // namespace recount
