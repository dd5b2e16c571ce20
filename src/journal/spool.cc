#include "journal/spool.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "host/file.h"
#include "host/folders.h"
#include "journal/record.h"

namespace recount {
namespace {

constexpr std::string_view kSuffix = ".seg";

std::string name_of(uint64_t begin) { return fmt::format("{:020}{}", begin, kSuffix); }

std::optional<uint64_t> begin_of(std::string_view name) {
  if (!name.ends_with(kSuffix)) return std::nullopt;
  uint64_t begin = 0;
  auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), begin);
  if (error != std::errc() || std::string_view(end, kSuffix.size()) != kSuffix) return std::nullopt;
  return begin;
}

}  // namespace

Result<void> Spooler::run() {
  drop();
  const RingControl& control = ring_.control();
  uint64_t head = control.head.load(), oldest = std::max(ring_.floor(), control.spooled.load());
  if (head < oldest || head - oldest <= kRingBytes / 2) return {};
  return spool();
}

Result<void> Spooler::spool() {
  RingControl& control = ring_.control();
  uint64_t begin = std::max(ring_.floor(), control.spooled.load());
  Bytes bytes(kSegmentRecordBytes);
  auto got = ring_.read(begin, bytes);
  if (!got) return {};  // the backup has just passed: nothing is left to do
  ByteView rest = ByteView(bytes).first(*got);
  uint64_t size = 0;
  for (DecodedRecord record; (record = decode_record(rest)).status == RecordStatus::kOk;) {
    if (size == 0) header_.begin = record.event.position;
    size += record.size_bytes;
    rest = rest.subspan(record.size_bytes);
  }
  if (size == 0) return fail(ErrorKind::kDamaged, "the journal's ring holds a damaged record");
  SealedSegment sealed = seal_segment(header_, ByteView(bytes).first(size));
  std::string path = folder_ + "/" + name_of(begin);
  if (auto written = replace_file(path, sealed.bytes); !written) return written;
  header_ = {header_.sequence + 1, header_.begin, sealed.digest};
  files_[begin + size] = {sealed.bytes.size(), path};
  file_bytes_ += sealed.bytes.size();
  control.spooled.store(begin + size, std::memory_order_release);
  return {};
}

void Spooler::drop() {
  for (uint64_t floor = ring_.floor(); !files_.empty() && files_.begin()->first <= floor;) {
    auto [size, path] = files_.begin()->second;
    // A file that stays takes room, no more: the folder goes with the recording.
    static_cast<void>(remove_file(path));
    file_bytes_ -= size;
    files_.erase(files_.begin());
  }
}

Result<SpooledRecords> read_spool(const std::string& folder, uint64_t offset) {
  std::optional<uint64_t> best;
  for (const std::string& name : TRY(list_folder(folder))) {
    auto begin = begin_of(name);
    if (begin && *begin <= offset && (!best || *begin > *best)) best = begin;
  }
  if (!best) return fail(ErrorKind::kDamaged, folder + ": a part of the journal is missing");
  std::string path = folder + "/" + name_of(*best);
  Bytes file = TRY(read_file(path));
  auto segment = open_segment(file);
  if (!segment) return std::unexpected(in_context(path, segment.error()));
  if (offset - *best >= segment->records.size()) {
    return fail(ErrorKind::kDamaged, folder + ": a part of the journal is missing");
  }
  return SpooledRecords{*best, Bytes(segment->records.begin(), segment->records.end())};
}

}  // namespace recount
