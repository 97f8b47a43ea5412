using System.Runtime.InteropServices;

namespace HermiTux.Abi;

#pragma warning disable CS1591 // The fields are those of the C structures and are described in the man pages.

/// <summary>The kernel's <c>struct sigaction</c> of x86-64, rt_sigaction(2).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct KernelSigaction
{
    public ulong sa_handler;
    public ulong sa_flags;
    public ulong sa_restorer;
    public ulong sa_mask;
}

/// <summary><c>stack_t</c>, sigaltstack(2).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct SignalStack
{
    public ulong ss_sp;
    public int ss_flags;
    public int __pad0;
    public ulong ss_size;
}

/// <summary><c>siginfo_t</c>, sigaction(2) (uapi/asm-generic/siginfo.h). The fields after si_code are a union.</summary>
[StructLayout(LayoutKind.Explicit, Size = 128)]
public struct Siginfo
{
    [FieldOffset(0)] public int si_signo;
    [FieldOffset(4)] public int si_errno;
    [FieldOffset(8)] public int si_code;

    /// <summary>kill(2), SIGCHLD, real-time signals: the sender.</summary>
    [FieldOffset(16)] public int si_pid;

    /// <summary>The sender's real user.</summary>
    [FieldOffset(20)] public uint si_uid;

    /// <summary>SIGCHLD: exit code or signal.</summary>
    [FieldOffset(24)] public int si_status;

    /// <summary>SIGCHLD: user time in ticks.</summary>
    [FieldOffset(32)] public long si_utime;

    /// <summary>SIGCHLD: system time in ticks.</summary>
    [FieldOffset(40)] public long si_stime;

    /// <summary>rt_sigqueueinfo(2): the value.</summary>
    [FieldOffset(24)] public ulong si_value;

    /// <summary>SIGILL, SIGFPE, SIGSEGV, SIGBUS, SIGTRAP: the address.</summary>
    [FieldOffset(16)] public ulong si_addr;

    /// <summary>SIGBUS: least significant bit of the address.</summary>
    [FieldOffset(24)] public short si_addr_lsb;

    /// <summary>Timers: the timer's id.</summary>
    [FieldOffset(16)] public int si_timerid;

    /// <summary>Timers: expirations missed.</summary>
    [FieldOffset(20)] public int si_overrun;

    /// <summary>SIGIO: the band event.</summary>
    [FieldOffset(16)] public long si_band;

    /// <summary>SIGIO: the descriptor.</summary>
    [FieldOffset(24)] public int si_fd;

    /// <summary>SIGSYS: address of the instruction.</summary>
    [FieldOffset(16)] public ulong si_call_addr;

    /// <summary>SIGSYS: the number of the call.</summary>
    [FieldOffset(24)] public int si_syscall;

    /// <summary>SIGSYS: AUDIT_ARCH_*.</summary>
    [FieldOffset(28)] public uint si_arch;
}

/// <summary><c>struct sigevent</c>, timer_create(2); 64 bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = 64)]
public struct Sigevent
{
    [FieldOffset(0)] public ulong sigev_value;
    [FieldOffset(8)] public int sigev_signo;
    [FieldOffset(12)] public int sigev_notify;

    /// <summary>SIGEV_THREAD_ID: the thread.</summary>
    [FieldOffset(16)] public int sigev_notify_thread_id;
}

/// <summary><c>struct sigcontext</c> of x86-64 (uapi/asm/sigcontext.h).</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct Sigcontext
{
    public ulong r8;
    public ulong r9;
    public ulong r10;
    public ulong r11;
    public ulong r12;
    public ulong r13;
    public ulong r14;
    public ulong r15;
    public ulong rdi;
    public ulong rsi;
    public ulong rbp;
    public ulong rbx;
    public ulong rdx;
    public ulong rax;
    public ulong rcx;
    public ulong rsp;
    public ulong rip;
    public ulong eflags;
    public ushort cs;
    public ushort gs;
    public ushort fs;
    public ushort ss;
    public ulong err;
    public ulong trapno;
    public ulong oldmask;
    public ulong cr2;
    public ulong fpstate;
    public fixed ulong reserved1[8];
}

/// <summary>The kernel's <c>struct ucontext</c> (uapi/asm-generic/ucontext.h).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct Ucontext
{
    public ulong uc_flags;
    public ulong uc_link;
    public SignalStack uc_stack;
    public Sigcontext uc_mcontext;
    public ulong uc_sigmask;
}

/// <summary><c>struct _fpx_sw_bytes</c>: at offset 464 of the XSAVE image in a signal frame (uapi/asm/sigcontext.h).</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct FpxSwBytes
{
    /// <summary>Where it is in the XSAVE image.</summary>
    public const int Offset = 464;

    public uint magic1;
    public uint extended_size;
    public ulong xfeatures;
    public uint xstate_size;
    public fixed uint padding[7];
}
