// Loads and stores of every width at every offset around a page border, and faults on the page that is not there.
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>

#include "common.h"

static sigjmp_buf back;
static volatile uint64_t fault_address;
static volatile int fault_signal;
static void on_fault(int signal, siginfo_t* info, void* context) {
  (void)context;
  fault_signal = signal;
  fault_address = (uint64_t)info->si_addr;
  siglongjmp(back, 1);
}

#define LOAD(op)                                                             \
  do {                                                                       \
    hash_begin();                                                            \
    for (int offset = -16; offset < 16; ++offset) {                          \
      uint64_t r;                                                            \
      __asm__ volatile(op " %0, 0(%1)" : "=r"(r) : "r"(border + offset));    \
      hash_add(r);                                                           \
    }                                                                        \
    hash_print(op);                                                          \
  } while (0);
#define STORE(op)                                                                               \
  do {                                                                                          \
    hash_begin();                                                                               \
    for (int offset = -16; offset < 16; ++offset) {                                             \
      memset(border - 32, 0x5a, 64);                                                            \
      __asm__ volatile(op " %0, 0(%1)" : : "r"(0x0123456789abcdefull), "r"(border + offset) : "memory"); \
      for (int i = -32; i < 32; i += 8) {                                                       \
        uint64_t v;                                                                             \
        memcpy(&v, border + i, 8);                                                              \
        hash_add(v);                                                                            \
      }                                                                                         \
    }                                                                                           \
    hash_print(op);                                                                             \
  } while (0);

int main(void) {
  uint8_t* map = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  uint8_t* border = map + 4096;
  for (int i = 0; i < 8192; ++i) map[i] = (uint8_t)(i * 37);
  LOAD("lb") LOAD("lbu") LOAD("lh") LOAD("lhu") LOAD("lw") LOAD("lwu") LOAD("ld")
  STORE("sb") STORE("sh") STORE("sw") STORE("sd")
  struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER};
  sigaction(SIGSEGV, &action, NULL);
  munmap(border, 2 * 4096);
  for (int offset = -8; offset < 0; ++offset) {
    memset(map + 4080, 0x77, 16);
    fault_address = 0;
    if (sigsetjmp(back, 1) == 0) *(volatile uint64_t*)(border + offset) = 0x1122334455667788ull;
    // A store that faults on its second page has stored nothing on the first.
    uint64_t kept;
    memcpy(&kept, map + 4088, 8);
    printf("store at %d: signal %d, %s, kept %016llx\n", offset, fault_signal,
           fault_address == (uint64_t)border ? "second page" : fault_address ? "first page" : "no fault",
           (unsigned long long)kept);
    fault_signal = 0;
  }
  return 0;
}
