#include "device/virtio/virtio_device.h"

namespace recount {
namespace {

// "MMIO Device Register Layout".
enum Register : uint64_t {
  kMagicValue = 0x000, kVersion = 0x004, kDeviceId = 0x008, kVendorId = 0x00c,
  kDeviceFeatures = 0x010, kDeviceFeaturesSelect = 0x014, kDriverFeatures = 0x020, kDriverFeaturesSelect = 0x024,
  kQueueSelect = 0x030, kQueueSizeMax = 0x034, kQueueSize = 0x038, kQueueReady = 0x044, kQueueNotify = 0x050,
  kInterruptStatus = 0x060, kInterruptAck = 0x064, kStatus = 0x070,
  kQueueDescLow = 0x080, kQueueDescHigh = 0x084, kQueueDriverLow = 0x090, kQueueDriverHigh = 0x094,
  kQueueDeviceLow = 0x0a0, kQueueDeviceHigh = 0x0a4,
  kSharedMemoryFirst = 0x0b0, kSharedMemoryLast = 0x0bc, kConfigGeneration = 0x0fc, kConfig = 0x100
};
constexpr uint32_t kMagic = 0x74726976, kModern = 2;
constexpr uint32_t kVendor = 0x554d4551;  // "QEMU": xv6 drives no other

// "Device Status Field".
constexpr uint32_t kDriverOk = 4, kFeaturesOk = 8, kNeedsReset = 64;
constexpr uint32_t kUsedBuffer = 1, kConfigChange = 2;  // InterruptStatus
// "Reserved Feature Bits".
constexpr uint64_t kIndirectDescriptors = 1ull << 28;

uint32_t half(uint64_t features, uint32_t select) {
  return select > 1 ? 0 : static_cast<uint32_t>(features >> (32 * select));
}

}  // namespace

bool VirtioDevice::active() const { return (status_ & (kDriverOk | kNeedsReset)) == kDriverOk; }

uint64_t VirtioDevice::offered_features() const { return device_features() | kIndirectDescriptors | kVersion1; }

void VirtioDevice::break_device() {
  status_ |= kNeedsReset;
  if ((status_ & kDriverOk) == 0) return;
  ++config_generation_;
  interrupt_ |= kConfigChange;
}

void VirtioDevice::give_back(unsigned index, uint16_t head, uint32_t written_bytes) {
  auto wants_interrupt = queues_[index].give_back(ram_, head, written_bytes);
  if (!wants_interrupt) return break_device();
  if (*wants_interrupt) interrupt_ |= kUsedBuffer;
}

void VirtioDevice::reset() {
  forget();
  status_ = interrupt_ = 0;
  device_features_select_ = driver_features_select_ = queue_select_ = 0;
  driver_features_ = 0;
  for (Virtqueue& q : queues_) q.reset();
}

void VirtioDevice::set_status(uint32_t value) {
  if (value == 0) return reset();
  bool was_active = active();
  uint32_t settable = value & 0xff & ~kNeedsReset;
  // "Driver Requirements: Device Initialization": a FEATURES_OK that does not stay is the device's refusal.
  // A driver that does not say VIRTIO_F_VERSION_1 (xv6's) may go on, as in QEMU: these registers are version 2's for all,
  // unless the device puts something else into memory for it.
  bool agreed = (driver_features_ & ~offered_features()) == 0 && (~driver_features_ & required_features()) == 0;
  if ((settable & kFeaturesOk) != 0 && !agreed) settable &= ~kFeaturesOk;
  // Only a reset takes bits back.
  status_ |= settable;
  if ((status_ & kFeaturesOk) == 0) status_ &= ~kDriverOk;
  if (was_active || !active()) return;
  // Some drivers fill and notify queues before they say DRIVER_OK, which is too early to be heard.
  for (unsigned i = 0; i < queue_count_; ++i) {
    if (active() && queues_[i].ready()) notify(i);
  }
}

uint64_t VirtioDevice::mmio_read(uint64_t offset, unsigned size_bytes) {
  if (offset >= kConfig) return read_config(offset - kConfig, size_bytes);
  return size_bytes == 4 ? read_register(offset) : 0;
}

uint64_t VirtioDevice::read_config(uint64_t offset, unsigned size_bytes) const {
  Bytes config = config_space();
  uint64_t value = 0;
  for (unsigned i = 0; i < size_bytes && offset + i < config.size(); ++i) {
    value |= static_cast<uint64_t>(config[offset + i]) << (8 * i);
  }
  return value;
}

uint32_t VirtioDevice::read_register(uint64_t offset) const {
  switch (offset) {
    case kMagicValue: return kMagic;
    case kVersion: return kModern;
    case kDeviceId: return static_cast<uint32_t>(type_);
    case kVendorId: return kVendor;
    case kDeviceFeatures: return half(offered_features(), device_features_select_);
    case kQueueSizeMax: return queue_select_ < queue_count_ ? Virtqueue::kMaxSize : 0;
    case kQueueReady: return queue_select_ < queue_count_ && queues_[queue_select_].ready() ? 1 : 0;
    case kInterruptStatus: return interrupt_;
    case kStatus: return status_;
    case kConfigGeneration: return config_generation_;
    default: return offset >= kSharedMemoryFirst && offset <= kSharedMemoryLast ? ~0u : 0;  // no such region
  }
}

void VirtioDevice::mmio_write(uint64_t offset, unsigned size_bytes, uint64_t value) {
  if (size_bytes == 4) write_register(offset, static_cast<uint32_t>(value));
}

void VirtioDevice::write_register(uint64_t offset, uint32_t value) {
  switch (offset) {
    case kDeviceFeaturesSelect: device_features_select_ = value; break;
    case kDriverFeaturesSelect: driver_features_select_ = value; break;
    case kDriverFeatures:
      if ((status_ & kFeaturesOk) != 0 || driver_features_select_ > 1) break;
      driver_features_ &= ~(0xffffffffull << (32 * driver_features_select_));
      driver_features_ |= static_cast<uint64_t>(value) << (32 * driver_features_select_);
      break;
    case kQueueSelect: queue_select_ = value; break;
    case kQueueNotify:
      if (value < queue_count_ && active() && queues_[value].ready()) notify(value);
      break;
    case kInterruptAck: interrupt_ &= ~value; break;
    case kStatus: set_status(value); break;
    default:
      if (queue_select_ < queue_count_) write_queue_register(offset, value);
  }
}

void VirtioDevice::write_queue_register(uint64_t offset, uint32_t value) {
  using enum Virtqueue::Area;
  using enum Virtqueue::Half;
  Virtqueue& q = queues_[queue_select_];
  switch (offset) {
    case kQueueSize: q.set_size(value); break;
    case kQueueReady:
      if ((value & 1) != 0) {
        q.start();
      } else if (q.ready()) {
        q.stop();
        forget();
      }
      break;
    case kQueueDescLow: q.set_address(kDescriptors, kLow, value); break;
    case kQueueDescHigh: q.set_address(kDescriptors, kHigh, value); break;
    case kQueueDriverLow: q.set_address(kDriver, kLow, value); break;
    case kQueueDriverHigh: q.set_address(kDriver, kHigh, value); break;
    case kQueueDeviceLow: q.set_address(kDevice, kLow, value); break;
    case kQueueDeviceHigh: q.set_address(kDevice, kHigh, value); break;
    default: break;
  }
}

uint64_t EmptyVirtioSlot::mmio_read(uint64_t offset, unsigned size_bytes) {
  if (size_bytes != 4) return 0;
  switch (offset) {
    case kMagicValue: return kMagic;
    case kVersion: return kModern;
    case kVendorId: return kVendor;
    default: return 0;
  }
}

}  // namespace recount
