#include "recorder/guest.h"

#include "disk/base_digest.h"
#include "host/entropy.h"
#include "host/file.h"

namespace recount {
namespace {

// An image's bytes, and what evidence says of it.
Result<Bytes> read_image(const std::string& path, std::optional<ImageInfo>& info) {
  if (path.empty()) return Bytes();
  Bytes bytes = TRY(read_file(path));
  if (bytes.empty()) return fail(ErrorKind::kUnreadable, path + ": is empty");
  info = ImageInfo{.name = path, .size_bytes = bytes.size(), .blake2b = blake2b(bytes)};
  return bytes;
}

}  // namespace

Result<GuestDisks> GuestDisks::open(const RecorderConfig& config) {
  GuestDisks disks;
  for (const DriveConfig& drive : config.drives) {
    auto access = drive.read_only ? DiskAccess::kReadOnly : DiskAccess::kReadWrite;
    auto image = TRY(DiskImage::open(drive.path, access));
    DiskInfo info{
        .path = drive.path, .size_bytes = image->stack().disk_bytes(), .read_only = drive.read_only};
    // Only evidence needs it, but an image that changes meanwhile would be found too late.
    if (config.record) info.base_digest = TRY(base_digest(drive.path));
    disks.images.push_back(std::move(image));
    disks.infos.push_back(std::move(info));
  }
  return disks;
}

Result<void> GuestDisks::push_layers_beside() {
  for (auto& image : images) {
    if (auto pushed = image->push_layer(); !pushed) return pushed;
  }
  return {};
}

Result<void> GuestDisks::push_temporary_layers(const std::string& folder) {
  for (auto& image : images) {
    if (auto pushed = image->push_temporary(folder); !pushed) return pushed;
  }
  return {};
}

Result<void> GuestDisks::prepare_layers() {
  for (auto& image : images) {
    if (auto prepared = image->prepare_layer(); !prepared) return prepared;
  }
  return {};
}

Result<std::unique_ptr<Guest>> Guest::create(const RecorderConfig& config, GuestDisks disks,
                                             uint64_t rtc_base_ns) {
  auto guest = std::make_unique<Guest>();
  guest->seed = random_seed();
  guest->disks = std::move(disks);
  MachineInfo& info = guest->machine_info;
  info.hart_count = config.harts;
  info.ram_bytes = config.memory_bytes;
  info.append = config.append;
  info.mmu = config.mmu;
  info.rtc_base_ns = rtc_base_ns;
  std::optional<MacAddress> mac;
  if (config.network.link != NetworkConfig::Link::kNone) {
    mac = config.network.mac;
    info.network = NetworkInfo{.link = config.network.text, .mac = text_of(*mac)};
  }
  info.seed = Digest256{guest->seed}.hex();
  BootImages images{.firmware = TRY(read_image(config.bios, info.firmware)),
                    .kernel = TRY(read_image(config.kernel, info.kernel)),
                    .initrd = TRY(read_image(config.initrd, info.initrd))};

  std::vector<BlockPort*> ports;
  for (const auto& image : guest->disks.images) ports.push_back(&image->stack());
  MachineConfig machine_config{.harts = config.harts,
                               .ram_bytes = config.memory_bytes,
                               .append = config.append,
                               .mmu = config.mmu,
                               .rtc_base_ns = rtc_base_ns,
                               .seed = guest->seed,
                               .mac = mac,
                               .engine = config.engine,
                               .jit = config.jit};
  guest->machine = TRY(Machine::create(machine_config, guest->tap, ports, &guest->tap));
  guest->console.attach(*guest->machine);
  auto booted = guest->machine->boot(images);
  if (booted) return guest;
  // The machine speaks of "kernel" or "firmware"; people gave a path.
  std::string path = booted.error().message.starts_with("kernel") ? config.kernel : config.bios;
  return std::unexpected(path.empty() ? booted.error() : in_context(path, booted.error()));
}

}  // namespace recount
