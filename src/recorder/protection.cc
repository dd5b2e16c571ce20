#include "recorder/protection.h"

#include <fmt/format.h>

#include "host/folders.h"

namespace recount {

Result<std::shared_ptr<Protection>> Protection::create(const std::string& run_folder, unsigned number) {
  std::string folder = fmt::format("{}/journal-{}", run_folder, number);
  if (auto made = make_folder(folder); !made) return std::unexpected(made.error());
  auto ring = TRY(Ring::create());
  auto [ours, theirs] = TRY(Channel::pair());
  return std::shared_ptr<Protection>(
      new Protection(std::move(ring), folder, std::move(ours), std::move(theirs)));
}

Protection::Protection(std::unique_ptr<Ring> ring, std::string folder, Channel ours, Channel theirs)
    : ring_(std::move(ring)),
      folder_(std::move(folder)),
      spooler_(*ring_, folder_),
      backup_(std::move(ours)),
      theirs_(std::move(theirs)) {}

Protection::~Protection() { remove_folder(folder_); }

void Protection::hand_over(Outbox& to_primary, const std::string& gap) {
  to_primary.add(StartBackup{.gap = gap, .spool_folder = folder_}, ring_->fd().duplicate());
  to_primary.add(BackupChannel{}, theirs_.take_fd());
}

}  // namespace recount
