/* A disk that fails, for tests: loaded before the C library, it lets synchronising fail for files whose
 * name ends in FAILING_NAME as soon as the file FAILING_WHEN is there. */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int fails(int file) {
  const char *name = getenv("FAILING_NAME"), *when = getenv("FAILING_WHEN");
  if (!name || !when || access(when, F_OK) != 0) return 0;
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, sizeof path);
  ssize_t end = (ssize_t)strlen(name);
  return length >= end && strncmp(path + length - end, name, (size_t)end) == 0;
}

static int synchronise(long call, int file) {
  if (fails(file)) {
    errno = EIO;
    return -1;
  }
  return (int)syscall(call, file);
}

int fsync(int file) { return synchronise(SYS_fsync, file); }
int fdatasync(int file) { return synchronise(SYS_fdatasync, file); }
