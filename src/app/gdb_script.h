#pragma once
// The Python file that gives gdb commands of its own for what a timeline can do: goto, when, who-wrote and so on.

namespace recount {

extern const char* const kGdbScript;

}  // namespace recount
