// Checksums and operands for the programs that must print the same on every conforming machine.
#pragma once
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static uint64_t hash_state;
static void hash_begin(void) { hash_state = 0xcbf29ce484222325ull; }
static void hash_add(uint64_t v) {
  for (int i = 0; i < 8; ++i) hash_state = (hash_state ^ (v >> (8 * i) & 255)) * 0x100000001b3ull;
}
static void hash_print(const char* name) { printf("%-14s %016llx\n", name, (unsigned long long)hash_state); }

static const uint64_t operands[] = {
    0, 1, 2, 3, 7, 63, 64, 0xff, 0x7f, 0x80, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000,
    0x123456789abcdef0, 0x7fffffffffffffff, 0x8000000000000000, 0x8000000000000001, 0xfffffffffffffffe,
    0xffffffffffffffff, 0xffffffff80000000, 0xffffffff00000000, 0x5555555555555555, 0xaaaaaaaaaaaaaaaa, 0xdeadbeefcafef00d};
#define COUNT(a) (sizeof(a) / sizeof(*(a)))
