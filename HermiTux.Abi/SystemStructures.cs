using System.Runtime.InteropServices;

namespace HermiTux.Abi;

#pragma warning disable CS1591 // The fields are those of the C structures and are described in the man pages.

/// <summary><c>struct new_utsname</c>, uname(2) (uapi/linux/utsname.h).</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct NewUtsname
{
    /// <summary>Bytes in each field, with the NUL.</summary>
    public const int FieldLength = 65;

    public fixed byte sysname[FieldLength];
    public fixed byte nodename[FieldLength];
    public fixed byte release[FieldLength];
    public fixed byte version[FieldLength];
    public fixed byte machine[FieldLength];
    public fixed byte domainname[FieldLength];
}

/// <summary><c>struct sysinfo</c>, sysinfo(2) (uapi/linux/sysinfo.h).</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct Sysinfo
{
    public long uptime;
    public fixed ulong loads[3];
    public ulong totalram;
    public ulong freeram;
    public ulong sharedram;
    public ulong bufferram;
    public ulong totalswap;
    public ulong freeswap;
    public ushort procs;
    public ushort pad;
    public uint __pad0;
    public ulong totalhigh;
    public ulong freehigh;
    public uint mem_unit;
    public uint __pad1;
}

/// <summary>The kernel's <c>struct termios</c>, TCGETS (uapi/asm-generic/termbits.h).</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct Termios
{
    public uint c_iflag;
    public uint c_oflag;
    public uint c_cflag;
    public uint c_lflag;
    public byte c_line;
    public fixed byte c_cc[19];
}

/// <summary><c>struct termios2</c>, TCGETS2 (uapi/asm-generic/termbits.h).</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct Termios2
{
    public uint c_iflag;
    public uint c_oflag;
    public uint c_cflag;
    public uint c_lflag;
    public byte c_line;
    public fixed byte c_cc[19];
    public uint c_ispeed;
    public uint c_ospeed;
}

/// <summary><c>struct winsize</c>, TIOCGWINSZ (uapi/asm-generic/termios.h).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct Winsize
{
    public ushort ws_row;
    public ushort ws_col;
    public ushort ws_xpixel;
    public ushort ws_ypixel;
}

/// <summary><c>struct robust_list_head</c>, set_robust_list(2) (uapi/linux/futex.h).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct RobustListHead
{
    public ulong list;
    public long futex_offset;
    public ulong list_op_pending;
}

/// <summary><c>struct clone_args</c>, clone3(2) (uapi/linux/sched.h).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct CloneArgs
{
    public ulong flags;
    public ulong pidfd;
    public ulong child_tid;
    public ulong parent_tid;
    public ulong exit_signal;
    public ulong stack;
    public ulong stack_size;
    public ulong tls;
    public ulong set_tid;
    public ulong set_tid_size;
    public ulong cgroup;
}

/// <summary><c>struct sched_param</c>, sched_setparam(2).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct SchedParam
{
    public int sched_priority;
}

/// <summary><c>struct sched_attr</c>, sched_setattr(2) (uapi/linux/sched/types.h).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct SchedAttr
{
    public uint size;
    public uint sched_policy;
    public ulong sched_flags;
    public int sched_nice;
    public uint sched_priority;
    public ulong sched_runtime;
    public ulong sched_deadline;
    public ulong sched_period;
    public uint sched_util_min;
    public uint sched_util_max;
}

/// <summary><c>struct __user_cap_header_struct</c>, capget(2) (uapi/linux/capability.h).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct CapUserHeader
{
    public uint version;
    public int pid;
}

/// <summary><c>struct __user_cap_data_struct</c>, capget(2) (uapi/linux/capability.h).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct CapUserData
{
    public uint effective;
    public uint permitted;
    public uint inheritable;
}

/// <summary><c>struct user_msghdr</c>, sendmsg(2) (linux/socket.h).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct Msghdr
{
    public ulong msg_name;
    public int msg_namelen;
    public int __pad0;
    public ulong msg_iov;
    public ulong msg_iovlen;
    public ulong msg_control;
    public ulong msg_controllen;
    public uint msg_flags;
    public int __pad1;
}

/// <summary><c>struct ucred</c>, SO_PEERCRED (linux/socket.h).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct Ucred
{
    public int pid;
    public uint uid;
    public uint gid;
}
