#pragma once
// Where a recording's events go: into the ring of the present backup. A new backup brings a new ring.

#include "event/event_sink.h"
#include "journal/ring.h"

namespace recount {

class JournalWriter final : public EventSink {
 public:
  // From now on into this ring, which outlives the next call.
  void attach(Ring& ring) { ring_ = &ring; }
  void append(const Event& event) override;
  // The ring was full once: what came since is in no journal, and only a new backup can go on from here.
  bool lost() const { return ring_ != nullptr && ring_->control().lost.load(std::memory_order_relaxed); }

 private:
  Ring* ring_ = nullptr;
  Bytes scratch_;
};

}  // namespace recount
