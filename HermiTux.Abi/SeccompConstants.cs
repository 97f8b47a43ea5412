namespace HermiTux.Abi;

#pragma warning disable CS1591 // The names are those of the C header and are described in the man page.

/// <summary>seccomp(2) (uapi/linux/seccomp.h).</summary>
public static class SeccompConstants
{
    public const int SECCOMP_MODE_DISABLED = 0;
    public const int SECCOMP_MODE_STRICT = 1;
    public const int SECCOMP_MODE_FILTER = 2;
    public const int SECCOMP_SET_MODE_STRICT = 0;
    public const int SECCOMP_SET_MODE_FILTER = 1;
    public const int SECCOMP_GET_ACTION_AVAIL = 2;
    public const int SECCOMP_GET_NOTIF_SIZES = 3;
    public const int SECCOMP_FILTER_FLAG_TSYNC = 1;
    public const int SECCOMP_FILTER_FLAG_LOG = 2;
    public const int SECCOMP_FILTER_FLAG_SPEC_ALLOW = 4;
    public const int SECCOMP_FILTER_FLAG_NEW_LISTENER = 8;
    public const int SECCOMP_FILTER_FLAG_TSYNC_ESRCH = 16;
    public const int SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV = 32;
    public const uint SECCOMP_RET_KILL_PROCESS = 0x80000000;
    public const uint SECCOMP_RET_KILL_THREAD = 0;
    public const uint SECCOMP_RET_TRAP = 0x30000;
    public const uint SECCOMP_RET_ERRNO = 0x50000;
    public const uint SECCOMP_RET_USER_NOTIF = 0x7FC00000;
    public const uint SECCOMP_RET_TRACE = 0x7FF00000;
    public const uint SECCOMP_RET_LOG = 0x7FFC0000;
    public const uint SECCOMP_RET_ALLOW = 0x7FFF0000;
    public const uint SECCOMP_RET_ACTION_FULL = 0xFFFF0000;
    public const uint SECCOMP_RET_DATA = 0xFFFF;
}
