using HermiTux.Abi;
using HermiTux.Kernel.Seccomp;

namespace HermiTux.Kernel;

/// <remarks>seccomp(2): what the thread may call.</remarks>
public sealed unsafe partial class GuestThread
{
    private const int SYS_SECCOMP = 1;
    private const uint AuditArchX86_64 = 0xC000003E;
    private const uint MaximumErrno = 4095;

    /// <summary>SECCOMP_MODE_*.</summary>
    internal int SeccompMode { get; set; }

    /// <summary>The filters in SECCOMP_MODE_FILTER.</summary>
    internal SeccompFilter? SeccompFilters { get; set; }

    /// <summary>__secure_computing(): whether the call in the registers is made; if not, what RAX becomes.</summary>
    internal bool MayCall(int number, out long result)
    {
        result = 0;
        if (SeccompMode == SeccompConstants.SECCOMP_MODE_STRICT)
        {
            if ((SyscallNumber)number is SyscallNumber.read or SyscallNumber.write or SyscallNumber.exit or SyscallNumber.rt_sigreturn)
            {
                return true;
            }

            Kill(Signal.SIGKILL, wholeProcess: false);
            return false;
        }

        ReadOnlySpan<ulong> arguments = [State->Rdi, State->Rsi, State->Rdx, State->R10, State->R8, State->R9];
        uint answer = SeccompFilters!.Check(number, State->Rip, arguments);
        uint data = answer & SeccompConstants.SECCOMP_RET_DATA;
        switch (answer & SeccompConstants.SECCOMP_RET_ACTION_FULL)
        {
            case SeccompConstants.SECCOMP_RET_ALLOW or SeccompConstants.SECCOMP_RET_LOG:
                return true;
            case SeccompConstants.SECCOMP_RET_ERRNO:
                result = -Math.Min(data, MaximumErrno);
                return false;
            case SeccompConstants.SECCOMP_RET_TRAP:
                // The handler sees the call's number in RAX and may put a result there.
                result = number;
                ForceSignal(new SigInfo
                {
                    Signo = (int)Signal.SIGSYS,
                    Code = SYS_SECCOMP,
                    Errno = (int)data,
                    CallAddress = State->Rip,
                    Syscall = number,
                    Arch = AuditArchX86_64,
                });
                return false;
            case SeccompConstants.SECCOMP_RET_TRACE or SeccompConstants.SECCOMP_RET_USER_NOTIF:
                // Nobody listens.
                result = -(long)Errno.ENOSYS;
                return false;
            case SeccompConstants.SECCOMP_RET_KILL_THREAD:
                Kill(Signal.SIGSYS, wholeProcess: false);
                return false;
            default:
                Kill(Signal.SIGSYS, wholeProcess: true);
                return false;
        }
    }

    private void Kill(Signal signal, bool wholeProcess)
    {
        if (wholeProcess || Process.Threads.Count(t => !t.HasExited) == 1)
        {
            Process.ExitGroup((int)signal, new SigInfo { Signo = (int)signal, Code = SYS_SECCOMP });
        }
        else
        {
            Process.ExitThread(this, (int)signal);
        }
    }
}
