#include "host/internet_sockets.h"

#include <dirent.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <vector>

namespace recount {

void close_internet_sockets() {
  struct CloseFolder {
    void operator()(DIR* folder) const { ::closedir(folder); }
  };
  std::unique_ptr<DIR, CloseFolder> folder(::opendir("/proc/self/fd"));
  std::vector<int> found;
  while (const dirent* entry = folder ? ::readdir(folder.get()) : nullptr) {
    int fd = std::atoi(entry->d_name), domain = 0;
    socklen_t size = sizeof domain;
    bool is_socket = ::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0;
    if (is_socket && (domain == AF_INET || domain == AF_INET6)) found.push_back(fd);
  }
  for (int fd : found) ::close(fd);
}

}  // namespace recount
