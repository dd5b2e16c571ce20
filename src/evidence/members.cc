#include "evidence/members.h"

#include <fmt/format.h>

namespace recount {
namespace {

constexpr std::string_view kRamPrefix = "state/ram/";
constexpr std::string_view kRamSuffix = ".zst";

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
         c == '-';
}

}  // namespace

bool is_member_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxMemberName) return false;
  bool part_begins = true;
  for (char c : name) {
    if (c == '/' ? part_begins : !is_name_char(c)) return false;
    if (part_begins && c == '.') return false;
    part_begins = c == '/';
  }
  return !part_begins;
}

bool is_unlisted_member(std::string_view name) {
  return name == kManifestMember || name == kSignatureMember || name == kCustodyMember;
}

bool is_replay_input(std::string_view name) {
  return name.starts_with("journal/") || name.starts_with("state/") || name.starts_with("disk/");
}

std::map<std::string, Digest256, std::less<>> replay_inputs(const MemberMap& members) {
  std::map<std::string, Digest256, std::less<>> inputs;
  for (const auto& [name, info] : members) {
    if (is_replay_input(name)) inputs.emplace(name, info.blake2b);
  }
  return inputs;
}

std::string ram_chunk_name(uint64_t index) { return fmt::format("{}{:05}{}", kRamPrefix, index, kRamSuffix); }

std::optional<uint64_t> ram_chunk_index(std::string_view name) {
  if (name.size() != kRamPrefix.size() + 5 + kRamSuffix.size() || !name.starts_with(kRamPrefix) ||
      !name.ends_with(kRamSuffix)) {
    return std::nullopt;
  }
  uint64_t index = 0;
  for (char c : name.substr(kRamPrefix.size(), 5)) {
    if (c < '0' || c > '9') return std::nullopt;
    index = index * 10 + static_cast<uint64_t>(c - '0');
  }
  return index;
}

std::string closing_record(const Digest256& digest) { return std::string(kClosingPrefix) + digest.hex(); }

std::optional<Digest256> parse_closing_record(std::string_view text) {
  Digest256 digest;
  if (text.size() != kClosingSize || !text.starts_with(kClosingPrefix) ||
      !Digest256::from_hex(text.substr(kClosingPrefix.size()), digest) || closing_record(digest) != text) {
    return std::nullopt;  // the last test: upper-case hex is not what we write
  }
  return digest;
}

}  // namespace recount
