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

Result<std::unique_ptr<LoadArchive>> LoadArchive::parse(ByteView cbor) {
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
