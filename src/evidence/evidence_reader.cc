#include "evidence/evidence_reader.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>

#include "evidence/digest_range.h"
#include "evidence/ram_chunks.h"

namespace recount {
namespace {

std::unexpected<Error> damaged(std::string_view where, const char* what) {
  return fail(ErrorKind::kDamaged, std::string(where) + ": " + what);
}
std::unexpected<Error> altered(std::string_view where) {
  return damaged(where, "altered: its digest is not the listed one");
}
std::unexpected<Error> verify(std::string_view where, const char* what) {
  return fail(ErrorKind::kVerify, std::string(where) + ": " + what);
}

std::string_view as_text(const Bytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

Result<std::unique_ptr<EvidenceReader>> EvidenceReader::open(const std::string& path) {
  auto file = TRY(RandomFile::open(path, FileMode::kRead));
  return open(std::move(file));
}

Result<std::unique_ptr<EvidenceReader>> EvidenceReader::open(RandomFile file) {
  std::unique_ptr<EvidenceReader> reader(new EvidenceReader(std::move(file)));
  auto read = reader->read();
  if (read) return reader;
  if (read.error().kind == ErrorKind::kUnreadable) return std::unexpected(read.error());
  return std::unexpected(in_context(reader->file_.path(), read.error()));
}

Result<void> EvidenceReader::read() {
  size_bytes_ = TRY(file_.size());
  zip_ = TRY(read_zip_directory(file_));
  if (!has_member(kManifestMember))
    return damaged(kManifestMember, "not there: this zip is not an evidence file");
  Bytes text = TRY(unlisted_member(kManifestMember, kMaxManifestSize));
  manifest_ = TRY(Manifest::from_json(as_text(text)));
  manifest_digest_ = blake2b(text);
  if (auto checked = check_ram_chunks(); !checked) return checked;
  if (manifest_.certified != has_member(kCertificateMember)) {
    return damaged(kCertificateMember, "there, or not, against what manifest.json says");
  }
  if (manifest_.certified) {
    if (zip_.members.find(kCertificateMember)->second.size_bytes > kMaxCertificateSize) {
      return damaged(kCertificateMember, "too large");
    }
    Bytes certificate = TRY(member(kCertificateMember));
    certificate_ = TRY(Certificate::from_json(as_text(certificate)));
  }
  return {};
}

Result<void> EvidenceReader::check_ram_chunks() const {
  uint64_t count = ram_chunk_count(manifest_.machine.ram_bytes);
  for (auto at = zip_.members.lower_bound("state/ram/"); at != zip_.members.end(); ++at) {
    if (!at->first.starts_with("state/ram/")) break;
    auto index = ram_chunk_index(at->first);
    if (!index) return damaged(at->first, "not the name of a chunk");
    if (*index >= count) return damaged(at->first, "beyond the end of RAM");
    if (at->second.size_bytes > max_ram_chunk_member())
      return damaged(at->first, "larger than a chunk can be");
  }
  return {};
}

std::vector<std::string> EvidenceReader::member_names() const {
  std::vector<std::string> names;
  for (const auto& [name, member] : zip_.members) names.push_back(name);
  return names;
}

// The zip's own CRC is all that there is to check these with, short of the closing record.
Result<Bytes> EvidenceReader::unlisted_member(std::string_view name, uint64_t max_size) const {
  auto at = zip_.members.find(name);
  if (at == zip_.members.end()) return damaged(name, "not in the file");
  const ZipMember& zip = at->second;
  if (zip.size_bytes > max_size) return damaged(name, "too large");
  Bytes bytes(zip.size_bytes);
  if (TRY(file_.read_up_to_end(zip.data_offset, bytes)) != bytes.size())
    return damaged(name, "the file ends early");
  if (::crc32_z(0, bytes.data(), bytes.size()) != zip.crc32)
    return damaged(name, "altered: its CRC is wrong");
  return bytes;
}

Result<EvidenceReader::Listed> EvidenceReader::listed_member(std::string_view name) const {
  auto listed = manifest_.members.find(name);
  auto zip = zip_.members.find(name);
  if (zip == zip_.members.end()) return damaged(name, "not in the file");
  if (listed == manifest_.members.end()) return damaged(name, "not listed in manifest.json");
  if (listed->second.size_bytes != zip->second.size_bytes)
    return damaged(name, "its size is not the listed one");
  return Listed{zip->second, listed->second};
}

Result<Bytes> EvidenceReader::member(std::string_view name) const {
  if (is_unlisted_member(name)) return unlisted_member(name, kMaxManifestSize);
  const Listed listed = TRY(listed_member(name));
  Bytes bytes(listed.zip.size_bytes);
  if (TRY(file_.read_up_to_end(listed.zip.data_offset, bytes)) != bytes.size())
    return damaged(name, "the file ends early");
  if (blake2b(bytes) != listed.info.blake2b) return altered(name);
  return bytes;
}

Result<ByteSource> EvidenceReader::member_source(std::string_view name) const {
  const Listed listed = TRY(listed_member(name));
  // Shared, since a source can be copied: both copies go on from here together.
  struct Progress {
    uint64_t offset = 0, left = 0;
    Blake2b hasher;
    std::optional<Digest256> digest;
  };
  auto progress = std::make_shared<Progress>();
  progress->offset = listed.zip.data_offset;
  progress->left = listed.zip.size_bytes;
  return [this, name = std::string(name), expected = listed.info.blake2b,
          progress](std::span<uint8_t> out) -> Result<size_t> {
    Progress& p = *progress;
    if (p.left == 0) {
      if (!p.digest) p.digest = p.hasher.finish();
      if (*p.digest != expected) return altered(name);
      return size_t{0};
    }
    out = out.first(std::min<uint64_t>(out.size(), p.left));
    if (TRY(file_.read_up_to_end(p.offset, out)) != out.size()) return damaged(name, "the file ends early");
    p.hasher.update(out);
    p.offset += out.size();
    p.left -= out.size();
    return out.size();
  };
}

Result<void> EvidenceReader::load_ram_chunk(uint64_t index, std::span<uint8_t> chunk) const {
  std::string name = ram_chunk_name(index);
  uint64_t ram = manifest_.machine.ram_bytes;
  if (index >= ram_chunk_count(ram) || chunk.size() != std::min(kRamChunkSize, ram - index * kRamChunkSize)) {
    return damaged(name, "no such chunk in a RAM of this size");
  }
  if (!has_member(name)) {
    // Absent, but listed, is a chunk that somebody took away: not one of zeros.
    if (manifest_.members.contains(name)) return damaged(name, "not in the file");
    // Looking first leaves untouched pages of the host untouched.
    if (!is_all_zero(chunk)) std::memset(chunk.data(), 0, chunk.size());
    return {};
  }
  Bytes packed = TRY(member(name));
  return unpack_ram_chunk(name, packed, chunk);
}

Result<void> EvidenceReader::load_ram(std::span<uint8_t> ram) const {
  if (ram.size() != manifest_.machine.ram_bytes)
    return damaged("state/ram", "RAM is not as large as manifest.json says");
  for (uint64_t i = 0; i < ram_chunk_count(ram.size()); ++i) {
    uint64_t offset = i * kRamChunkSize;
    auto loaded =
        load_ram_chunk(i, ram.subspan(offset, std::min<uint64_t>(kRamChunkSize, ram.size() - offset)));
    if (!loaded) return loaded;
  }
  return {};
}

Result<void> EvidenceReader::check_members() const {
  for (const auto& [name, zip] : zip_.members) {
    if (is_unlisted_member(name)) continue;
    auto listed = manifest_.members.find(name);
    if (listed == manifest_.members.end())
      return verify(name, "in the file, but not listed in manifest.json");
    if (listed->second.size_bytes != zip.size_bytes) return verify(name, "its size is not the listed one");
    if (TRY(digest_range(file_, zip.data_offset, zip.size_bytes)) != listed->second.blake2b) {
      return verify(name, "altered: its digest is not the listed one");
    }
  }
  for (const auto& [name, info] : manifest_.members) {
    if (!has_member(name)) return verify(name, "listed in manifest.json, but not in the file");
  }
  return {};
}

Result<void> EvidenceReader::check_certificate() const {
  if (!certificate_) return {};
  if (certificate_->mismatches != 0)
    return verify(kCertificateMember, "says certified, and yet has mismatches");
  if (certificate_->position_begin != manifest_.position_begin ||
      certificate_->position_end != manifest_.position_end) {
    return verify(kCertificateMember, "for other positions than those of manifest.json");
  }
  for (const auto& [name, digest] : certificate_->vouches_for) {
    auto listed = manifest_.members.find(name);
    if (listed == manifest_.members.end() || listed->second.blake2b != digest) {
      return verify(kCertificateMember, "vouches for a member that is another one here");
    }
  }
  // It has to vouch for all that the replay read.
  for (const auto& [name, info] : manifest_.members) {
    if (is_replay_input(name) && !certificate_->vouches_for.contains(name)) {
      return verify(name, "the certificate is not about it");
    }
  }
  return {};
}

Result<void> EvidenceReader::check_seal() const {
  auto checked = [this]() -> Result<void> {
    auto record = parse_closing_record(zip_.comment);
    if (!record)
      return verify("closing record", "not there: the file was never finished, or its end was cut");
    // The members first: a name is a better answer than "somewhere".
    if (auto members = check_members(); !members) return members;
    if (auto certificate = check_certificate(); !certificate) return certificate;
    if (TRY(digest_range(file_, 0, zip_.comment_offset)) != *record) {
      return verify("closing record", "not that of this file: it was altered after it was finished");
    }
    return {};
  }();
  if (checked || checked.error().kind == ErrorKind::kUnreadable) return checked;
  return std::unexpected(in_context(file_.path(), checked.error()));
}

}  // namespace recount
