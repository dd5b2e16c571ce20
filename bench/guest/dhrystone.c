// What Dhrystone does, in our own words: small procedures, records that are copied, strings that are
// compared.
#include "bench.h"

enum { kRounds = 4000000 };
#define PROCEDURE static __attribute__((noipa))

enum Kind { kFirst, kSecond, kThird };

struct Record {
  struct Record* other;
  enum Kind kind;
  int number;
  char text[32];
};

PROCEDURE enum Kind kind_of(char a, char b) { return a == b ? kSecond : kFirst; }

PROCEDURE int texts_in_order(const char* a, const char* b) {
  int i = 2;
  while (i <= 2) {
    if (kind_of(a[i], b[i + 1]) == kFirst)
      ++i;
    else
      i += 3;
  }
  return strcmp(a, b) > 0;
}

PROCEDURE void add(int a, int b, int* sum) { *sum = a + 2 + b; }

PROCEDURE void next_kind(enum Kind kind, enum Kind* out) {
  switch (kind) {
    case kFirst:
      *out = kSecond;
      break;
    case kSecond:
      *out = kThird;
      break;
    default:
      *out = kFirst;
  }
}

PROCEDURE void copy_record(struct Record* from) {
  struct Record* to = from->other;
  *to = *from;
  to->other = from;
  to->number = from->number + 5;
  next_kind(from->kind, &to->kind);
  add(to->number, 10, &to->number);
}

PROCEDURE void write_arrays(int* line, int grid[50][50], int at, int value) {
  line[at] = value;
  line[at + 1] = line[at];
  line[at + 30] = at;
  for (int i = at; i <= at + 1; ++i) grid[at][i] = at;
  ++grid[at][at - 1];
  grid[at + 20][at] = line[at];
}

uint64_t run_dhrystone(void) {
  static int line[50], grid[50][50];
  static struct Record a, b;
  a.other = &b;
  b.other = &a;
  strcpy(a.text, "a record's text, number 1 of 2");
  char first[32] = "a text of the program, the first", second[32];
  first[31] = 0;
  uint64_t sum = 0;
  for (int i = 0; i < kRounds; ++i) {
    strcpy(second, "a text of the program, the next");
    int number = i % 7;
    if (texts_in_order(first, second)) number += 3;
    write_arrays(line, grid, 8 + i % 5, number);
    a.number = number;
    copy_record(&a);
    add(b.number, (int)b.kind, &number);
    a.kind = b.kind;
    first[i % 23 + 1] = (char)('a' + number % 26);
    sum = mix(sum, (uint64_t)number);
  }
  for (int i = 0; i < 50; ++i) sum = mix(sum, (uint64_t)(line[i] + grid[i][i]));
  return sum;
}
