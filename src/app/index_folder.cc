#include "app/index_folder.h"

#include <algorithm>
#include <vector>

#include "host/file.h"
#include "host/folders.h"
#include "host/random_file.h"

namespace recount {
namespace {

constexpr uint64_t kMostBytes = 8ull << 30;

std::string index_folder() { return cache_folder() + "/index"; }

}  // namespace

Result<std::string> index_path_of(const EvidenceReader& evidence) {
  TRY(make_folder(index_folder()));
  return index_folder() + "/" + evidence.manifest_digest().hex().substr(0, 32) + ".index";
}

void tidy_index_folder(const std::string& just_written) {
  struct Index {
    std::string path;
    FileIdentity file;
  };
  std::vector<Index> indexes;
  uint64_t total_bytes = 0;
  for (const std::string& name : list_folder(index_folder()).value_or(std::vector<std::string>())) {
    const std::string path = index_folder() + "/" + name;
    auto file = RandomFile::open(path, FileMode::kRead);
    auto identity = file ? file->identity() : std::unexpected(file.error());
    if (!identity) continue;
    total_bytes += identity->size_bytes;
    if (path != just_written) indexes.push_back({path, *identity});
  }
  std::ranges::sort(indexes, {}, [](const Index& i) { return i.file.mtime_ns; });
  for (const Index& oldest : indexes) {
    if (total_bytes <= kMostBytes) return;
    if (remove_file(oldest.path)) total_bytes -= oldest.file.size_bytes;
  }
}

}  // namespace recount
