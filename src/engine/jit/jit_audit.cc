// Whether what is translated is what memory holds, and whether all that leads to it leads to the right place.

#include <cstring>

#include "base/check.h"
#include "engine/jit/jit.h"

namespace recount {

void Jit::audit() const {
  interpreter_.audit();
  map_.each([this](const jit::Translation& t) {
    CHECK(!t.dropped && (ram_.flags(Gpa{t.physical_pc}) & kFrameCode) != 0);
    const uint8_t* page = ram_.host(Gpa{t.physical_pc & ~kPageMask});
    for (const ir::Point& p : t.points) CHECK(std::memcmp(page + p.offset, &p.raw, p.length) == 0);
  });
  for (const x64::CodeEntry& known : codes_) {
    if (known.physical_pc == x64::CodeEntry{}.physical_pc) continue;
    const jit::Translation* t = map_.find(known.physical_pc);
    CHECK(t != nullptr && known.code == memory_->executable() + t->entry);
  }
  // Those of other contexts and epochs are not looked at before they are overwritten.
  for (const x64::JumpEntry& jump : jumps_) {
    if (jump.code == nullptr || jump.key != fetch_key(jump.pc) || !hart_.mmu.fetch_holds_for_page(jump.pc)) continue;
    const jit::Translation* t = map_.find(raw(*hart_.mmu.translate_fetch(jump.pc)));
    // None: it was dropped, and its entry is a jump to where the dispatcher is asked.
    CHECK(t == nullptr || jump.code == memory_->executable() + t->entry);
  }
}

}  // namespace recount
