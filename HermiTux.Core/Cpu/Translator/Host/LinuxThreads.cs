using System.Runtime.InteropServices;

namespace HermiTux.Cpu.Translator;

/// <summary>The host's signal and thread calls, in the spelling of libc. Linux on x86-64 only.</summary>
internal static unsafe partial class LinuxThreads
{
    public const int SIGILL = 4;
    public const int SIGTRAP = 5;
    public const int SIGBUS = 7;
    public const int SIGFPE = 8;
    public const int SIGSEGV = 11;
    public const int SA_SIGINFO = 4;
    public const int SA_ONSTACK = 0x0800_0000;
    public const int SA_RESTART = 0x1000_0000;
    public const nint SIG_DFL = 0;
    public const nint SIG_IGN = 1;
    public const long SYS_rt_sigaction = 13;
    public const long SYS_getpid = 39;
    public const long SYS_arch_prctl = 158;
    public const long SYS_gettid = 186;
    public const long SYS_tgkill = 234;
    public const int ARCH_SET_GS = 0x1001;
    public const ulong AT_HWCAP2 = 26;
    public const ulong HWCAP2_FSGSBASE = 2;

    [LibraryImport("libc", SetLastError = true)]
    public static partial int sigaction(int signal, SignalAction* action, SignalAction* old);

    [LibraryImport("libc", SetLastError = true)]
    public static partial long syscall(long number, long first, long second, long third);

    [LibraryImport("libc")]
    public static partial ulong getauxval(ulong type);

    /// <summary>struct sigaction of glibc and of musl on x86-64: both keep room for 1024 signals.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 152)]
    public struct SignalAction
    {
        [FieldOffset(0)] public nint Handler;
        [FieldOffset(8)] public fixed ulong Mask[16];
        [FieldOffset(136)] public int Flags;
        [FieldOffset(144)] public nint Restorer;
    }
}
