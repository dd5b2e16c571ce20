#include "evidence/evidence_writer.h"

#include "base/check.h"
#include "evidence/digest_range.h"
#include "evidence/machine_toml.h"
#include "evidence/ram_chunks.h"
#include "host/clock.h"

namespace recount {

Result<std::unique_ptr<EvidenceWriter>> EvidenceWriter::create(const std::string& folder,
                                                               const std::string& final_name) {
  auto file = TRY(AtomicFile::create(folder, final_name));
  return std::unique_ptr<EvidenceWriter>(new EvidenceWriter(std::move(file)));
}

EvidenceWriter::EvidenceWriter(std::unique_ptr<AtomicFile> file)
    : file_(std::move(file)), utc_ns_(SystemClock().realtime_ns()) {}

template <class Step>
auto EvidenceWriter::in_stage(Stage stage, Step step) -> decltype(step()) {
  if (stage_ == Stage::kFailed)
    return fail(ErrorKind::kFailure, "evidence: given up after an earlier failure");
  CHECK(stage_ == stage);
  auto result = step();
  if (!result) {
    stage_ = Stage::kFailed;
    file_->discard();
    if (!file_->is_named()) result.error().message += ": no evidence was saved";
  }
  return result;
}

Result<void> EvidenceWriter::add_member(const std::string& name, ByteView bytes) {
  return in_stage(Stage::kMembers, [&]() -> Result<void> {
    auto zip = TRY(ZipAppend::open(file_->file()));
    if (auto added = zip->add(name, bytes); !added) return added;
    return zip->finish(utc_ns_, members_);
  });
}

Result<void> EvidenceWriter::add_member(const std::string& name, ByteSource content) {
  return in_stage(Stage::kMembers, [&]() -> Result<void> {
    auto zip = TRY(ZipAppend::open(file_->file()));
    if (auto added = zip->add(name, std::nullopt, std::move(content)); !added) return added;
    return zip->finish(utc_ns_, members_);
  });
}

Result<void> EvidenceWriter::add_ram(ByteView ram) {
  return in_stage(Stage::kMembers, [&]() -> Result<void> {
    auto zip = TRY(ZipAppend::open(file_->file()));
    if (auto added = add_ram_chunks(*zip, ram); !added) return added;
    return zip->finish(utc_ns_, members_);
  });
}

Result<void> EvidenceWriter::add_manifest(Manifest& manifest, std::string_view comment) {
  manifest.members = members_;
  std::string text = manifest.to_json();
  if (text.size() > kMaxManifestSize) return fail(ErrorKind::kFailure, "manifest.json: too many members");
  auto zip = TRY(ZipAppend::open(file_->file()));
  if (auto added = zip->add(std::string(kManifestMember), view_of(text)); !added) return added;
  if (auto set = zip->set_comment(comment); !set) return set;
  MemberMap itself;
  return zip->finish(utc_ns_, itself);
}

Result<void> EvidenceWriter::finish_uncertified(Manifest manifest) {
  manifest.certified = false;
  if (manifest.uncertified_reason.empty()) manifest.uncertified_reason = "not replayed yet";
  std::string toml = machine_toml(manifest);
  if (auto added = add_member(std::string(kMachineMember), view_of(toml)); !added) return added;
  return in_stage(Stage::kMembers, [&]() -> Result<void> {
    if (auto added = add_manifest(manifest, ""); !added) return added;
    stage_ = Stage::kUncertified;
    return {};
  });
}

Result<void> EvidenceWriter::certify(Manifest manifest, const std::optional<Certificate>& certificate,
                                     ByteView console_cast) {
  CHECK(manifest.certified == certificate.has_value());
  CHECK(!certificate || certificate->mismatches == 0);
  return in_stage(Stage::kUncertified, [&]() -> Result<void> {
    std::string text = certificate ? certificate->to_json() : "";
    auto zip = TRY(ZipAppend::open(file_->file()));
    if (auto removed = zip->remove_last(kManifestMember); !removed) return removed;
    if (certificate) {
      if (auto added = zip->add(std::string(kCertificateMember), view_of(text)); !added) return added;
    }
    if (auto added = zip->add(std::string(kConsoleMember), console_cast); !added) return added;
    if (auto finished = zip->finish(utc_ns_, members_); !finished) return finished;
    // The digest's place, until the rest is there to be digested.
    if (auto added = add_manifest(manifest, closing_record(Digest256{})); !added) return added;
    stage_ = Stage::kCertified;
    return {};
  });
}

Result<void> EvidenceWriter::close_record() {
  RandomFile& file = file_->file();
  uint64_t size = TRY(file.size());
  CHECK(size > kClosingSize);
  Digest256 digest = TRY(digest_range(file, 0, size - kClosingSize));
  return file.write(size - kClosingSize, view_of(closing_record(digest)));
}

Result<std::string> EvidenceWriter::publish() {
  return in_stage(Stage::kCertified, [&]() -> Result<std::string> {
    if (auto closed = close_record(); !closed) return std::unexpected(closed.error());
    std::string path = TRY(file_->publish());
    stage_ = Stage::kPublished;
    return path;
  });
}

}  // namespace recount
