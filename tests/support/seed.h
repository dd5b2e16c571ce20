#pragma once
// How long a random test goes on, and from which seed: RECOUNT_TEST_SECONDS, or RECOUNT_TEST_ROUNDS instead, and
// RECOUNT_TEST_SEED. The seed is printed by whoever takes it, so that every run can be had again.

#include <chrono>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>

namespace recount::test {

inline uint64_t number_from_environment(const char* name, uint64_t otherwise) {
  const char* given = std::getenv(name);
  return given != nullptr ? std::strtoull(given, nullptr, 0) : otherwise;
}

inline uint64_t first_seed() {
  std::random_device device;
  uint64_t seed = number_from_environment("RECOUNT_TEST_SEED", (uint64_t{device()} << 32 | device()) >> 1);
  std::printf("seed: RECOUNT_TEST_SEED=%" PRIu64 "\n", seed);
  std::fflush(stdout);
  return seed;
}

// Whether a random test is over. Asked once before each round.
class Deadline {
 public:
  explicit Deadline(double default_seconds) {
    const char* given = std::getenv("RECOUNT_TEST_SECONDS");
    double seconds = given != nullptr ? std::strtod(given, nullptr) : default_seconds;
    end_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(static_cast<int64_t>(seconds * 1000));
  }
  bool over() {
    if (rounds_ != 0) return round_++ >= rounds_;
    return std::chrono::steady_clock::now() >= end_;
  }

 private:
  const uint64_t rounds_ = number_from_environment("RECOUNT_TEST_ROUNDS", 0);
  uint64_t round_ = 0;
  std::chrono::steady_clock::time_point end_;
};

using Random = std::mt19937_64;

// 0 <= result < bound. Unlike std's distributions, the same everywhere.
inline uint64_t below(Random& random, uint64_t bound) { return random() % bound; }
inline bool chance(Random& random, unsigned percent) { return below(random, 100) < percent; }

// What makes something at random derives from this: its choices then read without the generator they come from.
class RandomMaker {
 protected:
  explicit RandomMaker(uint64_t seed) : random_(seed) {}
  uint64_t below(uint64_t bound) { return test::below(random_, bound); }
  bool chance(unsigned percent) { return test::chance(random_, percent); }
  template <class T, size_t N>
  T one_of(const T (&list)[N]) {
    return list[below(N)];
  }

  Random random_;
};

}  // namespace recount::test
