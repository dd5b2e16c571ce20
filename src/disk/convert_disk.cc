#include "disk/convert_disk.h"

#include "disk/layer_folder.h"
#include "host/file.h"
#include "host/tool.h"

namespace recount {

Result<std::string> raw_of_qcow2(const std::string& image) {
  const std::string raw = image + ".raw", unfinished = raw + ".unfinished";
  auto source = TRY(RandomFile::open(image, FileMode::kRead));
  if (TRY(file_exists(raw))) {
    auto made = TRY(open_base(raw));
    if (TRY(source.identity()).mtime_ns <= TRY(made.identity()).mtime_ns) return raw;
    return fail(ErrorKind::kUnavailable, image + ": has changed since " + raw + " was made of it; remove that, and " +
                                             layer_folder_path(raw) + " with what guests wrote");
  }
  auto done = run_tool({"qemu-img", "convert", "-f", "qcow2", "-O", "raw", "--", image, unfinished}, "qemu-utils");
  if (done) done = rename_file(unfinished, raw);
  if (!done) {
    (void)remove_file(unfinished);
    return std::unexpected(in_context(image, done.error()));
  }
  return raw;
}

}  // namespace recount
