#pragma once
// The console's output as an asciicast v2 file, which asciinema plays: a header line, then a JSON event a
// piece. What the guest printed need not be UTF-8: wrong bytes become U+FFFD, a character cut in two pieces
// is joined.

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace recount {

// The same bytes as valid UTF-8. What may be the beginning of a character at the end stays in pending, if
// given.
std::string valid_utf8(ByteView bytes, Bytes* pending);

struct ConsolePiece {
  double seconds = 0;  // of guest time
  std::string text;    // what was printed then
};
// What a cast says was printed; markers are left out. kDamaged if it is none.
Result<std::vector<ConsolePiece>> read_console_cast(ByteView cast);

class ConsoleCast {
 public:
  // utc_ns: when second 0 of the guest was.
  ConsoleCast(const std::string& title, uint64_t utc_ns, unsigned columns = 80, unsigned rows = 24);
  // Seconds of guest time; they do not go back.
  void add(double seconds, ByteView bytes);
  void marker(double seconds, const std::string& text);
  Bytes finish();

 private:
  void event(const char* kind, const std::string& text);
  std::string out_;
  Bytes pending_;
  double seconds_ = 0;
};

}  // namespace recount
