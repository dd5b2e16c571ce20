#include <fmt/format.h>
#include <unistd.h>

#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "base/check.h"
#include "engine/frontend/translate.h"
#include "engine/ir/passes/passes.h"
#include "engine/ir/print.h"
#include "engine/ir/verify.h"
#include "engine/x64/emitter.h"
#include "golden/snippet.h"
#include "isa/disasm.h"

namespace recount::test {
namespace {

// Where nothing is: host code is only looked at.
constexpr uint64_t kBlockAddress = 0x100000, kStubAddress = 0x4000, kStubDistance = 0x10;
constexpr uintptr_t kStepOps = 0x1000;

struct NamedStub {
  const char* name;
  const void* x64::Stubs::* member;
};
constexpr NamedStub kStubs[] = {{"load", &x64::Stubs::load},
                                {"load_f", &x64::Stubs::load_f},
                                {"store", &x64::Stubs::store},
                                {"store_f", &x64::Stubs::store_f},
                                {"step", &x64::Stubs::step},
                                {"step_f", &x64::Stubs::step_f},
                                {"exit_link", &x64::Stubs::exit_link},
                                {"exit_interpret", &x64::Stubs::exit_interpret},
                                {"exit_dead", &x64::Stubs::exit_dead},
                                {"missed", &x64::Stubs::missed},
                                {"probe_load", &x64::Stubs::probe_load},
                                {"probe_store", &x64::Stubs::probe_store}};

struct NamedWord {
  const char* name;
  x64::Word word;
};
constexpr NamedWord kWords[] = {{"page_base", x64::Word::kPageBase}, {"fetch_key", x64::Word::kFetchKey},
                                {"high_fetch_key", x64::Word::kHighFetchKey},
                                {"jumps", x64::Word::kJumps},        {"budget", x64::Word::kBudget},
                                {"info", x64::Word::kInfo},          {"address", x64::Word::kAddress},
                                {"value", x64::Word::kValue},        {"step_op", x64::Word::kStepOp},
                                {"float_mode", x64::Word::kFloatMode}, {"mxcsr", x64::Word::kMxcsr}};

// A hart for the emitter to lay out, and names for all that its code reaches from the state register.
class Names {
 public:
  Names() {
    for (size_t n = 0; n < std::size(kStubs); ++n) {
      uint64_t address = kStubAddress + n * kStubDistance;
      stubs_.*kStubs[n].member = reinterpret_cast<const void*>(address);
      stub_names_[address] = kStubs[n].name;
    }
    for (unsigned n = 0; n < hart_.state.x.size(); ++n) name(layout_.x(n), n < 32 ? fmt::format("x{}", n) : "nobody", 8);
    for (unsigned n = 0; n < 32; ++n) name(layout_.f(n), fmt::format("f{}", n), 8);
    for (const NamedWord& w : kWords) name(layout_.word(w.word), w.name, 8);
    for (unsigned n = 0; n < x64::kSpillCount; ++n) name(layout_.word(x64::Word::kSpill, n), fmt::format("spill{}", n), 8);
    name(layout_.pc(), "pc", 8);
    name(layout_.fast_tlb(), "fast_tlb", 8);
    name(layout_.reserved(), "reserved", 1);
    name(layout_.reservation(), "reservation", 8);
    name(layout_.reserved_value(), "reserved_value", 8);
  }

  const x64::Layout& layout() const { return layout_; }
  const x64::Stubs& stubs() const { return stubs_; }
  const std::string* stub(uint64_t address) const {
    auto it = stub_names_.find(address);
    return it == stub_names_.end() ? nullptr : &it->second;
  }
  // "[rbp-0x58]" as "[x5]".
  std::string named(std::string text) const {
    // Where RAM lies in the host is another place each time.
    std::string distance = fmt::format("{:#x}", layout_.gpa_minus_host());
    if (size_t at = text.find(distance); at != std::string::npos) return text.replace(at, distance.size(), "gpa_minus_host");
    constexpr std::string_view kState = "[rbp";
    size_t at = text.find(kState);
    if (at == std::string::npos) return text;
    size_t end = text.find(']', at), number = at + kState.size();
    if (number != end && text[number] != '+' && text[number] != '-') return text;
    int64_t displacement = number == end ? 0 : std::strtoll(text.c_str() + number, nullptr, 16);
    auto it = places_.find(static_cast<int32_t>(displacement));
    if (it == places_.end()) return text;
    return text.substr(0, at + 1) + it->second + text.substr(end);
  }

 private:
  void name(const x64::Mem& place, const std::string& text, int32_t size) {
    for (int32_t byte = 0; byte < size; ++byte) {
      places_.emplace(place.offsetLo32() + byte, byte == 0 ? text : fmt::format("{}+{}", text, byte));
    }
  }

