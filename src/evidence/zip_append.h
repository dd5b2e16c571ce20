#pragma once
// Appends stored members to a zip, in place: what is there already is neither read nor copied again, only the
// directory behind it is rewritten. libzip does the format; we give it our file as a source that can keep a
// prefix. A pass that fails leaves a broken file: its owner throws it away.

#include <memory>
#include <optional>
#include <string>

#include "base/byte_source.h"
#include "base/result.h"
#include "evidence/members.h"
#include "host/random_file.h"

namespace recount {

class ZipAppend {
 public:
  // An empty file becomes a zip.
  static Result<std::unique_ptr<ZipAppend>> open(RandomFile& file);
  ~ZipAppend();  // without finish(): the file is left as it was
  ZipAppend(const ZipAppend&) = delete;
  ZipAppend& operator=(const ZipAppend&) = delete;

  // Read by finish(), never before. The name must be a member name that the zip does not have.
  Result<void> add(const std::string& name, std::optional<uint64_t> size_bytes, ByteSource content);
  // The bytes must live until finish().
  Result<void> add(const std::string& name, ByteView bytes);
  // Only of the last member: what is behind it would have to move.
  Result<void> remove_last(std::string_view name);
  Result<void> set_comment(std::string_view comment);
  // Writes. Sizes and digests of what was added go into members.
  Result<void> finish(uint64_t utc_ns, MemberMap& members);

 private:
  struct Impl;
  explicit ZipAppend(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace recount
