#pragma once
// The disks' I/O thread. It never moves guest data: it finds out how a request will end, before the vCPU
// thread does the work at the completion's position. A read warms the page cache and meets EIO here; what
// writes (a discard too: the device does it as zeroes) gets its space, so that it cannot fail later; a flush
// is done. Completions come out in the order of the requests.

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "disk/block_starter.h"
#include "disk/disk_stack.h"
#include "event/event.h"
#include "host/event_fd.h"

namespace recount {

class DiskThread final : public BlockStarter {
 public:
  explicit DiskThread(EventFd bell) : bell_(std::move(bell)) {}
  ~DiskThread() override { quiesce(); }
  DiskThread(const DiskThread&) = delete;
  DiskThread& operator=(const DiskThread&) = delete;

  // The disk forwards to this thread from now on, under the next number from 0. Before resume(); outlives the
  // thread.
  void attach(DiskStack& disk);

  // Starts the thread; nothing happens if it runs. Where the host has no thread to give, submit() does its work at once,
  // and the guest waits meanwhile.
  void resume();
  // No thread is left afterwards: the process may fork, and the disks be pushed. Requests that are not
  // answered, and answers that are not taken, are forgotten, and so is the space that they got: the machine
  // start()s again every request whose completion it has not had.
  void quiesce();

  // From the vCPU thread; while quiesced it is forgotten.
  void submit(uint8_t disk, const BlockRequest& request) override;

  // What has been answered since the last call. fd() is readable while there is something.
  std::vector<DiskCompletion> take();
  int fd() const { return bell_.fd(); }

 private:
  struct Job {
    uint8_t disk;
    BlockRequest request;
  };
  void run();
  void answer_job(const Job& job);
  std::optional<Job> next_job();
  DiskStatus answer(DiskStack& disk, const BlockRequest& request);

  std::vector<DiskStack*> disks_;
  std::thread thread_;
  bool resumed_ = false;  // with a thread or without
  EventFd bell_;
  Bytes scratch_;

  std::mutex mutex_;  // of what follows
  std::condition_variable wake_;
  bool stopping_ = false;
  std::deque<Job> jobs_;
  std::vector<DiskCompletion> answers_;
};

}  // namespace recount
