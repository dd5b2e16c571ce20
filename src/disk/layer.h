#pragma once
// One copy-on-write layer of a disk: which clusters it has, and their data, in a sparse file. One thread
// writes; others may read at the same time. It loses nothing when its process is killed (data goes to the
// page cache first, then the cluster's state), and a power cut takes it back to a state between the last
// flush and the cut, never to anything else. It never looks below itself: that is DiskStack's.

#include <atomic>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "disk/layer_format.h"
#include "host/memory_map.h"
#include "host/random_file.h"

namespace recount {

class Layer {
 public:
  // An empty layer, on the medium under its name when this returns.
  static Result<std::unique_ptr<Layer>> create(const std::string& path, uint64_t disk_bytes,
                                               uint64_t base_mtime_ns);
  // Without a name: a replay's, or the backup's own.
  static Result<std::unique_ptr<Layer>> create_temporary(const std::string& folder, uint64_t disk_bytes);
  // kDamaged if anything about it is wrong. After another boot of the host it holds what was flushed.
  static Result<std::unique_ptr<Layer>> open(const std::string& path);
  static Result<std::unique_ptr<Layer>> open(RandomFile file);

  const std::string& path() const { return file_.path(); }
  uint64_t disk_bytes() const { return header_.disk_bytes; }
  uint64_t base_mtime_ns() const { return header_.base_mtime_ns; }
  uint64_t clusters() const { return layout_.clusters; }
  Result<uint64_t> allocated_bytes() const { return file_.allocated_bytes(); }

  ClusterState state(uint64_t cluster) const;
  bool has(uint64_t cluster) const { return state(cluster) != ClusterState::kAbsent; }
  // The first cluster from here on that it has; clusters() if there is none.
  uint64_t next(uint64_t cluster) const;
  uint64_t count() const;  // clusters that it has

  // Offsets are the disk's. Every cluster that these touch is kData.
  Result<void> read(uint64_t offset, std::span<uint8_t> out) const;
  Result<void> overwrite(uint64_t offset, ByteView bytes);
  // Whole clusters.
  Result<void> write(uint64_t cluster, ByteView bytes);
  void write_zeroes(uint64_t cluster, uint64_t count);

  // Space for these clusters: a write() to them will not fail for lack of it. Any thread.
  Result<void> reserve(uint64_t cluster, uint64_t count) const;
  // What was written before the call is on the medium after it. Any thread, one at a time.
  Result<void> flush();

  // From here on it never changes: others share it.
  void freeze() { frozen_ = true; }

 private:
  Layer(RandomFile file, const LayerHeader& header, std::unique_ptr<MemoryMap> map);
  static Result<std::unique_ptr<Layer>> initialise(RandomFile file, const LayerHeader& header);
  Result<void> check_and_adopt_maps();
  void set_states(uint64_t cluster, uint64_t count, ClusterState state);
  uint64_t load_word(uint64_t word) const;

  RandomFile file_;
  LayerHeader header_;
  LayerLayout layout_;
  std::unique_ptr<MemoryMap> map_;  // the live map
  bool frozen_ = false;
  std::atomic<bool> unsynced_ = false;
  // By page of the live map: it may differ from the durable map.
  std::unique_ptr<std::atomic<bool>[]> ahead_;
};

}  // namespace recount
