#pragma once
// Why evidence is saved: every cause that there is, one row each. Who adds a detector adds a row (and one to
// docs/interface.md).

#include <cstdint>
#include <span>
#include <string_view>

namespace recount {

// What is left of the system after a failure.
enum class Aftermath : uint8_t {
  kOver,    // nothing to rely on: --after-failure says what comes now
  kGoesOn,  // the system goes on, and so does the recording
};

struct FailureCause {
  const char* name;     // in --save-on and in the evidence's name: letters only
  const char* pattern;  // RE2, anywhere in a line of the console; nullptr: something else tells of it
  Aftermath aftermath;
  bool by_default;
  const char* meaning;  // one sentence, for recount info
};

// A line is of the first cause whose pattern is in it.
std::span<const FailureCause> known_causes();
// nullptr: a word of the user's own.
const FailureCause* find_cause(std::string_view name);
// Of a user's own cause: kOver.
Aftermath aftermath_of(std::string_view cause);
std::string_view meaning_of(std::string_view cause);

}  // namespace recount
