#pragma once
// Stands behind the machine's ports for what leaves it: every byte and every frame enters the output digest, then goes on.

#include "session/output_digest.h"

namespace recount {

class OutputTap final : public ConsolePort, public PacketPort {
 public:
  explicit OutputTap(ConsolePort& onward) : onward_(onward) {}
  // Where frames go on to; nowhere in a replay.
  void set_network(PacketPort* network) { network_ = network; }

  void console_output(ConsoleId console, ByteView bytes) override {
    digest_.add(output_of(console), bytes);
    last_ = console;
    onward_.console_output(console, bytes);
  }
  void recorder_port_output(ByteView bytes) override {
    digest_.add(Output::kRecorderPort, bytes);
    onward_.recorder_port_output(bytes);
  }
  void send_packet(ByteView frame) override {
    digest_.add(Output::kNetwork, frame);
    if (network_ != nullptr) network_->send_packet(frame);
  }

  const OutputDigest& digest() const { return digest_; }
  // The console that printed last: there sits whoever reads the input.
  ConsoleId last() const { return last_; }

  template <class Archive>
  void state(Archive& a) {
    a("digest", digest_);
  }

 private:
  ConsolePort& onward_;
  PacketPort* network_ = nullptr;
  OutputDigest digest_;
  ConsoleId last_ = ConsoleId::kUart;
};

}  // namespace recount
