#include "session/machine_state.h"

#include "state/archive.h"

namespace recount {
namespace {

// Everything, for either archive. Which frames were written since the last digest decides what the next one
// covers.
template <class Archive>
void everything(Archive& a, Machine& machine, OutputTap& tap, Bytes& dirty_frames) {
  a("machine", machine);
  a("output", tap);
  a("dirty_frames", dirty_frames);
}

}  // namespace

Bytes capture_state(Machine& machine, OutputTap& tap) {
  SaveArchive archive;
  Bytes dirty_frames = machine.ram().dirty_bitmap();
  everything(archive, machine, tap, dirty_frames);
  return archive.finish();
}

Result<void> restore_state(ByteView cbor, Machine& machine, OutputTap& tap) {
  auto archive = TRY(LoadArchive::parse(cbor));
  Bytes dirty_frames;
  everything(*archive, machine, tap, dirty_frames);
  if (auto loaded = archive->status(); !loaded) return loaded;
  if (auto possible = machine.check_restored(); !possible) return possible;
  if (auto marked = machine.ram().set_dirty_bitmap(dirty_frames); !marked) return marked;
  machine.restored();
  return {};
}

}  // namespace recount
