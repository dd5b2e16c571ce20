#include "state/archive.h"

#include <nlohmann/json.hpp>

namespace recount {

using nlohmann::json;

struct SaveArchive::Impl {
  std::vector<std::pair<std::string, json>> open_objects{{"", json::object()}};
  json& top() { return open_objects.back().second; }
};

SaveArchive::SaveArchive() : impl_(std::make_unique<Impl>()) {}
SaveArchive::~SaveArchive() = default;

void SaveArchive::put_u64(std::string_view name, uint64_t v) { impl_->top()[std::string(name)] = v; }
void SaveArchive::put_blob(std::string_view name, ByteView b) {
  impl_->top()[std::string(name)] = json::binary({b.begin(), b.end()});
}
void SaveArchive::open(std::string_view name) { impl_->open_objects.emplace_back(name, json::object()); }
void SaveArchive::close() {
  auto [name, object] = std::move(impl_->open_objects.back());
  impl_->open_objects.pop_back();
  impl_->top()[name] = std::move(object);
}
Bytes SaveArchive::finish() const { return json::to_cbor(impl_->top()); }

struct LoadArchive::Impl {
  json root;
  std::vector<const json*> open_objects;
  std::string error;
  const json* find(std::string_view name) const {
    const json* top = open_objects.back();
    if (top == nullptr || !top->is_object()) return nullptr;
    auto it = top->find(std::string(name));
    return it == top->end() ? nullptr : &*it;
  }
};

LoadArchive::LoadArchive() : impl_(std::make_unique<Impl>()) {}
LoadArchive::~LoadArchive() = default;

namespace {

// A first look at CBOR that may say anything: the parser recurses for every level, and throws at sizes that no
// memory has, even when told not to throw.
class SanityCheck final : public nlohmann::json_sax<json> {
 public:
  explicit SanityCheck(size_t size_bytes) : size_bytes_(size_bytes) {}
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool key(string_t&) override { return true; }
  bool start_object(size_t elements) override { return start(elements); }
  bool start_array(size_t elements) override { return start(elements); }
  bool end_object() override { return end(); }
  bool end_array() override { return end(); }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

 private:
  static constexpr unsigned kDeepest = 32;
  // Every element takes a byte at least.
  bool start(size_t elements) { return ++depth_ <= kDeepest && elements <= size_bytes_; }
  bool end() {
    --depth_;
    return true;
  }

  const size_t size_bytes_;
  unsigned depth_ = 0;
};

}  // namespace

Result<std::unique_ptr<LoadArchive>> LoadArchive::parse(ByteView cbor) {
  SanityCheck check(cbor.size());
  if (!json::sax_parse(cbor.begin(), cbor.end(), &check, json::input_format_t::cbor)) {
    return fail(ErrorKind::kDamaged, "state is not well-formed CBOR");
  }
  std::unique_ptr<LoadArchive> a(new LoadArchive);
  a->impl_->root = json::from_cbor(cbor.begin(), cbor.end(), true, false);
  if (!a->impl_->root.is_object()) return fail(ErrorKind::kDamaged, "state is not a CBOR map");
  a->impl_->open_objects.push_back(&a->impl_->root);
  return a;
}

Result<void> LoadArchive::status() const {
  if (!impl_->error.empty()) return fail(ErrorKind::kDamaged, "state field " + impl_->error);
  return {};
}

void LoadArchive::set_error(std::string_view name, std::string_view what) {
  if (impl_->error.empty()) impl_->error = std::string(name) + ": " + std::string(what);
}

uint64_t LoadArchive::get_u64(std::string_view name) {
  const json* j = impl_->find(name);
  if (j == nullptr || !j->is_number_unsigned()) {
    set_error(name, "missing, or not a number");
    return 0;
  }
  return j->get<uint64_t>();
}

Bytes LoadArchive::get_blob(std::string_view name) {
  const json* j = impl_->find(name);
  if (j == nullptr || !j->is_binary()) {
    set_error(name, "missing, or not bytes");
    return {};
  }
  return j->get_binary();
}

void LoadArchive::open(std::string_view name) {
  const json* j = impl_->find(name);
  if (j == nullptr || !j->is_object()) set_error(name, "missing, or not a map");
  impl_->open_objects.push_back(j);
}
void LoadArchive::close() { impl_->open_objects.pop_back(); }

}  // namespace recount
