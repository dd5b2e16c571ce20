#include "evidence/json_fields.h"

#include <cmath>

namespace recount {
namespace {

constexpr int kMaxDepth = 8;
constexpr size_t kMaxText = 64 << 10;

}  // namespace

Result<nlohmann::json> JsonFields::parse(std::string_view text, const std::string& where) {
  bool too_deep = false;
  auto limit = [&too_deep](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
    too_deep = too_deep || depth > kMaxDepth;
    return !too_deep;
  };
  nlohmann::json value = nlohmann::json::parse(text, limit, false);
  if (too_deep) return fail(ErrorKind::kDamaged, where + ": nested too deep");
  if (value.is_discarded()) return fail(ErrorKind::kDamaged, where + ": not valid JSON");
  return value;
}

Result<JsonFields> JsonFields::of(const nlohmann::json& value, std::string where) {
  if (!value.is_object()) return fail(ErrorKind::kDamaged, where + ": not an object");
  return JsonFields(value, std::move(where));
}

std::unexpected<Error> JsonFields::wrong(const char* name, const char* why) const {
  return fail(ErrorKind::kDamaged, where_ + ": " + name + ": " + why);
}

const nlohmann::json* JsonFields::find(const char* name) const {
  auto at = value_->find(name);
  return at == value_->end() ? nullptr : &*at;
}

Result<uint64_t> JsonFields::u64(const char* name) const {
  const nlohmann::json* v = find(name);
  if (v == nullptr || !v->is_number_unsigned()) return wrong(name, "not a whole number from 0 to 2^64-1");
  return v->get<uint64_t>();
}

Result<double> JsonFields::number(const char* name) const {
  const nlohmann::json* v = find(name);
  if (v == nullptr || !v->is_number()) return wrong(name, "not a number");
  double d = v->get<double>();
  if (!std::isfinite(d) || d < 0) return wrong(name, "negative or not finite");
  return d;
}

Result<bool> JsonFields::boolean(const char* name) const {
  const nlohmann::json* v = find(name);
  if (v == nullptr || !v->is_boolean()) return wrong(name, "neither true nor false");
  return v->get<bool>();
}

Result<std::string> JsonFields::text(const char* name) const {
  const nlohmann::json* v = find(name);
  if (v == nullptr || !v->is_string()) return wrong(name, "not a string");
  const auto& s = v->get_ref<const std::string&>();
  if (s.size() > kMaxText) return wrong(name, "too long");
  return s;
}

Result<std::string> JsonFields::hex(const char* name, size_t min_digits, size_t max_digits) const {
  std::string s = TRY(text(name));
  if (s.size() < min_digits || s.size() > max_digits) return wrong(name, "wrong number of digits");
  if (s.find_first_not_of("0123456789abcdef") != std::string::npos)
    return wrong(name, "not lower-case hexadecimal");
  return s;
}

Result<Digest256> JsonFields::digest(const char* name) const {
  Digest256 digest;
  std::string s = TRY(hex(name, 64, 64));
  if (!Digest256::from_hex(s, digest)) return wrong(name, "not a digest");
  return digest;
}

Result<JsonFields> JsonFields::object(const char* name) const {
  const nlohmann::json* v = find(name);
  if (v == nullptr) return wrong(name, "not there");
  return of(*v, where_ + ": " + name);
}

Result<const nlohmann::json*> JsonFields::array(const char* name) const {
  const nlohmann::json* v = find(name);
  if (v == nullptr || !v->is_array()) return wrong(name, "not a list");
  return v;
}

bool JsonFields::is_null(const char* name) const {
  const nlohmann::json* v = find(name);
  return v != nullptr && v->is_null();
}

std::string json_text(const nlohmann::ordered_json& value) {
  return value.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace recount
