#include "disk/base_digest.h"

#include <algorithm>
#include <sstream>

#include "disk/layer_folder.h"
#include "host/clock.h"
#include "host/file.h"

namespace recount {
namespace {

std::string cache_path(const std::string& image) { return layer_folder_path(image) + "/base.digest"; }

// "1 SIZE MTIME_NS INODE DIGEST": what comes before the digest.
std::string key_of(const FileIdentity& identity) {
  return "1 " + std::to_string(identity.size_bytes) + " " + std::to_string(identity.mtime_ns) + " " +
         std::to_string(identity.inode) + " ";
}

bool find_cached(const std::string& image, const FileIdentity& identity, Digest256& digest) {
  auto bytes = read_file(cache_path(image));
  if (!bytes) return false;
  std::string_view text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  const std::string key = key_of(identity);
  if (!text.starts_with(key) || !text.ends_with('\n')) return false;
  text.remove_prefix(key.size());
  text.remove_suffix(1);
  return Digest256::from_hex(text, digest);
}

// An optimisation: where it cannot be written, the next one reads the image again.
void remember(const std::string& image, const FileIdentity& identity, const Digest256& digest) {
  (void)replace_file(cache_path(image), view_of(key_of(identity) + digest.hex() + "\n"));
}

// A file that changed a moment ago may change again without its time showing it: clocks of file systems are
// coarse.
bool is_settled(const FileIdentity& identity) {
  constexpr uint64_t kCoarsestNs = 2'000'000'000;
  return identity.mtime_ns + kCoarsestNs < SystemClock().realtime_ns();
}

}  // namespace

Result<Digest256> base_digest(const std::string& image) {
  auto file = TRY(RandomFile::open(image, FileMode::kRead));
  const FileIdentity identity = TRY(file.identity());
  Digest256 digest;
  if (find_cached(image, identity, digest)) return digest;
  const bool settled = is_settled(identity);
  Blake2b hasher;
  Bytes buffer(1 << 20);
  for (uint64_t at = 0; at < identity.size_bytes;) {
    auto piece = std::span(buffer).first(std::min<uint64_t>(buffer.size(), identity.size_bytes - at));
    TRY(file.read(at, piece));
    hasher.update(piece);
    at += piece.size();
  }
  digest = hasher.finish();
  if (TRY(file.identity()) != identity) {
    return fail(ErrorKind::kUnreadable, image + ": changes while it is read: end whoever writes to it");
  }
  if (settled) remember(image, identity, digest);
  return digest;
}

Result<void> forget_base_digest(const std::string& image) { return remove_file(cache_path(image)); }

}  // namespace recount
