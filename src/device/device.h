#pragma once
// What every device is: registers on the bus, an interrupt level, and one state() function.
// Interrupts are pulled: after anything that may change a level, the machine asks irq() of each.

#include "memory/bus.h"

namespace recount {

class Device : public MmioDevice {
 public:
  virtual bool irq() const = 0;
};

}  // namespace recount
