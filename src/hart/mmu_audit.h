#pragma once
// Whether all that an Mmu has cached is what a page-table walk would give now, and every frame is marked as it must be: for
// paranoid builds. docs/determinism.md, "Caches cannot be seen".

#include "hart/mmu.h"

namespace recount {

class MmuAudit {
 public:
  // All three outlive the audit.
  MmuAudit(const Mmu& mmu, const HartState& hart, Ram& ram) : mmu_(mmu), hart_(hart), ram_(ram) {}

  // Between two steps. CHECKs every entry that the caches hold.
  void run() const;

 private:
  void check_page(Access access, const TlbEntry& entry) const;
  void check_walk(Access access, const TlbEntry& entry, uint64_t satp) const;
  uint64_t walk(Access access, uint64_t va, TlbContext context, uint64_t satp) const;
  void check_store(const TlbEntry& entry) const;
  void check_fast() const;
  void check_shared_roots() const;

  const Mmu& mmu_;
  const HartState& hart_;
  Ram& ram_;
};

}  // namespace recount
