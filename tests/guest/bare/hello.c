// The smallest guest: prints, and ends well.
#include "bare.h"

int main(void) {
  print("hello from machine mode\n");
  return 0;
}
