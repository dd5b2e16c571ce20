#pragma once
// The journal's way between processes: a memfd ring of record bytes, one writer, one reader, and a spooler
// that moves old bytes to disk when it fills. Offsets count bytes since the ring was made and never wrap.
//
// The other side is another process, which may have gone mad: offsets read from the ring are checked before
// use.

#include <atomic>
#include <memory>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/result.h"
#include "event/position.h"
#include "host/fd.h"
#include "host/shared_memory.h"

namespace recount {

inline constexpr uint64_t kRingBytes = 16 << 20;

// What both sides see. Each member has one process that writes it.
struct RingControl {
  std::atomic<uint64_t> head{0};        // writer: the bytes before it are there
  std::atomic<uint64_t> spooled{0};     // spooler: the bytes before it are on disk
  std::atomic<uint64_t> consumed{0};    // backup: it does not need the bytes before it
  std::atomic<uint64_t> pinned{~0ull};  // backup: the bytes from here on are being saved
  std::atomic<bool> lost{false};        // writer: a record found no room; nothing came after it
  // How far each machine is, for the window and for people.
  std::atomic<uint64_t> primary_position{0}, primary_ticks{0};
  std::atomic<uint64_t> backup_position{0}, backup_ticks{0};
};

class Ring {
 public:
  static Result<std::unique_ptr<Ring>> create();
  // A ring that another process has made, by its memory's descriptor.
  static Result<std::unique_ptr<Ring>> attach(Fd fd);

  RingControl& control() { return *control_; }
  const RingControl& control() const { return *control_; }
  const Fd& fd() const { return memory_->fd(); }

  // Bytes that nobody needs any more lie before it.
  uint64_t floor() const;
  // False, and nothing written, if there is no room: lost is set then, and stays.
  bool write(ByteView bytes);
  // Copies up to out.size() bytes from offset on. 0 if there are none yet. nullopt if the writer has already
  // gone over them: they are in the spool.
  std::optional<size_t> read(uint64_t offset, std::span<uint8_t> out) const;

 private:
  explicit Ring(std::unique_ptr<SharedMemory> memory);
  std::unique_ptr<SharedMemory> memory_;
  RingControl* control_;
  uint8_t* data_;
};

}  // namespace recount
