#pragma once
// Guest code for fuzz targets, from the decoder's own table: few random words are instructions, and of these most are
// of the same few kinds. Seeds, and a libFuzzer mutation that writes instructions.

#include <algorithm>
#include <random>
#include <vector>

#include "base/bytes.h"
#include "isa/insn.h"

namespace recount {

inline uint32_t word_of(Op op, std::minstd_rand& random) {
  // Its low 31 bits are all that there is, and the lowest of them the worst.
  const uint32_t bits = static_cast<uint32_t>(random() >> 8) << 16 ^ static_cast<uint32_t>(random() >> 8);
  const InsnInfo& info = info_of(op);
  return info.match | (bits & ~info.mask);
}

inline Op any_op(std::minstd_rand& random) {
  return static_cast<Op>(1 + (random() >> 8) % (static_cast<unsigned>(Op::kCount) - 1));
}

// A word for each row of the table, 32 to an input, behind so many zeros.
inline std::vector<Bytes> seeds_of_words(size_t header_bytes) {
  std::minstd_rand random(1);
  std::vector<Bytes> seeds;
  for (unsigned n = 1; n < static_cast<unsigned>(Op::kCount); ++n) {
    if (n % 32 == 1) seeds.emplace_back(header_bytes);
    ByteWriter(seeds.back()).fixed(word_of(static_cast<Op>(n), random));
  }
  return seeds;
}

// One instruction written over what is behind the header, or put in between. The new size.
inline size_t write_instruction(uint8_t* data, size_t size, size_t most, size_t header_bytes, unsigned seed) {
  std::minstd_rand random(seed);
  random.discard(2);
  const uint32_t word = word_of(any_op(random), random);
  constexpr size_t kWord = sizeof word;
  const size_t code_bytes = size - header_bytes;
  const size_t at = header_bytes + (random() >> 8) % (code_bytes + 1) / 2 * 2;
  if (((random() >> 8) % 2 == 0 || at + kWord > size) && size + kWord <= most) {
    std::copy_backward(data + at, data + size, data + size + kWord);
    size += kWord;
  }
  if (at + kWord <= size) store_le(data + at, word);
  return size;
}

}  // namespace recount

// libFuzzer's own mutation; not there in the ordinary build, where nobody calls it.
extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t most) __attribute__((weak));

namespace recount {

// Half of the mutations are libFuzzer's own.
inline size_t mutate_words_behind(size_t header_bytes, uint8_t* data, size_t size, size_t most, unsigned seed) {
  if (seed % 2 == 0 || size < header_bytes) return LLVMFuzzerMutate(data, size, most);
  return write_instruction(data, size, most, header_bytes, seed);
}

}  // namespace recount
