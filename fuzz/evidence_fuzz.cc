// Evidence files and their parts. A zip goes to the reader as it is; text goes to both JSON readers, and a
// manifest that is accepted goes into a zip, since the reader checks it against the members there; the rest
// is a RAM chunk.

#include <cstdlib>
#include <vector>

#include "evidence/console_cast.h"
#include "evidence/evidence_reader.h"
#include "evidence/ram_chunks.h"
#include "evidence/sample_evidence.h"
#include "evidence/zip_append.h"
#include "host/file.h"
#include "host/folders.h"

namespace recount {
namespace {

constexpr size_t kChunkBytes = 8192;

// Whether the member, pulled in pieces, ends well.
bool pull(const EvidenceReader& reader, const std::string& name) {
  auto source = reader.member_source(name);
  Bytes piece(1000);
  for (;;) {
    if (!source) return false;
    auto got = (*source)(piece);
    if (!got) return false;
    if (*got == 0) return true;
  }
}

void examine(RandomFile file) {
  auto reader = EvidenceReader::open(std::move(file));
  if (!reader) return;
  for (const std::string& name : (*reader)->member_names()) {
    auto whole = (*reader)->member(name);
    if (is_unlisted_member(name)) continue;
    if (whole.has_value() != pull(**reader, name)) std::abort();
  }
  uint64_t ram_bytes = (*reader)->manifest().machine.ram_bytes;
  if (ram_bytes <= 8 << 20) {
    Bytes ram(ram_bytes);
    (void)(*reader)->load_ram(ram);
  }
  (void)(*reader)->check_seal();
}

void examine_text(std::string_view text) {
  (void)Certificate::from_json(text);
  auto manifest = Manifest::from_json(text);
  if (!manifest) return;
  // What was accepted can be written and is accepted again, unchanged.
  auto again = Manifest::from_json(manifest->to_json());
  if (!again || *again != *manifest) std::abort();
  auto file = RandomFile::in_memory({});
  auto zip = ZipAppend::open(*file);
  MemberMap members;
  if (!(*zip)->add("state/ram/00000.zst", view_of("chunk")) ||
      !(*zip)->add(std::string(kManifestMember), view_of(text)) || !(*zip)->finish(0, members)) {
    std::abort();
  }
  zip->reset();
  examine(std::move(*file));
}

Bytes read_and_remove(const std::string& folder) {
  Bytes ram(kChunkBytes, 0);
  for (size_t i = 0; i < 100; ++i) ram[i * 3] = static_cast<uint8_t>(i);
  auto path = write_sample_evidence(folder, "seed.recount", ram);
  if (!path) std::abort();
  Bytes bytes = *read_file(*path);
  remove_folder(folder);
  return bytes;
}

}  // namespace
}  // namespace recount

std::vector<std::vector<uint8_t>> fuzz_seeds() {
  using namespace recount;
  Bytes whole = read_and_remove(*make_private_folder(temporary_folder(), "evidence_fuzz"));
  auto reader = *EvidenceReader::open(*RandomFile::in_memory(whole));
  std::vector<std::vector<uint8_t>> seeds = {whole};
  for (const char* name : {"manifest.json", "certificate.json", "state/ram/00000.zst"}) {
    seeds.push_back(*reader->member(name));
  }
  return seeds;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace recount;
  ByteView input(data, size);
  if (size >= 2 && data[0] == 'P' && data[1] == 'K') {
    examine(*RandomFile::in_memory(input));
  } else if (size >= 1 && data[0] == '{') {
    examine_text({reinterpret_cast<const char*>(data), size});
  } else {
    Bytes chunk(kChunkBytes);
    (void)unpack_ram_chunk("chunk", input, chunk);
    (void)valid_utf8(input, nullptr);
    (void)read_console_cast(input);
  }
  return 0;
}
