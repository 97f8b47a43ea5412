using System.Runtime.InteropServices;
using HermiTux.Abi;
using HermiTux.Kernel;
using HermiTux.Kernel.Ipc;

namespace HermiTux.Syscalls.Ipc;

/// <summary>msgget(2), msgsnd(2), msgrcv(2), msgctl(2).</summary>
internal static class MessageCalls
{
    private const uint Readable = 0x124;
    private const uint Writable = 0x92;

    public static SyscallResult Get(SyscallContext context, SyscallArguments args)
    {
        Result<int> id = context.Machine.Ipc.Queues.Get((int)args.Arg0, (int)args.Arg1, context.Process.Credentials, _ => Errno.None, () =>
            new MessageQueue((int)args.Arg0, (uint)args.Arg1, context.Process));
        return id.IsSuccess ? id.Value : id.Error;
    }

    public static ValueTask<SyscallResult> Send(SyscallContext context, SyscallArguments args)
    {
        long size = (long)args.Arg2;
        if (!context.Memory.TryRead(args.Arg1, out long type))
        {
            return new(Errno.EFAULT);
        }

        if (size is < 0 or > IpcConstants.MSGMAX || (int)args.Arg0 < 0 || type < 1)
        {
            return new(Errno.EINVAL);
        }

        byte[] text = new byte[size];
        if (!context.Memory.TryRead(args.Arg1 + sizeof(long), text))
        {
            return new(Errno.EFAULT);
        }

        if (!context.Machine.Ipc.Queues.Find((int)args.Arg0).TryGet(out MessageQueue? queue, out Errno error))
        {
            return new(error);
        }

        if (!queue.Allows(context.Process.Credentials, Writable))
        {
            return new(Errno.EACCES);
        }

        error = queue.Send(type, text, context.Process.Pid);
        return error == Errno.EAGAIN && ((int)args.Arg3 & IpcConstants.IPC_NOWAIT) == 0 ? SendLater(context, queue, type, text) : new(error);
    }

    public static ValueTask<SyscallResult> Receive(SyscallContext context, SyscallArguments args)
    {
        int flags = (int)args.Arg4;
        long size = (long)args.Arg2;
        if ((int)args.Arg0 < 0 || size < 0)
        {
            return new(Errno.EINVAL);
        }

        if ((flags & IpcConstants.MSG_COPY) != 0 && ((flags & IpcConstants.MSG_EXCEPT) != 0 || (flags & IpcConstants.IPC_NOWAIT) == 0))
        {
            return new(Errno.EINVAL);
        }

        if (!context.Machine.Ipc.Queues.Find((int)args.Arg0).TryGet(out MessageQueue? queue, out Errno error))
        {
            return new(error);
        }

        if (!queue.Allows(context.Process.Credentials, Readable))
        {
            return new(Errno.EACCES);
        }

        error = queue.Receive((long)args.Arg3, flags, size, context.Process.Pid, out (long Type, byte[] Text) message);
        return error == Errno.None ? new(Deliver(context, args.Arg1, size, message))
            : error == Errno.ENOMSG && (flags & IpcConstants.IPC_NOWAIT) == 0 ? ReceiveLater(context, queue, args, flags, size)
            : new(error);
    }

