#include "debug/query/task_names.h"

#include <algorithm>
#include <string_view>

namespace recount {
namespace {

constexpr size_t kNameSize = 16;  // TASK_COMM_LEN
constexpr size_t kLargestTask = 16 << 10;

}  // namespace

TaskNames::TaskNames(const GuestView& view, const Symbols& symbols) {
  auto first = symbols.address_of("init_task");
  if (!first) return;
  std::string bytes(view.readable(*first, kLargestTask), '\0');
  if (!view.read(*first, {reinterpret_cast<uint8_t*>(bytes.data()), bytes.size()})) return;
  // With SMP the tasks that idle are "swapper/0" and so on.
  for (size_t at = bytes.find("swapper"); at != std::string::npos; at = bytes.find("swapper", at + 1)) {
    const size_t end = at + std::string_view("swapper").size();
    if (end < bytes.size() && (bytes[end] == '\0' || bytes[end] == '/')) {
      offset_ = at;
      return;
    }
  }
}

std::string TaskNames::name_of(const GuestView& view, uint64_t task) const {
  if (!offset_) return "";
  std::string name = view.read_text(task + *offset_, kNameSize).value_or("");
  std::ranges::replace_if(
      name, [](char c) { return c < 0x20 || c > 0x7e; }, '?');
  return name;
}

}  // namespace recount
