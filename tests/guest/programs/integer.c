// RV64IM, Zba, Zbb, Zbs: every register-register and unary operation over a table of operands.
#include "common.h"

#define BINARY(op)                                                     \
  do {                                                                 \
    hash_begin();                                                      \
    for (size_t i = 0; i < COUNT(operands); ++i)                       \
      for (size_t j = 0; j < COUNT(operands); ++j) {                   \
        uint64_t r;                                                    \
        __asm__(op " %0, %1, %2" : "=r"(r) : "r"(operands[i]), "r"(operands[j])); \
        hash_add(r);                                                   \
      }                                                                \
    hash_print(op);                                                    \
  } while (0);
#define UNARY(op)                                                \
  do {                                                           \
    hash_begin();                                                \
    for (size_t i = 0; i < COUNT(operands); ++i) {               \
      uint64_t r;                                                \
      __asm__(op " %0, %1" : "=r"(r) : "r"(operands[i]));        \
      hash_add(r);                                               \
    }                                                            \
    hash_print(op);                                              \
  } while (0);
// QEMU before 8.0 looks at the high word of ctzw's operand if the low one is zero ("target/riscv: Fix ctzw behavior").
#define UNARY_LOW_WORD(op)                                       \
  do {                                                           \
    hash_begin();                                                \
    for (size_t i = 0; i < COUNT(operands); ++i) {               \
      uint64_t r;                                                \
      if ((uint32_t)operands[i] == 0 && operands[i] != 0) continue; \
      __asm__(op " %0, %1" : "=r"(r) : "r"(operands[i]));        \
      hash_add(r);                                               \
    }                                                            \
    hash_print(op);                                              \
  } while (0);
#define IMMEDIATE(op, imm)                                       \
  do {                                                           \
    hash_begin();                                                \
    for (size_t i = 0; i < COUNT(operands); ++i) {               \
      uint64_t r;                                                \
      __asm__(op " %0, %1, " #imm : "=r"(r) : "r"(operands[i])); \
      hash_add(r);                                               \
    }                                                            \
    hash_print(op " " #imm);                                     \
  } while (0);

int main(void) {
  BINARY("add") BINARY("sub") BINARY("sll") BINARY("slt") BINARY("sltu") BINARY("xor") BINARY("srl") BINARY("sra")
  BINARY("or") BINARY("and") BINARY("addw") BINARY("subw") BINARY("sllw") BINARY("srlw") BINARY("sraw")
  BINARY("mul") BINARY("mulh") BINARY("mulhsu") BINARY("mulhu") BINARY("div") BINARY("divu") BINARY("rem") BINARY("remu")
  BINARY("mulw") BINARY("divw") BINARY("divuw") BINARY("remw") BINARY("remuw")
  BINARY("add.uw") BINARY("sh1add") BINARY("sh2add") BINARY("sh3add") BINARY("sh1add.uw") BINARY("sh2add.uw") BINARY("sh3add.uw")
  BINARY("andn") BINARY("orn") BINARY("xnor") BINARY("min") BINARY("minu") BINARY("max") BINARY("maxu")
  BINARY("rol") BINARY("ror") BINARY("rolw") BINARY("rorw") BINARY("bclr") BINARY("bext") BINARY("binv") BINARY("bset")
  UNARY("clz") UNARY("ctz") UNARY("cpop") UNARY("clzw") UNARY_LOW_WORD("ctzw") UNARY("cpopw") UNARY("sext.b") UNARY("sext.h")
  UNARY("zext.h") UNARY("rev8") UNARY("orc.b")
  IMMEDIATE("addi", -2048) IMMEDIATE("slti", 2047) IMMEDIATE("sltiu", -1) IMMEDIATE("xori", -1) IMMEDIATE("ori", 85)
  IMMEDIATE("andi", -256) IMMEDIATE("slli", 63) IMMEDIATE("srli", 33) IMMEDIATE("srai", 63) IMMEDIATE("addiw", 1)
  IMMEDIATE("slliw", 31) IMMEDIATE("srliw", 31) IMMEDIATE("sraiw", 31) IMMEDIATE("slli.uw", 33) IMMEDIATE("rori", 47)
  IMMEDIATE("roriw", 17) IMMEDIATE("bclri", 63) IMMEDIATE("bexti", 32) IMMEDIATE("binvi", 31) IMMEDIATE("bseti", 62)
  return 0;
}
