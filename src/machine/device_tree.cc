#include "machine/device_tree.h"

#include <fmt/format.h>
#include <libfdt.h>

#include <span>
#include <vector>

#include "base/check.h"
#include "event/guest_time.h"
#include "machine/board.h"

namespace recount {
namespace {

constexpr uint32_t kPlicHandle = 2, kSysconHandle = 3, kFirstCpuIntc = 16;
constexpr uint32_t kMachineTimer = 7, kMachineSoftware = 3, kMachineExternal = 11, kSupervisorExternal = 9;

// Sequential writing: begin/end of nodes nest as the blocks of build_device_tree() do.
class Tree {
 public:
  Tree() : blob_(kCapacity) {
    check(fdt_create(blob_.data(), static_cast<int>(kCapacity)));
    check(fdt_finish_reservemap(blob_.data()));
  }
  void begin(const std::string& name) { check(fdt_begin_node(blob_.data(), name.c_str())); }
  void end() { check(fdt_end_node(blob_.data())); }
  void text(const char* name, const std::string& v) { texts(name, {v}); }
  // Several strings, separated by '\0' as the format wants them.
  void texts(const char* name, std::initializer_list<std::string> values) {
    std::string joined;
    for (const std::string& v : values) joined += v + '\0';
    blob(name, view_of(joined));
  }
  void cells(const char* name, std::initializer_list<uint32_t> values) { cells(name, std::span(values)); }
  void cells(const char* name, std::span<const uint32_t> values) {
    Bytes big;
    for (uint32_t v : values) {
      for (int shift = 24; shift >= 0; shift -= 8) big.push_back(static_cast<uint8_t>(v >> shift));
    }
    blob(name, big);
  }
  void reg(Gpa base, uint64_t size) {
    cells("reg", {static_cast<uint32_t>(raw(base) >> 32), static_cast<uint32_t>(raw(base)),
                  static_cast<uint32_t>(size >> 32), static_cast<uint32_t>(size)});
  }
  void u64(const char* name, uint64_t v) { check(fdt_property_u64(blob_.data(), name, v)); }
  void blob(const char* name, ByteView b) {
    check(fdt_property(blob_.data(), name, b.data(), static_cast<int>(b.size())));
  }
  void flag(const char* name) { check(fdt_property(blob_.data(), name, nullptr, 0)); }
  Bytes finish() {
    check(fdt_finish(blob_.data()));
    blob_.resize(fdt_totalsize(blob_.data()));
    return std::move(blob_);
  }

