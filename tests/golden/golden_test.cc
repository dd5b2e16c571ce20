// What the JIT makes of pieces of guest code, as text that people can read: tests/golden/*.txt. A change of the
// front end, a pass or the emitter shows there, to be looked at and committed with it:
//
//   RECOUNT_GOLDEN=update build/tests/golden_test

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "golden/snippet.h"

namespace recount::test {
namespace {

std::string path_of(const SnippetGroup& group) { return fmt::format("{}/{}.txt", RECOUNT_GOLDEN_DIR, group.name); }

std::string text_of(const SnippetGroup& group) {
  std::string out = fmt::format(
      "The JIT on guest code: {}. Made by golden_test; golden_test.cc says how it is made anew.\n"
      "sp s0 s1 a0-a5 are rbx rsi rdi r8-r13; [x5] is a guest register's place; r15 is the budget.\n",
      group.name);
  for (const Snippet& snippet : group.snippets) out += "\n" + listing(snippet);
  return out;
}

std::string read(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// The first line that differs, and the snippet that it belongs to.
std::string first_difference(const std::string& golden, const std::string& made) {
  std::istringstream a(golden), b(made);
  std::string snippet, line_a, line_b;
  for (size_t number = 1;; ++number) {
    bool more_a = static_cast<bool>(std::getline(a, line_a)), more_b = static_cast<bool>(std::getline(b, line_b));
    if (!more_a && !more_b) return "nothing";
    if (more_b && line_b.starts_with("== ")) snippet = line_b.substr(3);
    if (more_a == more_b && line_a == line_b) continue;
    return fmt::format("line {}, in \"{}\"\n  golden: {}\n  made:   {}", number, snippet, more_a ? line_a : "(its end)",
                       more_b ? line_b : "(its end)");
  }
}

TEST(Golden, TheJitMakesWhatItMade) {
  const char* wish = std::getenv("RECOUNT_GOLDEN");
  bool update = wish != nullptr && std::string(wish) == "update";
  for (const SnippetGroup& group : snippet_groups()) {
    std::string made = text_of(group), path = path_of(group);
    if (update) {
      std::ofstream(path) << made;
      continue;
    }
    std::string golden = read(path);
    EXPECT_EQ(golden == made, true) << path << " differs at " << first_difference(golden, made)
                                    << "\nif that is meant: RECOUNT_GOLDEN=update build/tests/golden_test; then look at git diff";
  }
}

TEST(Golden, NoFileIsLeftOver) {
  std::set<std::string> expected, found;
  for (const SnippetGroup& group : snippet_groups()) expected.insert(group.name + ".txt");
  for (const auto& entry : std::filesystem::directory_iterator(RECOUNT_GOLDEN_DIR)) {
    if (entry.path().extension() == ".txt") found.insert(entry.path().filename());
  }
  EXPECT_EQ(found, expected);
}

}  // namespace
}  // namespace recount::test

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (std::system("objdump --version > /dev/null 2>&1") != 0) {
    std::puts("skipped: objdump is not there (package binutils)");
    return 77;
  }
  return RUN_ALL_TESTS();
}
