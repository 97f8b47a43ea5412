using HermiTux.Abi;
using HermiTux.Kernel;
using HermiTux.Kernel.FileSystems;
using HermiTux.Kernel.Ipc;
using HermiTux.Kernel.Signals;
using HermiTux.Syscalls.Files;
using HermiTux.Syscalls.Time;

namespace HermiTux.Syscalls.Ipc;

/// <summary>mq_open(2), mq_timedsend(2), mq_timedreceive(2), mq_notify(2), mq_getsetattr(2), mq_unlink(2).</summary>
internal static class PosixQueueCalls
{
    private const uint MaximumPriority = 32768;
    private const long DefaultMessages = 10;
    private const long DefaultSize = 8192;
    private const long PrivilegedMessages = 65536;
    private const long PrivilegedSize = 16 << 20;

    public static SyscallResult Open(SyscallContext context, SyscallArguments args)
    {
        int flags = (int)args.Arg1;
        MqAttr attributes = new() { mq_maxmsg = DefaultMessages, mq_msgsize = DefaultSize };
        if (args.Arg3 != 0 && (flags & Fcntl.O_CREAT) != 0 && !context.Memory.TryRead(args.Arg3, out attributes))
        {
            return Errno.EFAULT;
        }

        Errno error = ReadName(context, args.Arg0, out string name);
        if (error != Errno.None)
        {
            return error;
        }

        int access = flags & Fcntl.O_ACCMODE;
        if (access == Fcntl.O_ACCMODE)
        {
            return Errno.EINVAL;
        }

        PosixQueues queues = context.Machine.Ipc.PosixQueues;
        PosixQueue? queue;
        lock (queues.Lock)
        {
            queue = queues.Find(name);
            if (queue is null)
            {
                if ((flags & Fcntl.O_CREAT) == 0)
                {
                    return Errno.ENOENT;
                }

                bool privileged = context.Process.Credentials.Euid == 0;
                if (attributes.mq_maxmsg <= 0 || attributes.mq_msgsize <= 0 || attributes.mq_maxmsg > (privileged ? PrivilegedMessages : DefaultMessages) ||
                    attributes.mq_msgsize > (privileged ? PrivilegedSize : DefaultSize))
                {
                    return Errno.EINVAL;
                }

                queue = new PosixQueue(name, attributes.mq_maxmsg, attributes.mq_msgsize, (uint)args.Arg2 & 0x1FF & ~context.Process.Fs.Umask, context.Process.Credentials);
                queues.Add(queue);
            }
            else if ((flags & (Fcntl.O_CREAT | Fcntl.O_EXCL)) == (Fcntl.O_CREAT | Fcntl.O_EXCL))
            {
                return Errno.EEXIST;
            }
            else if (!Allows(queue, context.Process.Credentials, access))
            {
                return Errno.EACCES;
            }
        }

        return OpenClose.Install(context, new PosixQueueFile(queue, flags & (Fcntl.O_ACCMODE | Fcntl.O_NONBLOCK)), closeOnExec: true);
    }

    public static SyscallResult Unlink(SyscallContext context, SyscallArguments args)
    {
        Errno error = ReadName(context, args.Arg0, out string name);
        if (error != Errno.None)
        {
            return error;
        }

        PosixQueues queues = context.Machine.Ipc.PosixQueues;
        lock (queues.Lock)
        {
            return queues.Find(name) is not { } queue ? Errno.ENOENT
                : context.Process.Credentials.Euid != 0 && context.Process.Credentials.Fsuid != queue.Uid ? Errno.EACCES
                : queues.Remove(name) ? 0 : Errno.ENOENT;
        }
    }

