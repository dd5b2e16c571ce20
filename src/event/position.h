#pragma once
// Position: steps since power-on. A step is one retired instruction or one trap or interrupt entry.

#include <cstdint>

namespace recount {

enum class Position : uint64_t {};

constexpr uint64_t raw(Position p) { return static_cast<uint64_t>(p); }
constexpr Position operator+(Position p, uint64_t steps) { return Position{raw(p) + steps}; }
constexpr uint64_t operator-(Position a, Position b) { return raw(a) - raw(b); }

}  // namespace recount
