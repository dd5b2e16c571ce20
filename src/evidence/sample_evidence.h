#pragma once
// A small, complete evidence file for tests and fuzzers: every kind of member, a short last RAM chunk, chunks
// of zeros. Not a recording: its journal and states are only bytes.

#include <string>

#include "evidence/manifest.h"

namespace recount {

Manifest sample_manifest(uint64_t ram_bytes);
// 5 MiB and a page: noise, zeros, text.
Bytes sample_ram();
// Writes and publishes it; gives its path.
Result<std::string> write_sample_evidence(const std::string& folder, const std::string& name, ByteView ram);

}  // namespace recount
