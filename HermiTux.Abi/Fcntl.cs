namespace HermiTux.Abi;

/// <summary>Flags of open(2), the *at() calls, fcntl(2), flock(2), renameat2(2) and fallocate(2) on x86-64, spelled as in the kernel's <c>fcntl.h</c>.</summary>
public static class Fcntl
{
    /// <summary>The bits of the access mode.</summary>
    public const int O_ACCMODE = 3;

    /// <summary>Read only.</summary>
    public const int O_RDONLY = 0;

    /// <summary>Write only.</summary>
    public const int O_WRONLY = 1;

    /// <summary>Read and write.</summary>
    public const int O_RDWR = 2;

    /// <summary>Create if missing.</summary>
    public const int O_CREAT = 0x40;

    /// <summary>Fail if it exists.</summary>
    public const int O_EXCL = 0x80;

    /// <summary>Don't make it the controlling terminal.</summary>
    public const int O_NOCTTY = 0x100;

    /// <summary>Truncate to length 0.</summary>
    public const int O_TRUNC = 0x200;

    /// <summary>Write at the end.</summary>
    public const int O_APPEND = 0x400;

    /// <summary>Don't wait.</summary>
    public const int O_NONBLOCK = 0x800;

    /// <summary>Write through, data only.</summary>
    public const int O_DSYNC = 0x1000;

    /// <summary>Signal-driven I/O (O_ASYNC).</summary>
    public const int FASYNC = 0x2000;

    /// <summary>Bypass caches; packet mode of pipes.</summary>
    public const int O_DIRECT = 0x4000;

    /// <summary>Set by 32-bit callers only; no meaning here.</summary>
    public const int O_LARGEFILE = 0x8000;

    /// <summary>Must be a directory.</summary>
    public const int O_DIRECTORY = 0x10000;

    /// <summary>Don't follow a final symbolic link.</summary>
    public const int O_NOFOLLOW = 0x20000;

    /// <summary>Leave the access time alone.</summary>
    public const int O_NOATIME = 0x40000;

    /// <summary>Close on execve(2).</summary>
    public const int O_CLOEXEC = 0x80000;

    /// <summary>Write through.</summary>
    public const int O_SYNC = 0x101000;

    /// <summary>Only a place in the tree.</summary>
    public const int O_PATH = 0x200000;

    /// <summary>An unnamed file in a directory (with O_DIRECTORY's bit).</summary>
    public const int O_TMPFILE = 0x410000;

    /// <summary>O_TMPFILE's own bit.</summary>
    public const int __O_TMPFILE = 0x400000;

    /// <summary>The working directory in place of a descriptor.</summary>
    public const int AT_FDCWD = -100;

    /// <summary>Don't follow a final symbolic link.</summary>
    public const int AT_SYMLINK_NOFOLLOW = 0x100;

    /// <summary>unlinkat(2) removes a directory.</summary>
    public const int AT_REMOVEDIR = 0x200;

    /// <summary>faccessat(2) uses effective ids.</summary>
    public const int AT_EACCESS = 0x200;

    /// <summary>linkat(2) follows a final symbolic link.</summary>
    public const int AT_SYMLINK_FOLLOW = 0x400;

    /// <summary>Don't trigger an automount.</summary>
    public const int AT_NO_AUTOMOUNT = 0x800;

    /// <summary>An empty path names the descriptor itself.</summary>
    public const int AT_EMPTY_PATH = 0x1000;

    /// <summary>statx(2) asks the server.</summary>
    public const int AT_STATX_FORCE_SYNC = 0x2000;

    /// <summary>statx(2) may answer from caches.</summary>
    public const int AT_STATX_DONT_SYNC = 0x4000;

    /// <summary>Duplicate.</summary>
    public const int F_DUPFD = 0;

    /// <summary>Read descriptor flags.</summary>
    public const int F_GETFD = 1;

    /// <summary>Set descriptor flags.</summary>
    public const int F_SETFD = 2;

    /// <summary>Read status flags.</summary>
    public const int F_GETFL = 3;

    /// <summary>Set status flags.</summary>
    public const int F_SETFL = 4;

    /// <summary>Test a record lock.</summary>
    public const int F_GETLK = 5;

    /// <summary>Set a record lock.</summary>
    public const int F_SETLK = 6;

    /// <summary>Set a record lock, waiting.</summary>
    public const int F_SETLKW = 7;

    /// <summary>Set the owner for SIGIO.</summary>
    public const int F_SETOWN = 8;

    /// <summary>Read the owner for SIGIO.</summary>
    public const int F_GETOWN = 9;

    /// <summary>Set the signal in place of SIGIO.</summary>
    public const int F_SETSIG = 10;

    /// <summary>Read the signal in place of SIGIO.</summary>
    public const int F_GETSIG = 11;

    /// <summary>Set the owner, extended.</summary>
    public const int F_SETOWN_EX = 15;

    /// <summary>Read the owner, extended.</summary>
    public const int F_GETOWN_EX = 16;

    /// <summary>Test an open-file-description lock.</summary>
    public const int F_OFD_GETLK = 36;

    /// <summary>Set an open-file-description lock.</summary>
    public const int F_OFD_SETLK = 37;

