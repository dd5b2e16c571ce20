#pragma once
// The fixed pieces of code that all blocks share: the way in, the way out, the calls of slow paths, and the lookup
// of a guest address.

#include "engine/x64/layout.h"

namespace recount::x64 {

// What translated code calls; each returns an ExitReason.
struct SlowPaths {
  void* owner;
  uint32_t (*load)(void* owner);
  uint32_t (*store)(void* owner);
  uint32_t (*step)(void* owner);
};

struct Stubs {
  const void* enter = nullptr;  // uint32_t enter(const void* code): gives an ExitReason
  // Called with page and misalignment of a guest address in kAddress: looks for its translation where the inline check does
  // not. Sets ZF and puts the addend into kValue if it is there; keeps all registers.
  const void* probe_load = nullptr;
  const void* probe_store = nullptr;
  // Called, all of a block's registers kept. The _f ones keep the XMM registers too.
  const void* load = nullptr;
  const void* load_f = nullptr;
  const void* store = nullptr;
  const void* store_f = nullptr;
  const void* step = nullptr;    // keeps only the pinned registers
  const void* step_f = nullptr;  // keeps everything
  // Jumped to.
  const void* exit_link = nullptr;
  const void* exit_interpret = nullptr;
  const void* exit_dead = nullptr;
  const void* missed = nullptr;  // as emit_lookup() goes there
};

// Code for all of them, as it must run at address; and where they then are.
ByteView emit_stubs(Assembler& a, uintptr_t address, const Layout& layout, const SlowPaths& slow, Stubs& stubs);

// Goes to the code for the guest address in rax, by the jump cache. If that does not have it, to miss, with the entry's address
// in rcx and the fetch key in rdx.
void emit_lookup(Assembler& a, const Layout& layout, const Label& miss);

}  // namespace recount::x64
