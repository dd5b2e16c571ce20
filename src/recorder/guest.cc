#include "recorder/guest.h"

#include "disk/base_digest.h"
#include "host/entropy.h"
#include "host/file.h"

namespace recount {
namespace {

std::string hex_of(const std::array<uint8_t, 32>& bytes) { return Digest256{bytes}.hex(); }

// An image's bytes, and what evidence says of it.
Result<Bytes> read_image(const std::string& path, std::optional<ImageInfo>& info) {
  if (path.empty()) return Bytes();
  Bytes bytes = TRY(read_file(path));
  if (bytes.empty()) return fail(ErrorKind::kUnreadable, path + ": is empty");
  info = ImageInfo{.name = path, .size_bytes = bytes.size(), .blake2b = blake2b(bytes)};
  return bytes;
}

}  // namespace

Result<std::unique_ptr<Guest>> Guest::create(const RecorderConfig& config, uint64_t rtc_base_ns) {
  auto guest = std::make_unique<Guest>();
  guest->seed = random_seed();
  guest->machine_info = MachineInfo{.ram_bytes = config.memory_bytes,
                                    .append = config.append,
                                    .mmu = config.mmu,
                                    .rtc_base_ns = rtc_base_ns,
                                    .seed = hex_of(guest->seed),
                                    .firmware = std::nullopt,
                                    .kernel = std::nullopt,
                                    .initrd = std::nullopt};
  MachineInfo& info = guest->machine_info;
  BootImages images{.firmware = TRY(read_image(config.bios, info.firmware)),
                    .kernel = TRY(read_image(config.kernel, info.kernel)),
                    .initrd = TRY(read_image(config.initrd, info.initrd))};

  std::vector<BlockPort*> ports;
  for (const DriveConfig& drive : config.drives) {
    auto disk =
        TRY(DiskImage::open(drive.path, drive.read_only ? DiskAccess::kReadOnly : DiskAccess::kReadWrite));
    DiskInfo disk_info{.path = drive.path,
                       .size_bytes = disk->stack().disk_bytes(),
                       .base_digest = {},
                       .read_only = drive.read_only,
                       .overlay = {}};
    // Only evidence needs it, but an image that changes meanwhile would be found too late.
    if (config.record) disk_info.base_digest = TRY(base_digest(drive.path));
    ports.push_back(&disk->stack());
    guest->disks.push_back(std::move(disk));
    guest->disk_infos.push_back(std::move(disk_info));
  }

  MachineConfig machine_config{.ram_bytes = config.memory_bytes,
                               .append = config.append,
                               .mmu = config.mmu,
                               .rtc_base_ns = rtc_base_ns,
                               .seed = guest->seed,
                               .caching = config.caching};
  guest->machine = TRY(Machine::create(machine_config, guest->tap, ports));
  guest->console.attach(*guest->machine);
  auto booted = guest->machine->boot(images);
  if (booted) return guest;
  // The machine speaks of "kernel" or "firmware"; people gave a path.
  std::string path = booted.error().message.starts_with("kernel") ? config.kernel : config.bios;
  return std::unexpected(path.empty() ? booted.error() : in_context(path, booted.error()));
}

Result<void> Guest::push_layers_beside() {
  for (auto& disk : disks) {
    if (auto pushed = disk->push_layer(); !pushed) return pushed;
  }
  return {};
}

Result<void> Guest::push_temporary_layers(const std::string& folder) {
  for (auto& disk : disks) {
    if (auto pushed = disk->push_temporary(folder); !pushed) return pushed;
  }
  return {};
}

}  // namespace recount