    /// <summary>Set an open-file-description lock, waiting.</summary>
    public const int F_OFD_SETLKW = 38;

    /// <summary>Set a lease.</summary>
    public const int F_SETLEASE = 1024;

    /// <summary>Read a lease.</summary>
    public const int F_GETLEASE = 1025;

    /// <summary>Directory notification.</summary>
    public const int F_NOTIFY = 1026;

    /// <summary>Duplicate with FD_CLOEXEC.</summary>
    public const int F_DUPFD_CLOEXEC = 1030;

    /// <summary>Set a pipe's capacity.</summary>
    public const int F_SETPIPE_SZ = 1031;

    /// <summary>Read a pipe's capacity.</summary>
    public const int F_GETPIPE_SZ = 1032;

    /// <summary>Add seals.</summary>
    public const int F_ADD_SEALS = 1033;

    /// <summary>Read seals.</summary>
    public const int F_GET_SEALS = 1034;

    /// <summary>The descriptor flag close-on-exec.</summary>
    public const int FD_CLOEXEC = 1;

    /// <summary>Read lock.</summary>
    public const int F_RDLCK = 0;

    /// <summary>Write lock.</summary>
    public const int F_WRLCK = 1;

    /// <summary>Unlock.</summary>
    public const int F_UNLCK = 2;

    /// <summary>No more seals.</summary>
    public const int F_SEAL_SEAL = 1;

    /// <summary>The file can't shrink.</summary>
    public const int F_SEAL_SHRINK = 2;

    /// <summary>The file can't grow.</summary>
    public const int F_SEAL_GROW = 4;

    /// <summary>The file can't be written.</summary>
    public const int F_SEAL_WRITE = 8;

    /// <summary>No new writers.</summary>
    public const int F_SEAL_FUTURE_WRITE = 16;

    /// <summary>The execute bits can't change.</summary>
    public const int F_SEAL_EXEC = 32;

    /// <summary>flock(2): shared.</summary>
    public const int LOCK_SH = 1;

    /// <summary>flock(2): exclusive.</summary>
    public const int LOCK_EX = 2;

    /// <summary>flock(2): don't wait.</summary>
    public const int LOCK_NB = 4;

    /// <summary>flock(2): unlock.</summary>
    public const int LOCK_UN = 8;

    /// <summary>renameat2(2): fail if the target exists.</summary>
    public const int RENAME_NOREPLACE = 1;

    /// <summary>renameat2(2): swap both.</summary>
    public const int RENAME_EXCHANGE = 2;

    /// <summary>renameat2(2): leave a whiteout.</summary>
    public const int RENAME_WHITEOUT = 4;

    /// <summary>fallocate(2): leave the size.</summary>
    public const int FALLOC_FL_KEEP_SIZE = 1;

    /// <summary>fallocate(2): free a range.</summary>
    public const int FALLOC_FL_PUNCH_HOLE = 2;

    /// <summary>fallocate(2): remove a range.</summary>
    public const int FALLOC_FL_COLLAPSE_RANGE = 8;

    /// <summary>fallocate(2): zero a range.</summary>
    public const int FALLOC_FL_ZERO_RANGE = 16;

    /// <summary>fallocate(2): insert a hole.</summary>
    public const int FALLOC_FL_INSERT_RANGE = 32;

    /// <summary>fallocate(2): unshare blocks.</summary>
    public const int FALLOC_FL_UNSHARE_RANGE = 64;

    /// <summary>lseek(2): from the start.</summary>
    public const int SEEK_SET = 0;

    /// <summary>lseek(2): from the position.</summary>
    public const int SEEK_CUR = 1;

    /// <summary>lseek(2): from the end.</summary>
    public const int SEEK_END = 2;

    /// <summary>lseek(2): next data.</summary>
    public const int SEEK_DATA = 3;

    /// <summary>lseek(2): next hole.</summary>
    public const int SEEK_HOLE = 4;

    /// <summary>access(2): readable.</summary>
    public const int R_OK = 4;

    /// <summary>access(2): writable.</summary>
    public const int W_OK = 2;

    /// <summary>access(2): executable.</summary>
    public const int X_OK = 1;

    /// <summary>access(2): exists.</summary>
    public const int F_OK = 0;

    /// <summary>setxattr(2): must not exist.</summary>
    public const int XATTR_CREATE = 1;

    /// <summary>setxattr(2): must exist.</summary>
    public const int XATTR_REPLACE = 2;

    /// <summary>memfd_create(2): close on exec.</summary>
    public const int MFD_CLOEXEC = 1;

    /// <summary>memfd_create(2): seals may be added.</summary>
    public const int MFD_ALLOW_SEALING = 2;

    /// <summary>memfd_create(2): huge pages.</summary>
    public const int MFD_HUGETLB = 4;

    /// <summary>memfd_create(2): not executable, sealed so.</summary>
    public const int MFD_NOEXEC_SEAL = 8;

    /// <summary>memfd_create(2): executable.</summary>
    public const int MFD_EXEC = 16;

    /// <summary>eventfd(2): reads take one.</summary>
    public const int EFD_SEMAPHORE = 1;
}
