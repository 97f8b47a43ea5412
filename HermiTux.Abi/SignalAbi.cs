using System.Runtime.InteropServices;

namespace HermiTux.Abi;

/// <summary>Constants of signals: SA_*, SS_*, SI_*, SIG_* (sigaction(2), sigaltstack(2)).</summary>
public static class SignalConstants
{
#pragma warning disable CS1591 // The kernel's names; sigaction(2) and sigaltstack(2) document them.
    public const ulong SIG_DFL = 0;
    public const ulong SIG_IGN = 1;

    public const int SIG_BLOCK = 0;
    public const int SIG_UNBLOCK = 1;
    public const int SIG_SETMASK = 2;

    public const ulong SA_NOCLDSTOP = 0x1;
    public const ulong SA_NOCLDWAIT = 0x2;
    public const ulong SA_SIGINFO = 0x4;
    public const ulong SA_EXPOSE_TAGBITS = 0x800;
    public const ulong SA_RESTORER = 0x0400_0000;
    public const ulong SA_ONSTACK = 0x0800_0000;
    public const ulong SA_RESTART = 0x1000_0000;
    public const ulong SA_NODEFER = 0x4000_0000;
    public const ulong SA_RESETHAND = 0x8000_0000;

    public const int SS_ONSTACK = 1;
    public const int SS_DISABLE = 2;
    public const uint SS_AUTODISARM = 0x8000_0000;

    public const int SI_USER = 0;
    public const int SI_KERNEL = 0x80;
    public const int SI_QUEUE = -1;
    public const int SI_TIMER = -2;
    public const int SI_MESGQ = -3;
    public const int SI_ASYNCIO = -4;
    public const int SI_SIGIO = -5;
    public const int SI_TKILL = -6;

    public const int ILL_ILLOPN = 2;
    public const int FPE_INTDIV = 1;
    public const int FPE_FLTDIV = 3;
    public const int FPE_FLTOVF = 4;
    public const int FPE_FLTUND = 5;
    public const int FPE_FLTRES = 6;
    public const int FPE_FLTINV = 7;
    public const int SEGV_MAPERR = 1;
    public const int SEGV_ACCERR = 2;
    public const int BUS_ADRALN = 1;
    public const int BUS_ADRERR = 2;
    public const int TRAP_BRKPT = 1;
    public const int TRAP_TRACE = 2;
    public const int SYS_SECCOMP = 1;

    public const int CLD_EXITED = 1;
    public const int CLD_KILLED = 2;
    public const int CLD_DUMPED = 3;
    public const int CLD_STOPPED = 5;
    public const int CLD_CONTINUED = 6;

    public const int SIGEV_SIGNAL = 0;
    public const int SIGEV_NONE = 1;
    public const int SIGEV_THREAD = 2;
    public const int SIGEV_THREAD_ID = 4;
#pragma warning restore CS1591
}

/// <summary>siginfo_t: 128 bytes, of which the fields that follow si_code depend on the signal (sigaction(2)).</summary>
[StructLayout(LayoutKind.Explicit, Size = 128)]
public struct SigInfo
{
    /// <summary>si_signo.</summary>
    [FieldOffset(0)] public int Signo;

    /// <summary>si_errno.</summary>
    [FieldOffset(4)] public int Errno;

    /// <summary>si_code.</summary>
    [FieldOffset(8)] public int Code;

    /// <summary>si_pid: kill(2), sigqueue(3), SIGCHLD.</summary>
    [FieldOffset(16)] public int Pid;

    /// <summary>si_uid.</summary>
    [FieldOffset(20)] public uint Uid;

    /// <summary>si_value of sigqueue(3); si_status of SIGCHLD in its low half.</summary>
    [FieldOffset(24)] public ulong Value;

    /// <summary>si_status of SIGCHLD.</summary>
    [FieldOffset(24)] public int Status;

    /// <summary>si_utime of SIGCHLD, in clock ticks.</summary>
    [FieldOffset(32)] public long UserTime;

