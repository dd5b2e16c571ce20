#pragma once
// IEEE 754 arithmetic as the F and D extensions want it, on raw bits: uint32_t is binary32, uint64_t is
// binary64. Flags are ORed in. NaN results are canonical (sign injection aside). NaN boxing is the caller's.

#include <cstdint>

namespace recount::fpu {

// In the encoding of frm. Unprivileged spec, "Floating-Point Control and Status Register".
enum class Rounding : uint8_t { kRne = 0, kRtz = 1, kRdn = 2, kRup = 3, kRmm = 4 };
enum Flag : uint8_t { kInexact = 1, kUnderflow = 2, kOverflow = 4, kDivideByZero = 8, kInvalid = 16 };

uint32_t add(Rounding rm, uint32_t a, uint32_t b, uint8_t& flags);
uint64_t add(Rounding rm, uint64_t a, uint64_t b, uint8_t& flags);
uint32_t sub(Rounding rm, uint32_t a, uint32_t b, uint8_t& flags);
uint64_t sub(Rounding rm, uint64_t a, uint64_t b, uint8_t& flags);
uint32_t mul(Rounding rm, uint32_t a, uint32_t b, uint8_t& flags);
uint64_t mul(Rounding rm, uint64_t a, uint64_t b, uint8_t& flags);
uint32_t div(Rounding rm, uint32_t a, uint32_t b, uint8_t& flags);
uint64_t div(Rounding rm, uint64_t a, uint64_t b, uint8_t& flags);
uint32_t sqrt(Rounding rm, uint32_t a, uint8_t& flags);
uint64_t sqrt(Rounding rm, uint64_t a, uint8_t& flags);
// a × b + c, rounded once. 0 × ∞ + qNaN is invalid.
uint32_t fma(Rounding rm, uint32_t a, uint32_t b, uint32_t c, uint8_t& flags);
uint64_t fma(Rounding rm, uint64_t a, uint64_t b, uint64_t c, uint8_t& flags);

// minimumNumber and maximumNumber of IEEE 754-2019; -0 is less than +0.
uint32_t min(uint32_t a, uint32_t b, uint8_t& flags);
uint64_t min(uint64_t a, uint64_t b, uint8_t& flags);
uint32_t max(uint32_t a, uint32_t b, uint8_t& flags);
uint64_t max(uint64_t a, uint64_t b, uint8_t& flags);
// eq is quiet (only signaling NaNs are invalid); lt and le are signaling.
bool eq(uint32_t a, uint32_t b, uint8_t& flags);
bool eq(uint64_t a, uint64_t b, uint8_t& flags);
bool lt(uint32_t a, uint32_t b, uint8_t& flags);
bool lt(uint64_t a, uint64_t b, uint8_t& flags);
bool le(uint32_t a, uint32_t b, uint8_t& flags);
bool le(uint64_t a, uint64_t b, uint8_t& flags);
uint32_t sgnj(uint32_t a, uint32_t b);
uint64_t sgnj(uint64_t a, uint64_t b);
uint32_t sgnjn(uint32_t a, uint32_t b);
uint64_t sgnjn(uint64_t a, uint64_t b);
uint32_t sgnjx(uint32_t a, uint32_t b);
uint64_t sgnjx(uint64_t a, uint64_t b);
uint64_t classify(uint32_t a);
uint64_t classify(uint64_t a);

// To integers: out of range and NaN saturate and are invalid. "Domains of float-to-integer conversions".
int32_t to_i32(Rounding rm, uint32_t a, uint8_t& flags);
int32_t to_i32(Rounding rm, uint64_t a, uint8_t& flags);
uint32_t to_u32(Rounding rm, uint32_t a, uint8_t& flags);
uint32_t to_u32(Rounding rm, uint64_t a, uint8_t& flags);
int64_t to_i64(Rounding rm, uint32_t a, uint8_t& flags);
int64_t to_i64(Rounding rm, uint64_t a, uint8_t& flags);
uint64_t to_u64(Rounding rm, uint32_t a, uint8_t& flags);
uint64_t to_u64(Rounding rm, uint64_t a, uint8_t& flags);
uint32_t from_i32_s(Rounding rm, int32_t v, uint8_t& flags);
uint32_t from_u32_s(Rounding rm, uint32_t v, uint8_t& flags);
uint32_t from_i64_s(Rounding rm, int64_t v, uint8_t& flags);
uint32_t from_u64_s(Rounding rm, uint64_t v, uint8_t& flags);
uint64_t from_i32_d(Rounding rm, int32_t v, uint8_t& flags);
uint64_t from_u32_d(Rounding rm, uint32_t v, uint8_t& flags);
uint64_t from_i64_d(Rounding rm, int64_t v, uint8_t& flags);
uint64_t from_u64_d(Rounding rm, uint64_t v, uint8_t& flags);
uint32_t narrow(Rounding rm, uint64_t a, uint8_t& flags);  // binary64 to binary32
uint64_t widen(uint32_t a, uint8_t& flags);                // binary32 to binary64

}  // namespace recount::fpu
