#pragma once
// Reads fields of a JSON object that nobody vouches for: each has to be there, of its type and within its
// limit, or the error names it. Never throws. Only for the .cc files of evidence/: headers show plain values.

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/result.h"

namespace recount {

// One object; where is how errors call it ("manifest.json: disks[2]").
class JsonFields {
 public:
  static Result<nlohmann::json> parse(std::string_view text, const std::string& where);
  // kDamaged if it is no object.
  static Result<JsonFields> of(const nlohmann::json& value, std::string where);

  Result<uint64_t> u64(const char* name) const;
  Result<double> number(const char* name) const;  // finite, not negative
  Result<bool> boolean(const char* name) const;
  Result<std::string> text(const char* name) const;
  Result<std::string> hex(const char* name, size_t min_digits, size_t max_digits) const;
  Result<Digest256> digest(const char* name) const;
  Result<JsonFields> object(const char* name) const;
  Result<const nlohmann::json*> array(const char* name) const;
  bool is_null(const char* name) const;  // false if it is not there

  const nlohmann::json& value() const { return *value_; }
  const std::string& where() const { return where_; }
  std::unexpected<Error> wrong(const char* name, const char* why) const;

 private:
  JsonFields(const nlohmann::json& value, std::string where) : value_(&value), where_(std::move(where)) {}
  const nlohmann::json* find(const char* name) const;
  const nlohmann::json* value_;
  std::string where_;
};

// As text for a file: readable, and with anything that is not UTF-8 replaced.
std::string json_text(const nlohmann::ordered_json& value);

}  // namespace recount
