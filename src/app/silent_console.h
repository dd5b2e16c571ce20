#pragma once
// For verbs that do not show what the guest prints.

#include "device/ports.h"

namespace recount {

class SilentConsole final : public ConsolePort {
 public:
  void console_output(ConsoleId, ByteView) override {}
};

}  // namespace recount
