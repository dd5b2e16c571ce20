#include "disk/layer.h"

#include <algorithm>
#include <bit>
#include <vector>

#include "base/check.h"
#include "host/file.h"
#include "host/folders.h"

namespace recount {
namespace {

constexpr uint64_t kLowBits = 0x5555'5555'5555'5555;

// The words' bits for count clusters from the first-th on, all in this state.
constexpr uint64_t pattern_of(ClusterState state) { return static_cast<uint64_t>(state) * kLowBits; }
constexpr uint64_t mask_of(uint64_t first, uint64_t count) {
  return (count == kClustersPerWord ? ~0ull : (1ull << (2 * count)) - 1) << (2 * first);
}
// One bit for each cluster that is there.
constexpr uint64_t present_in(uint64_t word) { return (word | word >> 1) & kLowBits; }

bool has_invalid_state(uint64_t word) { return (word & word >> 1 & kLowBits) != 0; }

}  // namespace

Layer::Layer(RandomFile file, const LayerHeader& header, std::unique_ptr<MemoryMap> map)
    : file_(std::move(file)),
      header_(header),
      layout_(header.disk_bytes),
      map_(std::move(map)),
      ahead_(std::make_unique<std::atomic<bool>[]>(layout_.map_pages)) {}

Result<std::unique_ptr<Layer>> Layer::initialise(RandomFile file, const LayerHeader& header) {
  LayerLayout layout(header.disk_bytes);
  TRY(file.resize(layout.file_bytes()));
  // The maps' space is taken now: running out of it later would be a SIGBUS.
  if (!TRY(file.allocate(0, layout.data()))) {
    const Bytes zeros(kMapPageBytes);
    for (uint64_t at = 0; at < layout.data(); at += zeros.size()) TRY(file.write(at, zeros));
  }
  TRY(file.write(0, header.encode()));
  auto map = TRY(MemoryMap::shared(file.fd(), layout.live_map(), layout.map_bytes, file.path()));
  return std::unique_ptr<Layer>(new Layer(std::move(file), header, std::move(map)));
}

Result<std::unique_ptr<Layer>> Layer::create(const std::string& path, uint64_t disk_bytes,
                                             uint64_t base_mtime_ns) {
  const std::string unfinished = path + ".new";
  const LayerHeader header{.disk_bytes = disk_bytes, .base_mtime_ns = base_mtime_ns, .boot = boot_id()};
  auto file = TRY(RandomFile::open(unfinished, FileMode::kReplace));
  auto layer = TRY(initialise(std::move(file), header));
  TRY(layer->file_.sync());
  TRY(rename_file(unfinished, path));
  auto slash = path.rfind('/');
  TRY(sync_folder(slash == std::string::npos ? "." : path.substr(0, slash)));
  return layer;
}

Result<std::unique_ptr<Layer>> Layer::create_temporary(const std::string& folder, uint64_t disk_bytes) {
  return initialise(TRY(RandomFile::temporary(folder)), {.disk_bytes = disk_bytes, .boot = boot_id()});
}

Result<std::unique_ptr<Layer>> Layer::open(const std::string& path) {
  return open(TRY(RandomFile::open(path, FileMode::kReadWrite)));
}

Result<std::unique_ptr<Layer>> Layer::open(RandomFile file) {
  const uint64_t size = TRY(file.size());
  Bytes start(std::min(size, kLayerHeaderUsedBytes));
  TRY(file.read(0, start));
  auto header = LayerHeader::decode(start);
  if (!header) return fail(header.error().kind, file.path() + ": " + header.error().message);
  LayerLayout layout(header->disk_bytes);
  if (size != layout.file_bytes()) {
    return fail(ErrorKind::kDamaged, file.path() + ": is damaged: it has " + std::to_string(size) +
                                         " bytes, not " + std::to_string(layout.file_bytes()));
  }
  auto map = TRY(MemoryMap::shared(file.fd(), layout.live_map(), layout.map_bytes, file.path()));
  std::unique_ptr<Layer> layer(new Layer(std::move(file), *header, std::move(map)));
  TRY(layer->check_and_adopt_maps());
  return layer;
}

// Under the boot that wrote it, the live map is right: the page cache has all that any process wrote. After
// another boot it may be ahead of the data, which reached the medium in any order: then only the durable map
// counts.
Result<void> Layer::check_and_adopt_maps() {
  const bool same_boot = header_.boot == boot_id() && header_.boot != BootId{};
  Bytes page(kMapPageBytes);
  for (uint64_t p = 0; p < layout_.map_pages; ++p) {
    uint8_t* live = map_->data() + p * kMapPageBytes;
    TRY(file_.read(layout_.durable_map() + p * kMapPageBytes, page));
    if (!same_boot) std::ranges::copy(page, live);
    if (!std::equal(page.begin(), page.end(), live)) {
      ahead_[p] = true;
      unsynced_ = true;
    }
  }
  for (uint64_t w = 0; w < layout_.map_bytes / 8; ++w) {
    const uint64_t first = w * kClustersPerWord;
    const uint64_t valid =
        first >= layout_.clusters ? 0 : std::min(kClustersPerWord, layout_.clusters - first);
    const uint64_t word = load_word(w);
    if (has_invalid_state(word) || (word & ~mask_of(0, valid)) != 0) {
      return fail(ErrorKind::kDamaged,
                  path() + ": is damaged: its map makes no sense at cluster " + std::to_string(first));
    }
  }
  if (same_boot) return {};
  header_.boot = boot_id();
  return file_.write(0, header_.encode());
}

uint64_t Layer::load_word(uint64_t word) const {
  return std::atomic_ref(reinterpret_cast<uint64_t*>(map_->data())[word]).load(std::memory_order_acquire);
}

ClusterState Layer::state(uint64_t cluster) const {
  return static_cast<ClusterState>(
      load_word(cluster / kClustersPerWord) >> (2 * (cluster % kClustersPerWord)) & 3);
}

uint64_t Layer::next(uint64_t cluster) const {
  while (cluster < layout_.clusters) {
    uint64_t present =
        present_in(load_word(cluster / kClustersPerWord)) >> (2 * (cluster % kClustersPerWord));
    if (present != 0) return cluster + static_cast<uint64_t>(std::countr_zero(present)) / 2;
    cluster = (cluster / kClustersPerWord + 1) * kClustersPerWord;
  }
  return layout_.clusters;
}

uint64_t Layer::count() const {
  uint64_t n = 0;
  for (uint64_t w = 0; w < layout_.map_bytes / 8; ++w) {
    n += static_cast<uint64_t>(std::popcount(present_in(load_word(w))));
  }
  return n;
}

void Layer::set_states(uint64_t cluster, uint64_t count, ClusterState state) {
  auto* words = reinterpret_cast<uint64_t*>(map_->data());
  for (const uint64_t end = cluster + count; cluster < end;) {
    const uint64_t first = cluster % kClustersPerWord;
    const uint64_t here = std::min(end - cluster, kClustersPerWord - first);
    const uint64_t mask = mask_of(first, here);
    std::atomic_ref word(words[cluster / kClustersPerWord]);
    const uint64_t old = word.load(std::memory_order_relaxed);
    const uint64_t now = (old & ~mask) | (pattern_of(state) & mask);
    if (now != old) {
      word.store(now, std::memory_order_release);
      ahead_[cluster / kClustersPerMapPage].store(true, std::memory_order_release);
    }
    cluster += here;
  }
}

Result<void> Layer::read(uint64_t offset, std::span<uint8_t> out) const {
  return file_.read(layout_.data() + offset, out);
}

Result<void> Layer::overwrite(uint64_t offset, ByteView bytes) {
  CHECK(!frozen_ && offset <= layout_.clusters * kClusterBytes &&
        bytes.size() <= layout_.clusters * kClusterBytes - offset);
  auto written = file_.write(layout_.data() + offset, bytes);
  unsynced_ = true;
  return written;
}

Result<void> Layer::write(uint64_t cluster, ByteView bytes) {
  CHECK(bytes.size() % kClusterBytes == 0);
  auto written = overwrite(cluster * kClusterBytes, bytes);
  if (!written) return written;
  set_states(cluster, bytes.size() / kClusterBytes, ClusterState::kData);
  unsynced_ = true;  // again: a flush between the data and the state has taken the first one
  return {};
}

void Layer::write_zeroes(uint64_t cluster, uint64_t count) {
  CHECK(!frozen_ && cluster <= layout_.clusters && count <= layout_.clusters - cluster);
  set_states(cluster, count, ClusterState::kZero);
  unsynced_ = true;
}

Result<void> Layer::reserve(uint64_t cluster, uint64_t count) const {
  auto allocated = file_.allocate(layout_.data() + cluster * kClusterBytes, count * kClusterBytes);
  if (!allocated) return std::unexpected(allocated.error());
  return {};
}

// Data first; only then does the durable map say that it is there.
Result<void> Layer::flush() {
  if (!unsynced_.exchange(false)) return {};
  struct Page {
    uint64_t number;
    Bytes bytes;
  };
  std::vector<Page> pages;
  for (uint64_t p = 0; p < layout_.map_pages; ++p) {
    if (!ahead_[p].exchange(false)) continue;
    Page page{p, Bytes(kMapPageBytes)};
    for (uint64_t w = 0; w < kMapPageBytes / 8; ++w) {
      store_le(page.bytes.data() + w * 8, load_word(p * kMapPageBytes / 8 + w));
    }
    pages.push_back(std::move(page));
  }
  Result<void> done = file_.sync();
  for (const Page& page : pages) {
    if (done) done = file_.write(layout_.durable_map() + page.number * kMapPageBytes, page.bytes);
  }
  if (done && !pages.empty()) done = file_.sync();
  if (!done) {
    for (const Page& page : pages) ahead_[page.number] = true;
    unsynced_ = true;
  }
  return done;
}

}  // namespace recount
