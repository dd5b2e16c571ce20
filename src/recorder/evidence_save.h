#pragma once
// A save under way: the supervisor's end of a saver process, and what is known of its evidence so far.

#include <functional>
#include <memory>
#include <string>

#include "host/channel.h"
#include "recorder/messages.h"
#include "recorder/protection.h"

namespace recount {

struct EvidenceSave {
  FailureNotice notice;
  bool to_the_end = false;  // the primary is lost: up to the journal's last event
  Position position{};
  std::function<void(const std::string&)> reply;  // who asked, if somebody did

  std::shared_ptr<Protection>
      protection;  // whose backup it is saved from; keeps the ring and spool that the saver reads
  // Once it has begun:
  Channel saver;
  bool captured = false;
  uint64_t percent = 0;
};

// As it is told to people and to `recount ctl`.
std::string describe(const EvidenceSaved& saved, const FailureNotice& notice);
std::string to_json(const EvidenceSaved& saved);

}  // namespace recount
