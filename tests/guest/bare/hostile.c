// A guest that means harm, on each hart: accesses of any width, address and value over all that answers on the bus, and drivers that
// give virtio devices queues of nonsense. Nothing that it does may hurt the host, and all of it is recorded. What traps is skipped.
#include "bare.h"

enum { kHarts = 8, kArenaBytes = 1 << 17, kSlots = 8 };
// What devices are sent to, far above this program: they overrun it upwards.
static uint8_t (*const arenas)[kArenaBytes] = (void*)0x80400000;

// xorshift64*
struct Random {
  uint64_t state;
};
static uint64_t any(struct Random* r) {
  r->state ^= r->state >> 12;
  r->state ^= r->state << 25;
  r->state ^= r->state >> 27;
  return r->state * 0x2545f4914f6cdd1dull;
}
static uint64_t below(struct Random* r, uint64_t limit) { return (any(r) >> 16) % limit; }
static int one_in(struct Random* r, uint64_t n) { return below(r, n) == 0; }

__attribute__((interrupt("machine"), aligned(4))) static void skip_what_traps(void) {
  uint64_t pc = READ_CSR(mepc);
  WRITE_CSR(mepc, pc + ((*(uint16_t*)pc & 3) == 3 ? 4 : 2));
}

static uint64_t any_value(struct Random* r) {
  static const uint64_t kSpecial[] = {0, 1, 2, 4, 8, 15, 16, 0x7f, 0x80, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 0x80000000ffffffff, ~0ull};
  return one_in(r, 2) ? kSpecial[below(r, sizeof kSpecial / sizeof *kSpecial)] : any(r) >> below(r, 64);
}

// A place for a device to read and write: mostly in somebody's arena, also at and behind the end of RAM, or anywhere.
static uint64_t any_address(struct Random* r) {
  if (one_in(r, 64)) return any(r);
  if (one_in(r, 64)) return 0x80000000 + (16 << 20) - below(r, 32) * 8;
  uint64_t offset = below(r, kArenaBytes);
  return (uint64_t)arenas[below(r, kHarts)] + (one_in(r, 8) ? offset : offset & ~15ull);
}

static void touch(struct Random* r, uint64_t address) {
  uint64_t value = any_value(r);
  // The test finisher's words for an end that nothing comes behind.
  if ((value & 0xffff) == 0x5555 || (value & 0xffff) == 0x3333) value ^= 1;
  int store = one_in(r, 2);
  switch (below(r, 4)) {
    case 0:
      if (store) *(volatile uint8_t*)address = (uint8_t)value;
      else (void)*(volatile uint8_t*)address;
      break;
    case 1:
      if (store) *(volatile uint16_t*)address = (uint16_t)value;
      else (void)*(volatile uint16_t*)address;
      break;
    case 2:
      if (store) *(volatile uint32_t*)address = (uint32_t)value;
      else (void)*(volatile uint32_t*)address;
      break;
    default:
      if (store) *(volatile uint64_t*)address = value;
      else (void)*(volatile uint64_t*)address;
  }
}

// Every range of the bus, and a bit of what lies behind each.
static void touch_devices(struct Random* r) {
  static const struct {
    uint64_t base, bytes, rarely;
  } kRanges[] = {{0x100000, 0x1010, 1}, {0x101000, 0x1010, 1}, {0x102000, 0x1010, 1}, {0x2000000, 0x10010, 1}, {0xc000000, 0x600010, 1},
                 {0x10000000, 0x110, 64}, {0x10001000, 0x8010, 1}, {0, 0x100000000, 1}};
  for (int n = 0; n < 256; ++n) {
    unsigned which = (unsigned)below(r, sizeof kRanges / sizeof *kRanges);
    if (!one_in(r, kRanges[which].rarely)) continue;  // else the console is full of it
    uint64_t offset = below(r, one_in(r, 2) ? kRanges[which].bytes : 0x110);
    uint64_t address = kRanges[which].base + offset;
    if (address >= 0x80000000) continue;  // RAM: this program
    touch(r, one_in(r, 4) ? address : address & ~7ull);
  }
}

// Registers of Virtio 1.2, "MMIO Device Register Layout".
enum {
  kFeatures = 0x10, kFeaturesSelect = 0x14, kAccepted = 0x20, kAcceptedSelect = 0x24, kQueueSelect = 0x30, kQueueMost = 0x34, kQueueSize = 0x38,
  kQueueReady = 0x44, kNotify = 0x50, kInterrupt = 0x60, kAcknowledge = 0x64, kStatus = 0x70, kQueueAreas = 0x80, kConfig = 0x100
};