    /// <summary>si_stime of SIGCHLD, in clock ticks.</summary>
    [FieldOffset(40)] public long SystemTime;

    /// <summary>si_addr: faults.</summary>
    [FieldOffset(16)] public ulong Address;

    /// <summary>si_timerid: POSIX timers.</summary>
    [FieldOffset(16)] public int TimerId;

    /// <summary>si_overrun: POSIX timers.</summary>
    [FieldOffset(20)] public int Overrun;

    /// <summary>si_band: SIGIO.</summary>
    [FieldOffset(16)] public long Band;

    /// <summary>si_fd: SIGIO.</summary>
    [FieldOffset(24)] public int Fd;

    /// <summary>si_call_addr: SIGSYS.</summary>
    [FieldOffset(16)] public ulong CallAddress;

    /// <summary>si_syscall: SIGSYS.</summary>
    [FieldOffset(24)] public int Syscall;

    /// <summary>si_arch: SIGSYS.</summary>
    [FieldOffset(28)] public uint Arch;
}

/// <summary>The kernel's struct sigaction as rt_sigaction(2) passes it.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct KernelSigAction
{
    /// <summary>sa_handler or sa_sigaction; SIG_DFL, SIG_IGN or an address.</summary>
    public ulong Handler;

    /// <summary>sa_flags, SA_*.</summary>
    public ulong Flags;

    /// <summary>sa_restorer: where the handler returns to.</summary>
    public ulong Restorer;

    /// <summary>sa_mask: signals blocked while the handler runs; bit n - 1 is signal n.</summary>
    public ulong Mask;
}

/// <summary>stack_t (sigaltstack(2)).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct StackT
{
    /// <summary>ss_sp: lowest address.</summary>
    public ulong Sp;

    /// <summary>ss_flags: SS_*.</summary>
    public uint Flags;

    /// <summary>Padding.</summary>
    public uint Padding;

    /// <summary>ss_size in bytes.</summary>
    public ulong Size;
}

/// <summary>struct sigcontext_64: the registers in a signal frame (arch/x86/include/uapi/asm/sigcontext.h).</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct SigContext
{
#pragma warning disable CS1591 // Register names.
    public ulong R8;
    public ulong R9;
    public ulong R10;
    public ulong R11;
    public ulong R12;
    public ulong R13;
    public ulong R14;
    public ulong R15;
    public ulong Rdi;
    public ulong Rsi;
    public ulong Rbp;
    public ulong Rbx;
    public ulong Rdx;
    public ulong Rax;
    public ulong Rcx;
    public ulong Rsp;
    public ulong Rip;
    public ulong Eflags;
    public ushort Cs;
    public ushort Gs;
    public ushort Fs;
    public ushort Ss;
    public ulong Err;
    public ulong Trapno;
    public ulong OldMask;
    public ulong Cr2;
    public ulong FpState;
    public fixed ulong Reserved1[8];
#pragma warning restore CS1591
}

/// <summary>struct ucontext as the kernel writes it: its signal mask is 8 bytes, unlike the C library's.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct UContext
{
    /// <summary>uc_flags, <c>UC_*</c>.</summary>
    public ulong Flags;

    /// <summary>uc_link.</summary>
    public ulong Link;

    /// <summary>uc_stack.</summary>
    public StackT Stack;

    /// <summary>uc_mcontext.</summary>
    public SigContext Context;

    /// <summary>uc_sigmask.</summary>
    public ulong Mask;

    /// <summary>UC_FP_XSTATE: fpstate is an XSAVE image.</summary>
    public const ulong UC_FP_XSTATE = 1;

    /// <summary>UC_SIGCONTEXT_SS.</summary>
    public const ulong UC_SIGCONTEXT_SS = 2;

    /// <summary>UC_STRICT_RESTORE_SS.</summary>
    public const ulong UC_STRICT_RESTORE_SS = 4;
}
