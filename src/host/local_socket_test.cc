#include "host/local_socket.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "host/file.h"
#include "host/folders.h"
#include "host/stream.h"

namespace recount {
namespace {

// A connection, and the end that a peer writes to.
struct Line {
  std::pair<Fd, Fd> ends = *stream_pair();
  LineConnection connection{std::move(ends.first)};
  bool send(std::string_view text) { return send_now(ends.second.get(), view_of(text)); }
};

TEST(LineConnection, ALineIsThereWhenItEnds) {
  Line line;
  EXPECT_FALSE(line.connection.read_line());
  line.send("sta");
  EXPECT_FALSE(line.connection.read_line());
  line.send("tus\nsave x\n\nrest");
  EXPECT_EQ(line.connection.read_line(), "status");
  EXPECT_EQ(line.connection.read_line(), "save x");
  EXPECT_EQ(line.connection.read_line(), "");
  EXPECT_FALSE(line.connection.read_line());
  EXPECT_FALSE(line.connection.closed());
}

TEST(LineConnection, APeerThatHasGoneIsClosedButHeard) {
  Line line;
  line.send("status\ncut");
  line.ends.second.reset();
  EXPECT_EQ(line.connection.read_line(), "status");
  while (line.connection.read_line()) FAIL();
  EXPECT_TRUE(line.connection.closed());
}

TEST(LineConnection, ALineThatNeverEndsIsCutOff) {
  Line line;
  for (int i = 0; i < 10 && !line.connection.closed(); ++i) {
    line.send(std::string(4096, 'x'));
    EXPECT_FALSE(line.connection.read_line());
  }
  EXPECT_TRUE(line.connection.closed());
}

TEST(LineConnection, ALineThatEndsTooLateIsNone) {
  // As long as it might be to overflow a message between our processes.
  Line line;
  line.send("mark " + std::string(65'533, 'm') + "\n");
  for (int i = 0; i < 40; ++i) EXPECT_FALSE(line.connection.read_line());
  EXPECT_TRUE(line.connection.closed());
}

TEST(LineConnection, AFloodOfLinesWaitsInTheSocket) {
  Line line;
  ASSERT_TRUE(line.send(std::string(50'000, '\n')));
  ASSERT_TRUE(line.connection.read_line());
  char rest[50'000];
  ssize_t waiting = ::recv(line.connection.fd(), rest, sizeof rest, MSG_DONTWAIT | MSG_PEEK);
  EXPECT_GE(waiting, 45'000);
}

TEST(LocalListener, WithoutDescriptorsARunningRecorderKeepsItsName) {
  const std::string folder = *make_private_folder("/tmp", "local_socket_test");
  const std::string path = folder + "/t.sock";
  auto running = LocalListener::listen(path);
  ASSERT_TRUE(running) << running.error().message;
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  // All that are left but one.
  Fd next = running->fd() >= 0 ? Fd(::dup(running->fd())) : Fd();
  rlimit few{static_cast<rlim_t>(next.get()) + 1, before.rlim_max};
  next.reset();
  for (rlim_t more : {0, 1}) {
    few.rlim_cur -= more;
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
    auto second = LocalListener::listen(path);
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, ErrorKind::kUnavailable);
    EXPECT_TRUE(*file_exists(path)) << "a running recorder lost its name";
  }
  auto told = LocalListener::listen(path);
  ASSERT_FALSE(told);
  EXPECT_NE(told.error().message.find("is running"), std::string::npos) << told.error().message;
  running->close();
  EXPECT_TRUE(LocalListener::listen(path)) << "a name that nobody listens at is free";
  remove_folder(folder);
}

TEST(LocalListener, ANameThatIsLeftBehindIsTakenOver) {
  const std::string folder = *make_private_folder("/tmp", "local_socket_test");
  const std::string path = folder + "/t.sock", other = folder + "/other.sock";
  {
    auto killed = LocalListener::listen(path);
    ASSERT_TRUE(killed);
    ASSERT_TRUE(rename_file(path, other));  // its destructor does not find it
  }
  ASSERT_TRUE(rename_file(other, path));
  EXPECT_TRUE(LocalListener::listen(path));
  remove_folder(folder);
}

}  // namespace
}  // namespace recount
