#pragma once
// What a query found, as lines for people or as JSON, one object a line.

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>

namespace recount {

std::string hex(uint64_t value);

class QueryOutput {
 public:
  explicit QueryOutput(bool json) : json_(json) {}
  bool json() const { return json_; }
  void tell(const std::string& line, const nlohmann::ordered_json& object) {
    fmt::print("{}\n",
               json_ ? object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) : line);
  }
  // For people only.
  void say(const std::string& line) {
    if (!json_) fmt::print("{}\n", line);
  }

 private:
  const bool json_;
};

}  // namespace recount
