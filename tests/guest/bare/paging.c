// Sv39 and Sv48 (MODE 8 or 9): every combination of a PTE's low byte and of reserved bits, at every level, with every
// kind of access, from S and U, under SUM and MXR. Prints cause, tval and the PTE afterwards, as checksums by case.
#include "bare.h"

#define LEVELS (MODE == 8 ? 3 : 4)
#define WINDOW 0x40000000ull  // a gigabyte of its own
enum { V = 1, R = 2, W = 4, X = 8, U = 16, A = 64, D = 128 };

static uint64_t root[512] __attribute__((aligned(4096))), top[512] __attribute__((aligned(4096)));
static uint64_t middle[512] __attribute__((aligned(4096))), leaf[512] __attribute__((aligned(4096)));
static uint64_t page[512] __attribute__((aligned(4096)));

struct frame {
  uint64_t cause, tval, epc;
} frame;
uint64_t resume_sp, resume_pc;

// access(kind, address): does it and returns; a trap returns to the same place with frame filled in.
// User accesses run the code in `page`'s neighbour, reached by sret.
uint64_t attempt(uint64_t kind, uint64_t address);
__asm__(
    "  .text\n  .balign 4\n"
    "attempt:\n"
    "  addi sp, sp, -112\n"
    "  sd ra, 0(sp)\n sd s0, 8(sp)\n sd s1, 16(sp)\n sd s2, 24(sp)\n sd s3, 32(sp)\n sd s4, 40(sp)\n sd s5, 48(sp)\n"
    "  sd s6, 56(sp)\n sd s7, 64(sp)\n sd s8, 72(sp)\n sd s9, 80(sp)\n sd s10, 88(sp)\n sd s11, 96(sp)\n"
    "  la t0, resume_sp\n sd sp, 0(t0)\n"
    "  li t1, 1\n beqz a0, 1f\n beq a0, t1, 2f\n"
    "  jalr ra, 0(a1)\n j 9f\n"      // fetch: the page holds a ret
    "1: ld t2, 8(a1)\n j 9f\n"
    "2: sd t1, 8(a1)\n j 9f\n"
    "9: li a0, 0\n"
    "leave:\n"
    "  ld ra, 0(sp)\n ld s0, 8(sp)\n ld s1, 16(sp)\n ld s2, 24(sp)\n ld s3, 32(sp)\n ld s4, 40(sp)\n ld s5, 48(sp)\n"
    "  ld s6, 56(sp)\n ld s7, 64(sp)\n ld s8, 72(sp)\n ld s9, 80(sp)\n ld s10, 88(sp)\n ld s11, 96(sp)\n"
    "  addi sp, sp, 112\n ret\n"
    "  .balign 4\n"
    "on_trap:\n"
    "  la t0, frame\n csrr t1, scause\n sd t1, 0(t0)\n csrr t1, stval\n sd t1, 8(t0)\n csrr t1, sepc\n sd t1, 16(t0)\n"
    "  la t0, resume_sp\n ld sp, 0(t0)\n li a0, 1\n j leave\n"
    // In U-mode at the address a1 points to: as above, ended by an ecall.
    "  .globl user_attempt\n"
    "user_attempt:\n"
    "  addi sp, sp, -112\n"
    "  sd ra, 0(sp)\n sd s0, 8(sp)\n sd s1, 16(sp)\n sd s2, 24(sp)\n sd s3, 32(sp)\n sd s4, 40(sp)\n sd s5, 48(sp)\n"
    "  sd s6, 56(sp)\n sd s7, 64(sp)\n sd s8, 72(sp)\n sd s9, 80(sp)\n sd s10, 88(sp)\n sd s11, 96(sp)\n"
    "  la t0, resume_sp\n sd sp, 0(t0)\n"
    "  li t0, 0x100\n csrc sstatus, t0\n csrw sepc, a2\n sret\n");
uint64_t user_attempt(uint64_t kind, uint64_t address, uint64_t code);
extern char on_trap[];

static uint64_t hash;
static void add(uint64_t v) {
  for (int i = 0; i < 8; ++i) hash = (hash ^ (v >> (8 * i) & 255)) * 0x100000001b3ull;
}

static void fence(void) { __asm__ volatile("sfence.vma\n fence.i" : : : "memory"); }

static uint64_t pte_of(const void* p, uint64_t flags) { return (uint64_t)p >> 2 | flags; }

// U-mode code, at WINDOW + 0x1000 * 16: load, store and jump, each with an ecall behind it.
static uint32_t user_code[1024] __attribute__((aligned(4096))) = {
    0x0085b383, 0x00000073,  // ld t2, 8(a1); ecall
    0x0055b423, 0x00000073,  // sd t0, 8(a1); ecall
    0x000580e7, 0x00000073,  // jalr ra, 0(a1); ecall
};

