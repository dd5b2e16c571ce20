#pragma once
// Writes an evidence file: members, then the manifest, then (after a replay of the unfinished file) the
// certificate and the closing record. Under a temporary name until publish(): the file exists whole or not at
// all, overwrites nothing, and is removed if anything fails or the writer goes before. The order of calls
// below is the order to use.

#include <memory>
#include <optional>
#include <string>

#include "evidence/manifest.h"
#include "evidence/zip_append.h"
#include "host/atomic_file.h"

namespace recount {

class EvidenceWriter {
 public:
  static Result<std::unique_ptr<EvidenceWriter>> create(const std::string& folder,
                                                        const std::string& final_name);

  // Written before it returns. The name must be a valid one that was not used yet.
  Result<void> add_member(const std::string& name, ByteView bytes);
  Result<void> add_member(const std::string& name, ByteSource content);
  Result<void> add_ram(ByteView ram);
  // Adds machine.toml and a manifest that says certified: false. What was added can now be read at
  // temporary_path(); a reader of it stays valid while certify() runs.
  Result<void> finish_uncertified(Manifest manifest);
  const std::string& temporary_path() const { return file_->temporary_path(); }
  const MemberMap& members() const { return members_; }

  // The manifest's certified says which: with a certificate (no mismatches), or without one and with a
  // reason.
  Result<void> certify(Manifest manifest, const std::optional<Certificate>& certificate,
                       ByteView console_cast);
  // The path that it got.
  Result<std::string> publish();

 private:
  enum class Stage : uint8_t { kMembers, kUncertified, kCertified, kPublished, kFailed };
  explicit EvidenceWriter(std::unique_ptr<AtomicFile> file);
  // Runs one step: in its stage only, and a failure is the end of the file.
  template <class Step>
  auto in_stage(Stage stage, Step step) -> decltype(step());
  Result<void> add_manifest(Manifest& manifest, std::string_view comment);
  Result<void> close_record();

  std::unique_ptr<AtomicFile> file_;
  uint64_t utc_ns_;  // the date of all members
  MemberMap members_;
  Stage stage_ = Stage::kMembers;
};

}  // namespace recount
