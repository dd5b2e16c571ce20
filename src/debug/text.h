#pragma once
// How people write and read numbers and memory.

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace recount {

// "4096" or "0x1000", whole; nullopt if it is none, or larger than 64 bits.
std::optional<uint64_t> number_in(std::string_view text);
// The guest's words, which must not command the terminal that they are shown on, nor be more than text to who reads them: control
// characters are '?', and what is no UTF-8 is U+FFFD.
std::string for_terminal(std::string text);
// The same of what must not make lines of its own, such as a name: no tabs and ends of lines either.
std::string for_terminal_line(std::string text);
// The last one need not have its end.
std::string_view last_lines(std::string_view text, uint64_t count);
// Little-endian, as a number; of more than 16 bytes, those, and "...".
std::string value_text(const Bytes& bytes);

}  // namespace recount
