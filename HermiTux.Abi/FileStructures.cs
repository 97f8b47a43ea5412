using System.Runtime.InteropServices;

namespace HermiTux.Abi;

#pragma warning disable CS1591 // The fields are those of the C structures and are described in the man pages.

/// <summary><c>struct flock</c>, fcntl(2) (uapi/asm-generic/fcntl.h).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct Flock
{
    public short l_type;
    public short l_whence;
    public int __pad0;
    public long l_start;
    public long l_len;
    public int l_pid;
    public int __pad1;
}

/// <summary><c>struct f_owner_ex</c>, fcntl(2) F_SETOWN_EX.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FOwnerEx
{
    public int type;
    public int pid;
}

/// <summary><c>struct open_how</c>, openat2(2) (uapi/linux/openat2.h).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct OpenHow
{
    public ulong flags;
    public ulong mode;
    public ulong resolve;
}

/// <summary><c>struct iovec</c>, readv(2) (uapi/linux/uio.h).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct Iovec
{
    /// <summary>UIO_MAXIOV: how many a call takes.</summary>
    public const int UIO_MAXIOV = 1024;

    public ulong iov_base;
    public ulong iov_len;
}

/// <summary><c>struct pollfd</c>, poll(2) (uapi/asm-generic/poll.h).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct Pollfd
{
    public int fd;
    public short events;
    public short revents;
}

/// <summary><c>struct epoll_event</c>, epoll_ctl(2): packed on x86-64 (uapi/linux/eventpoll.h).</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct EpollEvent
{
    public uint events;
    public ulong data;
}