    public static ValueTask<SyscallResult> Send(SyscallContext context, SyscallArguments args)
    {
        if (ReadDeadline(context, args.Arg4, out long? deadline) is not Errno.None and var bad)
        {
            return new(bad);
        }

        if ((uint)args.Arg3 >= MaximumPriority)
        {
            return new(Errno.EINVAL);
        }

        Errno error = Find(context, args.Arg0, writing: true, out PosixQueueFile? file);
        if (error != Errno.None)
        {
            return new(error);
        }

        PosixQueue queue = file!.Queue;
        byte[] message = args.Arg2 > (ulong)queue.MaximumSize ? [] : new byte[args.Arg2];
        error = args.Arg2 > (ulong)queue.MaximumSize ? Errno.EMSGSIZE
            : message.Length > 0 && !context.Memory.TryRead(args.Arg1, message) ? Errno.EFAULT
            : queue.Send(message, (uint)args.Arg3, context.Process);
        if (error == Errno.EAGAIN && Blocking.MayWait(file))
        {
            return Wait(context, file, deadline, () => queue.Send(message, (uint)args.Arg3, context.Process));
        }

        file.Release();
        return new(error);
    }

    public static ValueTask<SyscallResult> Receive(SyscallContext context, SyscallArguments args)
    {
        if (ReadDeadline(context, args.Arg4, out long? deadline) is not Errno.None and var bad)
        {
            return new(bad);
        }

        Errno error = Find(context, args.Arg0, writing: false, out PosixQueueFile? file);
        if (error != Errno.None)
        {
            return new(error);
        }

        PosixQueue queue = file!.Queue;
        if (args.Arg2 < (ulong)queue.MaximumSize)
        {
            file.Release();
            return new(Errno.EMSGSIZE);
        }

        SyscallResult first = TakeMessage(context, queue, args);
        if (first == Errno.EAGAIN && Blocking.MayWait(file))
        {
            return WaitForMessage(context, file, deadline, args);
        }

        file.Release();
        return new(first);
    }

    public static SyscallResult Notify(SyscallContext context, SyscallArguments args)
    {
        PosixQueue.SignalEvent? wanted = null;
        if (args.Arg1 != 0)
        {
            if (!context.Memory.TryRead(args.Arg1, out Sigevent sigevent))
            {
                return Errno.EFAULT;
            }

            if (sigevent.sigev_notify is not (SignalConstants.SIGEV_NONE or SignalConstants.SIGEV_SIGNAL or SignalConstants.SIGEV_THREAD) ||
                (sigevent.sigev_notify == SignalConstants.SIGEV_SIGNAL && sigevent.sigev_signo != 0 && !SignalSet.IsValid(sigevent.sigev_signo)))
            {
                return Errno.EINVAL;
            }

            if (sigevent.sigev_notify == SignalConstants.SIGEV_THREAD)
            {
                // The C library waits for it on a netlink socket, which isn't there.
                return Errno.EBADF;
            }

            wanted = new PosixQueue.SignalEvent(sigevent.sigev_notify, sigevent.sigev_signo, sigevent.sigev_value);
        }

        Errno error = Find(context, args.Arg0, null, out PosixQueueFile? file);
        if (error != Errno.None)
        {
            return error;
        }

        error = file!.Queue.Notify(context.Process, wanted);
        file.Release();
        return error;
    }

    public static SyscallResult GetSetAttributes(SyscallContext context, SyscallArguments args)
    {
        MqAttr wanted = default;
        if (args.Arg1 != 0)
        {
            if (!context.Memory.TryRead(args.Arg1, out wanted))
            {
                return Errno.EFAULT;
            }

            if ((wanted.mq_flags & ~Fcntl.O_NONBLOCK) != 0)
            {
                return Errno.EINVAL;
            }
        }

        Errno error = Find(context, args.Arg0, null, out PosixQueueFile? file);
        if (error != Errno.None)
        {
            return error;
        }

        var old = new MqAttr
        {
            mq_flags = file!.StatusFlags & Fcntl.O_NONBLOCK,
            mq_maxmsg = file.Queue.MaximumMessages,
            mq_msgsize = file.Queue.MaximumSize,
            mq_curmsgs = file.Queue.Count,
        };
        if (args.Arg1 != 0)
        {
            file.StatusFlags = (file.StatusFlags & ~Fcntl.O_NONBLOCK) | (int)wanted.mq_flags;
        }

        file.Release();
        return args.Arg2 == 0 ? 0 : context.Write(args.Arg2, old);
    }

