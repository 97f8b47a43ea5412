namespace HermiTux.Abi;

/// <summary>File control: open flags, fcntl(2) commands, AT_* flags (uapi/asm-generic/fcntl.h, uapi/linux/fcntl.h).</summary>
public static partial class Fcntl
{
    /// <summary>open(2): for reading only.</summary>
    public const int O_RDONLY = 0;

    /// <summary>open(2): for writing only.</summary>
    public const int O_WRONLY = 1;

    /// <summary>open(2): for reading and writing.</summary>
    public const int O_RDWR = 2;

    /// <summary>open(2): selects the access mode.</summary>
    public const int O_ACCMODE = 3;

    /// <summary>open(2): create the file if it doesn't exist.</summary>
    public const int O_CREAT = 0x40;

    /// <summary>open(2): with O_CREAT, fail if the file exists.</summary>
    public const int O_EXCL = 0x80;

    /// <summary>open(2): don't become the controlling terminal.</summary>
    public const int O_NOCTTY = 0x100;

    /// <summary>open(2): truncate to length 0.</summary>
    public const int O_TRUNC = 0x200;

    /// <summary>open(2): each write goes to the end.</summary>
    public const int O_APPEND = 0x400;

    /// <summary>open(2): don't wait; EAGAIN instead.</summary>
    public const int O_NONBLOCK = 0x800;

    /// <summary>open(2): synchronised data integrity.</summary>
    public const int O_DSYNC = 0x1000;

    /// <summary>open(2), F_SETFL: signal-driven I/O (O_ASYNC).</summary>
    public const int FASYNC = 0x2000;

    /// <summary>open(2): minimise caching.</summary>
    public const int O_DIRECT = 0x4000;

    /// <summary>open(2): files of more than 2 GiB; always on in 64-bit kernels.</summary>
    public const int O_LARGEFILE = 0x8000;

    /// <summary>open(2): fail unless it is a directory.</summary>
    public const int O_DIRECTORY = 0x10000;

    /// <summary>open(2): fail if the last component is a symbolic link.</summary>
    public const int O_NOFOLLOW = 0x20000;

    /// <summary>open(2): don't update the access time.</summary>
    public const int O_NOATIME = 0x40000;

    /// <summary>open(2): set FD_CLOEXEC.</summary>
    public const int O_CLOEXEC = 0x80000;

    /// <summary>The bit that O_SYNC adds to O_DSYNC.</summary>
    public const int __O_SYNC = 0x100000;

    /// <summary>open(2): synchronised file integrity.</summary>
    public const int O_SYNC = 0x101000;

    /// <summary>open(2): only a place in the tree.</summary>
    public const int O_PATH = 0x200000;

    /// <summary>The bit that O_TMPFILE adds to O_DIRECTORY.</summary>
    public const int __O_TMPFILE = 0x400000;

    /// <summary>open(2): an unnamed file.</summary>
    public const int O_TMPFILE = 0x410000;

    /// <summary>fcntl(2): duplicate to the lowest descriptor from the argument on.</summary>
    public const int F_DUPFD = 0;

    /// <summary>fcntl(2): descriptor flags.</summary>
    public const int F_GETFD = 1;

    /// <summary>fcntl(2): set descriptor flags.</summary>
    public const int F_SETFD = 2;

    /// <summary>fcntl(2): access mode and status flags.</summary>
    public const int F_GETFL = 3;

    /// <summary>fcntl(2): set status flags.</summary>
    public const int F_SETFL = 4;

    /// <summary>fcntl(2): test a record lock.</summary>
    public const int F_GETLK = 5;

    /// <summary>fcntl(2): take or release a record lock.</summary>
    public const int F_SETLK = 6;

    /// <summary>fcntl(2): F_SETLK that waits.</summary>
    public const int F_SETLKW = 7;

    /// <summary>fcntl(2): who gets SIGIO.</summary>
    public const int F_SETOWN = 8;

    /// <summary>fcntl(2): who gets SIGIO.</summary>
    public const int F_GETOWN = 9;

    /// <summary>fcntl(2): which signal instead of SIGIO.</summary>
    public const int F_SETSIG = 10;

