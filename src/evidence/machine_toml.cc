#include "evidence/machine_toml.h"

#include <fmt/format.h>

namespace recount {
namespace {

// CLI11 takes what stands between two quotes of a kind as it is. A line cannot hold both kinds, nor a line's
// end.
std::string quoted(std::string_view text) {
  std::string clean;
  for (char c : text) clean += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  char quote = clean.find('"') == std::string::npos ? '"' : '\'';
  if (quote == '\'') {
    for (char& c : clean) c = c == '\'' ? '"' : c;
  }
  return quote + clean + quote;
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
    out += fmt::format("# {} bytes, blake2b {}\n{}={}\n", file->size_bytes, file->blake2b.hex(), option,
                       quoted(file->name));
  };
  image("bios", m.firmware);
  image("kernel", m.kernel);
  image("initrd", m.initrd);
  if (!m.append.empty()) out += "append=" + quoted(m.append) + "\n";
  out += "memory=" + quoted(size_text(m.ram_bytes)) + "\n";
  out += "mmu=" + quoted(m.mmu) + "\n";
  if (!manifest.engine.empty()) out += "engine=" + quoted(manifest.engine) + "\n";
  std::string drives;
  for (const DiskInfo& disk : manifest.disks) {
    out += fmt::format("# drive {}: {} bytes, blake2b {}\n", quoted(disk.path), disk.size_bytes,
                       disk.base_digest.hex());
    drives += (drives.empty() ? "" : ", ") + quoted(disk.path + (disk.read_only ? ",ro" : ""));
  }
  if (!drives.empty()) out += "drive=[" + drives + "]\n";
  if (!manifest.recorder.empty()) out += "name=" + quoted(manifest.recorder) + "\n";
  return out;
}

}  // namespace recount
