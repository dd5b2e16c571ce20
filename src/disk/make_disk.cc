#include "disk/make_disk.h"

#include <cstdlib>

#include "host/file.h"
#include "host/folders.h"
#include "host/tool.h"

namespace recount {
namespace {

constexpr const char* kSameUuid = "7265636f-756e-4d64-8000-6d616b656469";

}  // namespace

Result<void> make_disk(const std::string& folder, uint64_t size_bytes, const std::string& image) {
  constexpr uint64_t kLeast = 1 << 20, kStep = 4096;
  if (size_bytes < kLeast || size_bytes % kStep != 0) {
    return fail(ErrorKind::kUsage, "--size must be 1M or more, in steps of 4K");
  }
  if (TRY(file_exists(image))) return fail(ErrorKind::kUsage, image + ": is there already; remove it or give another -o");
  // mke2fs takes a file for -d, too, and means an archive by it.
  if (!TRY(file_exists(folder))) return fail(ErrorKind::kUnreadable, folder + ": no such folder");
  TRY(list_folder(folder));

  const std::string unfinished = image + ".unfinished";
  std::vector<std::string> words{"mke2fs", "-q", "-F", "-t", "ext4", "-d", folder}, environment;
  if (const char* epoch = std::getenv("SOURCE_DATE_EPOCH"); epoch != nullptr) {
    words.insert(words.end(), {"-U", kSameUuid, "-E", std::string("hash_seed=") + kSameUuid});
    environment.push_back(std::string("E2FSPROGS_FAKE_TIME=") + epoch);
  }
  words.insert(words.end(), {"--", unfinished, std::to_string(size_bytes / 1024) + "k"});
  auto made = run_tool(words, "e2fsprogs", environment);
  if (made) made = rename_file(unfinished, image);
  if (!made) (void)remove_file(unfinished);
  return made;
}

}  // namespace recount
