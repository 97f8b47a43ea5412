using System.Runtime.InteropServices;
using HermiTux.Abi;
using HermiTux.Kernel;
using HermiTux.Kernel.Ipc;
using HermiTux.Syscalls.Time;

namespace HermiTux.Syscalls.Ipc;

/// <summary>semget(2), semop(2), semtimedop(2), semctl(2).</summary>
internal static class SemaphoreCalls
{
    private const uint Readable = 0x124;
    private const uint Writable = 0x92;

    public static SyscallResult Get(SyscallContext context, SyscallArguments args)
    {
        int count = (int)args.Arg1;
        if (count is < 0 or > IpcConstants.SEMMSL)
        {
            return Errno.EINVAL;
        }

        Result<int> id = context.Machine.Ipc.Semaphores.Get((int)args.Arg0, (int)args.Arg2, context.Process.Credentials, s => count > s.Count ? Errno.EINVAL : Errno.None, () =>
            count == 0 ? Errno.EINVAL : new SemaphoreSet((int)args.Arg0, (uint)args.Arg2, context.Process, count));
        return id.IsSuccess ? id.Value : id.Error;
    }

    public static ValueTask<SyscallResult> Operate(SyscallContext context, SyscallArguments args) => Operate(context, args, null);

    public static ValueTask<SyscallResult> OperateWithTimeout(SyscallContext context, SyscallArguments args)
    {
        long? deadline = null;
        if (args.Arg3 != 0)
        {
            if (!context.Memory.TryRead(args.Arg3, out Timespec timeout))
            {
                return new(Errno.EFAULT);
            }

            if (!timeout.IsValid)
            {
                return new(Errno.EINVAL);
            }

            deadline = Clocks.Add(timeout.ToNanoseconds(), context.Machine.MonotonicNanoseconds);
        }

        return Operate(context, args, deadline);
    }

    public static SyscallResult Control(SyscallContext context, SyscallArguments args)
    {
        int id = (int)args.Arg0;
        int command = (int)args.Arg2;
        IpcTable<SemaphoreSet> sets = context.Machine.Ipc.Semaphores;
        if (id < 0)
        {
            return Errno.EINVAL;
        }

        switch (command)
        {
            case IpcConstants.IPC_INFO or IpcConstants.SEM_INFO:
                bool usage = command == IpcConstants.SEM_INFO;
                int[] info =
                [
                    IpcConstants.SEMMNS, IpcConstants.SEMMNI, IpcConstants.SEMMNS, IpcConstants.SEMMNS, IpcConstants.SEMMSL, IpcConstants.SEMOPM, IpcConstants.SEMOPM,
                    usage ? sets.Objects.Count : 20, IpcConstants.SEMVMX, usage ? sets.Objects.Sum(s => s.Count) : IpcConstants.SEMVMX,
                ];
                return context.Memory.TryWrite(args.Arg3, MemoryMarshal.AsBytes(info.AsSpan())) ? sets.HighestIndex : Errno.EFAULT;
            case IpcConstants.SEM_STAT or IpcConstants.SEM_STAT_ANY:
                return !sets.FindIndex(id).TryGet(out SemaphoreSet? at, out Errno missing) ? missing
                    : command == IpcConstants.SEM_STAT && !at.Allows(context.Process.Credentials, Readable) ? Errno.EACCES
                    : context.Write(args.Arg3, at.Describe()) is not Errno.None and var fault ? fault
                    : at.Id;
            case IpcConstants.IPC_STAT or IpcConstants.IPC_SET or IpcConstants.IPC_RMID or (>= IpcConstants.GETPID and <= IpcConstants.SETALL):
                break;
            default:
                return Errno.EINVAL;
        }

        SemidDs settings = default;
        if (command == IpcConstants.IPC_SET && !context.Memory.TryRead(args.Arg3, out settings))
        {
            return Errno.EFAULT;
        }

        if (!sets.Find(id).TryGet(out SemaphoreSet? set, out Errno error))
        {
            return error;
        }

        Credentials who = context.Process.Credentials;
        switch (command)
        {
            case IpcConstants.IPC_SET or IpcConstants.IPC_RMID when !set.IsOwnedBy(who):
                return Errno.EPERM;
            case IpcConstants.IPC_SET:
                set.Change(settings.sem_perm, context.Machine.RealtimeNanoseconds / 1_000_000_000);
                return 0;
            case IpcConstants.IPC_RMID:
                sets.Remove(set);
                set.Remove();
                return 0;
            case IpcConstants.IPC_STAT:
                return set.Allows(who, Readable) ? context.Write(args.Arg3, set.Describe()) : Errno.EACCES;
            case IpcConstants.SETVAL or IpcConstants.SETALL:
                return SetValues(context, set, (int)args.Arg1, command, args.Arg3);
            case IpcConstants.GETALL:
                return !set.Allows(who, Readable) ? Errno.EACCES
                    : context.Memory.TryWrite(args.Arg3, MemoryMarshal.AsBytes(set.GetAll().AsSpan())) ? 0 : Errno.EFAULT;
        }

        int number = (int)args.Arg1;
        return !set.Allows(who, Readable) ? Errno.EACCES
            : number < 0 || number >= set.Count ? Errno.EINVAL
            : command switch
            {
                IpcConstants.GETVAL => set.Get(number).Value,
                IpcConstants.GETPID => set.Get(number).Pid,
                _ => set.CountWaiters(number, command == IpcConstants.GETZCNT),
            };
    }

