#include "debug/printk_log.h"

#include <algorithm>

namespace recount {
namespace {

constexpr unsigned kMostBits = 24;  // of the ring's counts and sizes: 16 Mi

// Addresses and offsets of one ring, all of them the guest's words.
class Ring {
 public:
  Ring(const GuestView& kernel, const Vmcoreinfo& info) : kernel_(kernel), info_(info) {}

  Result<std::vector<LogRecord>> records() {
    auto pointer = info_.symbol("prb");
    const uint64_t ring = pointer ? word(*pointer) : 0;
    const uint64_t descs_ring = ring + offset("printk_ringbuffer.desc_ring"), texts = ring + offset("printk_ringbuffer.text_data_ring");
    const unsigned count_bits = half(descs_ring + offset("prb_desc_ring.count_bits"));
    const unsigned size_bits = half(texts + offset("prb_data_ring.size_bits"));
    descs_ = word(descs_ring + offset("prb_desc_ring.descs"));
    infos_ = word(descs_ring + offset("prb_desc_ring.infos"));
    data_ = word(texts + offset("prb_data_ring.data"));
    const uint64_t counter = offset("atomic_long_t.counter");
    const uint64_t tail = word(descs_ring + offset("prb_desc_ring.tail_id") + counter);
    const uint64_t head = word(descs_ring + offset("prb_desc_ring.head_id") + counter);
    if (!readable_ || count_bits > kMostBits || size_bits > kMostBits) {
      return fail(ErrorKind::kUnavailable, "the kernel's log cannot be read here");
    }
    count_ = 1ull << count_bits;
    data_bytes_ = 1ull << size_bits;
    std::vector<LogRecord> records;
    // Identifiers wrap at 62 bits; the tail is never more than the ring behind the head.
    const uint64_t live = std::min((head - tail) & kIdMask, count_ - 1);
    // Records that share their text could be any amount of it: a ring's fit into it.
    for (uint64_t n = 0, text_bytes = 0; n <= live && text_bytes <= data_bytes_; ++n) {
      auto record = record_of((tail + n) & kIdMask);
      if (!record) continue;
      text_bytes += record->text.size();
      records.push_back(std::move(*record));
    }
    return records;
  }

 private:
  static constexpr uint64_t kIdMask = (1ull << 62) - 1;
  static constexpr unsigned kCommitted = 1, kFinalized = 2;  // enum desc_state

  uint64_t offset(std::string_view member) { return checked(info_.offset(member)); }
  uint64_t size(std::string_view type) { return checked(info_.size(type)); }
  uint64_t word(uint64_t at) { return checked(kernel_.read<uint64_t>(at)); }
  uint32_t half(uint64_t at) { return checked(kernel_.read<uint32_t>(at)); }
  template <class T>
  T checked(std::optional<T> value) {
    readable_ = readable_ && value;
    return value.value_or(0);
  }

  std::optional<LogRecord> record_of(uint64_t id) {
    readable_ = true;
    const uint64_t desc = descs_ + id % count_ * size("prb_desc"), about = infos_ + id % count_ * size("printk_info");
    const uint64_t state = word(desc + offset("prb_desc.state_var") + offset("atomic_long_t.counter"));
    if ((state & kIdMask) != id || (state >> 62 != kCommitted && state >> 62 != kFinalized)) return std::nullopt;
    const uint64_t place = desc + offset("prb_desc.text_blk_lpos");
    uint64_t begin = word(place + offset("prb_data_blk_lpos.begin"));
    const uint64_t next = word(place + offset("prb_data_blk_lpos.next"));
    LogRecord record;
    record.sequence = word(about + offset("printk_info.seq"));
    record.time_ns = word(about + offset("printk_info.ts_nsec"));
    uint64_t text_bytes = checked(kernel_.read<uint16_t>(about + offset("printk_info.text_len")));
    if (!readable_) return std::nullopt;
    if ((begin & 1) != 0) return record;  // no text
    // A block that would cross the end of the ring lies at its begin. In front of the text stands its identifier.
    if (begin / data_bytes_ != next / data_bytes_ && next % data_bytes_ != 0) begin = 0;
    const uint64_t at = begin % data_bytes_ + sizeof(uint64_t);
    text_bytes = at < data_bytes_ ? std::min(text_bytes, data_bytes_ - at) : 0;
    record.text.resize(text_bytes);
    if (!kernel_.read(data_ + at, {reinterpret_cast<uint8_t*>(record.text.data()), text_bytes})) return std::nullopt;
    return record;
  }

  const GuestView& kernel_;
  const Vmcoreinfo& info_;
  bool readable_ = true;
  uint64_t descs_ = 0, infos_ = 0, data_ = 0, count_ = 1, data_bytes_ = 1;
};

}  // namespace

Result<std::vector<LogRecord>> printk_log(const GuestView& kernel, const Vmcoreinfo& info) { return Ring(kernel, info).records(); }

}  // namespace recount
