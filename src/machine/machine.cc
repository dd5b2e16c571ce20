#include "machine/machine.h"

#include <algorithm>

#include "base/paranoid.h"
#include "engine/make_engine.h"
#include "machine/board.h"
#include "machine/device_tree.h"
#include "machine/load_image.h"

namespace recount {
namespace {

constexpr unsigned machine_context(unsigned hart) { return 2 * hart; }  // of the PLIC
constexpr unsigned supervisor_context(unsigned hart) { return 2 * hart + 1; }
constexpr uint64_t kMegabyte = 1 << 20;

// A hart as firmware would hand it to S-mode: everything delegated, counters and extensions open to it.
HartState behind_firmware(uint64_t hart_id, Gpa entry, uint64_t argument) {
  HartState s;
  s.hart_id = hart_id;
  s.pc = raw(entry);
  s.x[10] = hart_id;
  s.x[11] = argument;
  s.privilege = Privilege::kSupervisor;
  s.medeleg = ~0ull;
  s.mideleg = 1u << kSsi | 1u << kSti | 1u << kSei;
  s.mcounteren = 0xffffffff;
  s.scounteren = 7;  // as OpenSBI does: Linux leaves it, and its vDSO reads time in user mode
  s.menvcfg = menvcfg::kWritable;
  s.native_sbi = true;
  return s;
}

}  // namespace

Result<std::unique_ptr<Machine>> Machine::create(const MachineConfig& config, ConsolePort& console,
                                                 const std::vector<BlockPort*>& disks, PacketPort* network) {
  constexpr uint64_t kLeast = 16 * kMegabyte, kMost = 64ull << 30;
  if (config.ram_bytes < kLeast || config.ram_bytes > kMost || config.ram_bytes % (2 * kMegabyte) != 0) {
    return fail(ErrorKind::kUsage, "memory must be 16M to 64G, in steps of 2M");
  }
  if (config.mmu != "sv39" && config.mmu != "sv48") return fail(ErrorKind::kUsage, "mmu must be sv39 or sv48");
  if (config.harts < 1 || config.harts > kMostHarts) return fail(ErrorKind::kUsage, "a machine has 1 to 8 harts");
  CHECK(!config.mac || network != nullptr);
  if (disks.size() > kMostDisks - (config.mac ? 1 : 0)) {
    return fail(ErrorKind::kUsage, "a machine has at most 6 disks, and 5 beside a network device");
  }
  auto ram = TRY(Ram::create(board::kRam, config.ram_bytes));
  return std::unique_ptr<Machine>(new Machine(config, std::move(ram), console, disks, network));
}

Machine::Machine(const MachineConfig& config, std::unique_ptr<Ram> ram, ConsolePort& console,
                 const std::vector<BlockPort*>& disks, PacketPort* network)
    : config_(config),
      console_(console),
      ram_(std::move(ram)),
      hart_(0, *ram_, bus_, time_, caching_of(config.engine)),
      engine_(make_engine(config.engine, hart_, time_, *ram_, config.jit)),
      turns_(hart_, time_, config.harts, config.turn_steps),
      aclint_(*this, config.harts),
      plic_(2 * config.harts),
      uart_(console),
      rtc_(*this, config.rtc_base_ns),
      watchdog_(*this),
      virtio_console_(*ram_, console),
      virtio_entropy_(*ram_, random_) {
  for (unsigned i = 0; i < disks.size(); ++i) disks_.push_back(std::make_unique<VirtioBlock>(*ram_, *disks[i], i));
  if (config.mac) net_ = std::make_unique<VirtioNet>(*ram_, *network, *config.mac);
  ram_->set_watcher(&hart_.mmu);
  map_devices();
  set_check_context(this);
}

void Machine::map_devices() {
  bus_.map(board::kSyscon, board::kSysconSize, syscon_);
  bus_.map(board::kRtc, board::kRtcSize, rtc_);
  bus_.map(board::kWatchdog, board::kWatchdogSize, watchdog_);
  bus_.map(board::kAclint, board::kAclintSize, aclint_);
  bus_.map(board::kPlic, board::kPlicSize, plic_);
  bus_.map(board::kUart, board::kUartSize, uart_);
  auto occupy = [this](VirtioDevice& device) {
    bus_.map(board::kVirtio + virtio_slots_.size() * board::kVirtioSize, board::kVirtioSize, device);
    virtio_slots_.push_back(&device);
  };
  occupy(virtio_console_);
  occupy(virtio_entropy_);
  for (const auto& disk : disks_) occupy(*disk);
  if (net_ != nullptr) occupy(*net_);
  for (size_t slot = virtio_slots_.size(); slot < board::kVirtioSlots; ++slot) {
    bus_.map(board::kVirtio + slot * board::kVirtioSize, board::kVirtioSize, empty_slot_);
  }
}

Machine::~Machine() { set_check_context(nullptr); }

Result<void> Machine::boot(const BootImages& images) {
  bool has_firmware = !images.firmware.empty();
  if (!has_firmware && images.kernel.empty()) return fail(ErrorKind::kUsage, "give --kernel or --bios");
  Gpa entry = board::kRam;
  Gpa end = board::kRam;
  if (has_firmware) {
    auto loaded = load_firmware(*ram_, images.firmware);
    if (!loaded) return std::unexpected(in_context("firmware", loaded.error()));
    entry = loaded->entry;
  }
  if (!images.kernel.empty()) {
    auto loaded = has_firmware ? load_payload(*ram_, images.kernel) : load_kernel(*ram_, images.kernel);
    if (!loaded) return std::unexpected(in_context("kernel", loaded.error()));
    if (!has_firmware) entry = loaded->entry;
    end = loaded->end;
  }

  BoardDescription board{.ram_bytes = ram_->size(), .append = config_.append, .rng_seed = config_.seed, .mmu = config_.mmu, .hart_count = turns_.count()};
  // The device tree below the end of RAM (of its first 2 GiB: firmware addresses 32 bits), on a 2 MiB boundary as
  // QEMU puts it; the initrd right below.
  uint64_t top = std::min<uint64_t>(ram_->size(), 2048 * kMegabyte) - 2 * kMegabyte;
  Gpa device_tree = board::kRam + top;
  if (!images.initrd.empty()) {
    uint64_t size = images.initrd.size();
    if (size > top || raw(board::kRam) + ((top - size) & ~kPageMask) < raw(end)) {
      return fail(ErrorKind::kUnreadable, "initrd: does not fit in memory beside the kernel; give more --memory");
    }
    board.initrd_begin = raw(board::kRam) + ((top - size) & ~kPageMask);
    board.initrd_end = board.initrd_begin + size;
    ram_->write(Gpa{board.initrd_begin}, images.initrd);
  }
  Bytes tree = build_device_tree(board);
  CHECK(ram_->write(device_tree, tree));
  if (has_firmware) {
    // OpenSBI's fw_dynamic: docs/firmware/fw_dynamic.md. a2 points to where to go next, and in which mode.
    Bytes info;
    ByteWriter w(info);
    constexpr uint64_t kMagic = 0x4942534f, kVersion = 2, kSupervisor = 1;
    uint64_t next = raw(board::kRam + board::kKernelOffset);
    for (uint64_t v : {kMagic, kVersion, next, kSupervisor, uint64_t{0}, uint64_t{0}}) w.fixed(v);
    Gpa place = device_tree + ((tree.size() + kPageMask) & ~kPageMask);
    CHECK(ram_->write(place, info));
    // Every hart starts here, and the firmware chooses.
    for (unsigned hart = 0; hart < turns_.count(); ++hart) {
      HartState& s = turns_[hart];
      s.pc = raw(entry);
      s.x[10] = hart;
      s.x[11] = raw(device_tree);
      s.x[12] = raw(place);
    }
  } else {
    for (unsigned hart = 0; hart < turns_.count(); ++hart) {
      turns_[hart] = behind_firmware(hart, entry, raw(device_tree));
      turns_[hart].stopped = hart != 0;
    }
  }
  restored();
  return {};
}

void Machine::restored() {
  turns_.restored();
  hart_.mmu.flush();
  engine_->flush();
  update_lines();
}

Result<void> Machine::check_restored() const {
  const char* wrong = !time_.possible()              ? "time"
                      : !turns_.possible()           ? "hart"
                      : aclint_.hart_count() != turns_.count()      ? "aclint"
                      : plic_.context_count() != 2 * turns_.count() ? "plic"
                      : !uart_.possible()            ? "uart"
                      : !watchdog_.possible()        ? "watchdog"
                      : !virtio_console_.possible()  ? "virtio_console"
                      : power_ > PowerRequest::kFail ? "power"
                                                     : nullptr;
  if (wrong == nullptr) return {};
  return fail(ErrorKind::kDamaged, std::string("state field ") + wrong + ": holds what no machine can be in");
}

void Machine::forget(Cached what) {
  switch (what) {
    case Cached::kTranslations: hart_.mmu.flush(); break;
    case Cached::kWriteTranslations: hart_.mmu.flush_writes(); break;
    case Cached::kCode: engine_->flush(); break;
  }
}

void Machine::update_lines() {
  rtc_.check_alarm();
  watchdog_.check();
  uint32_t levels = (uart_.irq() ? 1u << board::kUartIrq : 0) | (rtc_.irq() ? 1u << board::kRtcIrq : 0);
  for (size_t slot = 0; slot < virtio_slots_.size(); ++slot) {
    if (virtio_slots_[slot]->irq()) levels |= 1u << (board::kVirtioIrq + slot);
  }
  plic_.set_levels(levels);
  for (unsigned hart = 0; hart < turns_.count(); ++hart) turns_[hart].lines = lines_of(hart);
}

uint64_t Machine::lines_of(unsigned hart) const {
  auto line = [](bool on, unsigned interrupt) { return on ? 1ull << interrupt : 0; };
  return line(plic_.pending(machine_context(hart)), kMei) | line(plic_.pending(supervisor_context(hart)), kSei) |
         line(aclint_.msip(hart), kMsi) | line(time_.ticks() >= aclint_.mtimecmp(hart), kMti);
}

// The step at which a timer next changes a line by itself, or ends all. Those of the harts that wait for their turn are looked
// at when it comes.
uint64_t Machine::next_deadline() const {
  uint64_t deadline = hart_.timer_deadline();
  for (uint64_t ticks : {aclint_.mtimecmp(turns_.current()), rtc_.alarm_ticks(), watchdog_.expiry_ticks()}) {
    if (ticks > time_.ticks()) deadline = std::min(deadline, time_.steps_at(ticks));
  }
  return deadline;
}

// Those that have fired already raise nothing more: a guest that waits with one of them masked is not awake.
uint64_t Machine::next_timer_ticks() const {
  uint64_t next = kNever;
  auto consider = [&](uint64_t ticks) {
    if (ticks > time_.ticks()) next = std::min(next, ticks);
  };
  consider(rtc_.alarm_ticks());
  consider(watchdog_.expiry_ticks());
  for (unsigned hart = 0; hart < turns_.count(); ++hart) {
    const HartState& s = turns_[hart];
    if (s.stopped) continue;
    consider(aclint_.mtimecmp(hart));
    if ((s.menvcfg & menvcfg::kStce) != 0) consider(s.stimecmp);
  }
  return next;
}

std::optional<Stop> Machine::stop_requested() const {
  PowerRequest request = power_ != PowerRequest::kNone ? power_ : syscon_.request();
  switch (request) {
    case PowerRequest::kPoweroff: return Stop::kPoweroff;
    case PowerRequest::kReset: return Stop::kReset;
    case PowerRequest::kFail: return Stop::kFailed;
    case PowerRequest::kNone: break;
  }
  if (watchdog_.expired()) return Stop::kWatchdog;
  return std::nullopt;
}

// Code is looked at more seldom: there is much of it, and it changes little.
void Machine::audit() {
  constexpr uint64_t kCodeEvery = 64;
  if (caching_of(config_.engine) == Caching::kOff) return;
  MmuAudit(hart_.mmu, hart_.state, *ram_).run();
  if (audits_++ % kCodeEvery == 0) engine_->audit();
}

Stop Machine::run_until(Position target) {
  while (time_.steps < raw(target)) {
    update_lines();
    if (auto stop = stop_requested()) return *stop;
    if (!turns_.give()) return Stop::kIdle;
    if (hart_.take_interrupt()) {
      ++time_.steps;
      continue;
    }
    Exit exit = engine_->run(std::min({raw(target), next_deadline(), turns_.turn_end()}));
    if (aclint_.take_raised()) turns_.end();
    if (exit == Exit::kSbiCall) answer_sbi();
    if (exit == Exit::kTrapLoop && !interrupt_may_end_loop()) {
      update_lines();
      return Stop::kTrapLoop;
    }
    if (stopped_by_debugger()) {
      update_lines();
      return Stop::kDebugger;
    }
  }
  // Wherever the state can be looked at, the lines follow from the rest of it: a restored machine has the same.
  update_lines();
  if constexpr (kParanoid) audit();
  return stop_requested().value_or(Stop::kPosition);
}

// A handler in S-mode traps for ever only as far as S-mode goes: an interrupt that M-mode has kept for itself still comes. A
// software interrupt does not, unless another hart is there who would raise one.
bool Machine::interrupt_may_end_loop() const {
  const HartState& s = hart_.state;
  if (s.privilege == Privilege::kMachine) return false;
  uint64_t kept = s.mie & ~s.mideleg;
  auto is_kept = [&](Interrupt i) { return (kept >> i & 1) != 0; };
  unsigned hart = turns_.current();
  if (turns_.count() > 1 && (is_kept(kSsi) || is_kept(kMsi))) return true;
  bool device = (is_kept(kSei) && plic_.listens(supervisor_context(hart))) || (is_kept(kMei) && plic_.listens(machine_context(hart)));
  bool machine_timer = is_kept(kMti) && aclint_.mtimecmp(hart) != kNever;
  bool supervisor_timer = is_kept(kSti) && hart_.timer_deadline() != kNever;
  return device || machine_timer || supervisor_timer || (hart_.mip() & kept) != 0;
}

void Machine::answer_sbi() {
  auto& x = hart_.state.x;
  SbiCall call{.extension = x[17], .function = x[16], .args = {x[10], x[11], x[12], x[13], x[14], x[15]}};
  SbiReturn answer = sbi_call(*this, call);
  x[10] = static_cast<uint64_t>(answer.error);
  if (!answer.legacy) x[11] = answer.value;
}

void Machine::send_ipi(unsigned hart) {
  turns_[hart].mip |= 1u << kSsi;
  if (hart != turns_.current()) turns_.end();
}

void Machine::start_hart(unsigned hart, Gpa entry, uint64_t argument) {
  turns_[hart] = behind_firmware(hart, entry, argument);
}

size_t Machine::console_read(std::span<uint8_t> out) {
  size_t count = 0;
  while (count < out.size() && uart_.has_input()) out[count++] = uart_.take();
  return count;
}

void Machine::system_reset(SbiReset type, bool failed) {
  power_ = failed ? PowerRequest::kFail : type == SbiReset::kShutdown ? PowerRequest::kPoweroff : PowerRequest::kReset;
}

size_t Machine::console_room(ConsoleId console) const {
  switch (console) {
    case ConsoleId::kUart: return uart_.room();
    case ConsoleId::kVirtio: return virtio_console_.room();
  }
  return 0;  // no such console: an event read from a file may say anything
}

bool Machine::disk_pending(uint8_t disk, uint64_t serial) const {
  return disk < disks_.size() && disks_[disk]->pending(serial);
}

void Machine::restart_disks() {
  for (const auto& disk : disks_) disk->restart();
}

bool Machine::possible(const TimeAnchor& anchor) const {
  return Timebase{time_.steps, time_.steps, anchor.time_ticks, anchor.rate}.possible();
}

void Machine::apply(const Event& event) {
  CHECK(event.position == at());
  if (const auto* anchor = std::get_if<TimeAnchor>(&event.payload)) {
    CHECK(anchor->time_ticks >= time_.ticks());
    time_.anchor_steps = time_.steps;
    time_.anchor_ticks = anchor->time_ticks;
    time_.rate = anchor->rate;
  } else if (const auto* input = std::get_if<ConsoleInput>(&event.payload)) {
    if (input->console == ConsoleId::kUart) {
      uart_.receive(input->bytes);
    } else {
      virtio_console_.receive(input->bytes);
    }
  } else if (const auto* done = std::get_if<DiskCompletion>(&event.payload)) {
    CHECK(done->disk < disks_.size());
    disks_[done->disk]->complete(done->request, done->status);
  } else if (const auto* entropy = std::get_if<EntropySeed>(&event.payload)) {
    random_.seed(entropy->seed);
  } else if (const auto* packet = std::get_if<PacketArrival>(&event.payload)) {
    CHECK(net_ != nullptr);
    net_->receive(packet->frame);
  }
  update_lines();
}

CheckpointDigest Machine::digest_here() {
  CheckpointDigest digest;
  DigestArchive hart;
  hart_state(hart);
  digest.harts = hart.finish();
  DigestArchive devices;
  device_state(devices);
  digest.devices = devices.finish();
  digest.ram = ram_->dirty_digest();
  return digest;
}

CheckpointDigest Machine::checkpoint_digest() {
  CheckpointDigest digest = digest_here();
  ram_->clear_flags(kFrameDirty);
  hart_.mmu.flush_writes();
  return digest;
}

}  // namespace recount
