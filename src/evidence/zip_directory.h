#pragma once
// Reads the directory of a zip of stored members, strictly: the members must fill the file from its first
// byte to the directory, without gap or overlap, and each local header must agree with the directory's entry.
// So there is one way to read the file, and nothing can hide in it. Believes no count and no size that the
// file cannot hold.

#include <map>
#include <string>

#include "evidence/members.h"
#include "host/random_file.h"

namespace recount {

struct ZipMember {
  uint64_t data_offset = 0;
  uint64_t size_bytes = 0;
  uint32_t crc32 = 0;
};

struct ZipDirectory {
  std::map<std::string, ZipMember, std::less<>> members;
  std::string comment;
  uint64_t comment_offset = 0;
};

// kDamaged if it is no such zip, kUnreadable if the file cannot be read.
Result<ZipDirectory> read_zip_directory(const RandomFile& file);

}  // namespace recount
