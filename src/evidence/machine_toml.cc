#include "evidence/machine_toml.h"

#include <fmt/format.h>

#include <algorithm>

namespace recount {
namespace {

// CLI11 takes what stands between two quotes of a kind as it is, but cuts a line at '#' even there, and has
// no escapes. A value that needs them is left to the command line rather than given altered.
bool can_be_quoted(std::string_view text) {
  bool both = text.find('"') != std::string_view::npos && text.find('\'') != std::string_view::npos;
  bool control =
      std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; });
  return !both && !control && text.find('#') == std::string_view::npos;
}

std::string quoted(std::string_view text) {
  char quote = text.find('"') == std::string_view::npos ? '"' : '\'';
  return quote + std::string(text) + quote;
}

std::string option_line(const char* option, std::string_view value) {
  if (can_be_quoted(value)) return fmt::format("{}={}\n", option, quoted(value));
  return fmt::format("# {}: cannot be given in this file: take it from manifest.json\n", option);
}

std::string size_text(uint64_t bytes) {
  constexpr uint64_t kMega = 1 << 20;
  return bytes % kMega == 0 ? fmt::format("{}M", bytes / kMega) : fmt::format("{}", bytes);
}

}  // namespace

std::string machine_toml(const Manifest& manifest) {
  const MachineInfo& m = manifest.machine;
  std::string out = "# The machine that was recorded: recount run --config machine.toml\n";
  auto image = [&out](const char* option, const std::optional<ImageInfo>& file) {
    if (!file) return;
    out += fmt::format("# {}: {} bytes, blake2b {}\n", option, file->size_bytes, file->blake2b.hex());
    out += option_line(option, file->name);
  };
  image("bios", m.firmware);
  image("kernel", m.kernel);
  image("initrd", m.initrd);
  if (!m.append.empty()) out += option_line("append", m.append);
  out += option_line("memory", size_text(m.ram_bytes));
  out += option_line("mmu", m.mmu);
  out += option_line("smp", fmt::format("{}", m.hart_count));
  if (m.network) out += option_line("net", m.network->link);
  if (!manifest.engine.empty()) out += option_line("engine", manifest.engine);
  std::string drives;
  for (size_t i = 0; i < manifest.disks.size(); ++i) {
    const DiskInfo& disk = manifest.disks[i];
    out += fmt::format("# drive {}: {} bytes, blake2b {}\n", i, disk.size_bytes, disk.base_digest.hex());
    if (!can_be_quoted(disk.path)) {
      out += option_line("drive", disk.path);
      continue;
    }
    drives += (drives.empty() ? "" : ", ") + quoted(disk.path + (disk.read_only ? ",ro" : ""));
  }
  if (!drives.empty()) out += "drive=[" + drives + "]\n";
  if (!manifest.recorder.empty()) out += option_line("name", manifest.recorder);
  return out;
}

}  // namespace recount
