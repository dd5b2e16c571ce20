#pragma once
// The members that hold what a replay starts from (docs/formats/evidence.md).

#include <fmt/format.h>

#include <cstdint>
#include <string>

namespace recount {

inline constexpr const char* kStateMember = "state/machine.cbor";
inline std::string segment_name(uint32_t sequence) { return fmt::format("journal/{:06}.seg", sequence); }
inline std::string overlay_name(size_t disk) { return fmt::format("disk/{}.overlay", disk); }

}  // namespace recount
