#pragma once
// A machine's state but for RAM's bytes, with its output so far, as one CBOR map: what evidence holds in
// state/machine.cbor. Capture and restore use the components' one state() function each.

#include "machine/machine.h"
#include "session/output_tap.h"

namespace recount {

Bytes capture_state(Machine& machine, OutputTap& tap);

// RAM is loaded already. kDamaged, with the field, if a field is missing or cannot be; the machine is not to
// be used then.
Result<void> restore_state(ByteView cbor, Machine& machine, OutputTap& tap);

}  // namespace recount
