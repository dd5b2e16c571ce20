#include "debug/linux/linux_kernel.h"

namespace recount {
namespace {

constexpr unsigned kMostMembers = 1'000'000;
constexpr size_t kLongestText = 4096;

}  // namespace

std::optional<Btf::Field> LinuxKernel::field(std::string_view path) const {
  auto known = fields_.find(path);
  if (known == fields_.end()) known = fields_.emplace(path, btf_.field(path)).first;
  return known->second;
}

uint64_t LinuxKernel::at(uint64_t base, std::string_view path) const {
  auto found = field(path);
  return found ? base + found->offset : 0;
}

std::optional<uint64_t> LinuxKernel::number(uint64_t base, std::string_view path) const {
  auto found = field(path);
  if (!found) return std::nullopt;
  const uint64_t where = base + found->offset;
  switch (found->size) {
    case 1:
      return view_.read<uint8_t>(where);
    case 2:
      return view_.read<uint16_t>(where);
    case 4:
      return view_.read<uint32_t>(where);
    case 8:
      return view_.read<uint64_t>(where);
    default:
      return std::nullopt;
  }
}

std::optional<std::string> LinuxKernel::text(uint64_t base, std::string_view path) const {
  auto found = field(path);
  if (!found) return std::nullopt;
  return view_.read_text(base + found->offset, std::min<uint64_t>(found->size, kLongestText));
}

bool LinuxKernel::each(uint64_t head, std::string_view link, const std::function<bool(uint64_t)>& visit) const {
  auto member = field(link);
  if (!member) return false;
  uint64_t before = head;
  auto entry = view_.read<uint64_t>(head);
  for (unsigned count = 0; entry && *entry != head; ++count) {
    // Each says who is before it: a list that runs into itself shows there.
    if (count == kMostMembers || view_.read<uint64_t>(*entry + 8) != before) return false;
    if (!visit(*entry - member->offset)) return true;
    before = *entry;
    entry = view_.read<uint64_t>(*entry);
  }
  return entry.has_value();
}

}  // namespace recount
