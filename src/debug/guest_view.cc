#include "debug/guest_view.h"

#include <algorithm>
#include <bit>

#include "hart/pte.h"

namespace recount {

using namespace pte;

AddressSpace address_space_of(const HartState& hart) {
  auto privilege = hart.privilege;
  if (privilege == Privilege::kMachine && (hart.mstatus & mstatus::kMprv) != 0) {
    privilege = static_cast<Privilege>((hart.mstatus & mstatus::kMpp) >> mstatus::kMppShift);
  }
  return privilege == Privilege::kMachine ? AddressSpace{0} : supervisor_space_of(hart);
}

// Privileged spec, "Virtual Address Translation Process", without what depends on who accesses.
std::optional<GuestView::Mapping> GuestView::mapping(uint64_t va) const {
  uint64_t mode = satp_ >> satp::kModeShift;
  if (mode == satp::kBare) return Mapping{Gpa{va}, kPageSize, 0};
  if (mode != satp::kSv39 && mode != satp::kSv48) return std::nullopt;
  int levels = mode == satp::kSv48 ? 4 : 3;
  unsigned unused_bits = 64 - (12 + 9 * static_cast<unsigned>(levels));
  if (static_cast<uint64_t>(static_cast<int64_t>(va << unused_bits) >> unused_bits) != va) return std::nullopt;

  uint64_t table = (satp_ & satp::kPpnMask) << kPageShift;
  for (int level = levels - 1; level >= 0; --level) {
    unsigned shift = 12 + 9 * static_cast<unsigned>(level);
    uint8_t bytes[8];
    if (!ram_->read(Gpa{table + ((va >> shift) & 511) * 8}, bytes)) return std::nullopt;
    auto entry = load_le<uint64_t>(bytes);
    if ((entry & kV) == 0 || ((entry & kW) != 0 && (entry & kR) == 0) || (entry & kReservedHigh) != 0) return std::nullopt;
    uint64_t address = (entry >> kPpnShift) << kPageShift;
    if ((entry & (kR | kX)) == 0) {
      table = address;
      continue;
    }
    uint64_t size_bytes = 1ull << shift;
    if ((address & (size_bytes - 1)) != 0) return std::nullopt;
    return Mapping{Gpa{address | (va & (size_bytes - 1))}, size_bytes, entry};
  }
  return std::nullopt;
}

std::optional<Gpa> GuestView::physical(uint64_t va) const {
  auto found = mapping(va);
  if (!found) return std::nullopt;
  return found->gpa;
}

bool GuestView::read(uint64_t va, std::span<uint8_t> out) const {
  while (!out.empty()) {
    size_t here = std::min<size_t>(out.size(), kPageSize - (va & kPageMask));
    auto gpa = physical(va);
    if (!gpa || !ram_->read(*gpa, out.first(here))) return false;
    out = out.subspan(here);
    va += here;
  }
  return true;
}

uint64_t GuestView::readable(uint64_t va, uint64_t size_bytes) const {
  uint64_t done = 0;
  while (done < size_bytes) {
    uint64_t at = va + done;
    uint64_t here = std::min(size_bytes - done, kPageSize - (at & kPageMask));
    auto gpa = physical(at);
    if (!gpa || !ram_->contains(*gpa, here)) break;
    done += here;
  }
  return done;
}

std::optional<std::string> GuestView::read_text(uint64_t va, size_t max_size) const {
  std::string text;
  while (text.size() < max_size) {
    uint64_t at = va + text.size();
    size_t here = std::min<size_t>(max_size - text.size(), kPageSize - (at & kPageMask));
    std::string piece(here, '\0');
    if (!read(at, {reinterpret_cast<uint8_t*>(piece.data()), here})) {
      if (text.empty()) return std::nullopt;
      break;
    }
    size_t end = piece.find('\0');
    text.append(piece, 0, end);
    if (end != std::string::npos) break;
  }
  return text;
}

}  // namespace recount
