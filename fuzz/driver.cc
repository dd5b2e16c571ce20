// Runs a fuzz target without libFuzzer: every file of the corpus as it is, then mutations of these and of what the
// target gives as seeds. Prints its own seed, so that a failure can be had again:
//   NAME_fuzz [--corpus FOLDER] [--runs N] [--seed S] [FILE...]  (with a FILE, only that is run, as it is).

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
// Well-formed inputs to start from; each target defines it.
std::vector<std::vector<uint8_t>> fuzz_seeds();

namespace {

using Input = std::vector<uint8_t>;

void mutate(Input& input, std::mt19937_64& random) {
  for (uint64_t changes = 1 + random() % 8; changes > 0; --changes) {
    size_t at = input.empty() ? 0 : random() % input.size();
    switch (random() % 6) {
      case 0:
        if (!input.empty()) input[at] = static_cast<uint8_t>(input[at] ^ (1u << (random() % 8)));
        break;
      case 1:
        if (!input.empty()) input[at] = static_cast<uint8_t>(random());
        break;
      case 2: input.insert(input.begin() + static_cast<std::ptrdiff_t>(at), static_cast<uint8_t>(random())); break;
      case 3: input.resize(at); break;
      case 4:
        if (!input.empty()) input.erase(input.begin() + static_cast<std::ptrdiff_t>(at));
        break;
      default:
        for (size_t i = at; i < input.size() && i < at + 8; ++i) input[i] = random() % 2 == 0 ? 0xff : 0x00;
    }
  }
}

Input read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    std::fprintf(stderr, "cannot read %s\n", path.c_str());
    std::exit(1);
  }
  return Input{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// Named before it is run: whatever goes wrong then, it is known which file did it.
void run_file(const std::filesystem::path& path, const Input& input) {
  std::printf("%s\n", path.filename().c_str());
  std::fflush(stdout);
  LLVMFuzzerTestOneInput(input.data(), input.size());
}

// In the order of their names, so that a seed means the same everywhere.
std::vector<std::filesystem::path> files_of(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) paths.push_back(entry.path());
  std::ranges::sort(paths);
  return paths;
}

}  // namespace

int main(int argc, char** argv) {
  uint64_t runs = 100'000, seed = std::random_device{}();
  bool had_file = false;
  std::vector<Input> corpus;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--runs") == 0 && i + 1 < argc) {
      runs = std::strtoull(argv[++i], nullptr, 10);
    } else if (std::strcmp(argv[i], "--seed") == 0 && i + 1 < argc) {
      seed = std::strtoull(argv[++i], nullptr, 10);
    } else if (std::strcmp(argv[i], "--corpus") == 0 && i + 1 < argc) {
      for (const auto& path : files_of(argv[++i])) run_file(path, corpus.emplace_back(read(path)));
    } else {
      run_file(argv[i], read(argv[i]));
      had_file = true;
    }
  }
  if (had_file) return 0;
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::fflush(stdout);
  std::mt19937_64 random(seed);
  std::vector<Input> seeds = fuzz_seeds();
  for (const Input& input : seeds) LLVMFuzzerTestOneInput(input.data(), input.size());
  seeds.insert(seeds.end(), corpus.begin(), corpus.end());
  for (uint64_t run = 0; run < runs; ++run) {
    Input input = seeds.empty() ? Input(random() % 64) : seeds[random() % seeds.size()];
    mutate(input, random);
    LLVMFuzzerTestOneInput(input.data(), input.size());
  }
  return 0;
}
