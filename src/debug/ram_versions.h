#pragma once
// What guest RAM held at some positions: a copy of it at the first one, and at later ones the frames that had changed since
// the one before. Any of them can be put back, from any other. Knows no machine: who calls it says which frames may have
// changed, and is asked to change them.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <ranges>
#include <vector>

#include "base/result.h"
#include "host/memory_map.h"
#include "host/sealed_file.h"
#include "memory/ram.h"

namespace recount {

class RamVersions {
 public:
  // Copies RAM as it is at key, the lowest that there will be. kUnavailable if there is no memory for it. ram must outlive this.
  static Result<std::unique_ptr<RamVersions>> create(Ram& ram, uint64_t key);

  // RAM is as it is at key, which is new; only the frames marked may differ from what it was at the key before it.
  void add(uint64_t key, const std::vector<bool>& written);
  // Not the lowest.
  void drop(uint64_t key);
  // RAM is as it was at from, but for the frames marked: makes it what it was at to.
  void restore(uint64_t from, const std::vector<bool>& written, uint64_t to);

  // All but the copy of the first; and one that was just created of the same memory at the same key has them too. kDamaged if they
  // cannot be of this memory.
  void save(SealedFileWriter& out) const;
  Result<void> load(SealedFileReader& in);

  // In order, the lowest first.
  auto keys() const { return std::views::keys(frames_of_); }
  // Of what was added and not dropped; the copy of the first is not in it.
  uint64_t bytes() const { return page_count_ * kPageSize; }

 private:
  using Page = std::unique_ptr<uint8_t[]>;
  struct Version {
    uint64_t key;
    Page page;
  };
  RamVersions(Ram& ram, std::unique_ptr<MemoryMap> first, uint64_t key);
  const uint8_t* at(uint32_t frame, uint64_t key) const;
  bool has(uint32_t frame, uint64_t key) const;
  void keep(uint32_t frame, uint64_t key, const uint8_t* bytes);

  Ram& ram_;
  std::unique_ptr<MemoryMap> first_;
  std::vector<std::vector<Version>> versions_;          // by frame; in order of keys
  std::map<uint64_t, std::vector<uint32_t>> frames_of_;  // by key: which frames have a version of it
  uint64_t page_count_ = 0;
};

}  // namespace recount
