#pragma once
// The structures of a Linux kernel in guest memory, read by their members' names. All of it is the guest's word: an address may lead
// anywhere, a list may have no end.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "debug/guest_view.h"
#include "debug/linux/btf.h"
#include "debug/symbols.h"

namespace recount {

class LinuxKernel {
 public:
  // view: what S-mode sees. symbols and btf must outlive this.
  LinuxKernel(const GuestView& view, const Symbols& symbols, const Btf& btf) : view_(view), symbols_(symbols), btf_(btf) {}

  const GuestView& view() const { return view_; }
  std::optional<uint64_t> address_of(std::string_view symbol) const { return symbols_.address_of(symbol); }
  std::optional<Btf::Field> field(std::string_view path) const;
  std::optional<uint64_t> size_of(std::string_view type) const { return btf_.size_of(type); }

  // Where the member is of the structure at base: 0 if there is no such member. path as Btf has it.
  uint64_t at(uint64_t base, std::string_view path) const;
  // A member of 1, 2, 4 or 8 bytes. nullopt if there is none such, or it cannot be read.
  std::optional<uint64_t> number(uint64_t base, std::string_view path) const;
  // A member that is an array of characters, up to its zero.
  std::optional<std::string> text(uint64_t base, std::string_view path) const;

  // Each structure of the list (struct list_head) that begins at head, by its member link; false ends it. False if the list is broken, or
  // has more than a million members.
  bool each(uint64_t head, std::string_view link, const std::function<bool(uint64_t)>& visit) const;

 private:
  GuestView view_;
  const Symbols& symbols_;
  const Btf& btf_;
  mutable std::map<std::string, std::optional<Btf::Field>, std::less<>> fields_;  // looked up so far
};

}  // namespace recount
