#pragma once
// Where translated code finds things in memory: displacements from the state register.

#include "engine/ir/ir.h"
#include "engine/x64/access_groups.h"
#include "engine/x64/assembler.h"
#include "engine/x64/registers.h"
#include "hart/hart.h"

namespace recount::x64 {

inline constexpr unsigned kSpillCount = 6;
// Hart::engine_words, by name.
enum class Word : uint8_t {
  kPageBase,   // guest address of the page that is running
  kFetchKey,   // what fetch translations in the low half are valid for: context and epoch
  kHighFetchKey,  // the same for the high half
  kJumps,      // the jump cache's first entry
  kCodes,      // the code table's first entry
  kBudget,     // r15, outside of translated code
  kInfo,       // an Info, or a link's number, for the code that is called or left for
  kAddress,    // guest address of a slow access, or what a probe looks for; the pc that a lookup missed
  kValue,      // to be stored, or loaded; the addend that a probe found
  kStepOp,     // the interpreter's op for a Step
  kFloatMode,  // the ir::FloatUse that the state allows
  kMxcsr,      // rounds as the guest wants it, and holds the flags it has raised
  kHostMxcsr,  // what C++ wants it to be
  kSpill,      // kSpillCount values of the running block
  kGroup = kSpill + kSpillCount,  // by AccessGroup::word: the host address of a group's base; 0: its accesses are checked one by one
};
inline constexpr unsigned kWordCount = static_cast<unsigned>(Word::kGroup) + kGroupCount;

// The state register points into the middle of the x registers, so that all of them are a byte away.
class Layout {
 public:
  Layout(Hart& hart, Ram& ram)
      : base_(reinterpret_cast<uintptr_t>(&hart.state.x[16])),
        floats_(displacement(&hart.state.f[0])),
        words_(displacement(&hart.engine_words[0])),
        pc_(displacement(&hart.state.pc)),
        privilege_(displacement(&hart.state.privilege)),
        system_{displacement(&hart.state.mstatus), displacement(&hart.state.sscratch), displacement(&hart.state.sepc),
                displacement(&hart.state.scause), displacement(&hart.state.stval)},
        fast_tlb_(displacement(&hart.mmu.fast_tlb)),
        data_tag_(displacement(&hart.mmu.data_tag)),
        tlb_entries_{displacement(hart.mmu.tlb(Access::kLoad).entries()), displacement(hart.mmu.tlb(Access::kStore).entries()),
                     displacement(hart.mmu.tlb(Access::kFetch).entries())},
        reserved_(displacement(&hart.state.reserved)),
        reservation_(displacement(&hart.state.reservation)),
        reserved_value_(displacement(&hart.state.reserved_value)),
        gpa_minus_host_(raw(ram.base()) - reinterpret_cast<uintptr_t>(ram.host(ram.base()))) {
    static_assert(kWordCount <= std::tuple_size_v<decltype(Hart::engine_words)>);
  }

  uintptr_t base() const { return base_; }
  Mem x(unsigned slot) const { return asmjit::x86::qword_ptr(kStateRegister, (static_cast<int32_t>(slot) - 16) * 8); }
  Mem f(unsigned slot) const { return asmjit::x86::qword_ptr(kStateRegister, floats_ + static_cast<int32_t>(slot) * 8); }
  Mem f_low(unsigned slot) const { return asmjit::x86::dword_ptr(kStateRegister, floats_ + static_cast<int32_t>(slot) * 8); }
  Mem f_high(unsigned slot) const { return asmjit::x86::dword_ptr(kStateRegister, floats_ + static_cast<int32_t>(slot) * 8 + 4); }
  Mem word(Word w, unsigned index = 0) const { return asmjit::x86::qword_ptr(kStateRegister, word_displacement(w, index)); }
  Mem word32(Word w) const { return asmjit::x86::dword_ptr(kStateRegister, word_displacement(w, 0)); }
  Mem pc() const { return asmjit::x86::qword_ptr(kStateRegister, pc_); }
  Mem privilege() const { return asmjit::x86::byte_ptr(kStateRegister, privilege_); }
  Mem system(unsigned slot) const { return asmjit::x86::qword_ptr(kStateRegister, system_[slot]); }
  Mem reserved() const { return asmjit::x86::byte_ptr(kStateRegister, reserved_); }
  Mem reservation() const { return asmjit::x86::qword_ptr(kStateRegister, reservation_); }
  Mem reserved_value() const { return asmjit::x86::qword_ptr(kStateRegister, reserved_value_); }
  // To be added to a host address in guest RAM.
  uint64_t gpa_minus_host() const { return gpa_minus_host_; }
  Mem fast_tlb() const { return asmjit::x86::qword_ptr(kStateRegister, fast_tlb_); }
  Mem data_tag() const { return asmjit::x86::qword_ptr(kStateRegister, data_tag_); }
  // In the TlbEntry at a register's distance, in bytes, from the first one.
  Mem tlb_tag(Access access, Gpr distance) const { return tlb_entry(access, distance, offsetof(TlbEntry, tag)); }
  Mem tlb_addend(Access access, Gpr distance) const { return tlb_entry(access, distance, offsetof(TlbEntry, addend)); }

