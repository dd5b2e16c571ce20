#include "evidence/manifest.h"

#include <fmt/format.h>

#include <chrono>

#include "device/mac_address.h"
#include "evidence/json_fields.h"
#include "machine/machine.h"

namespace recount {
namespace {

using Json = nlohmann::ordered_json;

Json image_json(const std::optional<ImageInfo>& image) {
  if (!image) return nullptr;
  return {{"name", image->name}, {"size_bytes", image->size_bytes}, {"blake2b", image->blake2b.hex()}};
}

Result<std::optional<ImageInfo>> read_image(const JsonFields& machine, const char* name) {
  if (machine.is_null(name)) return std::nullopt;
  JsonFields f = TRY(machine.object(name));
  ImageInfo image;
  image.name = TRY(f.text("name"));
  image.size_bytes = TRY(f.u64("size_bytes"));
  image.blake2b = TRY(f.digest("blake2b"));
  return image;
}

Json network_json(const std::optional<NetworkInfo>& network) {
  if (!network) return nullptr;
  return {{"link", network->link}, {"mac", network->mac}};
}

Result<std::optional<NetworkInfo>> read_network(const JsonFields& machine) {
  if (machine.is_null("network")) return std::nullopt;
  JsonFields f = TRY(machine.object("network"));
  NetworkInfo network;
  network.link = TRY(f.text("link"));
  network.mac = TRY(f.text("mac"));
  if (!parse_mac(network.mac)) return f.wrong("mac", "no address that a device can have");
  return network;
}

Json machine_json(const MachineInfo& m) {
  return {{"harts", m.hart_count},
          {"ram_bytes", m.ram_bytes},
          {"append", m.append},
          {"mmu", m.mmu},
          {"rtc_base_ns", m.rtc_base_ns},
          {"seed", m.seed},
          {"firmware", image_json(m.firmware)},
          {"kernel", image_json(m.kernel)},
          {"initrd", image_json(m.initrd)},
          {"network", network_json(m.network)}};
}

Result<MachineInfo> read_machine(const JsonFields& f) {
  MachineInfo m;
  m.hart_count = TRY(f.u64("harts"));
  if (m.hart_count < 1 || m.hart_count > Machine::kMostHarts) return f.wrong("harts", "no number that a machine can have");
  m.ram_bytes = TRY(f.u64("ram_bytes"));
  if (m.ram_bytes == 0 || m.ram_bytes % 4096 != 0 || ram_chunk_count(m.ram_bytes) > kMaxRamChunks) {
    return f.wrong("ram_bytes", "no size that a machine can have");
  }
  m.append = TRY(f.text("append"));
  m.mmu = TRY(f.text("mmu"));
  if (m.mmu != "sv39" && m.mmu != "sv48") return f.wrong("mmu", "neither sv39 nor sv48");
  m.rtc_base_ns = TRY(f.u64("rtc_base_ns"));
  m.seed = TRY(f.hex("seed", 64, 64));
  m.firmware = TRY(read_image(f, "firmware"));
  m.kernel = TRY(read_image(f, "kernel"));
  m.initrd = TRY(read_image(f, "initrd"));
  m.network = TRY(read_network(f));
  return m;
}

Result<std::vector<DiskInfo>> read_disks(const JsonFields& manifest) {
  const nlohmann::json* list = TRY(manifest.array("disks"));
  std::vector<DiskInfo> disks;
  for (const auto& value : *list) {
    JsonFields f = TRY(JsonFields::of(value, fmt::format("{}: disks[{}]", manifest.where(), disks.size())));
    DiskInfo disk;
    disk.path = TRY(f.text("path"));
    disk.size_bytes = TRY(f.u64("size_bytes"));
    disk.base_digest = TRY(f.digest("base_digest"));
    disk.read_only = TRY(f.boolean("read_only"));
    disk.overlay = TRY(f.text("overlay"));
    if (!disk.overlay.empty() && !is_member_name(disk.overlay))
      return f.wrong("overlay", "not a member's name");
    disks.push_back(std::move(disk));
  }
  return disks;
}

Result<std::vector<GapInfo>> read_gaps(const JsonFields& manifest) {
  const nlohmann::json* list = TRY(manifest.array("gaps"));
  std::vector<GapInfo> gaps;
  for (const auto& value : *list) {
    JsonFields f = TRY(JsonFields::of(value, fmt::format("{}: gaps[{}]", manifest.where(), gaps.size())));
    GapInfo gap;
    gap.position = Position{TRY(f.u64("position"))};
    gap.reason = TRY(f.text("reason"));
    gap.text = TRY(f.text("text"));
    gaps.push_back(std::move(gap));
  }
  return gaps;
}

Result<MemberMap> read_members(const JsonFields& members) {
  MemberMap map;
  for (const auto& [name, value] : members.value().items()) {
    if (!is_member_name(name) || is_unlisted_member(name))
      return members.wrong("a name", "not a member's name");
    JsonFields f = TRY(JsonFields::of(value, members.where() + ": " + name));
    MemberInfo info;
    info.size_bytes = TRY(f.u64("size_bytes"));
    info.blake2b = TRY(f.digest("blake2b"));
    map.emplace(name, info);
  }
  return map;
}

Result<void> read_certified(const JsonFields& f, Manifest& m) {
  m.certified = TRY(f.boolean("certified"));
  m.uncertified_reason = TRY(f.text("uncertified_reason"));
  if (!f.is_null("diverged_at")) m.diverged_at = Position{TRY(f.u64("diverged_at"))};
  if (m.certified && (!m.uncertified_reason.empty() || m.diverged_at)) {
    return f.wrong("certified", "true, and yet there is a reason why not");
  }
  return {};
}

// The text and the number say the same, so that a reader may use either.
Result<uint64_t> read_utc(const JsonFields& f) {
  uint64_t utc_ns = TRY(f.u64("utc_ns"));
  std::string text = TRY(f.text("utc"));
  if (text != utc_text(utc_ns)) return f.wrong("utc", "not the time that utc_ns says");
  return utc_ns;
}

}  // namespace

std::string utc_text(uint64_t utc_ns) {
  using namespace std::chrono;
  sys_seconds at{seconds(utc_ns / 1'000'000'000)};
  auto day = floor<days>(at);
  year_month_day date(day);
  hh_mm_ss clock(at - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     utc_ns % 1'000'000'000);
}

std::string Manifest::to_json() const {
  Json disk_list = Json::array(), gap_list = Json::array(), member_map = Json::object();
  for (const DiskInfo& d : disks) {
    disk_list.push_back({{"path", d.path},
                         {"size_bytes", d.size_bytes},
                         {"base_digest", d.base_digest.hex()},
                         {"read_only", d.read_only},
                         {"overlay", d.overlay}});
  }
  for (const GapInfo& g : gaps) {
    gap_list.push_back({{"position", raw(g.position)}, {"reason", g.reason}, {"text", g.text}});
  }
  for (const auto& [name, info] : members) {
    member_map[name] = {{"size_bytes", info.size_bytes}, {"blake2b", info.blake2b.hex()}};
  }
  return json_text({{"format", "recount-evidence"},
                    {"version", kEvidenceVersion},
                    {"tool", {{"version", tool_version}, {"build_id", build_id}}},
                    {"cause", cause},
                    {"detail", detail},
                    {"position_begin", raw(position_begin)},
                    {"position_end", raw(position_end)},
                    {"guest_time_begin_ticks", guest_time_begin_ticks},
                    {"guest_time_end_ticks", guest_time_end_ticks},
                    {"utc", utc_text(utc_ns)},
                    {"utc_ns", utc_ns},
                    {"monotonic_ns", monotonic_ns},
                    {"clock_uncertainty_ns", clock_uncertainty_ns},
                    {"recorder", recorder},
                    {"engine", engine},
                    {"machine", machine_json(machine)},
                    {"disks", std::move(disk_list)},
                    {"gaps", std::move(gap_list)},
                    {"certified", certified},
                    {"uncertified_reason", uncertified_reason},
                    {"diverged_at", diverged_at ? Json(raw(*diverged_at)) : Json(nullptr)},
                    {"members", std::move(member_map)}});
}

Result<Manifest> Manifest::from_json(std::string_view text) {
  const std::string where(kManifestMember);
  nlohmann::json value = TRY(JsonFields::parse(text, where));
  JsonFields f = TRY(JsonFields::of(value, where));
  if (TRY(f.text("format")) != "recount-evidence") return f.wrong("format", "not recount-evidence");
  if (TRY(f.u64("version")) != kEvidenceVersion) {
    return f.wrong("version", "made for another version of recount: open it with that one");
  }
  Manifest m;
  JsonFields tool = TRY(f.object("tool"));
  m.tool_version = TRY(tool.text("version"));
  m.build_id = TRY(tool.text("build_id"));
  m.cause = TRY(f.text("cause"));
  m.detail = TRY(f.text("detail"));
  m.position_begin = Position{TRY(f.u64("position_begin"))};
  m.position_end = Position{TRY(f.u64("position_end"))};
  if (m.position_end < m.position_begin) return f.wrong("position_end", "before position_begin");
  m.guest_time_begin_ticks = TRY(f.u64("guest_time_begin_ticks"));
  m.guest_time_end_ticks = TRY(f.u64("guest_time_end_ticks"));
  if (m.guest_time_end_ticks < m.guest_time_begin_ticks) {
    return f.wrong("guest_time_end_ticks", "before guest_time_begin_ticks");
  }
  m.utc_ns = TRY(read_utc(f));
  m.monotonic_ns = TRY(f.u64("monotonic_ns"));
  m.clock_uncertainty_ns = TRY(f.u64("clock_uncertainty_ns"));
  m.recorder = TRY(f.text("recorder"));
  m.engine = TRY(f.text("engine"));
  JsonFields machine = TRY(f.object("machine"));
  m.machine = TRY(read_machine(machine));
  m.disks = TRY(read_disks(f));
  m.gaps = TRY(read_gaps(f));
  if (auto read = read_certified(f, m); !read) return std::unexpected(read.error());
  JsonFields members = TRY(f.object("members"));
  m.members = TRY(read_members(members));
  for (const DiskInfo& disk : m.disks) {
    if (!disk.overlay.empty() && !m.members.contains(disk.overlay)) {
      return f.wrong("disks", "an overlay is no member of the file");
    }
  }
  return m;
}

std::string Certificate::to_json() const {
  Json vouches = Json::object();
  for (const auto& [name, digest] : vouches_for) vouches[name] = digest.hex();
  return json_text({{"format", "recount-certificate"},
                    {"version", kEvidenceVersion},
                    {"engine", engine},
                    {"tool_version", tool_version},
                    {"position_begin", raw(position_begin)},
                    {"position_end", raw(position_end)},
                    {"steps", steps},
                    {"events", events},
                    {"digests_compared", digests_compared},
                    {"mismatches", mismatches},
                    {"final",
                     {{"harts", final_digest.harts},
                      {"devices", final_digest.devices},
                      {"output", final_digest.output},
                      {"ram", final_digest.ram}}},
                    {"host_seconds", host_seconds},
                    {"utc", utc_text(utc_ns)},
                    {"utc_ns", utc_ns},
                    {"vouches_for", std::move(vouches)}});
}

Result<Certificate> Certificate::from_json(std::string_view text) {
  const std::string where(kCertificateMember);
  nlohmann::json value = TRY(JsonFields::parse(text, where));
  JsonFields f = TRY(JsonFields::of(value, where));
  if (TRY(f.text("format")) != "recount-certificate") return f.wrong("format", "not recount-certificate");
  if (TRY(f.u64("version")) != kEvidenceVersion) return f.wrong("version", "unknown");
  Certificate c;
  c.engine = TRY(f.text("engine"));
  c.tool_version = TRY(f.text("tool_version"));
  c.position_begin = Position{TRY(f.u64("position_begin"))};
  c.position_end = Position{TRY(f.u64("position_end"))};
  c.steps = TRY(f.u64("steps"));
  if (c.position_end < c.position_begin || c.steps != c.position_end - c.position_begin) {
    return f.wrong("steps", "not position_end less position_begin");
  }
  c.events = TRY(f.u64("events"));
  c.digests_compared = TRY(f.u64("digests_compared"));
  c.mismatches = TRY(f.u64("mismatches"));
  if (c.mismatches > c.digests_compared) return f.wrong("mismatches", "more than digests_compared");
  JsonFields final_digest = TRY(f.object("final"));
  c.final_digest.harts = TRY(final_digest.hex("harts", 32, 64));
  c.final_digest.devices = TRY(final_digest.hex("devices", 32, 64));
  c.final_digest.output = TRY(final_digest.hex("output", 32, 64));
  c.final_digest.ram = TRY(final_digest.hex("ram", 32, 64));
  c.host_seconds = TRY(f.number("host_seconds"));
  c.utc_ns = TRY(read_utc(f));
  JsonFields vouches = TRY(f.object("vouches_for"));
  for (const auto& [name, digest] : vouches.value().items()) {
    if (!is_member_name(name)) return vouches.wrong("a name", "not a member's name");
    c.vouches_for.emplace(name, TRY(vouches.digest(name.c_str())));
  }
  return c;
}

}  // namespace recount
