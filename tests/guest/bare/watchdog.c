// Feeds the watchdog for three seconds, one that waits for two; then does so no more, and counts.
#include "bare.h"

static volatile uint32_t* const watchdog = (uint32_t*)0x102000;
static volatile uint64_t* const mtime = (uint64_t*)0x200bff8;
enum { kControl = 0x10 / 4, kConfig = 0x14 / 4, kMode = 0x18 / 4, kFeed = 0xa57 << 1 | 1, kTwoSeconds = 2 << 4, kSecond = 10000000 };

int main(void) {
  watchdog[kConfig] = 1;
  watchdog[kMode] = kTwoSeconds | 1;
  for (int second = 1; second <= 3; ++second) {
    uint64_t until = *mtime + kSecond;
    while (*mtime < until) {
    }
    watchdog[kControl] = kFeed;
    print_line("fed", (uint64_t)second);
  }
  for (volatile uint64_t count = 0;; ++count) {
  }
}