    private static SyscallResult SetValues(SyscallContext context, SemaphoreSet set, int number, int command, ulong argument)
    {
        if (command == IpcConstants.SETVAL && (int)argument is < 0 or > IpcConstants.SEMVMX)
        {
            return Errno.ERANGE;
        }

        if (!set.Allows(context.Process.Credentials, Writable))
        {
            return Errno.EACCES;
        }

        if (command == IpcConstants.SETVAL)
        {
            if (number < 0 || number >= set.Count)
            {
                return Errno.EINVAL;
            }

            set.Set(number, [(ushort)argument], context.Process.Pid);
            return 0;
        }

        ushort[] values = new ushort[set.Count];
        if (!context.Memory.TryRead(argument, MemoryMarshal.AsBytes(values.AsSpan())))
        {
            return Errno.EFAULT;
        }

        if (Array.Exists(values, v => v > IpcConstants.SEMVMX))
        {
            return Errno.ERANGE;
        }

        set.Set(0, values, context.Process.Pid);
        return 0;
    }

    private static ValueTask<SyscallResult> Operate(SyscallContext context, in SyscallArguments args, long? deadline)
    {
        uint count = (uint)args.Arg2;
        if (count == 0 || (int)args.Arg0 < 0)
        {
            return new(Errno.EINVAL);
        }

        if (count > IpcConstants.SEMOPM)
        {
            return new(Errno.E2BIG);
        }

        var operations = new Sembuf[count];
        if (!context.Memory.TryRead(args.Arg1, MemoryMarshal.AsBytes(operations.AsSpan())))
        {
            return new(Errno.EFAULT);
        }

        if (!context.Machine.Ipc.Semaphores.Find((int)args.Arg0).TryGet(out SemaphoreSet? set, out Errno error))
        {
            return new(error);
        }

        if (Array.Exists(operations, o => o.sem_num >= set.Count))
        {
            return new(Errno.EFBIG);
        }

        if (!set.Allows(context.Process.Credentials, Array.Exists(operations, o => o.sem_op != 0) ? Writable : Readable))
        {
            return new(Errno.EACCES);
        }

        error = set.Operate(operations, context.Process.Pid, out SemaphoreSet.Pending? pending);
        return pending is null ? new(error) : Wait(context, set, pending, deadline);
    }

    private static async ValueTask<SyscallResult> Wait(SyscallContext context, SemaphoreSet set, SemaphoreSet.Pending pending, long? deadline)
    {
        WaitOutcome outcome = await context.Thread.WaitAsync(pending.Queue, () => pending.Result is not null, deadline).ConfigureAwait(false);
        return set.Cancel(pending) is { } result ? result : outcome == WaitOutcome.TimedOut ? Errno.EAGAIN : Errno.EINTR;
    }
}
