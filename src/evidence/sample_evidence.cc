#include "evidence/sample_evidence.h"

#include "evidence/console_cast.h"
#include "evidence/evidence_writer.h"

namespace recount {

Manifest sample_manifest(uint64_t ram_bytes) {
  Manifest m;
  m.tool_version = "0.1.0";
  m.build_id = "c0ffee";
  m.cause = "panic";
  m.detail = "Kernel panic - not syncing: \"sysrq\" triggered\n\xc3\xa9";
  m.position_begin = Position{1'000'000};
  m.position_end = Position{0xffff'ffff'ffff'fff0};
  m.guest_time_begin_ticks = 10'000'000;
  m.guest_time_end_ticks = 25'000'000;
  m.utc_ns = 1'772'368'496'123'456'789;
  m.monotonic_ns = 77;
  m.clock_uncertainty_ns = 2'000'000;
  m.recorder = "web1";
  m.engine = "interp";
  m.machine.ram_bytes = ram_bytes;
  m.machine.append = "console=ttyS0 dyndbg=\"file ext4 +p\"";
  m.machine.mmu = "sv39";
  m.machine.rtc_base_ns = 1'772'368'000'000'000'000;
  m.machine.seed = std::string(62, '0') + "2a";
  m.machine.kernel = ImageInfo{"vmlinuz", 12'345'678, blake2b(view_of("kernel"))};
  m.machine.initrd = ImageInfo{"initramfs.cpio.gz", 2'345'678, blake2b(view_of("initrd"))};
  m.machine.network = NetworkInfo{"user,hostfwd=tcp::2222-:22", "52:54:00:12:34:56"};
  m.disks.push_back({"vda.img", 64 << 20, blake2b(view_of("disk")), false, "disk/0.overlay"});
  m.disks.push_back({"vdb.img", 4096, blake2b(view_of("other")), true, ""});
  m.gaps.push_back({Position{1'234'567}, "suspended", "the host slept for 3 s"});
  return m;
}

Bytes sample_ram() {
  Bytes ram((5 << 20) + 4096, 0);
  uint64_t noise = 88172645463325252;  // xorshift64
  for (size_t i = 4096; i < 12'288; ++i) {
    noise ^= noise << 13;
    noise ^= noise >> 7;
    noise ^= noise << 17;
    ram[i] = static_cast<uint8_t>(noise);
  }
  for (size_t i = 4 << 20; i < ram.size(); ++i) ram[i] = static_cast<uint8_t>("Recount "[i % 8]);
  return ram;
}

Result<std::string> write_sample_evidence(const std::string& folder, const std::string& name, ByteView ram) {
  auto writer = TRY(EvidenceWriter::create(folder, name));
  const std::pair<const char*, const char*> members[] = {
      {"journal/00000.seg", "events and events and events"},
      {"journal/00001.seg", "the last of them"},
      {"state/machine.cbor", "harts and devices"},
      {"disk/0.overlay", ""}};
  for (const auto& [member, text] : members) {
    if (auto added = writer->add_member(member, view_of(text)); !added) return std::unexpected(added.error());
  }
  if (auto added = writer->add_ram(ram); !added) return std::unexpected(added.error());
  Manifest manifest = sample_manifest(ram.size());
  if (auto finished = writer->finish_uncertified(manifest); !finished)
    return std::unexpected(finished.error());
  ConsoleCast cast("web1", manifest.utc_ns);
  cast.add(0.5, view_of("login: \r\n"));
  Certificate certificate;
  certificate.engine = "interp";
  certificate.tool_version = "0.1.0";
  certificate.position_begin = manifest.position_begin;
  certificate.position_end = manifest.position_end;
  certificate.steps = manifest.position_end - manifest.position_begin;
  certificate.events = 12;
  certificate.digests_compared = 3;
  std::string digest(32, 'a');
  certificate.final_digest = {digest, digest, digest, digest};
  certificate.host_seconds = 0.25;
  certificate.utc_ns = manifest.utc_ns + 1;
  certificate.vouches_for = replay_inputs(writer->members());
  manifest.certified = true;
  if (auto done = writer->certify(manifest, certificate, cast.finish()); !done)
    return std::unexpected(done.error());
  return writer->publish();
}

}  // namespace recount
