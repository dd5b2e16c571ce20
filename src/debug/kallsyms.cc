#include "debug/kallsyms.h"

#include <cstring>

#include <algorithm>
#include <array>

namespace recount {
namespace {

constexpr size_t kTokens = 256, kEvery = 256;  // a marker for so many symbols
constexpr size_t kMostSymbols = 4 << 20, kMostNameBytes = 512;

constexpr size_t aligned(size_t at) { return (at + 7) & ~size_t{7}; }

class Tables {
 public:
  // digits: where the tokens for '0' to '9' lie; each stands for itself.
  static std::optional<Symbols> read(ByteView ram, size_t digits) {
    Tables tables(ram);
    if (!tables.find_tokens(digits) || !tables.find_markers()) return std::nullopt;
    return tables.find_names();
  }

 private:
  explicit Tables(ByteView ram) : ram_(ram) {}

  bool has(size_t at, size_t size) const { return at <= ram_.size() && size <= ram_.size() - at; }
  uint32_t u32(size_t at) const { return load_le<uint32_t>(ram_.data() + at); }

  // Back over the strings before it to the table's begin, on to its end, and what the index behind it says of each must be true.
  bool find_tokens(size_t digits) {
    size_t begin = digits;
    for (unsigned n = 0; n < '0'; ++n) {
      if (begin < 2 || ram_[begin - 1] != 0) return false;
      for (--begin; begin > 0 && ram_[begin - 1] != 0; --begin) {
        if (digits - begin > kTokens * kMostNameBytes) return false;
      }
    }
    size_t at = begin;
    for (std::string& token : tokens_) {
      if (!has(at, 1)) return false;
      size_t most = std::min(kMostNameBytes, ram_.size() - at);
      const void* end = std::memchr(ram_.data() + at, 0, most);
      if (end == nullptr) return false;
      starts_[static_cast<size_t>(&token - tokens_.data())] = at - begin;
      size_t size = static_cast<size_t>(static_cast<const uint8_t*>(end) - (ram_.data() + at));
      token.assign(reinterpret_cast<const char*>(ram_.data() + at), size);
      at += size + 1;
    }
    table_ = begin;
    // The kernel's tables are aligned to 8 in memory, and so in ram.
    size_t index = aligned(at);
    if ((begin & 7) != 0 || !has(index, 2 * kTokens)) return false;
    for (size_t i = 0; i < kTokens; ++i) {
      if (load_le<uint16_t>(ram_.data() + index + 2 * i) != starts_[i]) return false;
    }
    offsets_ = aligned(index + 2 * kTokens);
    return true;
  }

  // Before the token table: where in names every 256th symbol begins, from 0 on.
  bool find_markers() {
    size_t end = table_;
    if (end >= 8 && u32(end - 4) == 0) end -= 4;
    size_t at = end;
    for (uint32_t next = ~0u; at >= 4 && u32(at - 4) < next && markers_.size() <= kMostSymbols / kEvery; at -= 4) {
      next = u32(at - 4);
      markers_.push_back(next);
    }
    std::ranges::reverse(markers_);
    markers_at_ = at;
    return !markers_.empty() && markers_[0] == 0;
  }

  // Before the markers: the names, and before those their number. The last marker tells about how far back.
  std::optional<Symbols> find_names() const {
    const size_t most_behind_last = kEvery * (kMostNameBytes + 2);
    if (markers_at_ < size_t{markers_.back()} + 16) return std::nullopt;
    size_t last = (markers_at_ - markers_.back()) & ~size_t{7};
    size_t first = last > most_behind_last ? last - most_behind_last : 8;
    for (size_t names = last; names >= std::max<size_t>(first, 8); names -= 8) {
      uint32_t count = u32(names - 8);
      if (count <= (markers_.size() - 1) * kEvery || count > markers_.size() * kEvery) continue;
      if (auto symbols = read_names(names, count)) return symbols;
    }
    return std::nullopt;
  }

  std::optional<Symbols> read_names(size_t names, uint32_t count) const {
    const size_t base = aligned(offsets_ + 4ull * count);
    if (!has(base, 8)) return std::nullopt;
    const auto relative_base = load_le<uint64_t>(ram_.data() + base);
    std::vector<Symbol> symbols;
    size_t at = names;
    for (uint32_t i = 0; i < count; ++i) {
      if (i % kEvery == 0 && at - names != markers_[i / kEvery]) return std::nullopt;
      if (at + 2 > markers_at_) return std::nullopt;
      // ULEB128 of at most two bytes.
      size_t size = ram_[at++];
      if (size >= 0x80) size = (size & 0x7f) | static_cast<size_t>(ram_[at++]) << 7;
      if (size == 0 || size > kMostNameBytes || at + size > markers_at_) return std::nullopt;
      std::string name;
      for (size_t n = 0; n < size; ++n) name += tokens_[ram_[at + n]];
      at += size;
      bool graphic = std::ranges::all_of(name, [](char c) { return c > ' ' && c <= '~'; });  // they go to terminals
      if (!graphic || name.size() < 2 || name.size() > kMostNameBytes) return std::nullopt;
      // The first letter is the type.
      symbols.push_back({name.substr(1), relative_base + u32(offsets_ + 4ull * i), name[0]});
    }
    if (aligned(at) != markers_at_) return std::nullopt;
    return Symbols(std::move(symbols));
  }

  ByteView ram_;
  std::array<std::string, kTokens> tokens_;
  std::array<size_t, kTokens> starts_{};
  size_t table_ = 0, offsets_ = 0, markers_at_ = 0;
  std::vector<uint32_t> markers_;
};

}  // namespace

Symbols kallsyms_in(ByteView ram) {
  static constexpr uint8_t kDigits[] = {'0', 0, '1', 0, '2', 0, '3', 0, '4', 0, '5', 0, '6', 0, '7', 0, '8', 0, '9', 0};
  for (size_t from = 0; from < ram.size();) {
    const void* found = memmem(ram.data() + from, ram.size() - from, kDigits, sizeof kDigits);
    if (found == nullptr) break;
    size_t digits = static_cast<size_t>(static_cast<const uint8_t*>(found) - ram.data());
    if (auto symbols = Tables::read(ram, digits)) return std::move(*symbols);
    from = digits + 1;
  }
  return {};
}

Symbols kallsyms_in(Ram& ram) { return kallsyms_in({ram.host(ram.base()), ram.size()}); }

}  // namespace recount
