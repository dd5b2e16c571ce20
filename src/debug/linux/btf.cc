#include "debug/linux/btf.h"

#include <algorithm>

namespace recount {
namespace {

enum Kind : uint8_t {
  kInt = 1, kPointer, kArray, kStruct, kUnion, kEnum, kForward, kTypedef, kVolatile, kConst, kRestrict, kFunction, kPrototype,
  kVariable, kSection, kFloat, kDeclarationTag, kTypeTag, kEnum64
};

constexpr uint64_t kMostBytes = 64 << 20;  // Debian's 6.12 has some 6 MiB
constexpr uint64_t kHeaderBytes = 24, kTypeBytes = 12, kMemberBytes = 12;
constexpr unsigned kDeepest = 16;  // structures in structures, names of names

// What follows a type. nullopt: no such kind.
std::optional<uint64_t> details_bytes(uint8_t kind, uint32_t count) {
  switch (kind) {
    case kInt:
    case kVariable:
    case kDeclarationTag:
      return 4;
    case kArray:
      return 12;
    case kStruct:
    case kUnion:
    case kSection:
    case kEnum64:
      return uint64_t{count} * 12;
    case kEnum:
    case kPrototype:
      return uint64_t{count} * 8;
    case kPointer:
    case kForward:
    case kTypedef:
    case kVolatile:
    case kConst:
    case kRestrict:
    case kFunction:
    case kFloat:
    case kTypeTag:
      return 0;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<Btf> Btf::find(const GuestView& kernel, const Symbols& symbols) {
  auto begin = symbols.address_of("__start_BTF"), end = symbols.address_of("__stop_BTF");
  if (!begin || !end || *end <= *begin || *end - *begin > kMostBytes) return std::nullopt;
  Bytes blob(*end - *begin);
  if (!kernel.read(*begin, blob)) return std::nullopt;
  return parse(std::move(blob));
}

std::optional<Btf> Btf::parse(Bytes blob) {
  Btf btf(std::move(blob));
  if (btf.blob_.size() < kHeaderBytes || btf.blob_.size() > kMostBytes || !btf.read_types()) return std::nullopt;
  return btf;
}

uint32_t Btf::word(uint64_t at) const { return load_le<uint32_t>(blob_.data() + at); }

bool Btf::read_types() {
  constexpr uint16_t kMagic = 0xeb9f;
  if (load_le<uint16_t>(blob_.data()) != kMagic || blob_[2] != 1) return false;
  const uint64_t header = word(4);
  types_begin_ = header + word(8);
  types_end_ = types_begin_ + word(12);
  strings_begin_ = header + word(16);
  strings_end_ = strings_begin_ + word(20);
  if (header < kHeaderBytes || std::max(types_end_, strings_end_) > blob_.size()) return false;
  types_.emplace_back();
  for (uint64_t at = types_begin_; at < types_end_;) {
    if (types_end_ - at < kTypeBytes) return false;
    const uint32_t info = word(at + 4);
    Type type{.name = word(at),
              .kind = static_cast<uint8_t>(info >> 24 & 0x1f),
              .bit_sizes = info >> 31 != 0,
              .count = info & 0xffff,
              .size_or_type = word(at + 8),
              .details = static_cast<uint32_t>(at + kTypeBytes)};
    at += kTypeBytes;
    const auto details = details_bytes(type.kind, type.count);
    if (!details || *details > types_end_ - at) return false;
    at += *details;
    const bool is_struct = type.kind == kStruct || type.kind == kUnion;
    if (is_struct && !string(type.name).empty()) structs_.try_emplace(std::string(string(type.name)), static_cast<uint32_t>(types_.size()));
    types_.push_back(type);
  }
  return true;
}

// Up to its zero, or so far as names go (KSYM_NAME_LEN); empty if it is not in the strings.
std::string_view Btf::string(uint32_t at) const {
  if (at >= strings_end_ - strings_begin_) return {};
  constexpr uint64_t kLongest = 512;
  std::string_view rest(reinterpret_cast<const char*>(blob_.data() + strings_begin_ + at), std::min(kLongest, strings_end_ - strings_begin_ - at));
  return rest.substr(0, rest.find('\0'));
}

// Behind its other names and qualifiers. nullptr: there is none, or it has no end.
const Btf::Type* Btf::resolved(uint32_t id) const {
  for (unsigned depth = 0; depth < kDeepest && id < types_.size(); ++depth) {
    const Type& type = types_[id];
    switch (type.kind) {
      case kTypedef:
      case kVolatile:
      case kConst:
      case kRestrict:
      case kTypeTag:
        id = type.size_or_type;
        break;
      default:
        return &type;
    }
  }
  return nullptr;
}

// 0 if it is not known.
uint64_t Btf::bytes_of(uint32_t id) const {
  uint64_t times = 1;
  for (unsigned depth = 0; depth < kDeepest; ++depth) {
    const Type* type = resolved(id);
    if (type == nullptr) return 0;
    switch (type->kind) {
      case kArray:
        id = word(type->details);
        if (__builtin_mul_overflow(times, uint64_t{word(type->details + 8)}, &times)) return 0;
        break;
      case kPointer:
        return times > ~0ull / 8 ? 0 : times * 8;
      case kInt:
      case kStruct:
      case kUnion:
      case kEnum:
      case kFloat:
      case kEnum64:
        return __builtin_mul_overflow(times, uint64_t{type->size_or_type}, &times) ? 0 : times;
      default:
        return 0;
    }
  }
  return 0;
}

// budget bounds what a hostile structure of structures can cost.
std::optional<Btf::Member> Btf::member_of(const Type& type, std::string_view name, unsigned depth, unsigned& budget) const {
  if (type.kind != kStruct && type.kind != kUnion) return std::nullopt;
  for (uint32_t i = 0; i < type.count; ++i) {
    if (budget == 0) return std::nullopt;
    --budget;
    const uint64_t at = type.details + i * kMemberBytes;
    const uint32_t where = word(at + 8);
    const Member member{type.bit_sizes ? where & 0xffffff : where, word(at + 4), type.bit_sizes && where >> 24 != 0};
    const std::string_view its = string(word(at));
    if (!its.empty() && its == name) return member;
    const Type* inner = its.empty() && depth < kDeepest ? resolved(member.type) : nullptr;
    auto found = inner == nullptr ? std::nullopt : member_of(*inner, name, depth + 1, budget);
    if (found) return Member{member.bits + found->bits, found->type, found->is_bit_field};
  }
  return std::nullopt;
}

std::optional<Btf::Field> Btf::field(std::string_view path) const {
  constexpr unsigned kMostLooks = 100'000;
  const size_t dot = path.find('.');
  auto known = structs_.find(std::string(path.substr(0, dot)));
  if (known == structs_.end()) return std::nullopt;
  Member member{0, known->second, false};
  unsigned budget = kMostLooks;
  for (size_t at = dot; at != std::string_view::npos;) {
    const size_t next = path.find('.', at + 1);
    const Type* type = resolved(member.type);
    auto found = type == nullptr || member.is_bit_field ? std::nullopt : member_of(*type, path.substr(at + 1, next - at - 1), 0, budget);
    if (!found) return std::nullopt;
    member = {member.bits + found->bits, found->type, found->is_bit_field};
    at = next;
  }
  if (member.is_bit_field || member.bits % 8 != 0) return std::nullopt;
  return Field{member.bits / 8, bytes_of(member.type)};
}

std::optional<uint64_t> Btf::size_of(std::string_view name) const {
  auto known = structs_.find(std::string(name));
  if (known == structs_.end()) return std::nullopt;
  return types_[known->second].size_or_type;
}

}  // namespace recount
