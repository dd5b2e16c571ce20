#pragma once
// Which slots of a table have been filled since it was last emptied, so that emptying or searching it costs
// what filling did and not what the table's size does. A slot that was emptied alone meanwhile may still be
// named.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace recount {

template <size_t kSlotCount>
class FilledSlots {
 public:
  void add(size_t slot) {
    words_[slot / 64] |= 1ull << slot % 64;
    groups_[slot / 4096] |= 1ull << slot / 64 % 64;
  }
  // Of count slots, at most 64, that lie in one word.
  bool any(size_t first, size_t count) const {
    uint64_t mask = (count == 64 ? ~0ull : (1ull << count) - 1) << first % 64;
    return (words_[first / 64] & mask) != 0;
  }
  template <class Visit>
  void each(Visit visit) const {
    each_word([&](size_t word) { each_bit(words_[word], word * 64, visit); });
  }
  void clear() {
    each_word([&](size_t word) { words_[word] = 0; });
    groups_.fill(0);
  }

 private:
  template <class Visit>
  static void each_bit(uint64_t bits, size_t first, Visit visit) {
    for (; bits != 0; bits &= bits - 1) visit(first + static_cast<size_t>(std::countr_zero(bits)));
  }
  template <class Visit>
  void each_word(Visit visit) const {
    for (size_t group = 0; group < groups_.size(); ++group) each_bit(groups_[group], group * 64, visit);
  }

  static_assert(kSlotCount % 64 == 0);
  std::array<uint64_t, kSlotCount / 64> words_{};
  std::array<uint64_t, (kSlotCount + 4095) / 4096> groups_{};  // a bit for each word that has any
};

}  // namespace recount
