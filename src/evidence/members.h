#pragma once
// The names, limits and closing record of an evidence file: docs/formats/evidence.md in numbers.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/digest.h"

namespace recount {

inline constexpr uint64_t kEvidenceVersion = 2;

inline constexpr std::string_view kManifestMember = "manifest.json";
inline constexpr std::string_view kMachineMember = "machine.toml";
inline constexpr std::string_view kCertificateMember = "certificate.json";
inline constexpr std::string_view kConsoleMember = "console.cast";
// These two have their place in the format; no verb writes them yet.
inline constexpr std::string_view kSignatureMember = "manifest.json.minisig";
inline constexpr std::string_view kCustodyMember = "custody.jsonl";

inline constexpr uint64_t kRamChunkSize = 2ull << 20;
inline constexpr uint64_t kMaxRamChunks = 100'000;  // five digits
inline constexpr size_t kMaxMemberName = 200;
inline constexpr uint64_t kMaxMembers = 200'000;
inline constexpr uint64_t kMaxManifestSize = 16ull << 20;
inline constexpr uint64_t kMaxCertificateSize = 16ull << 20;  // it names the members that it vouches for

struct MemberInfo {
  uint64_t size_bytes = 0;
  Digest256 blake2b;
  bool operator==(const MemberInfo&) const = default;
};
using MemberMap = std::map<std::string, MemberInfo, std::less<>>;

// Relative, of [A-Za-z0-9._-] and single '/', no part begins with a dot: safe to unpack anywhere.
bool is_member_name(std::string_view name);
// What comes after the manifest cannot be listed in it.
bool is_unlisted_member(std::string_view name);

// Read by a replay (journal/, state/, disk/): a certificate has to name each of them.
bool is_replay_input(std::string_view name);
std::map<std::string, Digest256, std::less<>> replay_inputs(const MemberMap& members);

std::string ram_chunk_name(uint64_t index);
// The index, if the name is a RAM chunk's.
std::optional<uint64_t> ram_chunk_index(std::string_view name);
inline uint64_t ram_chunk_count(uint64_t ram_bytes) {
  return ram_bytes / kRamChunkSize + (ram_bytes % kRamChunkSize != 0 ? 1 : 0);
}

// The closing record: the zip's archive comment, "recount-evidence 1 blake2b:<64 hex>", over every byte
// before it.
inline constexpr std::string_view kClosingPrefix = "recount-evidence 1 blake2b:";
inline constexpr size_t kClosingSize = kClosingPrefix.size() + 64;
std::string closing_record(const Digest256& digest);
// Nothing if it is not exactly one.
std::optional<Digest256> parse_closing_record(std::string_view text);

}  // namespace recount
