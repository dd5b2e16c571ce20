#pragma once
// Draws one line of status at the bottom of a terminal that the guest's console may use too: the bottom row
// is taken out of the scrolling region, as apt's progress bar does it. Nothing where standard error is no
// terminal.

#include <string>

namespace recount {

class StatusLine {
 public:
  // enabled: false draws never.
  explicit StatusLine(bool enabled);
  ~StatusLine();
  StatusLine(const StatusLine&) = delete;
  StatusLine& operator=(const StatusLine&) = delete;

  bool shown() const { return rows_ > 0; }
  unsigned columns() const { return columns_; }
  void draw(const std::string& line);
  // Gives the row back.
  void clear();

 private:
  bool take_row();
  const bool enabled_;
  unsigned rows_ = 0, columns_ = 0;
};

}  // namespace recount
