#pragma once
// A look into guest memory at rest, as a page table shows it, without any trace: no A or D bit is set, no
// translation cached, no device touched. Permissions are not asked: a debugger may see what the guest's code
// may not. Page tables are the guest's, so hostile: a walk reads at most four entries, all inside of RAM.

#include <optional>
#include <string>

#include "base/address.h"
#include "base/bytes.h"
#include "hart/hart_state.h"
#include "memory/ram.h"

namespace recount {

// What turns virtual addresses into physical ones: a satp, or 0 for no translation.
enum class AddressSpace : uint64_t {};

// As the hart's loads go now: MPRV counts, M-mode does not translate.
AddressSpace address_space_of(const HartState& hart);
// What supervisor and user see on this hart, even while M-mode runs.
inline AddressSpace supervisor_space_of(const HartState& hart) { return AddressSpace{hart.satp}; }

class GuestView {
 public:
  // Valid as long as ram, and only while the machine does not run.
  GuestView(const Ram& ram, AddressSpace space) : ram_(&ram), satp_(static_cast<uint64_t>(space)) {}

  const Ram& ram() const { return *ram_; }
  AddressSpace space() const { return AddressSpace{satp_}; }

  // nullopt: not mapped, or a table lies outside of RAM. What is mapped need not be RAM.
  std::optional<Gpa> physical(uint64_t va) const;
  struct Mapping {
    Gpa gpa;
    uint64_t size_bytes;  // of the page, a power of two; va's offset in it is gpa's
    uint64_t pte;         // 0 without translation
  };
  std::optional<Mapping> mapping(uint64_t va) const;

  // False if any byte is not mapped or no RAM; out then holds what came before.
  bool read(uint64_t va, std::span<uint8_t> out) const;
  // How many of the bytes from va on can be read, at most size_bytes.
  uint64_t readable(uint64_t va, uint64_t size_bytes) const;
  // Little-endian, of any alignment.
  template <class T>
  std::optional<T> read(uint64_t va) const {
    uint8_t bytes[sizeof(T)];
    if (!read(va, bytes)) return std::nullopt;
    return load_le<T>(bytes);
  }
  // Up to the first zero byte, max_size bytes, or what cannot be read; nullopt if not even the first can be.
  std::optional<std::string> read_text(uint64_t va, size_t max_size) const;

 private:
  const Ram* ram_;
  uint64_t satp_;
};

}  // namespace recount
