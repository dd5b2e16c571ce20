#include "recorder/status.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "host/folders.h"
#include "host/poll.h"
#include "recorder/control_server.h"
#include "recorder/evidence_save.h"

namespace recount {
namespace {

RecorderStatus sample() {
  return {.name = "web1",
          .state = "recording",
          .primary_pid = 11,
          .backup_pid = 12,
          .position = 1ull << 62,
          .guest_time_s = 12.25,
          .lag_s = 30.5,
          .window_s = 30,
          .journal_bytes = 12'345'678,
          .journal_bytes_held = 345'678,
          .journal_bytes_per_s = 10'500,
          .evidence = {"/e/a.recount", "/e/b.recount"}};
}

TEST(Status, ItsJsonIsOneLineWithEveryFact) {
  std::string text = to_json(sample());
  EXPECT_EQ(text.find('\n'), std::string::npos);
  auto j = nlohmann::json::parse(text);
  EXPECT_EQ(j["name"], "web1");
  EXPECT_EQ(j["state"], "recording");
  EXPECT_EQ(j["primary_pid"], 11);
  EXPECT_EQ(j["backup_pid"], 12);
  EXPECT_EQ(j["position"], 1ull << 62);
  EXPECT_EQ(j["guest_time_s"], 12.25);
  EXPECT_EQ(j["lag_s"], 30.5);
  EXPECT_EQ(j["window_s"], 30.0);
  EXPECT_EQ(j["journal_bytes"], 12'345'678);
  EXPECT_EQ(j["journal_bytes_held"], 345'678);
  EXPECT_EQ(j["journal_bytes_per_s"], 10'500.0);
  EXPECT_EQ(j["evidence"].size(), 2u);
}

TEST(Status, PathsThatAreNoUtf8AreStillJson) {
  RecorderStatus status = sample();
  status.evidence = {"/e/\xff\xfe\".recount"};
  EXPECT_TRUE(nlohmann::json::parse(to_json(status)).is_object());
}

TEST(Status, ItsLineFitsTheTerminal) {
  EXPECT_EQ(to_line(sample(), 200),
            "recount web1: recording | guest 12.2 s | lag 30.5 of 30 s | journal 10.5 kB/s, 12.3 MB");
  EXPECT_EQ(to_line(sample(), 12), "recount web1");
  EXPECT_EQ(to_line(sample(), 0), "");
}

TEST(ControlServer, ACommandEndsAtTheFirstSpace) {
  using Pair = std::pair<std::string, std::string>;
  EXPECT_EQ(split_command("status"), Pair("status", ""));
  EXPECT_EQ(split_command("save why not"), Pair("save", "why not"));
  EXPECT_EQ(split_command("mark  two"), Pair("mark", " two"));
  EXPECT_EQ(split_command(""), Pair("", ""));
  EXPECT_EQ(split_command(" "), Pair("", ""));
}

TEST(ControlServer, WithoutDescriptorsItIsNotWaitedForInACircle) {
  const std::string folder = *make_private_folder("/tmp", "control_test");
  const std::string path = folder + "/t.sock";
  ControlServer::Reply reply;  // held back, so that the client is there until it is looked for
  ControlServer server(*LocalListener::listen(path), [&](const std::string&, const std::string&, ControlServer::Reply to) {
    reply = std::move(to);
  });
  std::string answer;
  std::thread client([&] { answer = *ask_local(path, "status"); });
  std::vector<int> fds;
  server.add_fds(fds);
  ASSERT_TRUE(wait_readable(fds, 10'000'000'000));
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{static_cast<rlim_t>(Fd(::dup(STDIN_FILENO)).get()), before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  server.serve();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  fds.clear();
  server.add_fds(fds);
  EXPECT_TRUE(fds.empty());
  server.serve();  // as after the wait that the supervisor does anyway
  fds.clear();
  server.add_fds(fds);
  EXPECT_EQ(fds.size(), 2u);
  for (int i = 0; i < 1000 && !reply && wait_readable(fds, 10'000'000'000); ++i) server.serve();
  ASSERT_TRUE(reply);
  reply("answer");
  client.join();
  EXPECT_EQ(answer, "answer");
  server.serve();
  fds.clear();
  server.add_fds(fds);
  EXPECT_EQ(fds.size(), 1u);  // answered, and gone
  remove_folder(folder);
}

TEST(ControlServer, AnErrorIsOneLineOfJsonWhateverItQuotes) {
  std::string text = control_error("unknown command \xff\"\n\0x");
  EXPECT_EQ(text.find('\n'), std::string::npos);
  EXPECT_TRUE(nlohmann::json::parse(text).contains("error"));
}

TEST(EvidenceSaved, IsToldToPeopleAndPrograms) {
  EvidenceSaved saved{.path = "/e/x.recount", .certified = true, .steps = 5, .digests_compared = 2};
  FailureNotice notice{"panic", "Kernel panic - not syncing: x"};
  EXPECT_EQ(describe(saved, notice),
            "panic: Kernel panic - not syncing: x\nrecount: evidence /e/x.recount\n"
            "recount: certified: 5 steps replayed, 2 digests compared, 0 mismatches");
  saved = {.path = "/e/x.recount", .detail = "diverged at position 9: memory differs", .mismatches = 1};
  EXPECT_NE(describe(saved, notice).find("NOT CERTIFIED (diverged at position 9: memory differs)"),
            std::string::npos);
  auto j = nlohmann::json::parse(to_json(saved));
  EXPECT_EQ(j["path"], "/e/x.recount");
  EXPECT_EQ(j["certified"], false);
  EXPECT_EQ(j["mismatches"], 1);
}

}  // namespace
}  // namespace recount
