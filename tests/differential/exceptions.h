#pragma once
// Which QEMU is compared with, and what is known to differ there: exceptions.inc.

#include <cstdint>
#include <optional>
#include <string>

namespace recount::differential {

struct Version {
  unsigned major = 0, minor = 0;
  auto operator<=>(const Version&) const = default;
};

enum class Exception : uint8_t {
#define EXCEPTION(id, first, last, what, words) k##id,
#include "differential/exceptions.inc"
#undef EXCEPTION
  kCount
};

class Oracle {
 public:
  // With `everything`, nothing is left out: to see the known differences again.
  Oracle(Version version, bool everything) : version_(version), everything_(everything) {}
  bool differs_in(Exception e) const;
  // What EBREAK leaves in mtval and stval.
  bool differs_in_breakpoint_address() const {
    return differs_in(Exception::kNoBreakpointAddress) || differs_in(Exception::kBreakpointAddressOfElsewhere);
  }
  Version version() const { return version_; }

 private:
  Version version_;
  bool everything_;
};

// "7.2"
std::optional<Version> parse_version(const std::string& text);

}  // namespace recount::differential
