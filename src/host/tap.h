#pragma once
// TAP interfaces: Ethernet frames to and from the host's kernel.

#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "host/fd.h"

namespace recount {

// The interface of this name, which must be there. kUnreadable if it is not, or is not this user's.
Result<Fd> open_tap(const std::string& name);
// The next frame; empty if there is none now, nullopt if there will be no more: the interface is gone.
std::optional<Bytes> read_frame(const Fd& tap);
// False if it did not go.
bool write_frame(const Fd& tap, ByteView frame);

}  // namespace recount