    /// <summary>fcntl(2): which signal instead of SIGIO.</summary>
    public const int F_GETSIG = 11;

    /// <summary>fcntl(2): F_SETOWN for a thread, process or group.</summary>
    public const int F_SETOWN_EX = 15;

    /// <summary>fcntl(2): F_GETOWN for a thread, process or group.</summary>
    public const int F_GETOWN_EX = 16;

    /// <summary>fcntl(2): uids of the owner.</summary>
    public const int F_GETOWNER_UIDS = 17;

    /// <summary>fcntl(2): test an open file description lock.</summary>
    public const int F_OFD_GETLK = 0x24;

    /// <summary>fcntl(2): take or release an open file description lock.</summary>
    public const int F_OFD_SETLK = 37;

    /// <summary>fcntl(2): F_OFD_SETLK that waits.</summary>
    public const int F_OFD_SETLKW = 38;

    /// <summary>fcntl(2): closed by execve(2).</summary>
    public const int FD_CLOEXEC = 1;

    /// <summary>A read lock.</summary>
    public const int F_RDLCK = 0;

    /// <summary>A write lock.</summary>
    public const int F_WRLCK = 1;

    /// <summary>No lock.</summary>
    public const int F_UNLCK = 2;

    /// <summary>Old name of an exclusive lock.</summary>
    public const int F_EXLCK = 4;

    /// <summary>Old name of a shared lock.</summary>
    public const int F_SHLCK = 8;

    /// <summary>f_owner_ex: a thread.</summary>
    public const int F_OWNER_TID = 0;

    /// <summary>f_owner_ex: a process.</summary>
    public const int F_OWNER_PID = 1;

    /// <summary>f_owner_ex: a process group.</summary>
    public const int F_OWNER_PGRP = 2;

    /// <summary>flock(2): shared.</summary>
    public const int LOCK_SH = 1;

    /// <summary>flock(2): exclusive.</summary>
    public const int LOCK_EX = 2;

    /// <summary>flock(2): don't wait.</summary>
    public const int LOCK_NB = 4;

    /// <summary>flock(2): unlock.</summary>
    public const int LOCK_UN = 8;

    /// <summary>fcntl(2): set a lease.</summary>
    public const int F_SETLEASE = 0x400;

    /// <summary>fcntl(2): the lease held.</summary>
    public const int F_GETLEASE = 0x401;

    /// <summary>Internal to lock managers.</summary>
    public const int F_CANCELLK = 1029;

    /// <summary>fcntl(2): F_DUPFD with FD_CLOEXEC.</summary>
    public const int F_DUPFD_CLOEXEC = 1030;

    /// <summary>fcntl(2): directory change notification.</summary>
    public const int F_NOTIFY = 0x402;

    /// <summary>fcntl(2): set a pipe's capacity in bytes.</summary>
    public const int F_SETPIPE_SZ = 1031;

    /// <summary>fcntl(2): a pipe's capacity in bytes.</summary>
    public const int F_GETPIPE_SZ = 0x408;

    /// <summary>fcntl(2): add seals to a memfd.</summary>
    public const int F_ADD_SEALS = 1033;

    /// <summary>fcntl(2): seals of a memfd.</summary>
    public const int F_GET_SEALS = 1034;

    /// <summary>No more seals.</summary>
    public const int F_SEAL_SEAL = 1;

    /// <summary>The file can't shrink.</summary>
    public const int F_SEAL_SHRINK = 2;

    /// <summary>The file can't grow.</summary>
    public const int F_SEAL_GROW = 4;

    /// <summary>The file can't be written.</summary>
    public const int F_SEAL_WRITE = 8;

    /// <summary>No new writable mappings and no write(2).</summary>
    public const int F_SEAL_FUTURE_WRITE = 16;

    /// <summary>The executable bits can't change.</summary>
    public const int F_SEAL_EXEC = 0x20;

    /// <summary>fcntl(2): write life-time hint of the inode.</summary>
    public const int F_GET_RW_HINT = 1035;

    /// <summary>fcntl(2): set the write life-time hint of the inode.</summary>
    public const int F_SET_RW_HINT = 1036;

