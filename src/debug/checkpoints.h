#pragma once
// A replay that can go back: checkpoints of it within this process, as many as a budget of memory allows, dense near where it
// stands and sparse far away.

#include <map>
#include <memory>
#include <optional>

#include "debug/ram_versions.h"
#include "evidence/replayer.h"

namespace recount {

class Checkpoints {
 public:
  // The replayer stands at the evidence's begin, with options.returns; it must outlive this. The first checkpoint is there.
  static Result<std::unique_ptr<Checkpoints>> create(Replayer& replayer, uint64_t budget_bytes);

  // A checkpoint here, if there is none.
  void take();
  // The last checkpoint that is not behind this position; the first one never is.
  Position before(Position position) const;
  // To the last checkpoint that is not behind this position.
  void restore(Position not_behind);
  bool has(Position position) const { return points_.contains(raw(position)); }
  // The first one behind this position.
  std::optional<Position> next(Position position) const;
  // The replay has come here by itself: if this is a checkpoint, what leads away from it begins here.
  void passed();

  // All of them; and one that was just created, of the same evidence, has them too. kDamaged if they cannot be of this evidence.
  void save(SealedFileWriter& out) const;
  Result<void> load(SealedFileReader& in);

  size_t count() const { return points_.size(); }
  uint64_t bytes() const { return ram_->bytes() + state_bytes_; }

 private:
  Checkpoints(Replayer& replayer, uint64_t budget_bytes, std::unique_ptr<RamVersions> ram);
  std::vector<bool> written();
  void thin();

  Replayer& replayer_;
  const uint64_t budget_bytes_;
  std::unique_ptr<RamVersions> ram_;
  std::map<uint64_t, ReplayPoint> points_;
  uint64_t state_bytes_ = 0;
  uint64_t base_;  // the checkpoint that memory is as at, but for written()
};

}  // namespace recount
