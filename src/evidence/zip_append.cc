#include "evidence/zip_append.h"

#include <zip.h>

#include <chrono>
#include <list>

#include "base/check.h"

namespace recount {
namespace {

// What both kinds of source share: libzip wants its own error, we want ours, which names the file.
struct SourceBase {
  zip_error_t zip_error{};
  std::optional<Error>* first_error = nullptr;

  zip_int64_t failed(int zip_code, const Error& error) {
    if (!*first_error) *first_error = error;
    zip_error_set(&zip_error, zip_code, 0);
    return -1;
  }
};

// The archive itself, on our file.
struct ArchiveSource : SourceBase {
  RandomFile* file = nullptr;
  uint64_t read_at = 0;
  uint64_t write_at = 0;

  zip_int64_t begin_write(uint64_t keep_bytes) {
    if (auto cut = file->resize(keep_bytes); !cut) return failed(ZIP_ER_WRITE, cut.error());
    write_at = keep_bytes;
    return 0;
  }
  zip_int64_t seek(uint64_t& at, void* data, zip_uint64_t length) {
    auto size = file->size();
    if (!size) return failed(ZIP_ER_SEEK, size.error());
    zip_int64_t to = zip_source_seek_compute_offset(at, *size, data, length, &zip_error);
    if (to < 0) return -1;
    at = static_cast<uint64_t>(to);
    return 0;
  }
  zip_int64_t call(void* data, zip_uint64_t length, zip_source_cmd_t command) {
    auto* bytes = static_cast<uint8_t*>(data);
    switch (command) {
      case ZIP_SOURCE_SUPPORTS:
        return ZIP_SOURCE_SUPPORTS_WRITABLE | ZIP_SOURCE_MAKE_COMMAND_BITMASK(ZIP_SOURCE_BEGIN_WRITE_CLONING);
      case ZIP_SOURCE_OPEN:
        read_at = 0;
        return 0;
      case ZIP_SOURCE_READ: {
        auto got = file->read_up_to_end(read_at, {bytes, length});
        if (!got) return failed(ZIP_ER_READ, got.error());
        read_at += *got;
        return static_cast<zip_int64_t>(*got);
      }
      case ZIP_SOURCE_SEEK:
        return seek(read_at, data, length);
      case ZIP_SOURCE_TELL:
        return static_cast<zip_int64_t>(read_at);
      case ZIP_SOURCE_STAT: {
        if (length < sizeof(zip_stat_t)) return -1;
        auto size = file->size();
        if (!size) return failed(ZIP_ER_READ, size.error());
        auto* stat = static_cast<zip_stat_t*>(data);
        zip_stat_init(stat);
        stat->size = *size;
        stat->valid = ZIP_STAT_SIZE;
        return sizeof(zip_stat_t);
      }
      case ZIP_SOURCE_BEGIN_WRITE:
        return begin_write(0);
      case ZIP_SOURCE_BEGIN_WRITE_CLONING:
        return begin_write(length);
      case ZIP_SOURCE_WRITE:
        if (auto put = file->write(write_at, {bytes, length}); !put) return failed(ZIP_ER_WRITE, put.error());
        write_at += length;
        return static_cast<zip_int64_t>(length);
      case ZIP_SOURCE_SEEK_WRITE:
        return seek(write_at, data, length);
      case ZIP_SOURCE_TELL_WRITE:
        return static_cast<zip_int64_t>(write_at);
      case ZIP_SOURCE_CLOSE:
      case ZIP_SOURCE_COMMIT_WRITE:
      case ZIP_SOURCE_ROLLBACK_WRITE:  // the owner throws the file away
      case ZIP_SOURCE_FREE:
        return 0;
      case ZIP_SOURCE_REMOVE:
        return begin_write(0);
      case ZIP_SOURCE_ERROR:
        return zip_error_to_data(&zip_error, data, length);
      default:
        zip_error_set(&zip_error, ZIP_ER_OPNOTSUPP, 0);
        return -1;
    }
  }
};

// One new member: reads its content once, front to back, and notes size and digest as the bytes go by.
struct MemberSource : SourceBase {
  std::string name;
  std::optional<uint64_t> size_bytes;
  ByteSource content;
  Blake2b hasher;
  MemberInfo info;
  zip_int64_t index = -1;