// Of the chains that a queue offers: what a descriptor names, headers of requests among it, and where chains begin.
static void fill(struct Random* r, uint64_t table, uint64_t available, unsigned size) {
  for (unsigned n = 0; n < size && n < 64; ++n) {
    uint64_t at = any_address(r);
    if (at >= 0x80000000 && at < 0x80000000 + (16 << 20) - 16 && one_in(r, 2)) {
      static const uint32_t kTypes[] = {0, 1, 4, 8, 11, 13};
      ((volatile uint32_t*)(at & ~7ull))[0] = one_in(r, 16) ? (uint32_t)any(r) : kTypes[below(r, 6)];
      ((volatile uint64_t*)(at & ~7ull))[1] = one_in(r, 8) ? any_value(r) : below(r, 3000);
    }
    volatile uint64_t* descriptor = (volatile uint64_t*)(table + 16 * n);
    uint64_t bytes = one_in(r, 16) ? any_value(r) & 0xffffffff : one_in(r, 2) ? 16 : below(r, 5000);
    uint64_t next = one_in(r, 16) ? any(r) & 0xffff : (n + 1) % size;
    descriptor[0] = at;
    descriptor[1] = bytes | (one_in(r, 32) ? any(r) & 0xffff : below(r, 8)) << 32 | next << 48;
    *(volatile uint16_t*)(available + 4 + 2 * n) = (uint16_t)(one_in(r, 16) ? any(r) : below(r, size));
  }
  volatile uint16_t* index = (volatile uint16_t*)(available + 2);
  *index = (uint16_t)(one_in(r, 32) ? any(r) : *index + below(r, size + 1));
}

static uint64_t arena_address(struct Random* r, uint64_t alignment) {
  return (uint64_t)arenas[below(r, kHarts)] + (below(r, kArenaBytes - 4096) & ~(alignment - 1));
}

static void drive(struct Random* r) {
  volatile uint32_t* device = (volatile uint32_t*)(0x10001000 + below(r, kSlots) * 0x1000);
  device[kStatus / 4] = 0;
  device[kStatus / 4] = 3;
  for (uint32_t select = 0; select < 2; ++select) {
    device[kFeaturesSelect / 4] = device[kAcceptedSelect / 4] = select;
    uint32_t offered = device[kFeatures / 4];
    device[kAccepted / 4] = one_in(r, 16) ? (uint32_t)any(r) : one_in(r, 2) ? offered : offered & ((uint32_t)any(r) | select);
  }
  if (!one_in(r, 32)) device[kStatus / 4] = 11;
  uint64_t tables[kSlots], available[kSlots];
  unsigned sizes[kSlots];
  for (uint32_t queue = 0; queue < kSlots; ++queue) {
    device[kQueueSelect / 4] = one_in(r, 64) ? (uint32_t)any(r) : queue;
    unsigned most = device[kQueueMost / 4];
    sizes[queue] = one_in(r, 16) ? (unsigned)any_value(r) : 1u << below(r, 9);
    if (sizes[queue] > most && !one_in(r, 32)) sizes[queue] = most;
    device[kQueueSize / 4] = sizes[queue];
    tables[queue] = arena_address(r, 16);
    available[queue] = arena_address(r, 2);
    uint64_t areas[3] = {tables[queue], available[queue], arena_address(r, 4)};
    if (one_in(r, 32)) areas[below(r, 3)] = any_address(r);
    for (int n = 0; n < 3; ++n) {
      device[(kQueueAreas + 16 * n) / 4] = (uint32_t)areas[n];
      device[(kQueueAreas + 16 * n) / 4 + 1] = (uint32_t)(areas[n] >> 32);
    }
    device[kQueueReady / 4] = 1;
  }
  if (!one_in(r, 32)) device[kStatus / 4] = 15;
  for (int round = 0; round < 32; ++round) {
    unsigned queue = (unsigned)below(r, kSlots);
    if (sizes[queue] != 0) fill(r, tables[queue], available[queue], sizes[queue]);
    device[kNotify / 4] = one_in(r, 64) ? (uint32_t)any(r) : queue;
    if (one_in(r, 4)) device[kAcknowledge / 4] = device[kInterrupt / 4];
    if (one_in(r, 4)) touch(r, (uint64_t)device + kConfig + below(r, 64));
    if (one_in(r, 16)) device[kQueueReady / 4] = (uint32_t)below(r, 2);
    for (volatile int wait = (int)below(r, one_in(r, 64) ? 5000 : 50); wait > 0; --wait) continue;
  }
}

// On a console that may have been set to anything.
static void say_alive(uint64_t hart) {
  volatile uint8_t* uart = (uint8_t*)0x10000000;
  uart[3] = 3;
  uart[1] = uart[4] = 0;
  char words[] = "\nhostile: hart ? is alive\n";
  words[15] = (char)('0' + hart);
  print(words);
}

int main(uint64_t hart, const uint8_t* device_tree) {
  // The device tree has the machine's random seed in it.
  struct Random random = {0xcbf29ce484222325ull + hart};
  uint32_t bytes = __builtin_bswap32(((const uint32_t*)device_tree)[1]);
  for (uint32_t n = 0; n < bytes; ++n) random.state = (random.state ^ device_tree[n]) * 0x100000001b3ull;
  random.state ^= *(volatile uint64_t*)0x200bff8 << 32;
  WRITE_CSR(mtvec, (uint64_t)skip_what_traps);
  for (uint64_t round = 0;; ++round) {
    if (round % 512 == 0) say_alive(hart);
    if (one_in(&random, 4)) touch_devices(&random);
    else drive(&random);
  }
}
