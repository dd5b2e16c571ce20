#include "recorder/status_line.h"

#include <fmt/format.h>

#include "host/terminal.h"

namespace recount {
namespace {

constexpr const char* kSave = "\0337";
constexpr const char* kRestore = "\0338";

}  // namespace

StatusLine::StatusLine(bool enabled) : enabled_(enabled) { take_row(); }
StatusLine::~StatusLine() { clear(); }

// At the start, and again when the window's size has changed. False if there is nowhere to draw.
bool StatusLine::take_row() {
  constexpr unsigned kFewestRows = 4;
  auto size = enabled_ ? terminal_size() : std::nullopt;
  if (!size || size->rows < kFewestRows) {
    rows_ = 0;
    return false;
  }
  if (size->rows == rows_ && size->columns == columns_) return true;
  rows_ = size->rows;
  columns_ = size->columns;
  // A newline makes room if the cursor is in the last row; setting the region moves the cursor, hence save
  // and restore.
  write_stderr(fmt::format("\n{}\033[1;{}r{}\033[1A", kSave, rows_ - 1, kRestore));
  return true;
}

void StatusLine::draw(const std::string& line) {
  if (!take_row()) return;
  write_stderr(fmt::format("{}\033[{};1H\033[7m{:<{}}\033[0m{}", kSave, rows_, line, columns_, kRestore));
}

void StatusLine::clear() {
  if (rows_ == 0) return;
  write_stderr(fmt::format("{}\033[r\033[{};1H\033[2K{}", kSave, rows_, kRestore));
  rows_ = 0;
}

}  // namespace recount
