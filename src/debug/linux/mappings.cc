#include "debug/linux/mappings.h"

#include "debug/linux/maple_tree.h"

namespace recount {
namespace {

constexpr unsigned kMostParts = 64, kLongestName = 256;
constexpr size_t kMostMappings = 100'000;

// Up to the root of the file system that it is in; empty if it cannot be read.
std::string path_of(const LinuxKernel& kernel, uint64_t dentry) {
  std::string path;
  for (unsigned part = 0; part < kMostParts; ++part) {
    auto parent = kernel.number(dentry, "dentry.d_parent");
    if (!parent) return "";
    if (*parent == dentry) return path.empty() ? "/" : path;
    auto at = kernel.number(dentry, "dentry.d_name.name");
    auto name = at ? kernel.view().read_text(*at, kLongestName) : std::nullopt;
    if (!name) return "";
    path.insert(0, "/" + *name);
    dentry = *parent;
  }
  return "..." + path;
}

class Reader {
 public:
  Reader(const LinuxKernel& kernel, uint64_t mm) : kernel_(kernel), mm_(mm) {}

  ProcessMappings read() {
    ProcessMappings all;
    all.whole = each_in_maple_tree(kernel_, kernel_.at(mm_, "mm_struct.mm_mt"), [&](uint64_t area) {
      auto mapping = mapping_of(area);
      if (mapping) all.mappings.push_back(std::move(*mapping));
      return mapping && all.mappings.size() < kMostMappings;
    });
    return all;
  }

 private:
  std::optional<ProcessMapping> mapping_of(uint64_t area) const {
    auto begin = kernel_.number(area, "vm_area_struct.vm_start"), end = kernel_.number(area, "vm_area_struct.vm_end");
    auto flags = kernel_.number(area, "vm_area_struct.vm_flags"), page = kernel_.number(area, "vm_area_struct.vm_pgoff");
    auto file = kernel_.number(area, "vm_area_struct.vm_file");
    if (!begin || !end || !flags || !page || !file) return std::nullopt;
    ProcessMapping m{.begin = *begin, .end = *end, .permissions = "---p"};
    constexpr uint64_t kRead = 1, kWrite = 2, kExecute = 4, kMayShare = 0x80;  // include/linux/mm.h, VM_*
    if ((*flags & kRead) != 0) m.permissions[0] = 'r';
    if ((*flags & kWrite) != 0) m.permissions[1] = 'w';
    if ((*flags & kExecute) != 0) m.permissions[2] = 'x';
    if ((*flags & kMayShare) != 0) m.permissions[3] = 's';
    if (*file != 0) {
      m.file_offset = *page << kPageShift;
      m.path = path_of(kernel_, kernel_.number(*file, "file.f_path.dentry").value_or(0));
    } else {
      m.path = special(m);
    }
    return m;
  }

  std::string special(const ProcessMapping& m) const {
    auto heap = kernel_.number(mm_, "mm_struct.start_brk"), heap_end = kernel_.number(mm_, "mm_struct.brk");
    auto stack = kernel_.number(mm_, "mm_struct.start_stack"), vdso = kernel_.number(mm_, "mm_struct.context.vdso");
    if (heap && heap_end && m.begin < *heap_end && m.end > *heap) return "[heap]";
    if (vdso && m.begin == *vdso) return "[vdso]";
    return stack && m.begin <= *stack && *stack < m.end ? "[stack]" : "";
  }

  const LinuxKernel& kernel_;
  const uint64_t mm_;
};

}  // namespace

Result<ProcessMappings> mappings_of(const LinuxKernel& kernel, uint64_t task) {
  auto mm = kernel.number(task, "task_struct.mm");
  if (!mm) return fail(ErrorKind::kUnavailable, "no Linux kernel that tells its types is found here");
  return *mm == 0 ? ProcessMappings() : Reader(kernel, *mm).read();
}

}  // namespace recount
