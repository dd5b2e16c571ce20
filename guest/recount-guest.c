// Speaks to the recorder that this guest runs under: docs/guest.md.
//
//   recount-guest mark TEXT...         a mark in the journal, here
//   recount-guest save [REASON...]     evidence of what led here
//   recount-guest core PID SIGNAL NAME the same, as the kernel's core_pattern: |/bin/recount-guest core %p %s %e
//
// Exit code 0 if it was said; 1 if there is no recorder, or its port is not free.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char kPort[] = "org.recount.0";

// The port's device. /dev/virtio-ports is udev's work, so it is looked for by its name.
static int find_port(char* device, size_t size) {
  DIR* ports = opendir("/sys/class/virtio-ports");
  for (struct dirent* entry; ports != NULL && (entry = readdir(ports)) != NULL;) {
    char path[512], name[64] = "";
    snprintf(path, sizeof path, "/sys/class/virtio-ports/%s/name", entry->d_name);
    FILE* file = fopen(path, "r");
    if (file == NULL) continue;
    char* read = fgets(name, sizeof name, file);
    fclose(file);
    if (read == NULL || strncmp(name, kPort, sizeof kPort - 1) != 0 || strlen(name) > sizeof kPort) continue;
    snprintf(device, size, "/dev/%.200s", entry->d_name);
    closedir(ports);
    return 1;
  }
  if (ports != NULL) closedir(ports);
  return 0;
}

// Only one process may have it open: another one is waited for, not longer than two seconds.
static int open_port(const char* device) {
  for (int tries = 0; tries < 200; ++tries) {
    int fd = open(device, O_WRONLY | O_CLOEXEC);
    if (fd >= 0 || errno != EBUSY) return fd;
    nanosleep(&(struct timespec){.tv_nsec = 10 * 1000 * 1000}, NULL);
  }
  return -1;
}

static int say(const char* line) {
  char device[256];
  if (!find_port(device, sizeof device)) {
    fprintf(stderr, "recount-guest: no port %s: is this guest run by recount, and virtio_console loaded?\n", kPort);
    return 1;
  }
  int fd = open_port(device);
  if (fd < 0) {
    fprintf(stderr, "recount-guest: %s: cannot open: %s\n", device, strerror(errno));
    return 1;
  }
  ssize_t size = (ssize_t)strlen(line);
  if (write(fd, line, (size_t)size) != size) {
    fprintf(stderr, "recount-guest: %s: cannot write: %s\n", device, strerror(errno));
    return 1;
  }
  return 0;
}

int main(int argc, char** argv) {
  char line[256];
  int is_core = argc == 5 && strcmp(argv[1], "core") == 0;
  int is_save = argc >= 2 && strcmp(argv[1], "save") == 0;
  int is_mark = argc >= 3 && strcmp(argv[1], "mark") == 0;
  if (is_core) {
    snprintf(line, sizeof line, "save process %s (%s) was killed by signal %s", argv[4], argv[2], argv[3]);
  } else if (is_save || is_mark) {
    snprintf(line, sizeof line, "%s", argv[1]);
    for (int i = 2; i < argc; ++i) snprintf(line + strlen(line), sizeof line - strlen(line), " %s", argv[i]);
  } else {
    fprintf(stderr, "usage: recount-guest mark TEXT | save [REASON] | core PID SIGNAL NAME\n");
    return 2;
  }
  // One line, whatever is in it.
  for (char* c = line; *c != 0; ++c) {
    if (*c == '\n') *c = ' ';
  }
  line[sizeof line - 2] = 0;
  strcat(line, "\n");
  return say(line);
}
