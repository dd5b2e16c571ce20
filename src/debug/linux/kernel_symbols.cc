#include "debug/linux/kernel_symbols.h"

#include "debug/kallsyms.h"
#include "debug/linux/modules.h"

namespace recount {

Symbols kernel_symbols(Machine& machine) {
  Symbols own = kallsyms_in(machine.ram());
  const GuestView view(machine.ram(), supervisor_space_of(machine.hart()));
  auto btf = Btf::find(view, own);
  if (!btf) return own;
  std::vector<Symbol> all = module_symbols(LinuxKernel(view, own, *btf));
  all.insert(all.begin(), own.all().begin(), own.all().end());
  return Symbols(std::move(all));
}

}  // namespace recount
