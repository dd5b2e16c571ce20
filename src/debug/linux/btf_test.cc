#include "debug/linux/btf.h"

#include <gtest/gtest.h>

namespace recount {
namespace {

// Of types that are numbered from 1 on, as they are added.
class Blob {
 public:
  uint32_t integer(const char* name, uint32_t bytes) { return type(name, 1, 0, bytes, {bytes * 8}); }
  uint32_t pointer(uint32_t to) { return type("", 2, 0, to, {}); }
  uint32_t array(uint32_t of, uint32_t count) { return type("", 3, 0, 0, {of, 1, count}); }
  uint32_t alias(const char* name, uint32_t of, uint32_t kind = 8) { return type(name, kind, 0, of, {}); }
  struct Member {
    const char* name;
    uint32_t type, where;
  };
  uint32_t structure(const char* name, uint32_t bytes, const std::vector<Member>& members, uint32_t kind = 4, bool bit_sizes = false) {
    std::vector<uint32_t> words;
    for (const Member& m : members) words.insert(words.end(), {string(m.name), m.type, m.where});
    return type(name, kind | (bit_sizes ? 0x80u : 0), static_cast<uint32_t>(members.size()), bytes, words);
  }
  Bytes bytes() const {
    Bytes out;
    ByteWriter w(out);
    w.fixed<uint32_t>(0x0001eb9f);
    for (size_t n : {size_t{24}, size_t{0}, types_.size(), types_.size(), strings_.size()}) w.fixed(static_cast<uint32_t>(n));
    w.raw(types_);
    w.raw(view_of(strings_));
    return out;
  }

 private:
  uint32_t string(const std::string& text) {
    if (text.empty()) return 0;
    strings_ += text + '\0';
    return static_cast<uint32_t>(strings_.size() - text.size() - 1);
  }
  uint32_t type(const std::string& name, uint32_t kind, uint32_t count, uint32_t size_or_type, const std::vector<uint32_t>& words) {
    ByteWriter w(types_);
    for (uint32_t n : {string(name), kind << 24 | count, size_or_type}) w.fixed(n);
    for (uint32_t n : words) w.fixed(n);
    return ++count_;
  }
  Bytes types_;
  std::string strings_ = std::string(1, '\0');
  uint32_t count_ = 0;
};

Blob task_blob() {
  Blob b;
  const uint32_t number = b.integer("int", 4), letter = b.integer("char", 1);
  const uint32_t name = b.alias("name_t", b.alias("", b.array(letter, 16), 10));  // a typedef of const
  const uint32_t inner = b.structure("", 16, {{"pid", number, 0}, {"next", b.pointer(number), 64}});
  const uint32_t either = b.structure("", 16, {{"word", number, 0}, {"", inner, 0}}, 5);
  const uint32_t task = b.structure("task", 64, {{"state", number, 0}, {"", either, 64}, {"comm", name, 192}, {"rows", b.array(b.array(number, 3), 2), 320}});
  b.structure("flags", 8, {{"one", number, 1u << 24 | 3}, {"whole", number, 32}}, 4, true);
  b.structure("holder", 72, {{"first", number, 0}, {"task", task, 64}});
  return b;
}

TEST(Btf, SaysWhereMembersAreAndHowLarge) {
  auto btf = Btf::parse(task_blob().bytes());
  ASSERT_TRUE(btf);
  const struct {
    const char* path;
    uint64_t offset, size;
  } expected[] = {{"task.state", 0, 4},      {"task.word", 8, 4},  {"task.pid", 8, 4},     {"task.next", 16, 8},
                  {"task.comm", 24, 16},     {"task.rows", 40, 24}, {"flags.whole", 4, 4}, {"holder.task.comm", 32, 16}};
  for (const auto& e : expected) {
    auto field = btf->field(e.path);
    ASSERT_TRUE(field) << e.path;
    EXPECT_EQ(field->offset, e.offset) << e.path;
    EXPECT_EQ(field->size, e.size) << e.path;
  }
  EXPECT_EQ(btf->size_of("task"), 64u);
  EXPECT_EQ(btf->field("task")->size, 64u);
  for (const char* path : {"task.nothing", "nothing.state", "task.state.deeper", "flags.one", "task.", ".", "task.next.pid"}) {
    EXPECT_FALSE(btf->field(path)) << path;
  }
}

TEST(Btf, TypesThatHoldThemselvesHaveAnEnd) {
  Blob b;
  b.alias("a", 2);
  b.alias("b", 1);
  b.structure("s", 8, {{"", 3, 0}, {"", 3, 0}, {"", 1, 0}, {"x", 1, 0}});
  b.array(4, 0xffffffff);
  b.structure("big", 8, {{"x", 4, 0}, {"y", 99, 0}});
  auto btf = Btf::parse(b.bytes());
  ASSERT_TRUE(btf);
  EXPECT_FALSE(btf->field("s.missing"));
  EXPECT_EQ(btf->field("big.x")->size, 0u);
  EXPECT_EQ(btf->field("big.y")->size, 0u);
}

TEST(Btf, AHostileStructureOfStructuresCostsNoMoreThanIsAllowed) {
  Blob b;
  const std::vector<Blob::Member> itself(100, {"", 1, 0});
  b.structure("s", 8, itself);
  auto btf = Btf::parse(b.bytes());
  ASSERT_TRUE(btf);
  EXPECT_FALSE(btf->field("s.missing"));
}

TEST(Btf, DamageIsSeenOrHarmless) {
  const Bytes whole = task_blob().bytes();
  auto look = [](Bytes blob) {
    auto btf = Btf::parse(std::move(blob));
    if (!btf) return;
    for (const char* path : {"task.pid", "task.comm", "task.rows", "flags.one", "holder.task.pid", "task.missing"}) (void)btf->field(path);
    (void)btf->size_of("task");
  };
  for (size_t i = 0; i < whole.size(); ++i) {
    look(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(i)));
    for (uint8_t other : {uint8_t{0}, uint8_t{0xff}, static_cast<uint8_t>(whole[i] ^ 1), static_cast<uint8_t>(whole[i] + 4)}) {
      Bytes damaged = whole;
      damaged[i] = other;
      look(damaged);
    }
  }
}

}  // namespace
}  // namespace recount
