#include "app/gdb_symbols.h"

#include <elfutils/debuginfod.h>
#include <fmt/format.h>

#include <cstdlib>
#include <cstring>
#include <memory>

#include "debug/debug_file.h"
#include "debug/guest_view.h"
#include "debug/vmcoreinfo.h"
#include "host/fd.h"

namespace recount {
namespace {

// In hex; empty if the guest's kernel does not say. It is the guest's word, and goes to terminals and into a URL.
std::string kernel_build_id(Machine& machine, const Symbols& kernel) {
  const GuestView view(machine.ram(), supervisor_space_of(machine.hart()));
  auto info = Vmcoreinfo::find(view, kernel);
  std::string id = info ? info->value("BUILD-ID").value_or("") : "";
  return id.find_first_not_of("0123456789abcdef") == std::string::npos && id.size() <= 64 ? id : "";
}

}  // namespace

Result<GdbSymbols> symbols_from_file(const std::string& path, Machine& machine, const Symbols& kernel) {
  const DebugFile file = TRY(read_debug_file(path));
  const std::string id = kernel_build_id(machine, kernel);
  if (!id.empty() && !file.build_id.empty() && id != file.build_id) {
    return fail(ErrorKind::kUsage, fmt::format("{}: not of the guest's kernel: its build id is {}, the kernel's {} (gdb's own symbol-file takes it unchecked)",
                                               path, file.build_id, id));
  }
  GdbSymbols symbols{.path = path};
  auto here = kernel.address_of("_stext");
  if (here && file.text_begin) symbols.offset = *here - *file.text_begin;
  return symbols;
}

Result<GdbSymbols> symbols_from_debuginfod(Machine& machine, const Symbols& kernel) {
  const std::string id = kernel_build_id(machine, kernel);
  if (id.empty()) return fail(ErrorKind::kUnavailable, "--debuginfod: no Linux kernel that names its build id is found in the guest");
  if (std::getenv(DEBUGINFOD_URLS_ENV_VAR) == nullptr) {
    return fail(ErrorKind::kUnavailable, "--debuginfod: set DEBUGINFOD_URLS, such as https://debuginfod.debian.net");
  }
  std::unique_ptr<debuginfod_client, decltype(&debuginfod_end)> client(debuginfod_begin(), debuginfod_end);
  if (!client) return fail(ErrorKind::kUnavailable, "--debuginfod: its client cannot start");
  char* found = nullptr;
  const int fd = debuginfod_find_debuginfo(client.get(), reinterpret_cast<const unsigned char*>(id.c_str()), 0, &found);
  std::unique_ptr<char, decltype(&std::free)> path(found, std::free);
  const Fd owned(fd < 0 ? -1 : fd);
  if (fd < 0 || !path) return fail(ErrorKind::kUnavailable, fmt::format("--debuginfod: no debug file of build id {}: {}", id, std::strerror(-fd)));
  return symbols_from_file(path.get(), machine, kernel);
}

}  // namespace recount
