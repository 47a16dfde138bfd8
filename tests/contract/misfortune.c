/* What may befall a process below it: a disk that is full or broken under some folder,
 * an end at its Nth sync, a clock that is wrong. Preloaded; told what to do through a
 * page of memory that the harness shares, see misfortune.py. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

struct page {
    volatile int32_t error;        /* what calls below the folder fail with; 0: none */
    volatile int32_t syncs_left;   /* the process dies at this one; 0: none */
    volatile int64_t clock_offset; /* seconds that the clock is wrong by */
    volatile int32_t failed;       /* how many calls were made to fail */
    char folder[1024];             /* the beginning of the paths that are meant */
};

static struct page nothing;
static struct page *page = &nothing;

__attribute__((constructor)) static void attach(void)
{
    const char *path = getenv("MISFORTUNE");
    int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (file < 0)
        return;
    void *shared = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (shared != MAP_FAILED)
        page = shared;
    close(file);
}

#define NEXT(type, name, ...) ((type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name))

static int meant(const char *path)
{
    return page->error && strncmp(path, page->folder, strlen(page->folder)) == 0;
}

static int fail(void)
{
    __sync_fetch_and_add(&page->failed, 1);
    errno = page->error;
    return -1;
}

static int file_meant(int file)
{
    char link[32], path[PATH_MAX];
    if (!page->error)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return 0;
    path[length] = 0;
    return meant(path);
}

ssize_t write(int file, const void *bytes, size_t count)
{
    return file_meant(file) ? fail() : NEXT(ssize_t, "write", int, const void *, size_t)(file, bytes, count);
}

ssize_t writev(int file, const struct iovec *pieces, int count)
{
    return file_meant(file) ? fail() : NEXT(ssize_t, "writev", int, const struct iovec *, int)(file, pieces, count);
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t at)
{
    return file_meant(file) ? fail() : NEXT(ssize_t, "pwrite64", int, const void *, size_t, off64_t)(file, bytes, count, at);
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t at)
{
    return pwrite64(file, bytes, count, at);
}

ssize_t copy_file_range(int from, off64_t *from_at, int to, off64_t *to_at, size_t count, unsigned flags)
{
    return file_meant(to) ? fail()
                          : NEXT(ssize_t, "copy_file_range", int, off64_t *, int, off64_t *, size_t, unsigned)(
                                from, from_at, to, to_at, count, flags);
}

int ftruncate64(int file, off64_t length)
{
    return file_meant(file) ? fail() : NEXT(int, "ftruncate64", int, off64_t)(file, length);
}

int ftruncate(int file, off_t length)
{
    return ftruncate64(file, length);
}

int mkdir(const char *path, mode_t mode)
{
    return meant(path) ? fail() : NEXT(int, "mkdir", const char *, mode_t)(path, mode);
}

/* A new file needs room; an old one does not. */
static int new_meant(const char *path, int flags)
{
    return (flags & (O_CREAT | __O_TMPFILE)) && meant(path) && access(path, F_OK | W_OK) != 0;
}

int open64(const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    mode_t mode = va_arg(rest, mode_t);
    va_end(rest);
    return new_meant(path, flags) ? fail() : NEXT(int, "open64", const char *, int, ...)(path, flags, mode);
}

/* What cannot be written cannot be kept: a full disk fails before, a broken one here. */
static int synced(const char *name, int file)
{
    if (page->syncs_left > 0 && __sync_sub_and_fetch(&page->syncs_left, 1) == 0)
        kill(getpid(), SIGKILL);
    if (page->error == EIO && file_meant(file))
        return fail();
    return NEXT(int, name, int)(file);
}

int fsync(int file)
{
    return synced("fsync", file);
}

int fdatasync(int file)
{
    return synced("fdatasync", file);
}

int clock_gettime(clockid_t clock, struct timespec *time)
{
    int done = NEXT(int, "clock_gettime", clockid_t, struct timespec *)(clock, time);
    if (done == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        time->tv_sec += page->clock_offset;
    return done;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone)
{
    int done = NEXT(int, "gettimeofday", struct timeval *, void *)(time, zone);
    if (done == 0)
        time->tv_sec += page->clock_offset;
    return done;
}
