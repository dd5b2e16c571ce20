#pragma once
// One backup, the ring that its journal comes through and the spool behind the ring. Lives in the supervisor;
// when a backup dies or falls out of step, the whole protection is replaced by a new one.

#include <memory>
#include <string>

#include "host/channel.h"
#include "journal/spool.h"
#include "recorder/messages.h"
#include "recorder/outbox.h"

namespace recount {

class Protection {
 public:
  // What the primary needs for it, to be sent: the ring's and the backup's ends of things.
  static Result<std::shared_ptr<Protection>> create(const std::string& run_folder, unsigned number);
  ~Protection();

  // Asks the primary to fork the backup off.
  void hand_over(Outbox& to_primary, const std::string& gap);

  Ring& ring() { return *ring_; }
  Channel& backup() { return backup_; }
  Spooler& spooler() { return spooler_; }
  int pid = 0;          // 0 until the backup has said that it is there
  std::string trouble;  // why it stopped, in its own words; its end shows later
  bool ready() const { return pid != 0 && !backup_.closed(); }

 private:
  Protection(std::unique_ptr<Ring> ring, std::string folder, Channel ours, Channel theirs);
  std::unique_ptr<Ring> ring_;
  const std::string folder_;
  Spooler spooler_;
  Channel backup_, theirs_;
};

}  // namespace recount
