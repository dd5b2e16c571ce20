#include "debug/timeline_index.h"

#include <array>

#include "base/build_info.h"

namespace recount {
namespace {

constexpr std::string_view kMagic = "recount index 1\n";

// What it is of. Another build may keep a machine's state in another way.
Bytes header_of(const EvidenceReader& evidence) {
  Bytes header(kMagic.begin(), kMagic.end());
  ByteWriter writer(header);
  writer.raw(evidence.manifest_digest().bytes);
  writer.blob(view_of(build_id()));
  return header;
}

Result<void> load(SealedFileReader& in, const Replayer& replayer, Checkpoints& checkpoints) {
  for (const auto& disk : replayer.disk_histories()) TRY(disk->load(in));
  TRY(checkpoints.load(in));
  if (in.remaining_bytes() != 0 || !checkpoints.has(replayer.end())) return fail(ErrorKind::kDamaged, "not to the end");
  return {};
}

}  // namespace

Result<void> write_timeline_index(const std::string& path, const EvidenceReader& evidence, const Replayer& replayer,
                                  const Checkpoints& checkpoints) {
  constexpr uint64_t kMostWritten = 1ull << 30;
  uint64_t disk_bytes = 0;
  for (const auto& disk : replayer.disk_histories()) disk_bytes += disk->kept_bytes();
  if (disk_bytes > kMostWritten) return fail(ErrorKind::kUnavailable, "more than 1 GiB was written to the guest's disks");
  auto out = TRY(SealedFileWriter::create(path));
  out->bytes(header_of(evidence));
  for (const auto& disk : replayer.disk_histories()) disk->save(*out);
  checkpoints.save(*out);
  return out->finish();
}

Result<bool> read_timeline_index(const std::string& path, const EvidenceReader& evidence, const Replayer& replayer,
                                 Checkpoints& checkpoints) {
  auto in = SealedFileReader::open(path);
  if (!in) return false;
  const Bytes expected = header_of(evidence);
  Bytes header(expected.size());
  (*in)->bytes(header);
  if (header != expected) return false;
  auto loaded = load(**in, replayer, checkpoints);
  if (!loaded) return fail(ErrorKind::kDamaged, path + ": " + loaded.error().message + ": remove this file");
  return true;
}

}  // namespace recount