    private static SyscallResult TakeMessage(SyscallContext context, PosixQueue queue, in SyscallArguments args)
    {
        Errno error = queue.Receive(out byte[] message, out uint priority);
        return error != Errno.None ? error
            : (args.Arg3 != 0 && !context.Memory.TryWrite(args.Arg3, priority)) || !context.Memory.TryWrite(args.Arg1, message) ? Errno.EFAULT
            : message.Length;
    }

    private static async ValueTask<SyscallResult> WaitForMessage(SyscallContext context, PosixQueueFile file, long? deadline, SyscallArguments args)
    {
        SyscallResult result = Errno.EAGAIN;
        file.Queue.CountReceiver(1);
        try
        {
            SyscallResult waited = await Wait(context, file, deadline, () => (result = TakeMessage(context, file.Queue, args)) == Errno.EAGAIN ? Errno.EAGAIN : Errno.None).ConfigureAwait(false);
            return waited.IsError ? waited : result;
        }
        finally
        {
            file.Queue.CountReceiver(-1);
        }
    }

    private static async ValueTask<SyscallResult> Wait(SyscallContext context, PosixQueueFile file, long? deadline, Func<Errno> attempt)
    {
        Errno error = Errno.EAGAIN;
        WaitOutcome outcome = await context.Thread.WaitAsync(file.WaitQueue, () => (error = attempt()) != Errno.EAGAIN, deadline).ConfigureAwait(false);
        file.Release();
        return outcome switch { WaitOutcome.Ready => error, WaitOutcome.TimedOut => Errno.ETIMEDOUT, _ => Errno.ERESTARTSYS };
    }

    private static Errno ReadDeadline(SyscallContext context, ulong address, out long? deadline)
    {
        deadline = null;
        if (address == 0)
        {
            return Errno.None;
        }

        if (!context.Memory.TryRead(address, out Timespec time))
        {
            return Errno.EFAULT;
        }

        if (!time.IsValid)
        {
            return Errno.EINVAL;
        }

        deadline = Clocks.Add(time.ToNanoseconds(), context.Machine.MonotonicNanoseconds - context.Machine.RealtimeNanoseconds);
        return Errno.None;
    }

    private static Errno ReadName(SyscallContext context, ulong address, out string name)
    {
        Errno error = context.ReadPath(address, out name);
        return error != Errno.None ? error
            : name.Length == 0 ? Errno.ENOENT
            : name is "." or ".." || name.Contains('/', StringComparison.Ordinal) ? Errno.EACCES
            : FileName.Encode(name).Length > FileName.MaxLength ? Errno.ENAMETOOLONG
            : Errno.None;
    }

    private static bool Allows(PosixQueue queue, Credentials who, int access)
    {
        uint wanted = access switch { Fcntl.O_RDONLY => 4, Fcntl.O_WRONLY => 2, _ => 6 };
        uint granted = who.Fsuid == queue.Uid ? queue.Mode >> 6 : who.Fsgid == queue.Gid || Array.IndexOf(who.Groups, queue.Gid) >= 0 ? queue.Mode >> 3 : queue.Mode;
        return who.Fsuid == 0 || (wanted & ~granted) == 0;
    }

    private static Errno Find(SyscallContext context, ulong fd, bool? writing, out PosixQueueFile? queue)
    {
        if (!context.TryGetFile(fd, Errno.EBADF, out queue, out Errno error))
        {
            return error;
        }

        int access = queue.StatusFlags & Fcntl.O_ACCMODE;
        if ((writing == true && access == Fcntl.O_RDONLY) || (writing == false && access == Fcntl.O_WRONLY))
        {
            queue.Release();
            return Errno.EBADF;
        }

        return Errno.None;
    }
}
