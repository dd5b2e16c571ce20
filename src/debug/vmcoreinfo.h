#pragma once
// What a Linux kernel tells crash tools about itself: VMCOREINFO, lines of KEY=VALUE in its memory, with sizes and offsets of the
// structures that they need. Kernel: Documentation/admin-guide/kdump/vmcoreinfo.rst.

#include <optional>
#include <string>

#include "debug/guest_view.h"
#include "debug/symbols.h"

namespace recount {

class Vmcoreinfo {
 public:
  // kernel: what S-mode sees. nullopt if this kernel has none, or not yet.
  static std::optional<Vmcoreinfo> find(const GuestView& kernel, const Symbols& symbols);
  explicit Vmcoreinfo(std::string text) : text_(std::move(text)) {}

  const std::string& text() const { return text_; }
  std::optional<std::string> value(std::string_view key) const;
  std::optional<uint64_t> symbol(std::string_view name) const;  // its address
  std::optional<uint64_t> size(std::string_view type) const;    // bytes
  std::optional<uint64_t> offset(std::string_view member) const;  // "type.member", bytes

 private:
  std::string text_;
};

}  // namespace recount
