#pragma once
// IR to x86-64, in one walk over the block. Slow paths go to cold code behind it.

#include <functional>
#include <optional>
#include <vector>

#include "engine/x64/access_groups.h"
#include "engine/x64/fast_lookup.h"
#include "engine/x64/float_map.h"
#include "engine/x64/stubs.h"
#include "engine/x64/value_map.h"

namespace recount::x64 {

// More than a block of 64 steps can need.
inline constexpr size_t kMostBlockBytes = 64 << 10;

// A direct jump to other guest code of the page, to be patched when that is translated.
struct Link {
  uint32_t site;           // of the 32-bit displacement, from the block's start
  uint32_t stub;           // where it goes until then
  int32_t target_offset;   // of the guest code, in the page
};

struct EmittedBlock {
  ByteView code;           // valid until the next emit()
  uint32_t dead_entry;     // where a jump to a block that was dropped is to go
  std::vector<Link> links;
};

class Emitter {
 public:
  Emitter(const Layout& layout, const Stubs& stubs) : l_(layout), stubs_(stubs), values_(a_, layout) {}

  // The block, as it must run at address. step_ops: an interpreter's op for each step of the block. Its first
  // link has the number first_link.
  EmittedBlock emit(const ir::Block& block, uintptr_t address, const void* const* step_ops, uint32_t first_link);

 private:
  void inst(size_t n);
  void integer_binary(const ir::Inst& i, ir::Value v);
  void arithmetic(asmjit::x86::Inst::Id id, const ir::Inst& i, ir::Value v, unsigned bits, bool commutes);
  void add(const ir::Inst& i, ir::Value v);
  void shift(asmjit::x86::Inst::Id by_imm, asmjit::x86::Inst::Id by_reg, const ir::Inst& i, ir::Value v, unsigned bits);
  void rotate(const ir::Inst& i, ir::Value v, unsigned bits);
  void less(asmjit::x86::CondCode condition, const ir::Inst& i, ir::Value v);
  void choose(asmjit::x86::CondCode b_if, const ir::Inst& i, ir::Value v);
  // a in rax, b in the word kValue; rax and rdx are the instruction's own.
  void fix_operands(const ir::Inst& i);
  void multiply_high(asmjit::x86::Inst::Id id, const ir::Inst& i, ir::Value v);
  void divide(const ir::Inst& i, ir::Value v, unsigned bits, bool is_signed, bool remainder);
  void integer_unary(const ir::Inst& i, ir::Value v);
  void compare(ir::Value a, ir::Value b);

  // Of a load or store, as its operands give it.
  struct Address {
    const AccessGroup* group = nullptr;
    Gpr reg;                    // the guest address; in a group, its base ...
    std::optional<Mem> memory;  // ... or where that is, if it is in no register
    int32_t displacement = 0;   // in a group
    Gpr work;                   // leads to the place in host memory; free in cold code
  };
  // Operands of i are in registers from here on.
  Address address_of(const ir::Inst& i);
  // The place in host memory; goes to slow if that is not known. spare: a register that the access itself is to write.
  Mem place_of(Address& address, const ir::Inst& i, bool store, const Label& slow, std::optional<Gpr> spare = std::nullopt);
  // To kAddress, in cold code.
  void put_address(const Address& address);
  void move_base(const Address& address);
  void check_group(const Address& address, const Label& none);
  Gpr guest_address(const ir::Inst& i);
  // The inline lookup: goes to slow if the page is not there or the address not aligned. Uses index up.
  void check(Gpr address, Gpr addend, Gpr index, unsigned width, bool store, const Label& slow);
  void look_further(const Label& from, const Label& found, const Label& none, Gpr addend, const FastPlace& entry, bool store);
  void load(const ir::Inst& i, ir::Value v);
  void store(const ir::Inst& i);
  void amo(const ir::Inst& i, ir::Value v);
  void modify(ir::AmoKind kind, Mem place, Gpr operand, Gpr old);
  void reserve(Gpr place, Gpr old);
  void store_conditional(Gpr place, Mem memory, Gpr operand, Gpr old, const Label& slow);

  // Slow paths that keep the XMM registers, if a later instruction needs one.
  const void* load_stub() const { return floats_.any_lives_on() ? stubs_.load_f : stubs_.load; }
  const void* store_stub() const { return floats_.any_lives_on() ? stubs_.store_f : stubs_.store; }

  void float_inst(const ir::Inst& i, ir::Value v);
  void float_guard(const ir::Inst& i);
  // v in a register. Not to be written.
  Xmm float_reg(ir::Value v);
  void check_box(unsigned slot, Xmm value);
  void float_set(const ir::Inst& i);
  void float_load(const ir::Inst& i, ir::Value v);
  void float_store(const ir::Inst& i);
  // Cold code: the interpreter does the instruction, and the result is read from its register.
  void interpret(const ir::Inst& i, const Label& from, const Label& done, Xmm result);
  void interpret_nan(const ir::Inst& i, Xmm result);
  void float_unary(const ir::Inst& i, ir::Value v);
  void float_binary(const ir::Inst& i, ir::Value v);
  void float_select(const ir::Inst& i, ir::Value v, asmjit::x86::Inst::Id select, asmjit::x86::Inst::Id of_equals);
  void float_sign(const ir::Inst& i, ir::Value v);
  void float_fused(const ir::Inst& i, ir::Value v);
  void float_compare(const ir::Inst& i, ir::Value v);
  void float_to_int(const ir::Inst& i, ir::Value v);
  void float_from_int(const ir::Inst& i, ir::Value v);
  void float_bits(const ir::Inst& i, ir::Value v);
  void float_of_bits(const ir::Inst& i, ir::Value v);

  void system_guard(const ir::Inst& i);
  void system_set(const ir::Inst& i);
  void step(const ir::Inst& i);
  // Leaves for the interpreter, at the step of i, if the flags say so.
  void interpret_if(asmjit::x86::CondCode condition, const ir::Inst& i);
  void exit_if(const ir::Inst& i, bool last);
  // Leaves for the code at this offset of the page, with as many steps of the block not done.
  void leave_for(int64_t offset, unsigned undone);
  void leave_for_rax();
  uint32_t info(const ir::Inst& i) const;
  unsigned undone_behind(const ir::Inst& i) const { return block_->step_count() - i.step - 1u; }
  static bool in_page(int64_t offset);
  void link_stub(uint32_t site, const Label& label, int64_t offset);
  void call_step(const ir::Inst& i, const void* stub);

  template <class F>
  void cold(F f) {
    cold_.emplace_back(std::move(f));
  }

  Assembler a_;
  const Layout& l_;
  const Stubs& stubs_;
  ValueMap values_;
  FloatMap floats_;
  AccessGroups groups_;
  size_t now_ = 0;  // the instruction that is emitted
  const ir::Block* block_ = nullptr;
  const void* const* step_ops_ = nullptr;
  uint32_t next_link_ = 0;
  std::vector<Link> links_;
  std::vector<std::pair<size_t, Label>> link_labels_;
  std::vector<std::function<void()>> cold_;
};

}  // namespace recount::x64
