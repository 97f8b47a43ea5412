using HermiTux.Abi;

namespace HermiTux.Kernel;

/// <summary>Who gets signals about an open file (fcntl(2), F_SETOWN): a thread, a process or a process group; id 0 is nobody.</summary>
/// <param name="Type">F_OWNER_TID, F_OWNER_PID or F_OWNER_PGRP.</param>
/// <param name="Id">Which.</param>
internal readonly record struct FileOwner(int Type, int Id)
{
    /// <summary>Nobody.</summary>
    public static FileOwner None { get; } = new(Fcntl.F_OWNER_PID, 0);

    /// <summary>F_SETOWN, SIOCSPGRP: a process, or minus a group. EINVAL, or ESRCH when there is none.</summary>
    public static Result<FileOwner> FromNumber(Machine machine, int number) =>
        number == int.MinValue ? Errno.EINVAL : Find(machine, number < 0 ? Fcntl.F_OWNER_PGRP : Fcntl.F_OWNER_PID, Math.Abs(number));

    /// <summary>F_SETOWN_EX. EINVAL for an unknown type, ESRCH when there is no such thing.</summary>
    public static Result<FileOwner> Find(Machine machine, int type, int id)
    {
        if (type is not (Fcntl.F_OWNER_TID or Fcntl.F_OWNER_PID or Fcntl.F_OWNER_PGRP))
        {
            return Errno.EINVAL;
        }

        bool exists = id == 0 || machine.FindThread(id) is not null || machine.FindProcess(id) is not null || machine.Processes.Any(p => p.ProcessGroup == id);
        return exists ? new FileOwner(type, id) : Errno.ESRCH;
    }

    /// <summary>F_GETOWN, SIOCGPGRP: a process or thread, or minus a group.</summary>
    public int ToNumber() => Type == Fcntl.F_OWNER_PGRP ? -Id : Id;

    /// <summary>Sends a signal of the kernel's.</summary>
    public void Signal(Machine machine, Signal signal)
    {
        var info = new SigInfo { Signo = (int)signal, Code = SignalConstants.SI_KERNEL };
        if (Id == 0)
        {
            return;
        }

        switch (Type)
        {
            case Fcntl.F_OWNER_TID:
                _ = machine.FindThread(Id)?.Post(info);
                break;
            case Fcntl.F_OWNER_PID:
                _ = machine.FindProcess(Id)?.Post(info);
                break;
            default:
                int group = Id;
                foreach (Process process in machine.Processes.Where(p => p.ProcessGroup == group))
                {
                    _ = process.Post(info);
                }

                break;
        }
    }
}
