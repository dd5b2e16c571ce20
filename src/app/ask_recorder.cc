#include "app/ask_recorder.h"

#include "host/folders.h"
#include "host/local_socket.h"

namespace recount {

Result<nlohmann::ordered_json> ask_recorder(const std::string& name, const std::string& line) {
  if (line.find('\n') != std::string::npos) return fail(ErrorKind::kUsage, "the text must be one line");
  auto text = ask_local(data_folder() + "/run/" + name + ".sock", line);
  if (!text && text.error().kind == ErrorKind::kUsage) return std::unexpected(text.error());
  if (!text) return fail(ErrorKind::kUnavailable, "no recorder named " + name + " is running (see recount ls)");
  auto answer = nlohmann::ordered_json::parse(*text, nullptr, false);
  if (!answer.is_object()) return fail(ErrorKind::kFailure, name + ": gave an answer that is none");
  if (answer.contains("error")) return fail(ErrorKind::kFailure, name + ": " + answer["error"].dump());
  return answer;
}

}  // namespace recount
