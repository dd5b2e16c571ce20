#pragma once
// Byte streams: descriptors that console bytes go through.

#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/result.h"
#include "host/fd.h"

namespace recount {

Result<Fd> duplicate_stdout();
// Created if it is not there. kUnreadable if it cannot be written.
Result<Fd> open_for_append(const std::string& path);
// Two connected ends.
Result<std::pair<Fd, Fd>> stream_pair();
// What is there, up to 64 KiB; waits if there is nothing. Empty at the end, or on an error.
Bytes read_some(int fd);
// All of it, waiting where it must; what nobody reads is dropped.
void write_all(int fd, ByteView bytes);
// Without waiting. False if the peer is gone or does not read.
bool send_now(int fd, ByteView bytes);

}  // namespace recount
