/* Loaded into the program under test by LD_PRELOAD: moves its wall clock and slows its syncs and its reads of segments, as
   the words of the file $STREAMER_SHIM say at the moment. It counts those that began and ended in other words of it. Where
   there is a file $STREAMER_BOOT, the program takes what is in it for the id of this boot. */

#define _GNU_SOURCE
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct slow {
    _Atomic int64_t least_ms;
    _Atomic int64_t begun;
    _Atomic int64_t ended;
};

struct words {
    _Atomic int64_t ahead_ms; /* how far the wall clock is ahead of the machine's */
    struct slow syncs, reads;
};

static struct words unshared;
static struct words *words = &unshared;

__attribute__((constructor)) static void load(void) {
    const char *path = getenv("STREAMER_SHIM");
    int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (file < 0) return;
    void *mapped = mmap(NULL, sizeof *words, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (mapped != MAP_FAILED) words = mapped;
    close(file);
}

static int open_this(const char *path, int flags, mode_t mode) {
    const char *boot = getenv("STREAMER_BOOT");
    if (boot && strcmp(path, "/proc/sys/kernel/random/boot_id") == 0 && access(boot, R_OK) == 0) path = boot;
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

#define OPEN(name)                                                                                                             \
    int name(const char *path, int flags, ...) {                                                                               \
        va_list rest;                                                                                                          \
        va_start(rest, flags);                                                                                                 \
        mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;                                                              \
        va_end(rest);                                                                                                          \
        return open_this(path, flags, mode);                                                                                   \
    }

OPEN(open)
OPEN(open64)

int clock_gettime(clockid_t clock, struct timespec *time) {
    int done = (int)syscall(SYS_clock_gettime, clock, time);
    if (done == 0 && clock == CLOCK_REALTIME) {
        int64_t ahead = words->ahead_ms, milli = time->tv_nsec / 1000000 + ahead % 1000;
        time->tv_sec += ahead / 1000 + (milli < 0 ? -1 : milli / 1000);
        time->tv_nsec = time->tv_nsec % 1000000 + (milli + 1000) % 1000 * 1000000;
    }
    return done;
}

static void slowly(struct slow *what) {
    what->begun++;
    for (int64_t slept = 0; slept < what->least_ms; slept += 5) {
        struct timespec nap = {0, 5000000};
        nanosleep(&nap, NULL);
    }
}

static int sync_slowly(long number, int file) {
    slowly(&words->syncs);
    int done = (int)syscall(number, file);
    words->syncs.ended++;
    return done;
}

int fsync(int file) { return sync_slowly(SYS_fsync, file); }

int fdatasync(int file) { return sync_slowly(SYS_fdatasync, file); }

static int is_segment(int file) {
    char link[32], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    path[length < 0 ? 0 : length] = 0;
    return strstr(path, ".segment") != NULL;
}

ssize_t pread64(int file, void *into, size_t size, off_t at) {
    int slow = is_segment(file);
    if (slow) slowly(&words->reads);
    ssize_t done = syscall(SYS_pread64, file, into, size, at);
    if (slow) words->reads.ended++;
    return done;
}
