// The first virtio disk, for a bare guest: one request at a time, and its end is waited for. Virtio 1.2, "Virtio Over
// MMIO" and "Block Device".
#pragma once
#include "bare.h"

enum { kSectorBytes = 512, kDiskIn = 0, kDiskOut = 1, kDiskFlush = 4 };

static volatile uint32_t* disk_registers(void) {
  for (uint64_t slot = 0; slot < 8; ++slot) {
    volatile uint32_t* registers = (uint32_t*)(0x10001000 + slot * 0x1000);
    if (registers[0x008 / 4] == 2) return registers;
  }
  return 0;
}

// The status byte of the request's end: 0 if it worked.
static int disk_request(uint32_t type, uint64_t sector, void* data, uint32_t bytes) {
  enum { kQueueSize = 4, kNext = 1, kDeviceWrites = 2 };
  static struct { uint64_t address; uint32_t bytes; uint16_t flags, next; } descriptors[kQueueSize] __attribute__((aligned(16)));
  static volatile struct { uint16_t flags, index, ring[kQueueSize]; } available __attribute__((aligned(2)));
  static volatile struct { uint16_t flags, index; struct { uint32_t id, bytes; } ring[kQueueSize]; } used __attribute__((aligned(4)));
  static struct { uint32_t type, reserved; uint64_t sector; } header;
  static volatile uint8_t status;
  static volatile uint32_t* disk;
  if (!disk) {
    disk = disk_registers();
    if (!disk) return 255;
    disk[0x070 / 4] = 0;
    disk[0x070 / 4] = 1 | 2;  // acknowledged, and there is a driver
    disk[0x024 / 4] = 1;      // VIRTIO_F_VERSION_1, and VIRTIO_BLK_F_FLUSH
    disk[0x020 / 4] = 1;
    disk[0x024 / 4] = 0;
    disk[0x020 / 4] = 1 << 9;
    disk[0x070 / 4] = 1 | 2 | 8;
    disk[0x030 / 4] = 0;
    disk[0x038 / 4] = kQueueSize;
    void* const areas[] = {descriptors, (void*)&available, (void*)&used};
    for (int i = 0; i < 3; ++i) {
      disk[0x080 / 4 + i * 4] = (uint32_t)(uint64_t)areas[i];
      disk[0x084 / 4 + i * 4] = (uint32_t)((uint64_t)areas[i] >> 32);
    }
    disk[0x044 / 4] = 1;
    disk[0x070 / 4] = 1 | 2 | 4 | 8;
  }
  header.type = type;
  header.sector = sector;
  int n = 0;
  descriptors[n].address = (uint64_t)&header, descriptors[n].bytes = 16, descriptors[n].flags = kNext, descriptors[n].next = n + 1;
  if (bytes != 0) {
    ++n;
    descriptors[n].address = (uint64_t)data, descriptors[n].bytes = bytes;
    descriptors[n].flags = (uint16_t)(kNext | (type == kDiskIn ? kDeviceWrites : 0)), descriptors[n].next = (uint16_t)(n + 1);
  }
  ++n;
  descriptors[n].address = (uint64_t)&status, descriptors[n].bytes = 1, descriptors[n].flags = kDeviceWrites;
  status = 255;
  available.ring[available.index % kQueueSize] = 0;
  __asm__ volatile("fence" ::: "memory");
  ++available.index;
  __asm__ volatile("fence" ::: "memory");
  disk[0x050 / 4] = 0;
  while (used.index != available.index) continue;
  __asm__ volatile("fence" ::: "memory");
  disk[0x064 / 4] = disk[0x060 / 4];  // no interrupt is left pending
  return status;
}
