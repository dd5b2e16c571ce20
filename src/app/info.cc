// recount info EVIDENCE: what it says of itself. Replays nothing.

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "app/evidence_options.h"
#include "evidence/replayer.h"
#include "event/guest_time.h"
#include "recorder/failure_cause.h"

namespace recount {
namespace {

using Json = nlohmann::ordered_json;

Json image_json(const std::optional<ImageInfo>& image) {
  if (!image) return nullptr;
  return {{"name", image->name}, {"size_bytes", image->size_bytes}, {"blake2b", image->blake2b.hex()}};
}

Json marks_of(const std::vector<Event>& events) {
  Json marks = Json::array();
  for (const Event& event : events) {
    const auto* mark = std::get_if<OperatorRequest>(&event.payload);
    if (mark == nullptr || mark->action != OperatorAction::kMark) continue;
    marks.push_back({{"position", raw(event.position)}, {"text", mark->text}});
  }
  return marks;
}

Json facts_of(const EvidenceReader& evidence, const std::vector<Event>& events) {
  const Manifest& m = evidence.manifest();
  const auto& certificate = evidence.certificate();
  Json disks = Json::array(), gaps = Json::array();
  for (const DiskInfo& d : m.disks) {
    disks.push_back({{"path", d.path},
                     {"size_bytes", d.size_bytes},
                     {"base_blake2b", d.base_digest.hex()},
                     {"read_only", d.read_only},
                     {"overlay", d.overlay}});
  }
  for (const GapInfo& g : m.gaps)
    gaps.push_back({{"position", raw(g.position)}, {"reason", g.reason}, {"text", g.text}});
  return {{"cause", m.cause},
          {"meaning", std::string(meaning_of(m.cause))},
          {"detail", m.detail},
          {"position_begin", raw(m.position_begin)},
          {"position_end", raw(m.position_end)},
          {"steps", m.position_end - m.position_begin},
          {"guest_time_s", seconds_of(m.guest_time_end_ticks)},
          {"guest_time_begin_s", seconds_of(m.guest_time_begin_ticks)},
          {"utc", utc_text(m.utc_ns)},
          {"certified", m.certified && certificate.has_value()},
          {"uncertified_reason", m.uncertified_reason},
          {"digests_compared", certificate ? certificate->digests_compared : 0},
          {"mismatches", certificate ? certificate->mismatches : 0},
          {"engine", m.engine},
          {"size_bytes", evidence.size_bytes()},
          {"tool_version", m.tool_version},
          {"build_id", m.build_id},
          {"recorder", m.recorder},
          {"harts", m.machine.hart_count},
          {"memory_bytes", m.machine.ram_bytes},
          {"append", m.machine.append},
          {"firmware", image_json(m.machine.firmware)},
          {"kernel", image_json(m.machine.kernel)},
          {"initrd", image_json(m.machine.initrd)},
          {"network", m.machine.network ? Json(m.machine.network->link) : Json(nullptr)},
          {"disks", disks},
          {"gaps", gaps},
          {"marks", marks_of(events)}};
}

Result<int> info(const EvidenceOptions& options) {
  auto evidence = TRY(open_evidence(options));
  Json facts = facts_of(*evidence, TRY(read_journal(*evidence)));
  if (options.json) {
    fmt::print("{}\n", facts.dump(-1, ' ', false, Json::error_handler_t::replace));
    return 0;
  }
  for (const auto& [key, value] : facts.items()) {
    if (value.is_null() || value == "" || value == Json::array()) continue;
    fmt::print("{:20} {}\n", key,
               value.is_string() ? one_line(value.get<std::string>())
                                 : value.dump(-1, ' ', false, Json::error_handler_t::replace));
  }
  return 0;
}

}  // namespace

void add_info(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<EvidenceOptions>();
  CLI::App* verb = app.add_subcommand("info", "Say what an evidence file holds: cause, when, what, how long");
  add_evidence_argument(*verb, *options);
  verb->footer("Example: recount info --json guest-panic-20261124T224500Z.recount");
  run_as(*verb, exit_code, [options] { return info(*options); });
}

}  // namespace recount
