// recount disk: an image made of a folder; and what a recorded guest wrote to an image, brought into it, thrown away, or looked at.

#include <cinttypes>
#include <cstdio>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "app/verbs.h"
#include "disk/maintenance.h"
#include "disk/make_disk.h"

namespace recount {
namespace {

struct DiskOptions {
  std::string image;
  bool json = false;
};

void print_json(const DiskOptions& options, const LayerStatus& status) {
  nlohmann::ordered_json facts{{"image", options.image},
                               {"in_use", status.in_use},
                               {"half_committed", status.half_committed},
                               {"disk_bytes", status.disk_bytes},
                               {"layers", status.layers},
                               {"allocated_bytes", status.allocated_bytes},
                               {"written_bytes", nullptr}};
  if (status.written_bytes) facts["written_bytes"] = *status.written_bytes;
  std::puts(facts.dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
}

void print_text(const DiskOptions& options, const LayerStatus& status) {
  std::printf("%s: %" PRIu64 " bytes\n", options.image.c_str(), status.disk_bytes);
  std::printf("  layers: %" PRIu64 ", which take %" PRIu64 " bytes\n", status.layers, status.allocated_bytes);
  if (status.written_bytes) std::printf("  written by guests: %" PRIu64 " bytes\n", *status.written_bytes);
  if (status.in_use) std::puts("  in use by a recorder");
  if (status.half_committed) std::puts("  a commit was interrupted: do it again");
}

Result<void> print_status(const DiskOptions& options) {
  LayerStatus status = TRY(layer_status(options.image));
  if (options.json) {
    print_json(options, status);
  } else {
    print_text(options, status);
  }
  return {};
}

using Action = std::function<Result<void>(const DiskOptions&)>;

CLI::App* add_action(CLI::App& disk, const char* name, const char* description, const Action& action,
                     const std::shared_ptr<DiskOptions>& options, int& exit_code) {
  CLI::App* verb = disk.add_subcommand(name, description);
  verb->add_option("IMAGE", options->image, "A raw disk image")->required();
  verb->footer("Example: recount disk " + std::string(name) + " vda.img");
  verb->callback([action, options, &exit_code] {
    Result<void> result = action(*options);
    exit_code = result ? 0 : static_cast<int>(result.error().kind);
    if (!result) std::fprintf(stderr, "recount: %s\n", result.error().message.c_str());
  });
  return verb;
}

void add_make(CLI::App& disk, int& exit_code) {
  struct MakeOptions {
    std::string from, image;
    uint64_t size_bytes = 0;
  };
  auto options = std::make_shared<MakeOptions>();
  CLI::App* verb = disk.add_subcommand("make", "A new raw image, with a folder's files on ext4 (by mke2fs)");
  verb->add_option("--from", options->from, "The folder")->required();
  verb->add_option("--size", options->size_bytes, "Of the image, such as 64M")->transform(CLI::AsSizeValue(false))->required();
  verb->add_option("-o", options->image, "The image; must not be there")->required();
  verb->footer("Example: recount disk make --from files --size 64M -o data.img");
  run_as(*verb, exit_code, [options]() -> Result<int> {
    auto made = make_disk(options->from, options->size_bytes, options->image);
    if (!made) return std::unexpected(made.error());
    return 0;
  });
}

}  // namespace

void add_disk(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<DiskOptions>();
  CLI::App* disk =
      app.add_subcommand("disk", "Makes images; and what guests wrote, which is kept beside an image in IMAGE.recount");
  disk->require_subcommand(1);
  add_action(
      *disk, "commit", "Bring it into the image", [](const DiskOptions& o) { return commit_layers(o.image); },
      options, exit_code);
  add_action(
      *disk, "discard", "Throw it away: the image is as it was",
      [](const DiskOptions& o) { return discard_layers(o.image); }, options, exit_code);
  add_action(*disk, "status", "How much there is", print_status, options, exit_code)
      ->add_flag("--json", options->json, "As JSON");
  add_make(*disk, exit_code);
}

}  // namespace recount
