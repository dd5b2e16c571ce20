#include "session/record_session.h"

#include <algorithm>
#include <utility>

namespace recount {

void RecordSession::inject(Payload payload) {
  Event event{machine_.at(), std::move(payload)};
  sink_.append(event);
  machine_.apply(event);
}

void RecordSession::power_on(const std::array<uint8_t, 32>& seed) {
  // Not the machine's seed itself: the guest's kernel has that one, from the device tree.
  Blake2b derived;
  derived.update(view_of("recount: entropy device"));
  derived.update(seed);
  inject(EntropySeed{derived.finish().bytes});
}

void RecordSession::let_events_in() {
  for (; !waiting_.empty(); waiting_.pop_front()) inject(std::move(waiting_.front()));
}

void RecordSession::let_input_in() {
  ConsoleId console = tap_.last();
  size_t count = std::min(waiting_input_.size(), machine_.console_room(console));
  if (count == 0) return;
  auto end = waiting_input_.begin() + static_cast<std::ptrdiff_t>(count);
  inject(ConsoleInput{console, Bytes(waiting_input_.begin(), end)});
  waiting_input_.erase(waiting_input_.begin(), end);
}

void RecordSession::packet(Bytes frame) {
  bool fits = frame.size() >= kLeastFrame && frame.size() <= kMostFrame;
  if (fits && waiting_packets_.size() < kMostWaitingPackets) waiting_packets_.push_back(std::move(frame));
}

void RecordSession::let_packets_in() {
  if (!machine_.network_listens()) waiting_packets_.clear();
  for (; !waiting_packets_.empty() && machine_.packet_room() > 0; waiting_packets_.pop_front()) {
    inject(PacketArrival{std::move(waiting_packets_.front())});
  }
}

void RecordSession::digest() {
  if (next_digest_ticks_ != kNever) next_digest_ticks_ = machine_.time_ticks() + kDigestTicks;
  CheckpointDigest digest = machine_.checkpoint_digest();
  digest.output = tap_.digest().value();
  sink_.append({machine_.at(), digest});
}

void RecordSession::note_failure(FailureNotice notice) {
  digest();
  sink_.append({machine_.at(), std::move(notice)});
}

void RecordSession::note_suspension(uint64_t gone_ns, uint64_t suspended_ns) {
  const auto note = [this](const char* what, uint64_t ns) {
    inject(Gap{GapReason::kSuspended, what + std::to_string(ns / 1'000'000) + " ms"});
  };
  uint64_t before_ns = last_suspended_ns_.value_or(suspended_ns);
  last_suspended_ns_ = suspended_ns;
  if (suspended_ns > before_ns && suspended_ns - before_ns >= kHostSuspended_ns) {
    note("the host was suspended for ", suspended_ns - before_ns);
  }
  if (gone_ns >= kSuspended_ns) note("the recorder did not run for ", gone_ns);
}

// How long slices are is free: only where events came is recorded.
void RecordSession::choose_slice(uint64_t gone_ns) {
  if (idle_) return;
  if (gone_ns < kSlice_ns / 2) slice_steps_ = std::min(slice_steps_ * 2, kLongestSlice);
  if (gone_ns > kSlice_ns * 2) slice_steps_ = std::max(slice_steps_ / 2, kShortestSlice);
}

Stop RecordSession::run_slice(uint64_t host_ns, uint64_t suspended_ns) {
  if (host_ns < last_slice_ns_) time_.clock_went_back(std::exchange(last_slice_ns_, host_ns) - host_ns);
  uint64_t gone_ns = host_ns - std::exchange(last_slice_ns_, host_ns);
  note_suspension(gone_ns, suspended_ns);
  choose_slice(gone_ns);
  if (auto anchor = time_.anchor(raw(machine_.at()), machine_.time_ticks(), host_ns, idle_)) inject(*anchor);
  let_events_in();
  let_input_in();
  let_packets_in();
  if (machine_.time_ticks() >= next_digest_ticks_) digest();
  Stop stop = machine_.run_until(machine_.at() + slice_steps_);
  idle_ = stop == Stop::kIdle;
  return stop;
}

uint64_t RecordSession::wake_ns() const {
  // A guest that has emptied its receiver and sleeps again is to have the rest at once.
  if (!waiting_input_.empty() && machine_.console_room(tap_.last()) > 0) return 0;
  if (!waiting_packets_.empty() && machine_.packet_room() > 0) return 0;
  uint64_t ticks = machine_.next_timer_ticks();
  constexpr uint64_t kFarTicks = 1ull << 56;  // beyond this the sum would overflow, and nobody waits so long
  return ticks >= kFarTicks ? kNever : time_.host_ns_at(ticks);
}

}  // namespace recount
