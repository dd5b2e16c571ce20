#include "disk/disk_thread.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/check.h"

namespace recount {
namespace {

constexpr uint64_t kScratchBytes = 256 << 10;

DiskStatus status_of(const Result<void>& result) { return result ? DiskStatus::kOk : DiskStatus::kIoError; }

}  // namespace

void DiskThread::attach(DiskStack& disk) {
  CHECK(!resumed_ && disks_.size() < 256);
  disk.set_starter(this, static_cast<uint8_t>(disks_.size()));
  disks_.push_back(&disk);
}

void DiskThread::resume() {
  if (resumed_) return;
  resumed_ = true;
  scratch_.resize(kScratchBytes);
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error&) {  // it has no other way to say so
  }
}

void DiskThread::quiesce() {
  if (!resumed_) return;
  resumed_ = false;
  if (thread_.joinable()) {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
    stopping_ = false;
  }
  jobs_.clear();
  answers_.clear();
  bell_.silence();
}

void DiskThread::submit(uint8_t disk, const BlockRequest& request) {
  if (!resumed_) return;
  if (!thread_.joinable()) return answer_job({disk, request});
  {
    std::lock_guard lock(mutex_);
    jobs_.push_back({disk, request});
  }
  wake_.notify_one();
}

std::vector<DiskCompletion> DiskThread::take() {
  std::lock_guard lock(mutex_);
  if (!answers_.empty()) bell_.silence();
  return std::exchange(answers_, {});
}

std::optional<DiskThread::Job> DiskThread::next_job() {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
  if (stopping_) return std::nullopt;
  Job job = jobs_.front();
  jobs_.pop_front();
  return job;
}

void DiskThread::run() {
  while (auto job = next_job()) answer_job(*job);
}

void DiskThread::answer_job(const Job& job) {
  CHECK(job.disk < disks_.size());
  DiskStatus status = answer(*disks_[job.disk], job.request);
  std::lock_guard lock(mutex_);
  answers_.push_back({.disk = job.disk, .request = job.request.serial, .status = status});
  if (answers_.size() == 1) bell_.ring();
}

DiskStatus DiskThread::answer(DiskStack& disk, const BlockRequest& request) {
  switch (request.op) {
    case BlockOp::kRead:
      for (uint64_t at = 0; at < request.sector_count;) {
        const uint64_t sectors = std::min(request.sector_count - at, kScratchBytes / kSectorSize);
        if (!disk.try_read(request.sector + at, std::span(scratch_).first(sectors * kSectorSize))) {
          return DiskStatus::kIoError;
        }
        at += sectors;
      }
      return DiskStatus::kOk;
    case BlockOp::kWrite:
    case BlockOp::kWriteZeroes:
    case BlockOp::kDiscard:
      return status_of(disk.reserve(request.sector, request.sector_count, request.op));
    case BlockOp::kFlush:
      return status_of(disk.flush());
  }
  return DiskStatus::kIoError;
}

}  // namespace recount
