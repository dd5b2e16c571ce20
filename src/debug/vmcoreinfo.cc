#include "debug/vmcoreinfo.h"

#include <fmt/format.h>

#include <charconv>

namespace recount {
namespace {

std::optional<uint64_t> number(const std::optional<std::string>& text, int base) {
  uint64_t value = 0;
  if (!text) return std::nullopt;
  auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value, base);
  if (text->empty() || error != std::errc() || end != text->data() + text->size()) return std::nullopt;
  return value;
}

}  // namespace

std::optional<Vmcoreinfo> Vmcoreinfo::find(const GuestView& kernel, const Symbols& symbols) {
  auto data = symbols.address_of("vmcoreinfo_data"), size = symbols.address_of("vmcoreinfo_size");
  if (!data || !size) return std::nullopt;
  auto at = kernel.read<uint64_t>(*data), bytes = kernel.read<uint64_t>(*size);
  if (!at || !bytes || *bytes == 0 || *bytes > kPageSize) return std::nullopt;
  std::string text(*bytes, '\0');
  if (!kernel.read(*at, {reinterpret_cast<uint8_t*>(text.data()), text.size()})) return std::nullopt;
  return Vmcoreinfo(std::move(text));
}

std::optional<std::string> Vmcoreinfo::value(std::string_view key) const {
  for (size_t at = 0; at < text_.size();) {
    size_t end = std::min(text_.find('\n', at), text_.size());
    std::string_view line(text_.data() + at, end - at);
    if (line.starts_with(key) && line.substr(key.size()).starts_with('=')) return std::string(line.substr(key.size() + 1));
    at = end + 1;
  }
  return std::nullopt;
}

std::optional<uint64_t> Vmcoreinfo::symbol(std::string_view name) const { return number(value(fmt::format("SYMBOL({})", name)), 16); }
std::optional<uint64_t> Vmcoreinfo::size(std::string_view type) const { return number(value(fmt::format("SIZE({})", type)), 10); }
std::optional<uint64_t> Vmcoreinfo::offset(std::string_view member) const { return number(value(fmt::format("OFFSET({})", member)), 10); }

}  // namespace recount