 private:
  Mem tlb_entry(Access access, Gpr distance, size_t member) const {
    int32_t entries = tlb_entries_[static_cast<size_t>(access)];
    return asmjit::x86::qword_ptr(kStateRegister, distance, 0, entries + static_cast<int32_t>(member));
  }
  int32_t displacement(const void* p) const {
    return static_cast<int32_t>(reinterpret_cast<intptr_t>(p) - static_cast<intptr_t>(base_));
  }
  int32_t word_displacement(Word w, unsigned index) const {
    return words_ + static_cast<int32_t>((static_cast<unsigned>(w) + index) * 8);
  }

  uintptr_t base_;
  int32_t floats_, words_, pc_, privilege_;
  int32_t system_[ir::kSystemSlotCount];  // by ir::SystemSlot
  int32_t fast_tlb_, data_tag_;
  int32_t tlb_entries_[3];  // by Access
  int32_t reserved_, reservation_, reserved_value_;
  uint64_t gpa_minus_host_;
};

// What a slow path must know about where it is, in 32 bits.
struct Info {
  uint16_t offset = 0;     // of the instruction, in its page
  uint8_t length = 4;      // 2 or 4
  uint8_t remaining = 0;   // steps of the block from this one on: 1 to 64
  uint8_t width_log2 = 0;  // of the access
  bool sign_extends = false;
  uint8_t slot = 0;        // that is loaded
  bool is_float = false;
  bool is_atomic = false;  // a Step that is an AMO at kAddress

  constexpr uint32_t pack() const {
    return offset | static_cast<uint32_t>(length == 4) << 12 | static_cast<uint32_t>(remaining) << 13 |
           static_cast<uint32_t>(width_log2) << 20 | static_cast<uint32_t>(sign_extends) << 22 |
           static_cast<uint32_t>(slot) << 23 | static_cast<uint32_t>(is_float) << 28 |
           static_cast<uint32_t>(is_atomic) << 29;
  }
  static constexpr Info unpack(uint32_t v) {
    return {.offset = static_cast<uint16_t>(v & 0xfff),
            .length = static_cast<uint8_t>((v >> 12 & 1) != 0 ? 4 : 2),
            .remaining = static_cast<uint8_t>(v >> 13 & 0x7f),
            .width_log2 = static_cast<uint8_t>(v >> 20 & 3),
            .sign_extends = (v >> 22 & 1) != 0,
            .slot = static_cast<uint8_t>(v >> 23 & 31),
            .is_float = (v >> 28 & 1) != 0,
            .is_atomic = (v >> 29 & 1) != 0};
  }
};

// An entry of the jump cache: guest pc to translated code.
struct JumpEntry {
  uint64_t pc = ~0ull;
  uint64_t key = 0;
  const void* code = nullptr;
  uint64_t unused = 0;
};
inline constexpr unsigned kJumpIndexBits = 14;
inline constexpr size_t kJumpCount = 1u << kJumpIndexBits;
// The same in C++ and in translated code (emit_lookup).
inline size_t jump_index(uint64_t pc) { return (((pc >> 12) ^ pc) >> 1) & (kJumpCount - 1); }

// An entry of the code table: physical pc to translated code.
struct CodeEntry {
  uint64_t physical_pc = ~0ull;
  const void* code = nullptr;
};
inline constexpr unsigned kCodeIndexBits = 17;
inline constexpr size_t kCodeCount = 1u << kCodeIndexBits;
inline constexpr unsigned kCodeHashShift = 15;
// The same in C++ and in translated code (StubEmitter::lookup_by_physical).
inline size_t code_index(uint64_t physical_pc) {
  return ((physical_pc ^ physical_pc >> kCodeHashShift) >> 1) & (kCodeCount - 1);
}

// How translated code comes back.
enum class ExitReason : uint32_t {
  kGoOn,       // of a slow path: not an exit
  kLink,       // a direct jump that is not linked: kInfo is its number
  kLookup,     // kAddress is the pc, which the jump cache does not have
  kInterpret,  // at kInfo's offset: the budget is short, or a fault is to be taken
  kDead,       // at kInfo's offset: the code that somebody knew for it was dropped
  kLeft,       // the state is complete
  kResume,     // of a slow path: the state is complete, go on there if its code is known
};

}  // namespace recount::x64