 private:
  static constexpr unsigned kCapacity = 1 << 16;
  static void check(int error) { CHECK(error == 0); }
  Bytes blob_;
};

std::string at(const char* name, Gpa base) { return fmt::format("{}@{:x}", name, raw(base)); }

void add_cpu(Tree& t, const BoardDescription& board, unsigned hart) {
  t.begin(fmt::format("cpu@{:x}", hart));
  t.text("device_type", "cpu");
  t.text("compatible", "riscv");
  t.cells("reg", {hart});
  t.text("status", "okay");
  t.text("riscv,isa", "rv64imafdc_zicbom_zicboz_zicntr_zicsr_zifencei_zihintpause_zba_zbb_zbs_sstc");
  t.text("riscv,isa-base", "rv64i");
  t.texts("riscv,isa-extensions", {"i", "m", "a", "f", "d", "c", "zicbom", "zicboz", "zicntr", "zicsr",
                                   "zifencei", "zihintpause", "zba", "zbb", "zbs", "sstc"});
  t.cells("riscv,cbom-block-size", {64});
  t.cells("riscv,cboz-block-size", {64});
  t.text("mmu-type", "riscv," + board.mmu);
  t.begin("interrupt-controller");
  t.cells("#interrupt-cells", {1});
  t.flag("interrupt-controller");
  t.text("compatible", "riscv,cpu-intc");
  t.cells("phandle", {kFirstCpuIntc + hart});
  t.end();
  t.end();
}

void add_cpus(Tree& t, const BoardDescription& board) {
  t.begin("cpus");
  t.cells("#address-cells", {1});
  t.cells("#size-cells", {0});
  t.cells("timebase-frequency", {static_cast<uint32_t>(kTicksPerSecond)});
  for (unsigned hart = 0; hart < board.hart_count; ++hart) add_cpu(t, board, hart);
  t.end();
}

// These two of each hart's interrupts.
void add_hart_interrupts(Tree& t, unsigned hart_count, uint32_t first, uint32_t second) {
  std::vector<uint32_t> cells;
  for (unsigned hart = 0; hart < hart_count; ++hart) {
    cells.insert(cells.end(), {kFirstCpuIntc + hart, first, kFirstCpuIntc + hart, second});
  }
  t.cells("interrupts-extended", cells);
}

void add_interrupt_controllers(Tree& t, unsigned hart_count) {
  t.begin(at("clint", board::kAclint));
  t.texts("compatible", {"sifive,clint0", "riscv,clint0"});
  t.reg(board::kAclint, board::kAclintSize);
  add_hart_interrupts(t, hart_count, kMachineSoftware, kMachineTimer);
  t.end();
  t.begin(at("plic", board::kPlic));
  t.texts("compatible", {"sifive,plic-1.0.0", "riscv,plic0"});
  t.reg(board::kPlic, board::kPlicSize);
  t.cells("#address-cells", {0});
  t.cells("#interrupt-cells", {1});
  t.flag("interrupt-controller");
  add_hart_interrupts(t, hart_count, kMachineExternal, kSupervisorExternal);
  t.cells("riscv,ndev", {95});
  t.cells("phandle", {kPlicHandle});
  t.end();
}

void add_devices(Tree& t) {
  t.begin(at("serial", board::kUart));
  t.text("compatible", "ns16550a");
  t.reg(board::kUart, board::kUartSize);
  t.cells("clock-frequency", {3686400});
  t.cells("interrupts", {board::kUartIrq});
  t.cells("interrupt-parent", {kPlicHandle});
  t.end();
  for (unsigned slot = 0; slot < board::kVirtioSlots; ++slot) {
    Gpa base = board::kVirtio + slot * board::kVirtioSize;
    t.begin(at("virtio_mmio", base));
    t.text("compatible", "virtio,mmio");
    t.reg(base, board::kVirtioSize);
    t.cells("interrupts", {board::kVirtioIrq + slot});
    t.cells("interrupt-parent", {kPlicHandle});
    t.end();
  }
  t.begin(at("rtc", board::kRtc));
  t.text("compatible", "google,goldfish-rtc");
  t.reg(board::kRtc, board::kRtcSize);
  t.cells("interrupts", {board::kRtcIrq});
  t.cells("interrupt-parent", {kPlicHandle});
  t.end();
  t.begin(at("watchdog", board::kWatchdog));
  t.text("compatible", "allwinner,sun6i-a31-wdt");
  t.reg(board::kWatchdog, board::kWatchdogSize);
  t.end();
  t.begin(at("test", board::kSyscon));
  t.texts("compatible", {"sifive,test1", "sifive,test0", "syscon"});
  t.reg(board::kSyscon, board::kSysconSize);
  t.cells("phandle", {kSysconHandle});
  t.end();
}

void add_power(Tree& t, const char* name, const char* compatible, uint32_t value) {
  t.begin(name);
  t.text("compatible", compatible);
  t.cells("regmap", {kSysconHandle});
  t.cells("offset", {0});
  t.cells("value", {value});
  t.end();
}

}  // namespace

Bytes build_device_tree(const BoardDescription& board) {
  Tree t;
  t.begin("");
  t.cells("#address-cells", {2});
  t.cells("#size-cells", {2});
  t.text("compatible", "riscv-virtio");
  t.text("model", "riscv-virtio,recount");
  t.begin("chosen");
  t.text("stdout-path", "/soc/" + at("serial", board::kUart));
  if (!board.append.empty()) t.text("bootargs", board.append);
  if (board.initrd_begin != board.initrd_end) {
    t.u64("linux,initrd-start", board.initrd_begin);
    t.u64("linux,initrd-end", board.initrd_end);
  }
  t.blob("rng-seed", board.rng_seed);
  t.end();
  t.begin(at("memory", board::kRam));
  t.text("device_type", "memory");
  t.reg(board::kRam, board.ram_bytes);
  t.end();
  add_cpus(t, board);
  add_power(t, "poweroff", "syscon-poweroff", 0x5555);
  add_power(t, "reboot", "syscon-reboot", 0x7777);
  t.begin("soc");
  t.cells("#address-cells", {2});
  t.cells("#size-cells", {2});
  t.text("compatible", "simple-bus");
  t.flag("ranges");
  add_interrupt_controllers(t, board.hart_count);
  add_devices(t);
  t.end();
  t.end();
  return t.finish();
}

}  // namespace recount
