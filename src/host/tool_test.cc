#include "host/tool.h"

#include <gtest/gtest.h>

namespace recount {
namespace {

TEST(Tool, EndsWellWithItsEnvironment) {
  EXPECT_TRUE(run_tool({"sh", "-c", "test \"$RECOUNT_SAYS\" = yes"}, "dash", {"RECOUNT_SAYS=yes"}));
}

TEST(Tool, FailureHasTheLastLine) {
  auto failed = run_tool({"sh", "-c", "echo first; echo second >&2; exit 3"}, "dash");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, ErrorKind::kFailure);
  EXPECT_EQ(failed.error().message, "sh failed: second");
}

TEST(Tool, SilentFailureAndSignalsAreFailures) {
  EXPECT_EQ(run_tool({"false"}, "coreutils").error().message, "false failed: it said nothing");
  EXPECT_FALSE(run_tool({"sh", "-c", "kill -9 $$"}, "dash"));
}

TEST(Tool, MissingNamesThePackage) {
  auto missing = run_tool({"recount-no-such-tool"}, "recount-no-such-package");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::kUnavailable);
  EXPECT_EQ(missing.error().message, "recount-no-such-tool: not installed; install recount-no-such-package");
}

}  // namespace
}  // namespace recount
