#pragma once
// Pieces of guest code, by groups, and what becomes of them: guest code, IR, IR after the passes, x86. One
// group is one file of tests/golden/.

#include <string>
#include <vector>

#include "base/bytes.h"
#include "isa/insn.h"
#include "support/assembler.h"

namespace recount::test {

struct Snippet {
  std::string name;
  Bytes code;
  uint16_t offset = 0x100;   // in its page
  unsigned most_steps = 64;  // Often just those of code: what follows in the page is zeros, an illegal instruction.
};

struct SnippetGroup {
  std::string name;
  std::vector<Snippet> snippets;
};

std::vector<SnippetGroup> snippet_groups();

// The text of one snippet. Host code is as objdump shows it, with names for what depends on where things are.
std::string listing(const Snippet& snippet);

}  // namespace recount::test
