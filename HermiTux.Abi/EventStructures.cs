using System.Runtime.InteropServices;

namespace HermiTux.Abi;

#pragma warning disable CS1591 // The fields are those of the C structures and are described in the man pages.

/// <summary><c>struct signalfd_siginfo</c> (uapi/linux/signalfd.h).</summary>
[StructLayout(LayoutKind.Sequential, Size = Size)]
public struct SignalfdSiginfo
{
    /// <summary>sizeof.</summary>
    public const int Size = 128;

    public uint ssi_signo;
    public int ssi_errno;
    public int ssi_code;
    public uint ssi_pid;
    public uint ssi_uid;
    public int ssi_fd;
    public uint ssi_tid;
    public uint ssi_band;
    public uint ssi_overrun;
    public uint ssi_trapno;
    public int ssi_status;
    public int ssi_int;
    public ulong ssi_ptr;
    public ulong ssi_utime;
    public ulong ssi_stime;
    public ulong ssi_addr;
    public ushort ssi_addr_lsb;
    public ushort __pad2;
    public int ssi_syscall;
    public ulong ssi_call_addr;
    public uint ssi_arch;
}

/// <summary><c>struct inotify_event</c> without its name (uapi/linux/inotify.h).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct InotifyEvent
{
    public int wd;
    public uint mask;
    public uint cookie;
    public uint len;
}

/// <summary><c>struct rseq</c>, the 32 bytes of the first version (uapi/linux/rseq.h).</summary>
[StructLayout(LayoutKind.Sequential, Size = 32)]
public struct Rseq
{
    public uint cpu_id_start;
    public uint cpu_id;
    public ulong rseq_cs;
    public uint flags;
    public uint node_id;
    public uint mm_cid;
}

/// <summary><c>struct rseq_cs</c> (uapi/linux/rseq.h).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct RseqCs
{
    public uint version;
    public uint flags;
    public ulong start_ip;
    public ulong post_commit_offset;
    public ulong abort_ip;
}
