/* Loaded before the C library, this makes the disk fail while a file says so: its
 * one line is an errno and the beginning of the paths it holds for. A write that is
 * larger than a page first succeeds by half, as on a disk that becomes full. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PAGE = 4096, LINE = 8192 };

/* The error that paths beginning so meet now, or 0. */
static int meets(const char *path)
{
    static const char *control;
    char line[LINE];
    if (!control && !(control = getenv("FAILING_DISK")))
        return 0;
    int kept = errno;
    int file = (int)syscall(SYS_openat, AT_FDCWD, control, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        errno = kept;
        return 0;
    }
    ssize_t length = syscall(SYS_read, file, line, sizeof line - 1);
    syscall(SYS_close, file);
    errno = kept;
    if (length <= 0)
        return 0;
    line[length] = 0;
    char *beginning = strchr(line, ' ');
    if (!beginning++)
        return 0;
    beginning[strcspn(beginning, "\n")] = 0;
    return strncmp(path, beginning, strlen(beginning)) ? 0 : atoi(line);
}

static int meets_file(int file)
{
    static int is_wanted = -1;
    char name[64], path[LINE];
    if (is_wanted < 0)
        is_wanted = getenv("FAILING_DISK") != NULL;
    if (!is_wanted || access(getenv("FAILING_DISK"), F_OK))
        return 0;
    int kept = errno;
    snprintf(name, sizeof name, "/proc/self/fd/%d", file);
    ssize_t length = readlink(name, path, sizeof path - 1);
    errno = kept;
    if (length <= 0)
        return 0;
    path[length] = 0;
    return meets(path);
}

static int meets_place(int folder, const char *path)
{
    char name[64], whole[LINE];
    if (path[0] == '/')
        return meets(path);
    if (folder == AT_FDCWD)
        snprintf(name, sizeof name, "/proc/self/cwd");
    else
        snprintf(name, sizeof name, "/proc/self/fd/%d", folder);
    ssize_t length = readlink(name, whole, sizeof whole - 2 - strlen(path));
    if (length <= 0)
        return 0;
    snprintf(whole + length, sizeof whole - (size_t)length, "/%s", path);
    return meets(whole);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define FAIL_WITH(error) do { int e = (error); if (e) { errno = e; return -1; } } while (0)

/* Half of what is large, then nothing. */
#define WRITES(name, size, call, half_call)                       \
    int error = meets_file(file);                                 \
    if (error == ENOSPC && (size) > PAGE)                         \
        return half_call;                                         \
    FAIL_WITH(error);                                             \
    return call;

ssize_t write(int file, const void *bytes, size_t size)
{
    WRITES(write, size, REAL(write)(file, bytes, size), REAL(write)(file, bytes, size / 2))
}

ssize_t pwrite(int file, const void *bytes, size_t size, off_t at)
{
    WRITES(pwrite, size, REAL(pwrite)(file, bytes, size, at), REAL(pwrite)(file, bytes, size / 2, at))
}

ssize_t pwrite64(int file, const void *bytes, size_t size, off64_t at)
{
    WRITES(pwrite64, size, REAL(pwrite64)(file, bytes, size, at), REAL(pwrite64)(file, bytes, size / 2, at))
}

ssize_t writev(int file, const struct iovec *parts, int count)
{
    FAIL_WITH(meets_file(file));
    return REAL(writev)(file, parts, count);
}

ssize_t pwritev(int file, const struct iovec *parts, int count, off_t at)
{
    FAIL_WITH(meets_file(file));
    return REAL(pwritev)(file, parts, count, at);
}

ssize_t pwritev64(int file, const struct iovec *parts, int count, off64_t at)
{
    FAIL_WITH(meets_file(file));
    return REAL(pwritev64)(file, parts, count, at);
}

ssize_t copy_file_range(int from, off64_t *at, int file, off64_t *place, size_t size, unsigned flags)
{
    FAIL_WITH(meets_file(file));
    return REAL(copy_file_range)(from, at, file, place, size, flags);
}

int fsync(int file)
{
    FAIL_WITH(meets_file(file));
    return REAL(fsync)(file);
}

int fdatasync(int file)
{
    FAIL_WITH(meets_file(file));
    return REAL(fdatasync)(file);
}

int ftruncate64(int file, off64_t size)
{
    FAIL_WITH(meets_file(file));
    return REAL(ftruncate64)(file, size);
}

int ftruncate(int file, off_t size)
{
    FAIL_WITH(meets_file(file));
    return REAL(ftruncate)(file, size);
}

int posix_fallocate(int file, off_t at, off_t size)
{
    int error = meets_file(file);
    return error ? error : REAL(posix_fallocate)(file, at, size);
}

/* Reading fails on a broken disk only. */
ssize_t read(int file, void *bytes, size_t size)
{
    int error = meets_file(file);
    FAIL_WITH(error == EIO ? error : 0);
    return REAL(read)(file, bytes, size);
}

ssize_t pread(int file, void *bytes, size_t size, off_t at)
{
    int error = meets_file(file);
    FAIL_WITH(error == EIO ? error : 0);
    return REAL(pread)(file, bytes, size, at);
}

ssize_t pread64(int file, void *bytes, size_t size, off64_t at)
{
    int error = meets_file(file);
    FAIL_WITH(error == EIO ? error : 0);
    return REAL(pread64)(file, bytes, size, at);
}

/* Making a file needs room. */
int open(const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    mode_t mode = va_arg(rest, mode_t);
    va_end(rest);
    if (flags & O_CREAT)
        FAIL_WITH(meets_place(AT_FDCWD, path));
    return REAL(open)(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    mode_t mode = va_arg(rest, mode_t);
    va_end(rest);
    if (flags & O_CREAT)
        FAIL_WITH(meets_place(AT_FDCWD, path));
    return REAL(open64)(path, flags, mode);
}

int openat64(int folder, const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    mode_t mode = va_arg(rest, mode_t);
    va_end(rest);
    if (flags & O_CREAT)
        FAIL_WITH(meets_place(folder, path));
    return REAL(openat64)(folder, path, flags, mode);
}

int mkdir(const char *path, mode_t mode)
{
    FAIL_WITH(meets_place(AT_FDCWD, path));
    return REAL(mkdir)(path, mode);
}

int linkat(int folder, const char *from, int other, const char *to, int flags)
{
    FAIL_WITH(meets_place(other, to));
    return REAL(linkat)(folder, from, other, to, flags);
}

int rename(const char *from, const char *to)
{
    FAIL_WITH(meets_place(AT_FDCWD, to));
    return REAL(rename)(from, to);
}
