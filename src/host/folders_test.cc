#include "host/folders.h"

#include <gtest/gtest.h>

#include "host/file.h"

namespace recount {
namespace {

TEST(Folders, WhatCannotBeReadIsNotTakenForEmpty) {
  const std::string folder = *make_private_folder(testing::TempDir(), "folders_test");
  ASSERT_TRUE(replace_file(folder + "/file", view_of("x")));
  EXPECT_EQ(*list_folder(folder), std::vector<std::string>{"file"});
  EXPECT_TRUE(list_folder(folder + "/none")->empty());
  auto listed = list_folder(folder + "/file");
  ASSERT_FALSE(listed);
  EXPECT_EQ(listed.error().kind, ErrorKind::kUnreadable);
  EXPECT_TRUE(listed.error().message.starts_with(folder + "/file: cannot read this folder: "))
      << listed.error().message;
  EXPECT_TRUE(*file_exists(folder + "/file"));
  EXPECT_FALSE(*file_exists(folder + "/none"));
  EXPECT_FALSE(file_exists(folder + "/" + std::string(300, 'x'))) << "nobody can tell";
  remove_folder(folder);
}

}  // namespace
}  // namespace recount
