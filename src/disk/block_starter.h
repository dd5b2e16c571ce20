#pragma once
// Who answers a disk's requests: the I/O thread while recording; nobody during a replay.

#include <cstdint>

#include "device/ports.h"

namespace recount {

class BlockStarter {
 public:
  virtual ~BlockStarter() = default;
  virtual void submit(uint8_t disk, const BlockRequest& request) = 0;
};

}  // namespace recount
