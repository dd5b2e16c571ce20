#include "memory/bus.h"

#include "base/check.h"

namespace recount {

void Bus::map(Gpa base, uint64_t size_bytes, MmioDevice& device) {
  for (const Region& r : regions_) {
    CHECK(raw(base) + size_bytes <= raw(r.base) || raw(r.base) + r.size_bytes <= raw(base));
  }
  regions_.push_back({base, size_bytes, &device});
}

const Bus::Region* Bus::find(Gpa gpa, unsigned size_bytes) const {
  for (const Region& r : regions_) {
    uint64_t offset = raw(gpa) - raw(r.base);
    if (offset < r.size_bytes && size_bytes <= r.size_bytes - offset) return &r;
  }
  return nullptr;
}

}  // namespace recount
