#pragma once
// The types of a Linux kernel, as it carries them itself (CONFIG_DEBUG_INFO_BTF): where the members of its structures are. Format:
// Documentation/bpf/btf.rst of Linux. It is the guest's, so hostile: our own reader, which checks every
// offset and bounds what it costs.

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "debug/guest_view.h"
#include "debug/symbols.h"

namespace recount {

class Btf {
 public:
  // kernel: what S-mode sees. nullopt if this kernel carries none.
  static std::optional<Btf> find(const GuestView& kernel, const Symbols& symbols);
  // nullopt if it is none.
  static std::optional<Btf> parse(Bytes blob);

  struct Field {
    uint64_t offset = 0, size = 0;  // bytes, from the outermost structure's begin
  };
  // "task_struct.comm", "file.f_path.dentry": of a struct or union of that name. Members of members without a name count as its own.
  // nullopt if there is none, or it is a bit field.
  std::optional<Field> field(std::string_view path) const;
  // Of a struct or union, bytes.
  std::optional<uint64_t> size_of(std::string_view name) const;

 private:
  struct Type {
    uint32_t name = 0;    // where in the strings
    uint8_t kind = 0;
    bool bit_sizes = false;  // members' offsets have sizes of bit fields in them
    uint32_t count = 0;      // of members and the like
    uint32_t size_or_type = 0;
    uint32_t details = 0;  // where in the blob what follows is
  };
  explicit Btf(Bytes blob) : blob_(std::move(blob)) {}
  bool read_types();
  std::string_view string(uint32_t at) const;
  uint32_t word(uint64_t at) const;
  const Type* resolved(uint32_t id) const;
  uint64_t bytes_of(uint32_t id) const;
  struct Member {
    uint64_t bits = 0;  // from the begin of what it is a member of
    uint32_t type = 0;
    bool is_bit_field = false;
  };
  std::optional<Member> member_of(const Type& type, std::string_view name, unsigned depth, unsigned& budget) const;

  Bytes blob_;
  uint64_t types_begin_ = 0, types_end_ = 0, strings_begin_ = 0, strings_end_ = 0;
  std::vector<Type> types_;  // by id; 0 is void
  std::unordered_map<std::string, uint32_t> structs_;  // by name: the first
};

}  // namespace recount
