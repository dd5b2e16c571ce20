#pragma once
// Hexadecimal digits, as gdb's remote protocol writes bytes and numbers. Upper and lower case are read, lower case is written.

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace recount::rsp {

std::string to_hex(ByteView bytes);
inline std::string text_to_hex(std::string_view text) { return to_hex(view_of(text)); }
// nullopt if a digit is missing or is none.
std::optional<Bytes> from_hex(std::string_view digits);
// 1 to 16 digits, most significant first. nullopt for anything else.
std::optional<uint64_t> hex_number(std::string_view digits);

}  // namespace recount::rsp
