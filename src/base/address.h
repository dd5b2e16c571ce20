#pragma once
// Guest addresses as types of their own: physical and virtual must not be mixed.

#include <cstdint>

namespace recount {

enum class Gpa : uint64_t {};  // guest physical address
enum class Gva : uint64_t {};  // guest virtual address

constexpr uint64_t raw(Gpa a) { return static_cast<uint64_t>(a); }
constexpr uint64_t raw(Gva a) { return static_cast<uint64_t>(a); }
constexpr Gpa operator+(Gpa a, uint64_t n) { return Gpa{raw(a) + n}; }
constexpr Gva operator+(Gva a, uint64_t n) { return Gva{raw(a) + n}; }

inline constexpr uint64_t kPageShift = 12;
inline constexpr uint64_t kPageSize = 1u << kPageShift;
inline constexpr uint64_t kPageMask = kPageSize - 1;

}  // namespace recount