static void reset_page(void) {
  page[0] = 0x0000000000008082ull;  // ret
  page[1] = 0x1111;
}

// `entry` is the PTE under test, which maps `address`.
static void all_accesses(const char* name, volatile uint64_t* entry, uint64_t address, uint64_t value, int verbose) {
  static const uint64_t status[] = {0, 1ull << 18, 1ull << 19, 3ull << 18};  // SUM, MXR
  for (int user = 0; user < 2; ++user)
    for (int s = 0; s < 4; ++s)
      for (uint64_t kind = 0; kind < 3; ++kind) {
        reset_page();
        *entry = value;
        fence();
        CLEAR_CSR(sstatus, 3ull << 18);
        SET_CSR(sstatus, status[s]);
        frame = (struct frame){99, 0, 0};
        // A U-mode fetch runs "ret" into the ecall behind the jump.
        if (user) user_attempt(kind, address, WINDOW + 16 * 4096 + 8 * kind);
        else attempt(kind, address);
        CLEAR_CSR(sstatus, 3ull << 18);
        add(frame.cause);
        add(frame.tval);
        add(*entry);
        if (verbose) {
          print(name);
          put(" usmk"[1 + user]);
          print_hex(s * 16 + kind);
          put(' ');
          print_hex(frame.cause);
          put(' ');
          print_hex(frame.tval);
          put(' ');
          print_hex(*entry ^ value);
          put('\n');
        }
      }
}

int main(void) {
  print("recount-compare: begin\n");
  WRITE_CSR(stvec, on_trap);
  // The kernel's own gigabyte is mapped where it is; the window's tables are ours.
  uint64_t* high = MODE == 8 ? root : top;
  if (MODE == 9) root[0] = pte_of(top, V);
  high[2] = 0x80000000ull >> 2 | V | R | W | X | A | D;
  high[0] = V | R | W | A | D;  // devices
  high[1] = pte_of(middle, V);
  middle[0] = pte_of(leaf, V);
  leaf[16] = pte_of(user_code, V | R | X | U | A | D);
  WRITE_CSR(satp, (uint64_t)MODE << 60 | (uint64_t)root >> 12);
  fence();
  print_line("satp mode", READ_CSR(satp) >> 60);

  for (uint64_t flags = 0; flags < 256; flags += 32) {
    hash = 0xcbf29ce484222325ull;
    for (uint64_t low = 0; low < 32; ++low) all_accesses("", &leaf[0], WINDOW, pte_of(page, flags | low), 0);
    print_line("leaf flags", flags);
    print_line("  checksum", hash);
  }
  all_accesses("rwx", &leaf[0], WINDOW, pte_of(page, V | R | W | X), 1);
  all_accesses("rwxu", &leaf[0], WINDOW, pte_of(page, V | R | W | X | U), 1);
  all_accesses("x", &leaf[0], WINDOW, pte_of(page, V | X), 1);
  for (int bit = 54; bit < 64; ++bit) {
    hash = 0;
    all_accesses("", &leaf[0], WINDOW, pte_of(page, V | R | W | X | A | D) | 1ull << bit, 0);
    print_line("reserved bit", bit);
    print_line("  checksum", hash);
  }
  // A 2 MiB leaf: aligned (to where the kernel is, the page inside of it), misaligned, and a pointer with A, D or U.
  uint64_t inside = (uint64_t)page & 0x1fffff;
  for (uint64_t flags = 0; flags < 256; flags += 8) {
    leaf[inside >> 12] = pte_of(page, V | R | W | X | A | D);
    hash = 0;
    for (uint64_t low = 0; low < 8; ++low) {
      all_accesses("", &middle[1], WINDOW + 0x200000 + inside, ((uint64_t)page & ~0x1fffffull) >> 2 | flags | low, 0);
      all_accesses("", &middle[1], WINDOW + 0x200000 + inside, pte_of(page, flags | low), 0);
    }
    print_line("2M flags", flags);
    print_line("  checksum", hash);
  }
  // Addresses that are not canonical, and the borders of those that are.
  int bits = 12 + 9 * LEVELS;
  uint64_t addresses[] = {1ull << (bits - 1), ~0ull << bits, 1ull << 63, (1ull << (bits - 1)) - 8, ~0ull << (bits - 1), 1ull << bits};
  for (unsigned i = 0; i < sizeof addresses / sizeof *addresses; ++i) {
    frame = (struct frame){99, 0, 0};
    attempt(0, addresses[i] - 8);
    print_line("canonical?", addresses[i] - 8);
    print_line("  cause", frame.cause);
    print_line("  tval", frame.tval);
  }
  print("recount-compare: end\n");
  return 0;
}