  std::unique_ptr<Ram> ram_ = *Ram::create(Gpa{0x80000000}, 1 << 20);
  Bus bus_;
  Timebase time_;
  Hart hart_{0, *ram_, bus_, time_, Caching::kOn};
  x64::Layout layout_{hart_, *ram_};
  x64::Stubs stubs_;
  std::map<uint64_t, std::string> stub_names_;
  std::map<int32_t, std::string> places_;
};

struct HostLine {
  uint64_t address;
  std::string text;
};

std::vector<HostLine> objdump(ByteView code) {
  auto path = std::filesystem::temp_directory_path() / fmt::format("recount-golden.{}", getpid());
  std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(code.data()), static_cast<std::streamsize>(code.size()));
  std::string command = fmt::format(
      "objdump -D -b binary -m i386:x86-64 -M intel --no-show-raw-insn --adjust-vma={:#x} {}", kBlockAddress, path.string());
  std::vector<HostLine> lines;
  std::FILE* pipe = popen(command.c_str(), "r");
  char line[512];
  while (std::fgets(line, sizeof line, pipe) != nullptr) {
    uint64_t address = 0;
    int after = 0;
    if (std::sscanf(line, " %lx: %n", &address, &after) != 1 || after == 0) continue;
    std::string text = line + after, tidy;
    if (size_t comment = text.find('#'); comment != std::string::npos) text.resize(comment);
    for (char c : text) {
      bool blank = std::isspace(static_cast<unsigned char>(c)) != 0;
      if (!blank) tidy += c;
      if (blank && !tidy.empty() && tidy.back() != ' ') tidy += ' ';
    }
    if (tidy.ends_with(' ')) tidy.pop_back();
    lines.push_back({address, tidy});
  }
  pclose(pipe);
  std::filesystem::remove(path);
  return lines;
}

// The absolute address that a jump or call goes to; 0 if the line is none.
uint64_t target_of(const std::string& text) {
  size_t blank = text.find(' ');
  bool goes = blank != std::string::npos && (text[0] == 'j' || text.starts_with("call"));
  return goes && text.compare(blank + 1, 2, "0x") == 0 ? std::strtoull(text.c_str() + blank + 1, nullptr, 16) : 0;
}

std::string host_text(const Names& names, ByteView code) {
  std::vector<HostLine> lines = objdump(code);
  CHECK(!lines.empty());
  std::map<uint64_t, std::string> labels;
  for (const HostLine& line : lines) {
    uint64_t target = target_of(line.text);
    if (target >= kBlockAddress && target < kBlockAddress + code.size()) labels[target];
  }
  unsigned number = 0;
  for (auto& [address, label] : labels) label = fmt::format("L{}", ++number);
  std::string out;
  for (const HostLine& line : lines) {
    if (auto label = labels.find(line.address); label != labels.end()) out += fmt::format(" {}:\n", label->second);
    std::string text = line.text;
    if (uint64_t target = target_of(text); target != 0) {
      const std::string* stub = names.stub(target);
      text.resize(text.find(' ') + 1);
      text += stub != nullptr ? *stub : labels.at(target);
    }
    out += fmt::format("  {}\n", names.named(text));
  }
  return out;
}

std::string guest_text(const ir::Block& block) {
  std::string out;
  for (const ir::Point& p : block.points) {
    std::string text = disassemble(decode(p.raw), p.offset);
    for (char& c : text) {
      if (c == '\t') c = ' ';
    }
    out += fmt::format("  {:03x}: {:<8} {}\n", p.offset, fmt::format("{:0{}x}", p.raw, 2 * p.length), text);
  }
  return out;
}

// Without the lines that name the steps: the guest code is above.
std::string ir_text(const ir::Block& block) {
  std::string text = ir::print(block), out;
  for (size_t at = 0; at < text.size();) {
    size_t end = text.find('\n', at) + 1;
    if (text[at] != ';') out += "  " + text.substr(at, end - at);
    at = end;
  }
  return out;
}

}  // namespace

std::string listing(const Snippet& snippet) {
  static const Names names;
  Bytes page(kPageSize);
  CHECK(snippet.offset + snippet.code.size() <= page.size());
  std::copy(snippet.code.begin(), snippet.code.end(), page.begin() + snippet.offset);
  ir::Block block = frontend::translate(page, snippet.offset, {snippet.most_steps});
  std::string out = fmt::format("== {}\n{}", snippet.name, guest_text(block));
  if (block.points.empty()) return out + "no block\n";
  CHECK(!ir::verify(block));
  std::string before = ir_text(block);
  ir::optimise(block);
  CHECK(!ir::verify(block));
  std::string after = ir_text(block);
  out += before == after ? "ir, and the passes change nothing\n" + before : "ir\n" + before + "after the passes\n" + after;
  std::vector<const void*> ops;
  for (size_t n = 0; n < block.points.size(); ++n) ops.push_back(reinterpret_cast<const void*>(kStepOps + n));
  x64::Emitter emitter(names.layout(), names.stubs());
  auto emitted = emitter.emit(block, kBlockAddress, ops.data(), 0);
  return out + "host\n" + host_text(names, emitted.code);
}

}  // namespace recount::test
