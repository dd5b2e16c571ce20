#pragma once
// Where the indexes of evidence are that this user has opened (debug/timeline_index.h): in his cache, as what came with somebody
// else's evidence must not be believed (docs/adr/0008).

#include <string>

#include "evidence/evidence_reader.h"

namespace recount {

// Of this evidence, whatever its file is called. The folder is made if need be; kUnavailable if it cannot.
Result<std::string> index_path_of(const EvidenceReader& evidence);

// Removes the oldest indexes, but never this one, until the rest takes no more than a few GiB. Errors are of no consequence.
void tidy_index_folder(const std::string& just_written);

}  // namespace recount
