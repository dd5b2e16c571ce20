#include "device/virtio/block.h"

#include <algorithm>

namespace recount {
namespace {

// "Block Device", "Feature bits".
constexpr uint64_t kSegMax = 1u << 2, kReadOnly = 1u << 5, kBlockSize = 1u << 6, kFlush = 1u << 9;
constexpr uint64_t kDiscard = 1u << 13, kWriteZeroes = 1u << 14;

// "Device Operation": types of requests, and their layout: header, data, a status byte.
enum Type : uint32_t {
  kTypeIn = 0, kTypeOut = 1, kTypeFlush = 4, kTypeGetId = 8, kTypeDiscard = 11, kTypeWriteZeroes = 13
};
constexpr uint64_t kHeaderSize = 16, kStatusSize = 1, kRangeSize = 16, kIdSize = 20;

// Of header and status besides: a chain as long as a queue is.
constexpr uint32_t kMostDataSegments = Virtqueue::kMaxSegments - 2;
// What one request may move or clear, so that no chain, with segments that overlap, stops the machine for long.
constexpr uint64_t kMostDataBytes = 256u << 20;
constexpr uint32_t kMostRangeSectors = kMostDataBytes / kSectorSize;
constexpr size_t kBounceSectors = 256;

uint64_t data_bytes_in(const Chain& chain) { return total_bytes(chain.writable) - kStatusSize; }
uint64_t data_bytes_out(const Chain& chain) { return total_bytes(chain.readable) - kHeaderSize; }

}  // namespace

VirtioBlock::VirtioBlock(Ram& guest_ram, BlockPort& port, unsigned index)
    : VirtioDevice(guest_ram, VirtioType::kBlock, 1), port_(port), name_("recount-disk" + std::to_string(index)) {}

uint64_t VirtioBlock::device_features() const {
  return kSegMax | kBlockSize | kFlush | (port_.read_only() ? kReadOnly : kDiscard | kWriteZeroes);
}

// "Device configuration layout", field by field.
Bytes VirtioBlock::config_space() const {
  Bytes config;
  ByteWriter w(config);
  uint32_t range_sectors = port_.read_only() ? 0 : kMostRangeSectors;
  uint32_t range_segments = port_.read_only() ? 0 : 1;
  w.fixed(port_.sector_count());
  w.fixed(uint32_t{0});  // size_max: any
  w.fixed(kMostDataSegments);
  w.fixed(uint32_t{0});  // geometry: not offered
  w.fixed(static_cast<uint32_t>(kSectorSize));
  w.fixed(uint64_t{0});  // topology: not offered
  w.fixed(uint8_t{1});   // writeback
  w.fixed(uint8_t{0});
  w.fixed(uint16_t{1});  // num_queues
  w.fixed(range_sectors);
  w.fixed(range_segments);
  w.fixed(uint32_t{1});  // discard_sector_alignment
  w.fixed(range_sectors);
  w.fixed(range_segments);
  w.fixed(uint8_t{0});   // write_zeroes_may_unmap
  return config;
}

size_t VirtioBlock::find(uint64_t serial) const {
  auto found = std::ranges::find_if(pending_, [=](const Pending& p) { return p.request.serial == serial; });
  return static_cast<size_t>(found - pending_.begin());
}

bool VirtioBlock::in_range(uint64_t sector, uint64_t sector_count) const {
  return sector <= port_.sector_count() && sector_count <= port_.sector_count() - sector;
}

// The chain has a header and a status byte.
VirtioBlock::Parsed VirtioBlock::parse(const Chain& chain) const {
  std::array<uint8_t, kHeaderSize> header;
  SegmentCursor(chain.readable).read(ram(), header);
  auto type = load_le<uint32_t>(&header[0]);
  auto sector = load_le<uint64_t>(&header[8]);
  BlockOp op;
  uint64_t bytes;
  switch (type) {
    case kTypeIn:
      op = BlockOp::kRead;
      bytes = data_bytes_in(chain);
      break;
    case kTypeOut:
      op = BlockOp::kWrite;
      bytes = data_bytes_out(chain);
      break;
    case kTypeFlush: return {Verdict::kForTheDisk, {.op = BlockOp::kFlush}};
    case kTypeGetId: return {Verdict::kIdentify, {}};
    case kTypeDiscard: return parse_range(chain, BlockOp::kDiscard);
    case kTypeWriteZeroes: return parse_range(chain, BlockOp::kWriteZeroes);
    default: return {Verdict::kUnsupported, {}};
  }
  bool whole = bytes != 0 && bytes % kSectorSize == 0 && bytes <= kMostDataBytes;
  if (!whole || !in_range(sector, bytes / kSectorSize)) return {Verdict::kIoError, {}};
  if (op == BlockOp::kWrite && port_.read_only()) return {Verdict::kIoError, {}};
  return {Verdict::kForTheDisk, {.op = op, .sector = sector, .sector_count = bytes / kSectorSize}};
}

// One range, as the configuration space says: struct virtio_blk_discard_write_zeroes.
VirtioBlock::Parsed VirtioBlock::parse_range(const Chain& chain, BlockOp op) const {
  if (port_.read_only() || data_bytes_out(chain) != kRangeSize) return {Verdict::kIoError, {}};
  std::array<uint8_t, kHeaderSize + kRangeSize> bytes;
  SegmentCursor(chain.readable).read(ram(), bytes);
  auto sector = load_le<uint64_t>(&bytes[kHeaderSize]);
  auto sector_count = load_le<uint32_t>(&bytes[kHeaderSize + 8]);
  auto flags = load_le<uint32_t>(&bytes[kHeaderSize + 12]);
  constexpr uint32_t kUnmap = 1;
  uint32_t known_flags = op == BlockOp::kWriteZeroes ? kUnmap : 0;
  if ((flags & ~known_flags) != 0) return {Verdict::kUnsupported, {}};
  if (sector_count == 0 || sector_count > kMostRangeSectors || !in_range(sector, sector_count)) {
    return {Verdict::kIoError, {}};
  }
  return {Verdict::kForTheDisk, {.op = op, .sector = sector, .sector_count = sector_count}};
}

void VirtioBlock::notify(unsigned index) {
  serve_available(index, [this](uint16_t head, const Chain& chain) { begin(head, chain); });
}

void VirtioBlock::begin(uint16_t head, const Chain& chain) {
  // Without these there is nothing to read, or nowhere to answer.
  if (total_bytes(chain.readable) < kHeaderSize || chain.writable.empty()) return break_device();
  Parsed parsed = parse(chain);
  if (parsed.verdict == Verdict::kIdentify) return identify(head, chain);
  if (parsed.verdict != Verdict::kForTheDisk) return answer(head, chain, parsed.verdict, 0);
  // More requests than descriptors: some chain was given twice.
  if (pending_.size() >= queue(0).size()) return break_device();
  parsed.request.serial = next_serial_++;
  pending_.push_back({parsed.request, head});
  port_.start(parsed.request);
}

void VirtioBlock::identify(uint16_t head, const Chain& chain) {
  if (data_bytes_in(chain) < kIdSize) return answer(head, chain, Verdict::kIoError, 0);
  std::array<uint8_t, kIdSize> id{};
  std::copy_n(name_.begin(), std::min<size_t>(name_.size(), kIdSize), id.begin());
  SegmentCursor(chain.writable).write(ram(), id);
  answer(head, chain, Verdict::kOk, kIdSize);
}

void VirtioBlock::answer(uint16_t head, const Chain& chain, Verdict verdict, uint64_t data_bytes) {
  SegmentCursor status(chain.writable);
  status.skip(data_bytes_in(chain));
  auto byte = static_cast<uint8_t>(verdict);
  status.write(ram(), {&byte, 1});
  give_back(0, head, static_cast<uint32_t>(data_bytes + kStatusSize));
}

void VirtioBlock::complete(uint64_t serial, DiskStatus status) {
  size_t at = find(serial);
  if (at == pending_.size()) return;
  Pending done = pending_[at];
  pending_.erase(pending_.begin() + static_cast<std::ptrdiff_t>(at));
  if (!active()) return;
  // The chain is in the guest's memory, and so may have changed since it was announced.
  auto chain = queue(0).walk(ram(), done.head);
  if (!chain || total_bytes(chain->readable) < kHeaderSize || chain->writable.empty()) return break_device();
  Parsed parsed = parse(*chain);
  parsed.request.serial = serial;
  bool same = parsed.verdict == Verdict::kForTheDisk && parsed.request == done.request;
  if (!same || status != DiskStatus::kOk) return answer(done.head, *chain, Verdict::kIoError, 0);
  move_data(done.request, *chain);
  bool is_read = done.request.op == BlockOp::kRead;
  answer(done.head, *chain, Verdict::kOk, is_read ? done.request.sector_count * kSectorSize : 0);
}

// The request is in range, and the chain has the bytes for it.
void VirtioBlock::move_data(const BlockRequest& request, const Chain& chain) {
  bool is_read = request.op == BlockOp::kRead;
  switch (request.op) {
    case BlockOp::kFlush: return;  // what a completed write wrote is in the machine's state already
    case BlockOp::kDiscard:        // any content would do, but it must be the same in every replay
    case BlockOp::kWriteZeroes: return port_.write_zeroes(request.sector, request.sector_count);
    case BlockOp::kRead:
    case BlockOp::kWrite: break;
  }
  SegmentCursor cursor(is_read ? chain.writable : chain.readable);
  if (!is_read) cursor.skip(kHeaderSize);
  Bytes bounce(std::min<uint64_t>(request.sector_count, kBounceSectors) * kSectorSize);
  for (uint64_t done = 0; done < request.sector_count;) {
    uint64_t sectors = std::min<uint64_t>(request.sector_count - done, kBounceSectors);
    std::span<uint8_t> part(bounce.data(), sectors * kSectorSize);
    if (is_read) {
      port_.read(request.sector + done, part);
      cursor.write(ram(), part);
    } else {
      cursor.read(ram(), part);
      port_.write(request.sector + done, part);
    }
    done += sectors;
  }
}

void VirtioBlock::restart() {
  for (const Pending& p : pending_) {
    // A state that was read from a file promises nothing. What is left out here is never completed.
    if (p.request.op > BlockOp::kWriteZeroes || !in_range(p.request.sector, p.request.sector_count)) continue;
    port_.start(p.request);
  }
}

}  // namespace recount
