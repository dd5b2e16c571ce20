#pragma once
// What of a console's bytes is text: not the sequences that colour it and move the cursor (ECMA-48). A guest
// that never ends a sequence hides no more than the line that it is in.

#include <cstdint>

namespace recount {

class TerminalText {
 public:
  // True if the byte is text, or the end of a line.
  bool is_text(uint8_t byte) {
    State was = state_;
    state_ = next(byte);
    return byte == '\n' || (was == State::kText && state_ == State::kText);
  }

 private:
  enum class State : uint8_t { kText, kEscape, kControl, kString };

  State next(uint8_t byte) const {
    constexpr uint8_t kBell = 0x07, kEsc = 0x1b;
    if (byte == '\n') return State::kText;
    if (byte == kEsc) return State::kEscape;
    switch (state_) {
      case State::kText:
        return State::kText;
      case State::kEscape:
        if (byte == '[') return State::kControl;
        if (byte == ']' || byte == 'P' || byte == 'X' || byte == '^' || byte == '_') return State::kString;
        return byte >= 0x20 && byte < 0x30 ? State::kEscape : State::kText;
      case State::kControl:
        return byte >= 0x20 && byte < 0x40 ? State::kControl : State::kText;
      case State::kString:
        return byte == kBell ? State::kText : State::kString;
    }
    return State::kText;
  }

  State state_ = State::kText;
};

}  // namespace recount