  zip_int64_t call(void* data, zip_uint64_t length, zip_source_cmd_t command) {
    switch (command) {
      case ZIP_SOURCE_SUPPORTS:
        return ZIP_SOURCE_SUPPORTS_READABLE;
      case ZIP_SOURCE_STAT: {
        if (length < sizeof(zip_stat_t)) return -1;
        auto* stat = static_cast<zip_stat_t*>(data);
        zip_stat_init(stat);
        if (size_bytes) {
          stat->size = *size_bytes;
          stat->valid = ZIP_STAT_SIZE;
        }
        return sizeof(zip_stat_t);
      }
      case ZIP_SOURCE_READ: {
        std::span<uint8_t> out(static_cast<uint8_t*>(data), length);
        auto got = content(out);
        if (!got) return failed(ZIP_ER_READ, got.error());
        CHECK(*got <= length);
        hasher.update(out.first(*got));
        info.size_bytes += *got;
        return static_cast<zip_int64_t>(*got);
      }
      case ZIP_SOURCE_OPEN:
      case ZIP_SOURCE_CLOSE:
      case ZIP_SOURCE_FREE:
        return 0;
      case ZIP_SOURCE_ERROR:
        return zip_error_to_data(&zip_error, data, length);
      default:
        zip_error_set(&zip_error, ZIP_ER_OPNOTSUPP, 0);
        return -1;
    }
  }
};

template <class Source>
zip_int64_t call_source(void* user, void* data, zip_uint64_t length, zip_source_cmd_t command) {
  return static_cast<Source*>(user)->call(data, length, command);
}

// Members are dated in UTC: libzip would use the host's time zone.
struct DosTime {
  uint16_t time = 0;
  uint16_t date = (1 << 5) | 1;  // 1980-01-01
};
DosTime dos_time(uint64_t utc_ns) {
  using namespace std::chrono;
  sys_seconds at{seconds(utc_ns / 1'000'000'000)};
  auto day = floor<days>(at);
  year_month_day date(day);
  hh_mm_ss clock(at - day);
  int year = static_cast<int>(date.year());
  if (year < 1980 || year > 2107) return {};
  auto u = [](auto v) { return static_cast<unsigned>(v); };
  return {static_cast<uint16_t>(u(clock.hours().count()) << 11 | u(clock.minutes().count()) << 5 |
                                u(clock.seconds().count()) / 2),
          static_cast<uint16_t>(u(year - 1980) << 9 | u(date.month()) << 5 | u(date.day()))};
}

}  // namespace

struct ZipAppend::Impl {
  zip_t* zip = nullptr;
  ArchiveSource archive;
  std::list<MemberSource> added;  // libzip keeps their addresses
  std::optional<Error> first_error;

  ~Impl() {
    if (zip != nullptr) zip_discard(zip);
  }
  std::unexpected<Error> error(zip_error_t* from) {
    if (first_error) return std::unexpected(*first_error);
    return fail(ErrorKind::kFailure,
                archive.file->path() + ": cannot write the zip: " + zip_error_strerror(from));
  }
  std::unexpected<Error> error() { return error(zip_get_error(zip)); }
};

ZipAppend::ZipAppend(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ZipAppend::~ZipAppend() = default;

Result<std::unique_ptr<ZipAppend>> ZipAppend::open(RandomFile& file) {
  auto impl = std::make_unique<Impl>();
  impl->archive.file = &file;
  impl->archive.first_error = &impl->first_error;
  uint64_t size = TRY(file.size());
  zip_error_t why;
  zip_error_init(&why);
  zip_source_t* source = zip_source_function_create(call_source<ArchiveSource>, &impl->archive, &why);
  if (source == nullptr) return impl->error(&why);
  impl->zip = zip_open_from_source(source, size == 0 ? ZIP_CREATE | ZIP_TRUNCATE : 0, &why);
  if (impl->zip == nullptr) {
    zip_source_free(source);
    return impl->error(&why);
  }
  return std::unique_ptr<ZipAppend>(new ZipAppend(std::move(impl)));
}

Result<void> ZipAppend::add(const std::string& name, std::optional<uint64_t> size_bytes, ByteSource content) {
  CHECK(is_member_name(name));
  MemberSource& member = impl_->added.emplace_back();
  member.first_error = &impl_->first_error;
  member.name = name;
  member.size_bytes = size_bytes;
  member.content = std::move(content);
  zip_source_t* source = zip_source_function(impl_->zip, call_source<MemberSource>, &member);
  if (source == nullptr) return impl_->error();
  member.index = zip_file_add(impl_->zip, name.c_str(), source, ZIP_FL_ENC_UTF_8);
  if (member.index < 0) {
    zip_source_free(source);
    return impl_->error();
  }
  if (zip_set_file_compression(impl_->zip, static_cast<zip_uint64_t>(member.index), ZIP_CM_STORE, 0) != 0) {
    return impl_->error();
  }
  return {};
}

Result<void> ZipAppend::add(const std::string& name, ByteView bytes) {
  return add(name, bytes.size(), source_of(bytes));
}

Result<void> ZipAppend::remove_last(std::string_view name) {
  auto index = static_cast<zip_uint64_t>(zip_get_num_entries(impl_->zip, 0) - 1);
  const char* last = zip_get_name(impl_->zip, index, 0);
  CHECK(last != nullptr && last == name);
  if (zip_delete(impl_->zip, index) != 0) return impl_->error();
  return {};
}

Result<void> ZipAppend::set_comment(std::string_view comment) {
  if (zip_set_archive_comment(impl_->zip, comment.data(), static_cast<zip_uint16_t>(comment.size())) != 0) {
    return impl_->error();
  }
  return {};
}

Result<void> ZipAppend::finish(uint64_t utc_ns, MemberMap& members) {
  DosTime time = dos_time(utc_ns);
  for (const MemberSource& member : impl_->added) {
    zip_file_set_dostime(impl_->zip, static_cast<zip_uint64_t>(member.index), time.time, time.date, 0);
  }
  if (zip_close(impl_->zip) != 0) return impl_->error();
  impl_->zip = nullptr;
  for (MemberSource& member : impl_->added) {
    CHECK(!member.size_bytes || *member.size_bytes == member.info.size_bytes);
    member.info.blake2b = member.hasher.finish();
    members.insert_or_assign(member.name, member.info);
  }
  return {};
}

}  // namespace recount
