#include "recorder/control_server.h"

#include <nlohmann/json.hpp>

#include "host/poll.h"

namespace recount {

std::pair<std::string, std::string> split_command(const std::string& line) {
  size_t space = line.find(' ');
  if (space == std::string::npos) return {line, ""};
  return {line.substr(0, space), line.substr(space + 1)};
}

std::string control_error(const std::string& message) {
  return nlohmann::json{{"error", message}}.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void ControlServer::add_fds(std::vector<int>& fds) const {
  if (!could_not_accept_) fds.push_back(listener_.fd());
  for (const auto& peer : peers_) fds.push_back(peer->fd());
}

void ControlServer::serve() {
  could_not_accept_ = false;
  while (is_readable(listener_.fd())) {
    Fd fd = listener_.accept();
    could_not_accept_ = !fd;
    if (!fd) break;
    if (peers_.size() == kMostPeers) peers_.pop_front();
    peers_.push_back(std::make_shared<LineConnection>(std::move(fd)));
  }
  for (const auto& peer : peers_) {
    for (unsigned i = 0; i < kMostLinesAtOnce; ++i) {
      auto line = peer->read_line();
      if (!line) break;
      auto [command, argument] = split_command(*line);
      std::weak_ptr<LineConnection> to = peer;
      handler_(command, argument, [to](const std::string& answer) {
        if (auto alive = to.lock()) alive->write_line(answer);
      });
    }
  }
  peers_.remove_if([](const auto& peer) { return peer->closed(); });
}

}  // namespace recount
