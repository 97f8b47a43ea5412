using System.Runtime.InteropServices;
using HermiTux.Abi;

namespace HermiTux.Kernel.Signals;

/// <summary>
/// signalfd(2): reads take pending signals. Whose they are depends on who reads: the calling thread's own signals and those of its process.
/// </summary>
internal sealed class SignalFd : AnonymousFile
{
    private readonly Process _process;
    private ulong _set;

    public SignalFd(Process process, ulong set, int flags)
        : base(Fcntl.O_RDWR | (flags & Fcntl.O_NONBLOCK))
    {
        _process = process;
        Set = set;
    }

    /// <summary>The signals that are read here.</summary>
    public ulong Set
    {
        get => Volatile.Read(ref _set);
        set
        {
            Volatile.Write(ref _set, value & ~SignalSet.Unblockable);
            WaitQueue.Wake(PollEvents.In);
        }
    }

    public override string Description => "anon_inode:[signalfd]";

    internal override string FdInfo => $"sigmask:\t{Set:x16}\n";

    public override WaitQueue WaitQueue => _process.SignalArrived;

    public override Result<int> Read(Span<byte> buffer, long position)
    {
        int room = buffer.Length / SignalfdSiginfo.Size;
        if (room == 0)
        {
            return Errno.EINVAL;
        }

        int done = 0;
        lock (_process.SignalLock)
        {
            while (done < room && TryTake(out SigInfo info))
            {
                SignalfdSiginfo shown = Convert(info);
                MemoryMarshal.Write(buffer[(done * SignalfdSiginfo.Size)..], in shown);
                done++;
            }
        }

        return done > 0 ? done * SignalfdSiginfo.Size : Errno.EAGAIN;
    }

    public override PollEvents Poll()
    {
        lock (_process.SignalLock)
        {
            ulong pending = _process.SharedPending.Set | (Reader?.Signals.Own.Set ?? 0);
            return (pending & Set) != 0 ? PollEvents.In | PollEvents.ReadNormal : PollEvents.None;
        }
    }

    private GuestThread? Reader => GuestThread.Current is { } thread && ReferenceEquals(thread.Process, _process) ? thread : null;

    private bool TryTake(out SigInfo info)
    {
        if (Reader is { } thread)
        {
            bool taken = thread.Signals.TakePending(Set, out info);
            if (taken)
            {
                thread.UpdateSignalAttention();
            }

            return taken;
        }

        return _process.SharedPending.TryTake(Set, out info);
    }

    /// <summary>signalfd_copyinfo(): which fields have a meaning depends on the signal's origin.</summary>
    private static SignalfdSiginfo Convert(in SigInfo info)
    {
        var shown = new SignalfdSiginfo { ssi_signo = (uint)info.Signo, ssi_errno = info.Errno, ssi_code = info.Code };
        switch (info.Code)
        {
            case SignalConstants.SI_TIMER:
                shown.ssi_tid = (uint)info.TimerId;
                shown.ssi_overrun = (uint)info.Overrun;
                shown.ssi_ptr = info.Value;
                shown.ssi_int = (int)info.Value;
                break;
            case SignalConstants.SI_USER or SignalConstants.SI_TKILL:
                shown.ssi_pid = (uint)info.Pid;
                shown.ssi_uid = info.Uid;
                break;
            case < 0:
                shown.ssi_pid = (uint)info.Pid;
                shown.ssi_uid = info.Uid;
                shown.ssi_ptr = info.Value;
                shown.ssi_int = (int)info.Value;
                break;
            default:
                ConvertKernelSignal(info, ref shown);
                break;
        }

        return shown;
    }

    private static void ConvertKernelSignal(in SigInfo info, ref SignalfdSiginfo shown)
    {
        switch ((Signal)info.Signo)
        {
            case Signal.SIGCHLD when info.Code != SignalConstants.SI_KERNEL:
                shown.ssi_pid = (uint)info.Pid;
                shown.ssi_uid = info.Uid;
                shown.ssi_status = info.Status;
                shown.ssi_utime = (ulong)info.UserTime;
                shown.ssi_stime = (ulong)info.SystemTime;
                break;
            case Signal.SIGSEGV or Signal.SIGBUS or Signal.SIGILL or Signal.SIGFPE or Signal.SIGTRAP when info.Code != SignalConstants.SI_KERNEL:
                shown.ssi_addr = info.Address;
                break;
            default:
                shown.ssi_pid = (uint)info.Pid;
                shown.ssi_uid = info.Uid;
                break;
        }
    }
}