    public static SyscallResult Control(SyscallContext context, SyscallArguments args)
    {
        int id = (int)args.Arg0;
        int command = (int)args.Arg1;
        if (id < 0 || command < 0)
        {
            return Errno.EINVAL;
        }

        IpcTable<MessageQueue> queues = context.Machine.Ipc.Queues;
        switch (command)
        {
            case IpcConstants.IPC_INFO or IpcConstants.MSG_INFO:
                bool usage = command == IpcConstants.MSG_INFO;
                IReadOnlyList<MessageQueue> all = queues.Objects;
                int[] info =
                [
                    usage ? all.Count : IpcConstants.MSGMNI * (IpcConstants.MSGMNB / 1024), usage ? all.Sum(q => q.Usage.Messages) : IpcConstants.MSGMNB,
                    IpcConstants.MSGMAX, IpcConstants.MSGMNB, IpcConstants.MSGMNI, 16, usage ? (int)all.Sum(q => q.Usage.Bytes) : IpcConstants.MSGMNB, 0xFFFF,
                ];
                return context.Memory.TryWrite(args.Arg2, MemoryMarshal.AsBytes(info.AsSpan())) ? queues.HighestIndex : Errno.EFAULT;
            case IpcConstants.IPC_STAT or IpcConstants.MSG_STAT or IpcConstants.MSG_STAT_ANY or IpcConstants.IPC_SET or IpcConstants.IPC_RMID:
                break;
            default:
                return Errno.EINVAL;
        }

        MsqidDs settings = default;
        if (command == IpcConstants.IPC_SET && !context.Memory.TryRead(args.Arg2, out settings))
        {
            return Errno.EFAULT;
        }

        bool byIndex = command is IpcConstants.MSG_STAT or IpcConstants.MSG_STAT_ANY;
        if (!(byIndex ? queues.FindIndex(id) : queues.Find(id)).TryGet(out MessageQueue? queue, out Errno error))
        {
            return error;
        }

        Credentials who = context.Process.Credentials;
        switch (command)
        {
            case IpcConstants.IPC_SET or IpcConstants.IPC_RMID when !queue.IsOwnedBy(who):
                return Errno.EPERM;
            case IpcConstants.IPC_SET when settings.msg_qbytes > IpcConstants.MSGMNB && who.Euid != 0:
                return Errno.EPERM;
            case IpcConstants.IPC_SET:
                queue.Limit = settings.msg_qbytes;
                queue.Change(settings.msg_perm, context.Machine.RealtimeNanoseconds / 1_000_000_000);
                queue.WaitQueue.Wake(PollEvents.Out);
                return 0;
            case IpcConstants.IPC_RMID:
                queues.Remove(queue);
                queue.Remove();
                return 0;
            default:
                return command != IpcConstants.MSG_STAT_ANY && !queue.Allows(who, Readable) ? Errno.EACCES
                    : context.Write(args.Arg2, queue.Describe()) is not Errno.None and var fault ? fault
                    : byIndex ? queue.Id : 0;
        }
    }

    private static async ValueTask<SyscallResult> SendLater(SyscallContext context, MessageQueue queue, long type, byte[] text)
    {
        Errno error = Errno.EAGAIN;
        WaitOutcome outcome = await context.Thread.WaitAsync(queue.WaitQueue, () => (error = queue.Send(type, text, context.Process.Pid)) != Errno.EAGAIN).ConfigureAwait(false);
        return outcome == WaitOutcome.Ready ? error : Errno.ERESTARTNOHAND;
    }

    private static async ValueTask<SyscallResult> ReceiveLater(SyscallContext context, MessageQueue queue, SyscallArguments args, int flags, long size)
    {
        Errno error = Errno.ENOMSG;
        (long Type, byte[] Text) message = default;
        WaitOutcome outcome = await context.Thread.WaitAsync(
            queue.WaitQueue,
            () => (error = queue.Receive((long)args.Arg3, flags, size, context.Process.Pid, out message)) != Errno.ENOMSG).ConfigureAwait(false);
        return outcome != WaitOutcome.Ready ? Errno.ERESTARTNOHAND : error != Errno.None ? error : Deliver(context, args.Arg1, size, message);
    }

    private static SyscallResult Deliver(SyscallContext context, ulong address, long size, in (long Type, byte[] Text) message)
    {
        int length = (int)Math.Min(message.Text.Length, size);
        return context.Memory.TryWrite(address, message.Type) && context.Memory.TryWrite(address + sizeof(long), message.Text.AsSpan(0, length)) ? length : Errno.EFAULT;
    }
}
