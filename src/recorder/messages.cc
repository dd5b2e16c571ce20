#include "recorder/messages.h"

namespace recount {
namespace {

// One function per message lists its fields, for writing and for reading.
class Writer {
 public:
  explicit Writer(Bytes& out) : w_(out) {}
  void operator()(uint64_t v) { w_.varint(v); }
  void operator()(bool v) { w_.varint(v ? 1 : 0); }
  void operator()(Position p) { w_.varint(raw(p)); }
  void operator()(const std::string& s) { w_.blob(view_of(s)); }
  void operator()(const Bytes& b) { w_.blob(b); }
  void operator()(EndReason r) { w_.varint(static_cast<uint64_t>(r)); }
  void operator()(ErrorKind k) { w_.varint(static_cast<uint64_t>(k)); }

 private:
  ByteWriter w_;
};

class Reader {
 public:
  explicit Reader(ByteView in) : r_(in) {}
  void operator()(uint64_t& v) { v = r_.varint(); }
  void operator()(bool& v) { v = r_.varint() != 0; }
  void operator()(Position& p) { p = Position{r_.varint()}; }
  void operator()(std::string& s) {
    ByteView b = r_.blob();
    s.assign(b.begin(), b.end());
  }
  void operator()(Bytes& bytes) {
    ByteView b = r_.blob();
    bytes.assign(b.begin(), b.end());
  }
  void operator()(EndReason& reason) { reason = static_cast<EndReason>(r_.varint() & 3); }
  void operator()(ErrorKind& kind) { kind = static_cast<ErrorKind>(r_.varint() & 0xff); }
  uint64_t varint() { return r_.varint(); }
  bool done() const { return r_.ok() && r_.remaining() == 0; }

 private:
  ByteReader r_;
};

template <class A, class M>
void fields(A& a, M& m) {
  if constexpr (requires { m.request; }) a(m.request);
  if constexpr (requires { m.bytes; }) a(m.bytes);
  if constexpr (requires { m.text; }) a(m.text);
  if constexpr (requires { m.spool_folder; }) {
    a(m.gap);
    a(m.spool_folder);
  }
  if constexpr (requires { m.error; }) {
    a(m.error.kind);
    a(m.error.message);
  }
  if constexpr (requires { m.to_the_end; }) a(m.to_the_end);
  if constexpr (requires { m.position; }) a(m.position);
  if constexpr (requires { m.notice; }) {
    a(m.notice.cause);
    a(m.notice.detail);
  }
  if constexpr (requires { m.reason; }) a(m.reason);
  if constexpr (requires { m.pid; }) a(m.pid);
  if constexpr (requires { m.what; }) a(m.what);
  if constexpr (requires { m.percent; }) a(m.percent);
  if constexpr (requires { m.digests_compared; }) {
    a(m.path);
    a(m.certified);
    a(m.detail);
    a(m.steps);
    a(m.digests_compared);
    a(m.mismatches);
  }
}

template <size_t I = 0>
std::optional<RecorderMessage> decode_kind(uint64_t kind, Reader& r) {
  if constexpr (I < std::variant_size_v<RecorderMessage>) {
    if (kind != I) return decode_kind<I + 1>(kind, r);
    std::variant_alternative_t<I, RecorderMessage> message;
    fields(r, message);
    if (!r.done()) return std::nullopt;
    return message;
  } else {
    return std::nullopt;
  }
}

}  // namespace

Bytes encode_message(const RecorderMessage& message) {
  Bytes bytes;
  Writer w(bytes);
  w(uint64_t{message.index()});
  std::visit([&w](const auto& m) { fields(w, m); }, message);
  return bytes;
}

std::optional<RecorderMessage> decode_message(ByteView bytes) {
  Reader r(bytes);
  uint64_t kind = r.varint();
  return decode_kind(kind, r);
}

}  // namespace recount
