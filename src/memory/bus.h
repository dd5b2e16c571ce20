#pragma once
// The physical bus: which device answers at a guest physical address that is not RAM.

#include <cstdint>
#include <vector>

#include "base/address.h"

namespace recount {

// A device's registers. Offsets are inside the mapped range; size is 1, 2, 4 or 8 bytes and the
// access is naturally aligned. What a device does not have reads as zero and ignores writes.
class MmioDevice {
 public:
  virtual ~MmioDevice() = default;
  virtual uint64_t mmio_read(uint64_t offset, unsigned size_bytes) = 0;
  virtual void mmio_write(uint64_t offset, unsigned size_bytes, uint64_t value) = 0;
};

class Bus {
 public:
  struct Region {
    Gpa base;
    uint64_t size_bytes;
    MmioDevice* device;
  };

  // Regions must not overlap (CHECKed). The device outlives the bus.
  void map(Gpa base, uint64_t size_bytes, MmioDevice& device);

  // nullptr where nothing is mapped, or where the access would leave the region: an access fault.
  const Region* find(Gpa gpa, unsigned size_bytes) const;

 private:
  std::vector<Region> regions_;
};

}  // namespace recount
