#include "debug/ram_versions.h"

#include <algorithm>
#include <cstring>

#include "base/bytes.h"
#include "base/check.h"
#include "evidence/ram_chunks.h"

namespace recount {

Result<std::unique_ptr<RamVersions>> RamVersions::create(Ram& ram, uint64_t key) {
  auto first = TRY(MemoryMap::anonymous(ram.size()));
  return std::unique_ptr<RamVersions>(new RamVersions(ram, std::move(first), key));
}

// Frames of zeros are left untouched: they take no memory of the host.
RamVersions::RamVersions(Ram& ram, std::unique_ptr<MemoryMap> first, uint64_t key)
    : ram_(ram), first_(std::move(first)), versions_(ram.frame_count()) {
  for (uint64_t i = 0; i < ram.frame_count(); ++i) {
    const uint8_t* frame = ram.frame(i);
    if (!is_all_zero({frame, kPageSize})) std::memcpy(first_->data() + (i << kPageShift), frame, kPageSize);
  }
  frames_of_[key];
}

// The last version that is not behind key.
const uint8_t* RamVersions::at(uint32_t frame, uint64_t key) const {
  const auto& versions = versions_[frame];
  auto behind = std::ranges::upper_bound(versions, key, {}, &Version::key);
  if (behind == versions.begin()) return first_->data() + (uint64_t{frame} << kPageShift);
  return std::prev(behind)->page.get();
}

bool RamVersions::has(uint32_t frame, uint64_t key) const {
  return std::ranges::binary_search(versions_[frame], key, {}, &Version::key);
}

void RamVersions::keep(uint32_t frame, uint64_t key, const uint8_t* bytes) {
  auto& versions = versions_[frame];
  Version version{key, Page(new uint8_t[kPageSize])};
  std::memcpy(version.page.get(), bytes, kPageSize);
  versions.insert(std::ranges::upper_bound(versions, key, {}, &Version::key), std::move(version));
  frames_of_[key].push_back(frame);
  ++page_count_;
}

void RamVersions::save(SealedFileWriter& out) const {
  out.number(frames_of_.size() - 1);
  for (auto of = std::next(frames_of_.begin()); of != frames_of_.end(); ++of) {
    out.number(of->first);
    out.number(of->second.size());
    for (uint32_t frame : of->second) {
      out.number(frame);
      out.bytes({at(frame, of->first), kPageSize});
    }
  }
}

Result<void> RamVersions::load(SealedFileReader& in) {
  CHECK(frames_of_.size() == 1);
  auto damaged = fail(ErrorKind::kDamaged, "memory's past: impossible");
  Bytes page(kPageSize);
  for (uint64_t left = in.number(); left > 0 && in.ok(); --left) {
    const uint64_t key = in.number();
    if (key <= std::prev(frames_of_.end())->first) return damaged;
    frames_of_[key];
    for (uint64_t more = in.number(); more > 0 && in.ok(); --more) {
      const uint64_t frame = in.number();
      in.bytes(page);
      if (frame >= versions_.size() || has(static_cast<uint32_t>(frame), key)) return damaged;
      keep(static_cast<uint32_t>(frame), key, page.data());
    }
  }
  return in.ok() ? Result<void>() : damaged;
}

void RamVersions::add(uint64_t key, const std::vector<bool>& written) {
  auto after = frames_of_.upper_bound(key);
  CHECK(after != frames_of_.begin() && std::prev(after)->first != key);
  const uint64_t before = std::prev(after)->first;
  frames_of_[key];
  for (uint32_t frame = 0; frame < written.size(); ++frame) {
    if (!written[frame]) continue;
    const uint8_t* was = at(frame, before);
    const uint8_t* now = ram_.frame(frame);
    if (std::memcmp(was, now, kPageSize) == 0) continue;
    // What lies behind counts on what was here before: from now on it says so itself.
    if (after != frames_of_.end() && !has(frame, after->first)) keep(frame, after->first, was);
    keep(frame, key, now);
  }
}

void RamVersions::drop(uint64_t key) {
  auto dropped = frames_of_.find(key);
  CHECK(dropped != frames_of_.end() && dropped != frames_of_.begin());
  auto after = std::next(dropped);
  for (uint32_t frame : dropped->second) {
    auto& versions = versions_[frame];
    auto version = std::ranges::lower_bound(versions, key, {}, &Version::key);
    if (after == frames_of_.end() || has(frame, after->first)) {
      versions.erase(version);
      --page_count_;
    } else {
      version->key = after->first;
      after->second.push_back(frame);
    }
  }
  frames_of_.erase(dropped);
}

void RamVersions::restore(uint64_t from, const std::vector<bool>& written, uint64_t to) {
  std::vector<bool> differs = written;
  auto end = frames_of_.upper_bound(std::max(from, to));
  for (auto key = frames_of_.upper_bound(std::min(from, to)); key != end; ++key) {
    for (uint32_t frame : key->second) differs[frame] = true;
  }
  for (uint32_t frame = 0; frame < differs.size(); ++frame) {
    if (!differs[frame]) continue;
    const uint8_t* then = at(frame, to);
    uint8_t* now = ram_.frame(frame);
    if (std::memcmp(now, then, kPageSize) == 0) continue;
    ram_.note_write(ram_.base() + (uint64_t{frame} << kPageShift), kPageSize);
    std::memcpy(now, then, kPageSize);
  }
}

}  // namespace recount
