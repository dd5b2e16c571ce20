#pragma once
// Ctrl-A x leaves, Ctrl-A Ctrl-A is a Ctrl-A for the guest: as QEMU's -nographic has it.

#include "base/bytes.h"

namespace recount {

class EscapeFilter {
 public:
  // What of the input is for the guest. Sets leave.
  Bytes filter(ByteView input, bool& leave) {
    constexpr uint8_t kControlA = 1;
    Bytes for_guest;
    for (uint8_t byte : input) {
      if (!escaped_ && byte == kControlA) {
        escaped_ = true;
        continue;
      }
      if (escaped_ && byte == 'x') {
        leave = true;
      } else if (!escaped_ || byte == kControlA) {
        for_guest.push_back(byte);
      }
      escaped_ = false;
    }
    return for_guest;
  }

 private:
  bool escaped_ = false;
};

}  // namespace recount
