// programs NAME: runs one program of the suite and prints its checksum.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"

static const struct {
  const char* name;
  Program* run;
} kPrograms[] = {
#define PROGRAM(name) {#name, run_##name},
#include "programs.inc"
#undef PROGRAM
};

void die(const char* what) {
  perror(what);
  exit(1);
}

int main(int argc, char** argv) {
  for (size_t i = 0; argc == 2 && i < sizeof kPrograms / sizeof kPrograms[0]; ++i) {
    if (strcmp(argv[1], kPrograms[i].name) != 0) continue;
    printf("%016" PRIx64 "\n", kPrograms[i].run());
    return 0;
  }
  fprintf(stderr, "programs: give the name of one program\n");
  return 2;
}
