#include "session/replay_session.h"

namespace recount {

std::optional<Divergence> ReplaySession::run_to(Position target) {
  if (target < machine_.at()) return diverged("an event lies in the past");
  Stop stop = machine_.run_until(target);
  if (machine_.at() == target || stop == Stop::kDebugger) return std::nullopt;
  return diverged(stop == Stop::kIdle ? "the guest waits where it went on"
                                      : "the guest stops where it went on");
}

std::optional<Divergence> ReplaySession::replay(const Event& event) {
  if (auto off = run_to(event.position)) return off;
  if (machine_.at() != event.position) return std::nullopt;
  if (const auto* recorded = std::get_if<CheckpointDigest>(&event.payload)) return compare(*recorded);
  if (const auto* anchor = std::get_if<TimeAnchor>(&event.payload); anchor != nullptr) {
    if (anchor->time_ticks < machine_.time_ticks()) return diverged("time goes back");
    if (!machine_.possible(*anchor)) return diverged("a time anchor is out of all bounds");
  }
  if (const auto* input = std::get_if<ConsoleInput>(&event.payload);
      input != nullptr && input->bytes.size() > machine_.console_room(input->console)) {
    return diverged("the console has no room for the input");
  }
  if (const auto* done = std::get_if<DiskCompletion>(&event.payload);
      done != nullptr && done->disk >= machine_.disk_count()) {
    return diverged("a completion names a disk that this machine does not have");
  }
  if (const auto* packet = std::get_if<PacketArrival>(&event.payload)) {
    if (packet->frame.size() < kLeastFrame || packet->frame.size() > kMostFrame) return diverged("a packet is no frame");
    if (machine_.packet_room() == 0) return diverged("the network device has no buffer for the packet");
  }
  machine_.apply(event);
  return std::nullopt;
}

std::optional<Divergence> ReplaySession::compare(const CheckpointDigest& recorded) {
  CheckpointDigest here = machine_.checkpoint_digest();
  here.output = tap_.digest().value();
  last_digest_ = here;
  ++digests_compared_;
  if (here.harts != recorded.harts) return diverged("the hart's state differs");
  if (here.devices != recorded.devices) return diverged("a device's state differs");
  if (here.output != recorded.output) return diverged("the output differs");
  if (here.ram != recorded.ram) return diverged("memory differs");
  return std::nullopt;
}

}  // namespace recount
