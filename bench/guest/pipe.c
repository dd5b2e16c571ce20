// Two processes that wait for each other: a word goes to and fro through two pipes.
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

enum { kRounds = 12000 };

static void move(ssize_t moved, const char* what) {
  if (moved != sizeof(uint64_t)) die(what);
}

uint64_t run_pipe(void) {
  int to_child[2], to_parent[2];
  if (pipe(to_child) != 0 || pipe(to_parent) != 0) die("pipe");
  pid_t child = fork();
  if (child < 0) die("fork");
  uint64_t word = 1;
  if (child == 0) {
    for (int i = 0; i < kRounds; ++i) {
      move(read(to_child[0], &word, sizeof word), "read");
      word = mix(word, (uint64_t)i);
      move(write(to_parent[1], &word, sizeof word), "write");
    }
    _exit(0);
  }
  for (int i = 0; i < kRounds; ++i) {
    move(write(to_child[1], &word, sizeof word), "write");
    move(read(to_parent[0], &word, sizeof word), "read");
  }
  int status;
  if (waitpid(child, &status, 0) != child || status != 0) die("waitpid");
  return word;
}
