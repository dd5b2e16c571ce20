#include "evidence/manifest.h"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "evidence/machine_toml.h"
#include "evidence/sample_evidence.h"

namespace recount {
namespace {

using Json = nlohmann::ordered_json;

Manifest full_manifest() {
  Manifest m = sample_manifest(512 << 20);
  m.uncertified_reason = "replay diverged: harts";
  m.diverged_at = Position{2'000'000};
  m.members["disk/0.overlay"] = {0, blake2b({})};
  m.members["journal/00000.seg"] = {1234, blake2b(view_of("x"))};
  return m;
}

// Calls change for every field, at any depth, with the document, its parent in it and its key.
template <class Change>
void for_each_field(Json& document, Json& at, const Change& change) {
  if (at.is_array()) {
    for (Json& value : at) for_each_field(document, value, change);
  }
  if (!at.is_object()) return;
  std::vector<std::string> keys;
  for (const auto& item : at.items()) keys.push_back(item.key());
  for (const std::string& key : keys) {
    Json saved = at;
    change(at, key);
    at = saved;
    for_each_field(document, at[key], change);
  }
}

TEST(Manifest, ComesBackFromItsJson) {
  Manifest m = full_manifest();
  auto back = Manifest::from_json(m.to_json());
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, m);
}

TEST(Manifest, FieldThatIsNotThereOrOfWrongTypeIsNamed) {
  Json document = Json::parse(full_manifest().to_json());
  int tried = 0;
  auto refused = [&](const std::string& key) {
    ++tried;
    auto result = Manifest::from_json(document.dump());
    ASSERT_FALSE(result) << key;
    EXPECT_EQ(result.error().kind, ErrorKind::kDamaged);
    EXPECT_NE(result.error().message.find("manifest.json: "), std::string::npos);
    EXPECT_EQ(result.error().message.find('\n'), std::string::npos);
  };
  for_each_field(document, document, [&](Json& parent, const std::string& key) {
    if (key != "journal/00000.seg") {  // one member fewer is no error here: the reader compares
      parent.erase(key);
      refused(key);
      if (key.find('/') == std::string::npos) {
        EXPECT_NE(Manifest::from_json(document.dump())
                      .error()
                      .message.find(key == "disk/0.overlay" ? "disks" : key),
                  std::string::npos)
            << key;
      }
    }
  });
  for (const Json& wrong : {Json(-1), Json(1.5), Json(1e300), Json::array({1}), Json("\x01?")}) {
    for_each_field(document, document, [&](Json& parent, const std::string& key) {
      bool text = parent[key].is_string();
      bool any_text = text && wrong.is_string() && key != "utc" && key != "overlay" && key != "mmu" &&
                      key != "seed" && key != "mac" && key != "format" && key != "blake2b" && key != "base_digest";
      if (any_text) return;
      parent[key] = wrong;
      refused(key);
    });
  }
  EXPECT_GT(tried, 200);
}

TEST(Manifest, ImpossibleValuesAreRefused) {
  auto with = [](auto change) {
    Json document = Json::parse(full_manifest().to_json());
    change(document);
    return Manifest::from_json(document.dump()).has_value();
  };
  EXPECT_TRUE(with([](Json&) {}));
  EXPECT_FALSE(with([](Json& d) { d["version"] = kEvidenceVersion + 1; }));
  EXPECT_FALSE(with([](Json& d) { d["position_end"] = 5; }));
  EXPECT_FALSE(with([](Json& d) { d["utc_ns"] = 5; }));
  EXPECT_FALSE(with([](Json& d) { d["certified"] = true; }));
  EXPECT_FALSE(with([](Json& d) { d["machine"]["ram_bytes"] = 0; }));
  EXPECT_FALSE(with([](Json& d) { d["machine"]["ram_bytes"] = 4097; }));
  EXPECT_FALSE(with([](Json& d) { d["machine"]["ram_bytes"] = uint64_t{1} << 63; }));
  EXPECT_FALSE(with([](Json& d) { d["machine"]["harts"] = 0; }));
  EXPECT_TRUE(with([](Json& d) { d["machine"]["harts"] = 8; }));
  EXPECT_FALSE(with([](Json& d) { d["machine"]["harts"] = 9; }));
  EXPECT_FALSE(with([](Json& d) { d["machine"]["network"]["mac"] = "ff:ff:ff:ff:ff:ff"; }));
  EXPECT_FALSE(with([](Json& d) { d["members"]["../passwd"] = d["members"]["disk/0.overlay"]; }));
  EXPECT_FALSE(with([](Json& d) { d["members"]["manifest.json"] = d["members"]["disk/0.overlay"]; }));
  EXPECT_FALSE(with([](Json& d) { d["disks"][0]["overlay"] = "disk/7.overlay"; }));
}

TEST(Manifest, TextThatIsNotUtf8IsStillWritten) {
  Manifest m = full_manifest();
  m.detail = "panic \xff\xfe";
  auto back = Manifest::from_json(m.to_json());
  ASSERT_TRUE(back);
  EXPECT_EQ(back->detail, "panic \xef\xbf\xbd\xef\xbf\xbd");
}

TEST(Manifest, DeepNestingIsRefused) {
  EXPECT_FALSE(Manifest::from_json(std::string(1'000'000, '[')));
  std::string object;
  for (int i = 0; i < 100'000; ++i) object += "{\"a\":";
  EXPECT_FALSE(Manifest::from_json(object));
}

TEST(UtcText, IsIso8601) {
  EXPECT_EQ(utc_text(0), "1970-01-01T00:00:00.000000000Z");
  EXPECT_EQ(utc_text(1'772'368'496'123'456'789), "2026-03-01T12:34:56.123456789Z");
  EXPECT_EQ(utc_text(~uint64_t{0}), "2554-07-21T23:34:33.709551615Z");
}

TEST(MemberName, IsSafeToUnpackAnywhere) {
  for (const char* good : {"manifest.json", "state/ram/00000.zst", "journal/0-1_a.seg"}) {
    EXPECT_TRUE(is_member_name(good)) << good;
  }
  for (const char* bad :
       {"", "/a", "a/", "a//b", "..", "../a", "a/../b", ".hidden", "a/.b", "a b", "a\\b", "\xc3\xa9"}) {
    EXPECT_FALSE(is_member_name(bad)) << bad;
  }
  EXPECT_FALSE(is_member_name(std::string(201, 'a')));
}

// The very library that reads it.
TEST(MachineToml, IsReadByTheCommandLine) {
  Manifest m = sample_manifest(512 << 20);
  m.machine.append = "console=ttyS0 dyndbg=\"file ext4 +p\"";
  m.machine.hart_count = 4;
  std::string kernel, initrd, append, mmu, engine, name, net;
  uint64_t memory = 0;
  unsigned harts = 0;
  std::vector<std::string> drives;
  CLI::App app;
  app.set_config("--config");
  app.add_option("--kernel", kernel);
  app.add_option("--initrd", initrd);
  app.add_option("--append", append);
  app.add_option("-m,--memory", memory)->transform(CLI::AsSizeValue(false));
  app.add_option("--smp", harts);
  app.add_option("--mmu", mmu);
  app.add_option("--engine", engine);
  app.add_option("--net", net);
  app.add_option("--name", name);
  app.add_option("--drive", drives);
  app.allow_config_extras(CLI::config_extras_mode::error);
  std::string path = testing::TempDir() + "/machine_toml_test.toml";
  std::ofstream(path) << machine_toml(m);
  std::vector<std::string> arguments = {path, "--config"};
  ASSERT_NO_THROW(app.parse(arguments));
  EXPECT_EQ(kernel, "vmlinuz");
  EXPECT_EQ(initrd, "initramfs.cpio.gz");
  EXPECT_EQ(append, m.machine.append);
  EXPECT_EQ(memory, 512u << 20);
  EXPECT_EQ(harts, 4u);
  EXPECT_EQ(drives, (std::vector<std::string>{"vda.img", "vdb.img,ro"}));
  EXPECT_EQ(name, "web1");
  EXPECT_EQ(net, "user,hostfwd=tcp::2222-:22");
  std::remove(path.c_str());
}

TEST(MachineToml, ValueThatItCannotHoldIsLeftOutAndSaid) {
  Manifest m = sample_manifest(512 << 20);
  for (const char* append : {"a # b", "both ' and \"", "a\nmemory=1"}) {
    m.machine.append = append;
    std::string toml = machine_toml(m);
    EXPECT_EQ(toml.find("\nappend="), std::string::npos);
    EXPECT_NE(toml.find("# append: cannot be given"), std::string::npos);
  }
}

}  // namespace
}  // namespace recount
