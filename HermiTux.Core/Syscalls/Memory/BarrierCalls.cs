using HermiTux.Abi;
using HermiTux.Kernel;

namespace HermiTux.Syscalls.Memory;

/// <summary>membarrier(2).</summary>
/// <remarks>
/// Entering the kernel layer is a full barrier for the caller, and vCPUs use host atomics and host ordering; for the others a barrier on every CPU of the
/// host does. Code is kept coherent by the engines themselves, so the SYNC_CORE commands need nothing more. The RSEQ ones send every thread that
/// runs through its return to user code.
/// </remarks>
internal static class BarrierCalls
{
    private const int FlagCpu = 1;
    private const int GetRegistrations = 0x200;
    private const long PollInterval = 20_000;

    private const int Known = MembarrierConstants.MEMBARRIER_CMD_GLOBAL | MembarrierConstants.MEMBARRIER_CMD_GLOBAL_EXPEDITED |
        MembarrierConstants.MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED | MembarrierConstants.MEMBARRIER_CMD_PRIVATE_EXPEDITED |
        MembarrierConstants.MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED | MembarrierConstants.MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE |
        MembarrierConstants.MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE | MembarrierConstants.MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ |
        MembarrierConstants.MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ | GetRegistrations;

    public static ValueTask<SyscallResult> Barrier(SyscallContext context, SyscallArguments args)
    {
        int command = (int)args.Arg0;
        uint flags = (uint)args.Arg1;
        if (command == MembarrierConstants.MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ ? flags is not (0 or FlagCpu) : flags != 0)
        {
            return new(Errno.EINVAL);
        }

        Process process = context.Process;
        switch (command)
        {
            case MembarrierConstants.MEMBARRIER_CMD_QUERY:
                return new(Known);
            case GetRegistrations:
                return new(process.BarrierRegistrations);
            case MembarrierConstants.MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED:
            case MembarrierConstants.MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED:
            case MembarrierConstants.MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE:
            case MembarrierConstants.MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ:
                process.BarrierRegistrations |= command;
                return new(0);
            case MembarrierConstants.MEMBARRIER_CMD_PRIVATE_EXPEDITED:
            case MembarrierConstants.MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE:
            case MembarrierConstants.MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ:
                // Each command's registration is the next bit.
                if ((process.BarrierRegistrations & (command << 1)) == 0)
                {
                    return new(Errno.EPERM);
                }

                Interlocked.MemoryBarrierProcessWide();
                return command == MembarrierConstants.MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ
                    ? RestartSequences(context, flags == FlagCpu ? (int)args.Arg2 : -1)
                    : new(0);
            case MembarrierConstants.MEMBARRIER_CMD_GLOBAL:
            case MembarrierConstants.MEMBARRIER_CMD_GLOBAL_EXPEDITED:
                Interlocked.MemoryBarrierProcessWide();
                return new(0);
            default:
                return new(Errno.EINVAL);
        }
    }

    private static async ValueTask<SyscallResult> RestartSequences(SyscallContext context, int cpu)
    {
        List<GuestThread> left = [];
        foreach (GuestThread thread in context.Process.Threads)
        {
            if (thread != context.Thread && thread.IsOnWorker && (cpu < 0 || thread.Cpu == cpu))
            {
                thread.RequestSequenceRestart();
                left.Add(thread);
            }
        }

        while (left.RemoveAll(t => t.HasExited || !t.HasSequenceRestart || !t.IsOnWorker) >= 0 && left.Count > 0)
        {
            if (await context.Thread.SleepUntilAsync(context.Machine.MonotonicNanoseconds + PollInterval).ConfigureAwait(false) == WaitOutcome.Interrupted)
            {
                return Errno.ERESTARTNOINTR;
            }
        }

        return 0;
    }
}
