// A program that connects to a recorder's control socket and says anything, in pieces, and may not wait for
// the answer. The first byte says how long the pieces are, and whether it hangs up early.

#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <memory>

#include "base/check.h"
#include "host/channel.h"
#include "host/folders.h"
#include "recorder/control_server.h"
#include "recorder/messages.h"

namespace recount {
namespace {

class Server {
 public:
  Server()
      : server_(LocalListener::listen(path_).value(),
                [this](const auto& command, const auto& argument, auto reply) {
                  on_command(command, argument, std::move(reply));
                }) {}
  ~Server() { remove_folder(folder_); }

  void serve() { server_.serve(); }
  // Answers that come later, when whoever asked may be gone.
  void answer_late() {
    for (auto& reply : late_) reply(control_error("late"));
    late_.clear();
  }
  Fd connect() const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_.c_str(), path_.size() + 1);
    Fd fd(::socket(AF_UNIX, SOCK_STREAM, 0));
    CHECK(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    return fd;
  }

 private:
  // As the supervisor does: what was said goes on to other processes.
  void on_command(const std::string& command, const std::string& argument, ControlServer::Reply reply) {
    CHECK(command.find('\n') == std::string::npos && argument.find('\n') == std::string::npos);
    for (const RecorderMessage& message : {RecorderMessage(RequestMark{argument}),
                                           RecorderMessage(SaveEvidence{true, {}, {"operator", argument}})}) {
      CHECK(encode_message(message).size() <= kChannelMessageBytes);
    }
    if (command == "save") {
      late_.push_back(std::move(reply));
    } else {
      reply(control_error("unknown command " + command));
    }
  }

  std::string folder_ = make_private_folder(temporary_folder(), "control_fuzz").value();
  std::string path_ = folder_ + "/s";
  std::vector<ControlServer::Reply> late_;
  ControlServer server_;
};

}  // namespace
}  // namespace recount

std::vector<std::vector<uint8_t>> fuzz_seeds() {
  using namespace recount;
  std::vector<Bytes> seeds;
  for (const std::string& text :
       {std::string("\x05status\nsave why not\nmark here\nstop\n"), std::string("\xffsave\n\n\nstatus\n"),
        "\xffmark " + std::string(65'533, 'm') + "\nstatus\n", "\x7f" + std::string(1'000, '\n')}) {
    ByteView view = view_of(text);
    seeds.emplace_back(view.begin(), view.end());
  }
  return seeds;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace recount;
  static Server server;
  if (size == 0) return 0;
  Fd client = server.connect();
  ByteView rest(data + 1, size - 1);
  const size_t piece = 1 + (data[0] & 0x7f) * size_t{(data[0] & 0x40) != 0 ? 64u : 1u};
  for (int pieces = 0; !rest.empty(); ++pieces) {
    ByteView part = rest.first(std::min(piece, rest.size()));
    rest = rest.subspan(part.size());
    if (::send(client.get(), part.data(), part.size(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0) break;
    constexpr int kServedPieces = 40;  // each in a turn of its own; the rest waits in the socket
    if (pieces < kServedPieces) server.serve();
  }
  if ((data[0] & 0x80) != 0) client.reset();
  server.serve();
  server.answer_late();
  return 0;
}
