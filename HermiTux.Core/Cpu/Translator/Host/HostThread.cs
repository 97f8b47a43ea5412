using System.Runtime.InteropServices;

namespace HermiTux.Cpu.Translator;

/// <summary>The host thread that calls: its number and its GS base, which nothing else in a .NET process on Linux uses.</summary>
internal static unsafe class HostThread
{
    private static readonly int s_processId = Environment.ProcessId;
    private static readonly nint s_writeGsBase = CreateWriter();

    [ThreadStatic]
    private static int t_id;

    [ThreadStatic]
    private static ulong t_gsBase;

    /// <summary>gettid(2) of the calling thread.</summary>
    public static int Id
    {
        get
        {
            if (t_id == 0)
            {
                t_id = (int)LinuxThreads.syscall(LinuxThreads.SYS_gettid, 0, 0, 0);
            }

            return t_id;
        }
    }

    /// <summary>The GS base of the calling thread: as last set here, 0 before.</summary>
    public static ulong GsBase
    {
        get => t_gsBase;
        set
        {
            if (t_gsBase == value)
            {
                return;
            }

            if (s_writeGsBase != 0)
            {
                // SAFETY: our own stub, which changes the GS base and nothing else.
                ((delegate* unmanaged[SuppressGCTransition]<ulong, void>)s_writeGsBase)(value);
            }
            else if (LinuxThreads.syscall(LinuxThreads.SYS_arch_prctl, LinuxThreads.ARCH_SET_GS, (long)value, 0) != 0)
            {
                throw new IOException($"The host refuses a GS base: arch_prctl failed with error {Marshal.GetLastPInvokeError()}.");
            }

            t_gsBase = value;
        }
    }

    /// <summary>tgkill(2) to a thread of this process. False when it has ended.</summary>
    public static bool Signal(int threadId, int signal) =>
        LinuxThreads.syscall(LinuxThreads.SYS_tgkill, s_processId, threadId, signal) == 0;

    private static nint CreateWriter()
    {
        if ((LinuxThreads.getauxval(LinuxThreads.AT_HWCAP2) & LinuxThreads.HWCAP2_FSGSBASE) == 0
            || !CodeRegion.TryGet(out CodeRegion? region, out _))
        {
            return 0;
        }

        return region.AddStub(static assembler =>
        {
            assembler.wrgsbase(Iced.Intel.AssemblerRegisters.rdi);
            assembler.ret();
        });
    }
}
