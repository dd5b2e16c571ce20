// For libFuzzer, which knows files only: NAME_fuzz --write-seeds FOLDER writes the target's seeds there, and runs nothing.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

std::vector<std::vector<uint8_t>> fuzz_seeds();

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  if (*argc != 3 || std::strcmp((*argv)[1], "--write-seeds") != 0) return 0;
  size_t number = 0;
  for (const std::vector<uint8_t>& seed : fuzz_seeds()) {
    std::ofstream file((*argv)[2] + ("/seed-" + std::to_string(number++)), std::ios::binary);
    file.write(reinterpret_cast<const char*>(seed.data()), static_cast<std::streamsize>(seed.size()));
    if (!file.flush()) {
      std::fprintf(stderr, "cannot write to %s\n", (*argv)[2]);
      std::exit(1);
    }
  }
  std::exit(0);
}
