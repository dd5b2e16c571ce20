#pragma once
// The test finisher (sifive,test0): the guest powers off, resets, or ends with a failure code.

#include <cstdint>

#include "memory/bus.h"

namespace recount {

enum class PowerRequest : uint8_t { kNone, kPoweroff, kReset, kFail };

class Syscon final : public MmioDevice {
 public:
  PowerRequest request() const { return request_; }
  uint32_t code() const { return code_; }  // of kFail

  uint64_t mmio_read(uint64_t, unsigned) override { return 0; }
  void mmio_write(uint64_t offset, unsigned size_bytes, uint64_t value) override {
    if (offset != 0 || (size_bytes != 4 && size_bytes != 2)) return;
    constexpr uint16_t kPass = 0x5555, kFinishReset = 0x7777, kFinishFail = 0x3333;
    switch (static_cast<uint16_t>(value)) {
      case kPass: request_ = PowerRequest::kPoweroff; break;
      case kFinishReset: request_ = PowerRequest::kReset; break;
      case kFinishFail:
        request_ = PowerRequest::kFail;
        code_ = static_cast<uint32_t>(value >> 16 & 0xffff);
        break;
      default: break;
    }
  }

  template <class Archive>
  void state(Archive& a) {
    a("request", request_);
    a("code", code_);
  }

 private:
  PowerRequest request_ = PowerRequest::kNone;
  uint32_t code_ = 0;
};

}  // namespace recount
