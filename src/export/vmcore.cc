#include "export/vmcore.h"

#include <algorithm>
#include <charconv>

#include "debug/riscv_elf.h"

namespace recount {
namespace {

// Kernel: struct elf_prstatus of riscv64, as far as it is filled.
struct PrStatus {
  uint8_t before_pid[32] = {};
  uint32_t pid = 0;
  uint8_t before_registers[76] = {};
  uint64_t pc = 0, x[31] = {};
  uint64_t fp_valid = 0;
};
static_assert(sizeof(PrStatus) == 376);

void append_note(Bytes& out, std::string_view name, uint32_t type, ByteView contents) {
  append_struct(out, Elf64_Nhdr{static_cast<uint32_t>(name.size() + 1), static_cast<uint32_t>(contents.size()), type});
  out.insert(out.end(), name.begin(), name.end());
  out.push_back(0);
  out.resize((out.size() + 3) & ~size_t{3});
  out.insert(out.end(), contents.begin(), contents.end());
  out.resize((out.size() + 3) & ~size_t{3});
}

Bytes notes_of(Machine& machine, const std::optional<Vmcoreinfo>& info) {
  Bytes notes;
  for (unsigned hart = 0; hart < machine.hart_count(); ++hart) {
    const HartState& s = machine.hart(hart);
    PrStatus status;
    status.pid = hart + 1;
    status.pc = s.pc;
    std::copy_n(s.x.begin() + 1, 31, status.x);
    append_note(notes, "CORE", NT_PRSTATUS, {reinterpret_cast<const uint8_t*>(&status), sizeof status});
  }
  if (info) append_note(notes, "VMCOREINFO", 0, view_of(info->text()));
  return notes;
}

std::optional<uint64_t> number_of(const Vmcoreinfo& info, std::string_view name) {
  auto text = info.value("NUMBER(" + std::string(name) + ")");
  if (!text || !text->starts_with("0x")) return std::nullopt;
  uint64_t value = 0;
  auto [end, error] = std::from_chars(text->data() + 2, text->data() + text->size(), value, 16);
  return error == std::errc() && end == text->data() + text->size() ? std::optional(value) : std::nullopt;
}

// RAM as it lies; and as the kernel sees it: its linear map, and its own image.
std::vector<Elf64_Phdr> loads_of(const Ram& ram, const std::optional<Vmcoreinfo>& info) {
  const uint64_t base = raw(ram.base());
  std::vector<Elf64_Phdr> loads;
  auto add = [&](uint64_t va, uint64_t gpa, uint64_t size) {
    if (!ram.contains(Gpa{gpa}, size)) return;
    Elf64_Phdr load{};
    load.p_type = PT_LOAD;
    load.p_flags = PF_R | PF_W | PF_X;
    load.p_offset = gpa - base;  // from where RAM will lie in the file
    load.p_vaddr = va;
    load.p_paddr = gpa;
    load.p_filesz = load.p_memsz = size;
    loads.push_back(load);
  };
  auto linear = info ? number_of(*info, "PAGE_OFFSET") : std::nullopt;
  auto image = info ? number_of(*info, "KERNEL_LINK_ADDR") : std::nullopt;
  auto image_distance = info ? number_of(*info, "va_kernel_pa_offset") : std::nullopt;
  if (image && image_distance) {
    const uint64_t gpa = *image - *image_distance;
    // The image's end is not told: what lies behind it reads as what would be there.
    constexpr uint64_t kMostImage = 64 << 20;
    if (ram.contains(Gpa{gpa}, 0)) add(*image, gpa, std::min(kMostImage, ram.size() - (gpa - base)));
  }
  add(linear.value_or(base), base, ram.size());
  return loads;
}

}  // namespace

Result<void> write_vmcore(Machine& machine, const std::optional<Vmcoreinfo>& info, const RandomFile& file) {
  Ram& ram = machine.ram();
  const Bytes notes = notes_of(machine, info);
  std::vector<Elf64_Phdr> loads = loads_of(ram, info);

  Elf64_Ehdr header = riscv_elf_header(ET_CORE);
  header.e_phoff = sizeof header;
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = static_cast<uint16_t>(1 + loads.size());

  Elf64_Phdr note{};
  note.p_type = PT_NOTE;
  note.p_offset = sizeof header + header.e_phnum * sizeof note;
  note.p_filesz = note.p_memsz = notes.size();
  const uint64_t memory = (note.p_offset + notes.size() + kPageSize - 1) & ~kPageMask;
  Bytes head;
  append_struct(head, header);
  append_struct(head, note);
  for (Elf64_Phdr& load : loads) {
    load.p_offset += memory;
    append_struct(head, load);
  }
  head.insert(head.end(), notes.begin(), notes.end());
  TRY(file.write(0, head));
  TRY(file.resize(memory + ram.size()));
  const Bytes zeros(kPageSize);
  for (uint64_t i = 0; i < ram.frame_count(); ++i) {
    ByteView frame{ram.frame(i), kPageSize};
    if (!std::ranges::equal(frame, zeros)) TRY(file.write(memory + i * kPageSize, frame));
  }
  return {};
}

}  // namespace recount
