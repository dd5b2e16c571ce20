#include "app/run_options.h"

#include <gtest/gtest.h>

#include "app/verbs.h"

namespace recount {
namespace {

template <class T>
void expect_usage(const Result<T>& result, std::string_view option) {
  ASSERT_FALSE(result) << option;
  EXPECT_EQ(result.error().kind, ErrorKind::kUsage);
  EXPECT_NE(result.error().message.find(option), std::string::npos) << result.error().message;
}

TEST(Duration, IsANumberAndAUnit) {
  EXPECT_EQ(parse_duration("30s"), 30'000'000'000u);
  EXPECT_EQ(parse_duration("30"), 30'000'000'000u);
  EXPECT_EQ(parse_duration("500ms"), 500'000'000u);
  EXPECT_EQ(parse_duration("1.5s"), 1'500'000'000u);
  EXPECT_EQ(parse_duration("2m"), 120'000'000'000u);
  EXPECT_EQ(parse_duration("1h"), 3'600'000'000'000u);
  EXPECT_EQ(parse_duration("0"), 0u);
}

TEST(Duration, NothingElseIsOne) {
  for (const char* text : {"", "s", "-1s", "30 s", "30x", "30ss", "nan", "inf", "infs", "1e300s",
                           "99999999999h", "0x1s", "s30", "30s ", " 30s"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(Error, IsOneLineWhateverItQuotes) {
  EXPECT_EQ(one_line("a\nb: \x1b[31mcannot open\r\n"), "a?b: ?[31mcannot open??");
  EXPECT_EQ(one_line("\xc3\xa4.img: cannot open"), "\xc3\xa4.img: cannot open");
}

TEST(Drive, IsAPathAndWords) {
  auto drive = drive_of("a.img");
  ASSERT_TRUE(drive);
  EXPECT_EQ(drive->path, "a.img");
  EXPECT_FALSE(drive->read_only);
  drive = drive_of("/x y/a.img,format=raw,ro");
  ASSERT_TRUE(drive);
  EXPECT_EQ(drive->path, "/x y/a.img");
  EXPECT_TRUE(drive->read_only);
}

TEST(Drive, UnknownWordsAndFormatsAreBadUsage) {
  for (const char* text :
       {"a.img,rw", "a.img,", "a.img,ro,,", "a.img,format=vmdk", "a.img,format=", "", ",ro"}) {
    expect_usage(drive_of(text), "--drive");
  }
}

TEST(Causes, AreAListOfKnownOnes) {
  EXPECT_EQ(causes_of("all")->size(), known_causes().size());
  EXPECT_EQ(causes_of("none")->size(), 0u);
  EXPECT_EQ(*causes_of("panic,oops"), (std::vector<std::string>{"panic", "oops"}));
  EXPECT_EQ(*causes_of("none,panic"), (std::vector<std::string>{"panic"}));
  for (const char* list : {"panics", "panic oops", "Panic", "panic,,oops", "+", "-all", "+none", ""}) expect_usage(causes_of(list), "--save-on");
}

TEST(Causes, AreAddedAndRemovedFromLeftToRight) {
  auto has = [](const std::string& list, const char* cause) { return std::ranges::count(causes_of(list).value(), cause); };
  EXPECT_EQ(has("default", "warning"), 0);
  EXPECT_EQ(has("default", "panic"), 1);
  EXPECT_EQ(has("+warning", "warning"), 1);
  EXPECT_EQ(has("+warning", "panic"), 1);
  EXPECT_EQ(has("+panic,+panic", "panic"), 1);
  EXPECT_EQ(has("-oom", "oom"), 0);
  EXPECT_EQ(has("-oom", "unit"), 1);
  EXPECT_EQ(has("all,-oom,-unit", "warning"), 1);
  EXPECT_EQ(has("all,-oom,-unit", "unit"), 0);
  EXPECT_EQ(*causes_of("panic,oom,-panic"), (std::vector<std::string>{"oom"}));
}

TEST(Causes, HaveNamesThatCanStandInAFilesNameAndAMeaning) {
  for (const FailureCause& cause : known_causes()) {
    EXPECT_TRUE(pattern_of(std::string(cause.name) + "=x")) << cause.name;
    EXPECT_TRUE(std::string_view(cause.meaning).ends_with('.')) << cause.name;
    EXPECT_EQ(find_cause(cause.name), &cause) << "two rows of one name";
  }
}

TEST(Pattern, IsACauseAndARegularExpression) {
  auto pattern = pattern_of("disk=I/O error=[0-9]+");
  ASSERT_TRUE(pattern);
  EXPECT_EQ(pattern->cause, "disk");
  EXPECT_EQ(pattern->regex, "I/O error=[0-9]+");
  for (const char* text : {"", "disk", "=x", "a b=x", "a/../b=x", "a-b=x"})
    expect_usage(pattern_of(text), "--pattern");
}

RunOptions sound() {
  RunOptions options;
  options.config.kernel = "Image";
  options.config.name = "web1";
  return options;
}

TEST(RunOptions, DefaultsRecordWithABackup) {
  auto config = config_of(sound());
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_TRUE(config->record);
  EXPECT_TRUE(config->backup);
  EXPECT_EQ(config->window_ns, 30'000'000'000u);
  EXPECT_EQ(config->after_failure, AfterFailure::kStop);
  EXPECT_EQ(config->limits.interval_ns, config->window_ns);
  EXPECT_FALSE(config->limits.keep);
  EXPECT_EQ(config->patterns.size(), known_failure_patterns().size());
  EXPECT_EQ(config->save_on, *causes_of("default"));
  EXPECT_EQ(config->engine, kDefaultEngine);
  EXPECT_EQ(config->network.link, NetworkConfig::Link::kNone);  // nobody's recording reaches a network unasked
  EXPECT_TRUE(config->evidence_folder.ends_with("/evidence"));
}

TEST(RunOptions, AnOwnPatternComesBeforeThoseKnownAndIsSaved) {
  RunOptions options = sound();
  options.patterns = {"disk=I/O error", "mine=x"};
  options.save_on = "none";
  auto config = config_of(options);
  ASSERT_TRUE(config);
  EXPECT_EQ(config->patterns.size(), 2 + known_failure_patterns().size());
  EXPECT_EQ(config->patterns[0].regex, "I/O error");
  EXPECT_EQ(config->patterns[1].cause, "mine");
  EXPECT_EQ(config->save_on, (std::vector<std::string>{"disk", "mine"}));
}

TEST(RunOptions, WhatMeansNothingIsBadUsage) {
  RunOptions options = sound();
  options.config.kernel.clear();
  expect_usage(config_of(options), "--kernel");
  options = sound();
  options.window = "soon";
  expect_usage(config_of(options), "--window");
  options = sound();
  options.save_interval = "never";
  expect_usage(config_of(options), "--save-interval");
  options = sound();
  for (const char* hang : {"long", "0", ""}) {
    options.hang = hang;
    expect_usage(config_of(options), "--hang");
  }
  options.hang = "none";
  EXPECT_FALSE(config_of(options)->hang_ns);
  options.hang = "10s";
  EXPECT_EQ(config_of(options)->hang_ns, 10'000'000'000u);
  for (const char* silence : {"long", "0"}) {
    options.silence = silence;
    expect_usage(config_of(options), "--silence");
  }
  options = sound();
  options.net = "bridge";
  expect_usage(config_of(options), "--net");
  for (const char* name : {".hidden", "a/b", "..", "a b", "a\n", "\xff"}) {
    options = sound();
    options.config.name = name;
    expect_usage(config_of(options), "--name");
  }
  options.config.name = std::string(65, 'a');
  expect_usage(config_of(options), "--name");
}

}  // namespace
}  // namespace recount
