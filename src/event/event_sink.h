#pragma once
// Where a recording puts its events: a journal, or a test's list.

#include "event/event.h"

namespace recount {

class EventSink {
 public:
  virtual ~EventSink() = default;
  // Before the event takes effect.
  virtual void append(const Event& event) = 0;
};

}  // namespace recount
