#pragma once
// CHECK(x): our own bug if x is false. On in release builds; prints where the guest was and aborts.

namespace recount {

// Prints "CHECK failed: ..." with the guest's position and pc (if a context is set) and aborts.
[[noreturn]] void check_failed(const char* expression, const char* file, int line);

// Lets the vCPU thread say where its guest is when a CHECK fails. Per thread; nullptr to clear.
struct CheckContext {
  virtual ~CheckContext() = default;
  virtual unsigned long long position() const = 0;
  virtual unsigned long long pc() const = 0;
};
void set_check_context(const CheckContext* context);

}  // namespace recount

#define CHECK(x) \
  ((x) ? static_cast<void>(0) : ::recount::check_failed(#x, __FILE__, __LINE__))
