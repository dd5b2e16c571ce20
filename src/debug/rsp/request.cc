#include "debug/rsp/request.h"

#include <algorithm>
#include <array>

#include "debug/rsp/hex.h"

namespace recount::rsp {
namespace {

// Takes text off the front of rest up to the mark, and the mark; all of it if there is none.
std::string_view take_until(std::string_view& rest, std::string_view marks) {
  size_t end = std::min(rest.find_first_of(marks), rest.size());
  std::string_view taken = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return taken;
}

bool take_prefix(std::string_view& rest, std::string_view prefix) {
  if (!rest.starts_with(prefix)) return false;
  rest.remove_prefix(prefix.size());
  return true;
}

// Numbers with commas between. nullopt if there are not just so many.
template <size_t kCount>
std::optional<std::array<uint64_t, kCount>> numbers(std::string_view rest) {
  std::array<uint64_t, kCount> values{};
  if (static_cast<size_t>(std::ranges::count(rest, ',')) != kCount - 1) return std::nullopt;
  for (uint64_t& value : values) {
    auto number = hex_number(take_until(rest, ","));
    if (!number) return std::nullopt;
    value = *number;
  }
  return values;
}

std::optional<int64_t> thread_in(std::string_view text) {
  if (text == "-1") return kAllThreads;
  auto number = hex_number(text);
  if (!number || *number > INT32_MAX) return std::nullopt;
  return static_cast<int64_t>(*number);
}

std::optional<Action> action_in(std::string_view text) {
  Action action;
  std::string_view what = take_until(text, ":");
  if (!text.empty()) {
    auto thread = thread_in(text);
    if (!thread) return std::nullopt;
    action.thread = *thread;
  }
  if (what.empty()) return std::nullopt;
  switch (what[0]) {
    case 'c':
    case 'C': action.kind = ActionKind::kContinue; return action;
    case 's':
    case 'S': action.kind = ActionKind::kStep; return action;
    case 'r': {
      auto range = numbers<2>(what.substr(1));
      if (!range) return std::nullopt;
      action.kind = ActionKind::kStepRange;
      action.begin = (*range)[0];
      action.end = (*range)[1];
      return action;
    }
    default: return std::nullopt;
  }
}

Request vcont(std::string_view rest) {
  Resume resume;
  constexpr size_t kMostActions = 64;
  while (!rest.empty() && resume.actions.size() < kMostActions) {
    auto action = action_in(take_until(rest, ";"));
    if (!action) return Malformed{};
    resume.actions.push_back(*action);
  }
  if (resume.actions.empty()) return Malformed{};
  return resume;
}

// c [address], s [address], C signal[;address], S ...: no signal reaches a machine.
Request resume(char letter, std::string_view rest) {
  bool with_signal = letter == 'C' || letter == 'S';
  if (with_signal) take_until(rest, ";");
  if (!rest.empty()) return ResumeElsewhere{};
  return Resume{{Action{.kind = letter == 'c' || letter == 'C' ? ActionKind::kContinue : ActionKind::kStep}}};
}

Request change_stop(bool insert, std::string_view rest) {
  auto values = numbers<3>(take_until(rest, ";"));  // behind ; are conditions, which nobody was told that we take
  if (!values || (*values)[0] > 4 || !rest.empty()) return Malformed{};
  return ChangeStop{insert, static_cast<unsigned>((*values)[0]), (*values)[1], (*values)[2]};
}

Request read_memory(std::string_view rest, bool binary) {
  auto values = numbers<2>(rest);
  if (!values) return Malformed{};
  return ReadMemory{(*values)[0], (*values)[1], binary};
}

Request transfer(std::string_view rest) {
  Transfer transfer{.object = std::string(take_until(rest, ":"))};
  if (take_until(rest, ":") != "read") return Unknown{};
  transfer.annex = take_until(rest, ":");
  auto values = numbers<2>(rest);
  if (!values) return Malformed{};
  transfer.offset = (*values)[0];
  transfer.size_bytes = (*values)[1];
  return transfer;
}

Request search(std::string_view rest) {
  auto address = hex_number(take_until(rest, ";")), size = hex_number(take_until(rest, ";"));
  if (!address || !size || rest.empty()) return Malformed{};
  return Search{*address, *size, Bytes(rest.begin(), rest.end())};
}

Request supported(std::string_view rest) {
  Supported supported;
  while (!rest.empty()) supported.features.emplace_back(take_until(rest, ";"));
  return supported;
}

Request general(std::string_view payload) {
  std::string_view rest = payload;
  if (take_prefix(rest, "qRcmd,")) {
    auto command = from_hex(rest);
    if (!command) return Malformed{};
    return Monitor{std::string(command->begin(), command->end())};
  }
  if (take_prefix(rest, "qXfer:")) return transfer(rest);
  if (take_prefix(rest, "qSearch:memory:")) return search(rest);
  if (take_prefix(rest, "qSupported")) return supported(rest.substr(rest.empty() ? 0 : 1));
  if (take_prefix(rest, "vCont;")) return vcont(rest);
  if (rest.starts_with("vKill")) return Kill{};
  std::string_view name = take_until(rest, ":,;");
  return Query{std::string(name), std::string(rest)};
}

}  // namespace

Request parse_request(std::string_view payload) {
  if (payload.empty()) return Unknown{};
  std::string_view rest = payload.substr(1);
  switch (payload[0]) {
    case '?': return AskWhy{};
    case 'g': return ReadRegisters{};
    case 'p': {
      auto number = hex_number(take_until(rest, ";"));
      if (!number) return Malformed{};
      return ReadRegister{*number};
    }
    case 'm': return read_memory(rest, false);
    case 'x': return read_memory(rest, true);
    case 'G':
    case 'P':
    case 'M':
    case 'X': return Write{};
    case 'Z':
    case 'z': return change_stop(payload[0] == 'Z', rest);
    case 'c':
    case 'C':
    case 's':
    case 'S': return resume(payload[0], rest);
    case 'b':
      if (rest == "c") return Reverse{ActionKind::kContinue};
      if (rest == "s") return Reverse{ActionKind::kStep};
      return Unknown{};
    case 'H': {
      auto thread = rest.empty() ? std::nullopt : thread_in(rest.substr(1));
      if (!thread) return Malformed{};
      return SelectThread{rest[0], *thread};
    }
    case 'T': {
      auto thread = thread_in(rest);
      if (!thread) return Malformed{};
      return AskThreadAlive{*thread};
    }
    case 'D': return Detach{};
    case 'k': return Kill{};
    case 'q':
    case 'Q':
    case 'v': return general(payload);
    default: return Unknown{};
  }
}

}  // namespace recount::rsp
