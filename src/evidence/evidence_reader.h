#pragma once
// Reads an evidence file that nobody vouches for. open() reads the directory, the manifest and the
// certificate; the rest is read when asked for, and each member is checked against the manifest's size and
// digest as it is. check_seal() looks at everything. Memory is bounded by the file's own size, never by what
// it claims.

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/byte_source.h"
#include "evidence/manifest.h"
#include "evidence/zip_directory.h"
#include "host/random_file.h"

namespace recount {

class EvidenceReader {
 public:
  // kUnreadable if it cannot be opened or read, kDamaged if it is no evidence.
  static Result<std::unique_ptr<EvidenceReader>> open(const std::string& path);
  static Result<std::unique_ptr<EvidenceReader>> open(RandomFile file);

  const Manifest& manifest() const { return manifest_; }
  // Of the manifest's bytes: it names the digest of each member, so this tells all that a replay reads.
  const Digest256& manifest_digest() const { return manifest_digest_; }
  const std::optional<Certificate>& certificate() const { return certificate_; }
  uint64_t size_bytes() const { return size_bytes_; }

  bool has_member(std::string_view name) const { return zip_.members.contains(name); }
  std::vector<std::string> member_names() const;  // sorted
  // kDamaged, with its name, if it is missing or not what the manifest lists.
  Result<Bytes> member(std::string_view name) const;
  // The same for a large one, read as it is pulled; this must outlive the source. Altered bytes show in its
  // last call only: there, instead of the end, comes kDamaged. Believe nothing of it before.
  Result<ByteSource> member_source(std::string_view name) const;

  // RAM as it was at position_begin. kDamaged if the span is not as large as the manifest says.
  Result<void> load_ram(std::span<uint8_t> ram) const;
  // One chunk of it, for a replay that starts before all is read: chunk is of the size that it has in RAM.
  Result<void> load_ram_chunk(uint64_t index, std::span<uint8_t> chunk) const;

  // The closing record, every member's digest, none unlisted, none missing. kVerify says what is wrong.
  Result<void> check_seal() const;

 private:
  explicit EvidenceReader(RandomFile file) : file_(std::move(file)) {}
  Result<void> read();
  struct Listed {
    const ZipMember& zip;
    const MemberInfo& info;
  };
  Result<Listed> listed_member(std::string_view name) const;
  Result<Bytes> unlisted_member(std::string_view name, uint64_t max_size) const;
  Result<void> check_ram_chunks() const;
  Result<void> check_members() const;
  Result<void> check_certificate() const;

  RandomFile file_;
  uint64_t size_bytes_ = 0;
  ZipDirectory zip_;
  Manifest manifest_;
  Digest256 manifest_digest_;
  std::optional<Certificate> certificate_;
};

}  // namespace recount
