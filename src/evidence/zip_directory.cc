#include "evidence/zip_directory.h"

#include <algorithm>
#include <span>
#include <vector>

namespace recount {
namespace {

// PKWARE APPNOTE.TXT 6.3.9, "4.3 General Format of a .ZIP file".
constexpr uint32_t kLocalSignature = 0x04034b50;
constexpr uint32_t kEntrySignature = 0x02014b50;
constexpr uint32_t kEndSignature = 0x06054b50;
constexpr uint32_t kEnd64Signature = 0x06064b50;
constexpr uint32_t kLocator64Signature = 0x07064b50;
constexpr uint64_t kLocalSize = 30;
constexpr uint64_t kEntrySize = 46;
constexpr uint64_t kEndSize = 22;
constexpr uint64_t kEnd64Size = 56;
constexpr uint64_t kLocator64Size = 20;
constexpr uint16_t kZip64Extra = 1;
constexpr uint16_t kUtf8Flag = 1 << 11;

std::unexpected<Error> damaged(const std::string& what) {
  return fail(ErrorKind::kDamaged, what + ": not an evidence file, or damaged");
}

Result<Bytes> read_exactly(const RandomFile& file, uint64_t offset, uint64_t size) {
  Bytes bytes(size);
  size_t got = TRY(file.read_up_to_end(offset, bytes));
  if (got != size) return damaged("the file ends early");
  return bytes;
}

struct End {
  uint64_t count = 0, directory_size = 0, directory_offset = 0;
  uint64_t offset = 0;  // where the end records begin
};

// The zip64 end record, where the plain one's fields are too narrow.
Result<End> read_end64(const RandomFile& file, uint64_t end_offset) {
  if (end_offset < kLocator64Size + kEnd64Size) return damaged("no zip64 end record");
  uint64_t offset = end_offset - kLocator64Size - kEnd64Size;
  Bytes bytes = TRY(read_exactly(file, offset, kEnd64Size + kLocator64Size));
  ByteReader r(bytes);
  bool good = r.fixed<uint32_t>() == kEnd64Signature && r.fixed<uint64_t>() == kEnd64Size - 12;
  r.raw(4);  // versions
  good = good && r.fixed<uint32_t>() == 0 && r.fixed<uint32_t>() == 0;
  End end{.offset = offset};
  uint64_t on_this_disk = r.fixed<uint64_t>();
  end.count = r.fixed<uint64_t>();
  end.directory_size = r.fixed<uint64_t>();
  end.directory_offset = r.fixed<uint64_t>();
  good = good && on_this_disk == end.count;
  good = good && r.fixed<uint32_t>() == kLocator64Signature && r.fixed<uint32_t>() == 0 &&
         r.fixed<uint64_t>() == offset && r.fixed<uint32_t>() == 1;
  if (!good) return damaged("the zip64 end record is wrong");
  return end;
}

// The end record, with no comment or our own: nothing else may stand at the end of the file.
Result<End> read_end(const RandomFile& file, uint64_t file_size, ZipDirectory& directory) {
  for (uint64_t comment_size : {uint64_t{0}, uint64_t{kClosingSize}}) {
    if (file_size < kEndSize + comment_size) break;
    uint64_t offset = file_size - kEndSize - comment_size;
    Bytes bytes = TRY(read_exactly(file, offset, kEndSize + comment_size));
    ByteReader r(bytes);
    if (r.fixed<uint32_t>() != kEndSignature) continue;
    End end{.offset = offset};
    bool good = r.fixed<uint32_t>() == 0;  // disk numbers
    uint16_t on_this_disk = r.fixed<uint16_t>();
    end.count = r.fixed<uint16_t>();
    end.directory_size = r.fixed<uint32_t>();
    end.directory_offset = r.fixed<uint32_t>();
    good = good && on_this_disk == end.count && r.fixed<uint16_t>() == comment_size;
    if (!good) continue;
    ByteView comment = r.raw(comment_size);
    directory.comment.assign(comment.begin(), comment.end());
    directory.comment_offset = file_size - comment_size;
    if (comment_size != 0 && !parse_closing_record(directory.comment))
      return damaged("the closing record is wrong");
    if (end.count == 0xffff || end.directory_size == 0xffffffff || end.directory_offset == 0xffffffff) {
      return read_end64(file, offset);
    }
    return end;
  }
  return damaged("no zip end record at the end of the file");
}

struct Entry {
  std::string name;
  uint64_t size_bytes = 0, local_offset = 0;
  uint32_t crc32 = 0;
};

// Sizes and offset that did not fit their fields, in the order that the specification gives them.
bool read_zip64_extra(ByteView extra, std::span<uint64_t* const> wide) {
  ByteReader r(extra);
  while (r.remaining() != 0) {
    auto id = r.fixed<uint16_t>();
    ByteReader field(r.raw(r.fixed<uint16_t>()));
    if (!r.ok()) return false;
    if (id != kZip64Extra) continue;
    for (uint64_t* value : wide) *value = field.fixed<uint64_t>();
    return field.ok();
  }
  return wide.empty();
}

Result<Entry> read_entry(ByteReader& r) {
  Entry entry;
  bool good = r.fixed<uint32_t>() == kEntrySignature;
  r.raw(4);  // versions
  auto flags = r.fixed<uint16_t>();
  auto method = r.fixed<uint16_t>();
  r.raw(4);  // time and date
  entry.crc32 = r.fixed<uint32_t>();
  uint64_t stored_size = r.fixed<uint32_t>();
  entry.size_bytes = r.fixed<uint32_t>();
  auto name_size = r.fixed<uint16_t>();
  auto extra_size = r.fixed<uint16_t>();
  auto comment_size = r.fixed<uint16_t>();
  auto disk = r.fixed<uint16_t>();
  r.raw(6);  // attributes
  entry.local_offset = r.fixed<uint32_t>();
  ByteView name = r.raw(name_size), extra = r.raw(extra_size);
  entry.name.assign(name.begin(), name.end());
  if (!r.ok() || !good || comment_size != 0 || disk != 0) return damaged("a directory entry is wrong");
  if (!is_member_name(entry.name)) return damaged("a member has a name that no evidence has");
  if ((flags & ~kUtf8Flag) != 0 || method != 0) return damaged(entry.name + ": not stored plainly");
  std::vector<uint64_t*> wide;
  for (uint64_t* value : {&entry.size_bytes, &stored_size, &entry.local_offset}) {
    if (*value == 0xffffffff) wide.push_back(value);
  }
  if (!read_zip64_extra(extra, wide)) return damaged(entry.name + ": its zip64 field is wrong");
  if (stored_size != entry.size_bytes) return damaged(entry.name + ": its two sizes differ");
  return entry;
}

// Where the member's bytes begin, if its local header says what the directory says.
Result<uint64_t> check_local(const RandomFile& file, const Entry& entry) {
  Bytes bytes = TRY(read_exactly(file, entry.local_offset, kLocalSize + entry.name.size()));
  ByteReader r(bytes);
  bool good = r.fixed<uint32_t>() == kLocalSignature;
  r.raw(2);  // version
  good = good && (r.fixed<uint16_t>() & ~kUtf8Flag) == 0 && r.fixed<uint16_t>() == 0;
  r.raw(4);  // time and date
  good = good && r.fixed<uint32_t>() == entry.crc32;
  uint64_t stored_size = r.fixed<uint32_t>(), size = r.fixed<uint32_t>();
  good = good && r.fixed<uint16_t>() == entry.name.size();
  uint64_t extra_size = r.fixed<uint16_t>();
  ByteView name = r.raw(entry.name.size());
  if (!r.ok() || !good || !std::equal(name.begin(), name.end(), entry.name.begin(), entry.name.end())) {
    return damaged(entry.name + ": its local header differs from the directory");
  }
  uint64_t extra_offset = entry.local_offset + kLocalSize + entry.name.size();
  if (size == 0xffffffff && stored_size == 0xffffffff) {
    Bytes extra = TRY(read_exactly(file, extra_offset, extra_size));
    uint64_t* wide[] = {&size, &stored_size};
    if (!read_zip64_extra(extra, wide)) return damaged(entry.name + ": its zip64 field is wrong");
  }
  if (size != entry.size_bytes || stored_size != size) {
    return damaged(entry.name + ": its local header differs from the directory");
  }
  return extra_offset + extra_size;
}

}  // namespace

Result<ZipDirectory> read_zip_directory(const RandomFile& file) {
  ZipDirectory directory;
  uint64_t file_size = TRY(file.size());
  End end = TRY(read_end(file, file_size, directory));
  if (end.count > kMaxMembers || end.directory_offset > end.offset ||
      end.directory_size != end.offset - end.directory_offset ||
      end.directory_size < end.count * kEntrySize ||
      end.directory_size > end.count * (kEntrySize + kMaxMemberName + 64)) {
    return damaged("the zip directory is not where its end record says");
  }
  Bytes bytes = TRY(read_exactly(file, end.directory_offset, end.directory_size));
  ByteReader r(bytes);
  std::vector<Entry> entries;
  entries.reserve(end.count);
  for (uint64_t i = 0; i < end.count; ++i) entries.push_back(TRY(read_entry(r)));
  if (r.remaining() != 0) return damaged("the zip directory is longer than its entries");
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.local_offset < b.local_offset; });
  uint64_t at = 0;
  for (Entry& entry : entries) {
    if (entry.local_offset != at) return damaged(entry.name + ": bytes before it belong to no member");
    uint64_t data = TRY(check_local(file, entry));
    if (data > end.directory_offset || entry.size_bytes > end.directory_offset - data) {
      return damaged(entry.name + ": larger than the file");
    }
    at = data + entry.size_bytes;
    ZipMember member{data, entry.size_bytes, entry.crc32};
    if (!directory.members.emplace(entry.name, member).second) return damaged(entry.name + ": there twice");
  }
  if (at != end.directory_offset) return damaged("bytes before the zip directory belong to no member");
  return directory;
}

}  // namespace recount
