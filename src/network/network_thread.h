#pragma once
// The network's I/O thread: frames from the guest go out through the link, those that arrive wait until the vCPU thread takes
// them. It never touches the machine.

#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "device/ports.h"
#include "host/event_fd.h"
#include "network/link.h"
#include "network/network_config.h"

namespace recount {

class NetworkThread final : public PacketPort {
 public:
  // Of a configuration that has a link. kUnreadable or kUnavailable if the host does not give it.
  static Result<std::unique_ptr<NetworkThread>> create(const NetworkConfig& config);
  ~NetworkThread() override { quiesce(); }

  // Starts the thread; nothing happens if it runs. Where the host has no thread to give, nothing goes out and nothing comes in.
  void resume();
  // No thread is left afterwards: the process may fork.
  void quiesce();
  // In a forked child, instead of all else: the connections are the parent's.
  void let_go() { link_->let_go(); }

  // From the vCPU thread.
  void send_packet(ByteView frame) override;
  // What has arrived since the last call. fd() is readable while there is something.
  std::vector<Bytes> take();
  int fd() const { return bell_.fd(); }

 private:
  // Each way. What comes while so many wait is lost, as on any wire.
  static constexpr size_t kMostWaiting = 1024;

  NetworkThread(EventFd bell, EventFd wake) : bell_(std::move(bell)), wake_(std::move(wake)) {}
  void run();
  void arrived(ByteView frame);

  EventFd bell_, wake_;
  std::unique_ptr<Link> link_;
  std::thread thread_;

  std::mutex mutex_;  // of what follows
  bool stopping_ = false;
  std::vector<Bytes> leaving_, arrived_;
};

}  // namespace recount
