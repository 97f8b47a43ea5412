namespace HermiTux.Abi;

/// <summary>Seeking, access checks, renaming, advice and other file constants (uapi/linux/fs.h, limits.h, xattr.h, fadvise.h, memfd.h).</summary>
public static partial class Fcntl
{
    /// <summary>lseek(2): from the start.</summary>
    public const int SEEK_SET = 0;

    /// <summary>lseek(2): from the current offset.</summary>
    public const int SEEK_CUR = 1;

    /// <summary>lseek(2): from the end.</summary>
    public const int SEEK_END = 2;

    /// <summary>lseek(2): to the next data.</summary>
    public const int SEEK_DATA = 3;

    /// <summary>lseek(2): to the next hole.</summary>
    public const int SEEK_HOLE = 4;

    /// <summary>access(2): existence.</summary>
    public const int F_OK = 0;

    /// <summary>access(2): reading.</summary>
    public const int R_OK = 4;

    /// <summary>access(2): writing.</summary>
    public const int W_OK = 2;

    /// <summary>access(2): executing or searching.</summary>
    public const int X_OK = 1;

    /// <summary>renameat2(2): fail if the target exists.</summary>
    public const int RENAME_NOREPLACE = 1;

    /// <summary>renameat2(2): exchange the two.</summary>
    public const int RENAME_EXCHANGE = 2;

    /// <summary>renameat2(2): leave a whiteout behind.</summary>
    public const int RENAME_WHITEOUT = 4;

    /// <summary>Bytes in a file name.</summary>
    public const int NAME_MAX = 255;

    /// <summary>Bytes in a path with its NUL.</summary>
    public const int PATH_MAX = 0x1000;

    /// <summary>Bytes that a pipe takes atomically.</summary>
    public const int PIPE_BUF = 0x1000;

    /// <summary>Bytes of argv and environment at least allowed.</summary>
    public const int ARG_MAX = 0x20000;

    /// <summary>Bytes in the name of an extended attribute.</summary>
    public const int XATTR_NAME_MAX = 255;

    /// <summary>Bytes in the value of an extended attribute.</summary>
    public const int XATTR_SIZE_MAX = 0x10000;

    /// <summary>Bytes in a list of extended attributes.</summary>
    public const int XATTR_LIST_MAX = 0x10000;

    /// <summary>Supplementary groups.</summary>
    public const int NGROUPS_MAX = 0x10000;

    /// <summary>setxattr(2): fail if it exists.</summary>
    public const int XATTR_CREATE = 1;

    /// <summary>setxattr(2): fail unless it exists.</summary>
    public const int XATTR_REPLACE = 2;

    /// <summary>fadvise64(2): no advice.</summary>
    public const int POSIX_FADV_NORMAL = 0;

    /// <summary>fadvise64(2): random access.</summary>
    public const int POSIX_FADV_RANDOM = 1;

    /// <summary>fadvise64(2): sequential access.</summary>
    public const int POSIX_FADV_SEQUENTIAL = 2;

    /// <summary>fadvise64(2): needed soon.</summary>
    public const int POSIX_FADV_WILLNEED = 3;

    /// <summary>fadvise64(2): not needed.</summary>
    public const int POSIX_FADV_DONTNEED = 4;

    /// <summary>fadvise64(2): used once.</summary>
    public const int POSIX_FADV_NOREUSE = 5;

    /// <summary>sync_file_range(2): wait for earlier write-out.</summary>
    public const int SYNC_FILE_RANGE_WAIT_BEFORE = 1;

    /// <summary>sync_file_range(2): start write-out.</summary>
    public const int SYNC_FILE_RANGE_WRITE = 2;

    /// <summary>sync_file_range(2): wait for the write-out.</summary>
    public const int SYNC_FILE_RANGE_WAIT_AFTER = 4;

    /// <summary>memfd_create(2): set FD_CLOEXEC.</summary>
    public const int MFD_CLOEXEC = 1;

    /// <summary>memfd_create(2): seals may be added.</summary>
    public const int MFD_ALLOW_SEALING = 2;

    /// <summary>memfd_create(2): huge pages.</summary>
    public const int MFD_HUGETLB = 4;

    /// <summary>memfd_create(2): not executable and sealed so.</summary>
    public const int MFD_NOEXEC_SEAL = 8;

    /// <summary>memfd_create(2): executable.</summary>
    public const int MFD_EXEC = 16;

    /// <summary>preadv2(2): poll for completion.</summary>
    public const int RWF_HIPRI = 1;

    /// <summary>pwritev2(2): O_DSYNC for this call.</summary>
    public const int RWF_DSYNC = 2;

    /// <summary>pwritev2(2): O_SYNC for this call.</summary>
    public const int RWF_SYNC = 4;

    /// <summary>preadv2(2): don't wait.</summary>
    public const int RWF_NOWAIT = 8;

    /// <summary>pwritev2(2): append.</summary>
    public const int RWF_APPEND = 16;

    /// <summary>splice(2): move pages.</summary>
    public const int SPLICE_F_MOVE = 1;

    /// <summary>splice(2): don't wait on pipes.</summary>
    public const int SPLICE_F_NONBLOCK = 2;

    /// <summary>splice(2): more follows.</summary>
    public const int SPLICE_F_MORE = 4;

    /// <summary>vmsplice(2): pages are a gift.</summary>
    public const int SPLICE_F_GIFT = 8;

    /// <summary>eventfd2(2): reads take 1.</summary>
    public const int EFD_SEMAPHORE = 1;

    /// <summary>getrandom(2): don't wait for initialisation.</summary>
    public const int GRND_NONBLOCK = 1;

    /// <summary>getrandom(2): from the random source.</summary>
    public const int GRND_RANDOM = 2;

    /// <summary>getrandom(2): even if not initialised.</summary>
    public const int GRND_INSECURE = 4;
}