    /// <summary>fcntl(2): write life-time hint of the description.</summary>
    public const int F_GET_FILE_RW_HINT = 1037;

    /// <summary>fcntl(2): set the write life-time hint of the description.</summary>
    public const int F_SET_FILE_RW_HINT = 1038;

    /// <summary>No hint.</summary>
    public const int RWH_WRITE_LIFE_NOT_SET = 0;

    /// <summary>The longest life-time hint.</summary>
    public const int RWH_WRITE_LIFE_EXTREME = 5;

    /// <summary>F_NOTIFY: keep notifying.</summary>
    public const int DN_MULTISHOT = -2147483648;

    /// <summary>*at(2): relative to the working directory.</summary>
    public const int AT_FDCWD = -100;

    /// <summary>*at(2): don't follow a final symbolic link.</summary>
    public const int AT_SYMLINK_NOFOLLOW = 0x100;

    /// <summary>faccessat2(2): check with effective ids.</summary>
    public const int AT_EACCESS = 0x200;

    /// <summary>unlinkat(2): remove a directory.</summary>
    public const int AT_REMOVEDIR = 0x200;

    /// <summary>linkat(2): follow a final symbolic link.</summary>
    public const int AT_SYMLINK_FOLLOW = 0x400;

    /// <summary>*at(2): don't trigger automounts.</summary>
    public const int AT_NO_AUTOMOUNT = 0x800;

    /// <summary>*at(2): an empty path names the descriptor itself.</summary>
    public const int AT_EMPTY_PATH = 0x1000;

    /// <summary>statx(2): selects the synchronisation type.</summary>
    public const int AT_STATX_SYNC_TYPE = 0x6000;

    /// <summary>statx(2): as stat(2) does.</summary>
    public const int AT_STATX_SYNC_AS_STAT = 0;

    /// <summary>statx(2): ask the server.</summary>
    public const int AT_STATX_FORCE_SYNC = 0x2000;

    /// <summary>statx(2): cached attributes will do.</summary>
    public const int AT_STATX_DONT_SYNC = 0x4000;

    /// <summary>mount_setattr(2): the whole subtree.</summary>
    public const int AT_RECURSIVE = 0x8000;

    /// <summary>fallocate(2): don't change the size.</summary>
    public const int FALLOC_FL_KEEP_SIZE = 1;

    /// <summary>fallocate(2): free the range.</summary>
    public const int FALLOC_FL_PUNCH_HOLE = 2;

    /// <summary>fallocate(2): remove the range.</summary>
    public const int FALLOC_FL_COLLAPSE_RANGE = 8;

    /// <summary>fallocate(2): make the range read as zero.</summary>
    public const int FALLOC_FL_ZERO_RANGE = 16;

    /// <summary>fallocate(2): insert a hole.</summary>
    public const int FALLOC_FL_INSERT_RANGE = 0x20;

    /// <summary>fallocate(2): unshare shared blocks.</summary>
    public const int FALLOC_FL_UNSHARE_RANGE = 0x40;

    /// <summary>openat2(2): don't cross mounts.</summary>
    public const int RESOLVE_NO_XDEV = 1;

    /// <summary>openat2(2): don't follow magic links.</summary>
    public const int RESOLVE_NO_MAGICLINKS = 2;

    /// <summary>openat2(2): don't follow symbolic links.</summary>
    public const int RESOLVE_NO_SYMLINKS = 4;

    /// <summary>openat2(2): stay beneath the start.</summary>
    public const int RESOLVE_BENEATH = 8;

    /// <summary>openat2(2): treat the start as the root.</summary>
    public const int RESOLVE_IN_ROOT = 16;

    /// <summary>openat2(2): only if no I/O is needed.</summary>
    public const int RESOLVE_CACHED = 0x20;

    /// <summary>close_range(2): unshare the table first.</summary>
    public const int CLOSE_RANGE_UNSHARE = 2;

    /// <summary>close_range(2): only set FD_CLOEXEC.</summary>
    public const int CLOSE_RANGE_CLOEXEC = 4;
}
