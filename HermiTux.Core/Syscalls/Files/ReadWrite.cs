using HermiTux.Abi;
using HermiTux.Kernel;
using HermiTux.Kernel.Terminals;

namespace HermiTux.Syscalls.Files;

/// <summary>read(2), write(2), pread(2), pwrite(2), readv(2) and their relatives.</summary>
internal static class ReadWrite
{
    private const int KnownFlags = Fcntl.RWF_HIPRI | Fcntl.RWF_DSYNC | Fcntl.RWF_SYNC | Fcntl.RWF_NOWAIT | Fcntl.RWF_APPEND;

    public static ValueTask<SyscallResult> Read(SyscallContext context, SyscallArguments args)
    {
        if (!Begin(context, args.Arg0, args.Arg1, args.Arg2, reading: true, out OpenFile file, out long count, out Errno error))
        {
            return new(error);
        }

        ulong address = args.Arg1;
        if (file.IsSeekable)
        {
            SyscallResult result;
            lock (file.PositionLock)
            {
                result = FileTransfer.Read(context.Memory, file, address, count, file.Position);
                file.Position += Math.Max(0, result.Raw);
            }

            file.Release();
            return new(result);
        }

        SyscallResult first = FileTransfer.Read(context.Memory, file, address, count, 0);
        if (first == Errno.EAGAIN && Blocking.MayWait(file))
        {
            return ReadLater(context, file, address, count);
        }

        file.Release();
        return new(first);
    }

    public static ValueTask<SyscallResult> Write(SyscallContext context, SyscallArguments args)
    {
        if (!Begin(context, args.Arg0, args.Arg1, args.Arg2, reading: false, out OpenFile file, out long count, out Errno error))
        {
            return new(error);
        }

        if (file.IsSeekable)
        {
            SyscallResult result = WriteAtPosition(context, file, [new Iovec { iov_base = args.Arg1, iov_len = (ulong)count }], append: false);
            file.Release();
            return new(result);
        }

        SyscallResult first = FileTransfer.Write(context.Memory, file, args.Arg1, count, 0);
        if (IsComplete(file, first, count))
        {
            file.Release();
            return new(Blocking.RaiseBrokenPipe(context, file, first));
        }

        return WriteRest(context, file, [new Iovec { iov_base = args.Arg1, iov_len = (ulong)count }], first);
    }

    public static SyscallResult PositionedRead(SyscallContext context, SyscallArguments args)
    {
        if ((long)args.Arg3 < 0)
        {
            return Errno.EINVAL;
        }

        if (!Begin(context, args.Arg0, args.Arg1, args.Arg2, reading: true, out OpenFile file, out long count, out Errno error))
        {
            return error;
        }

        SyscallResult result = file.IsSeekable ? FileTransfer.Read(context.Memory, file, args.Arg1, count, (long)args.Arg3) : Errno.ESPIPE;
        file.Release();
        return result;
    }

    public static SyscallResult PositionedWrite(SyscallContext context, SyscallArguments args)
    {
        if ((long)args.Arg3 < 0)
        {
            return Errno.EINVAL;
        }

        if (!Begin(context, args.Arg0, args.Arg1, args.Arg2, reading: false, out OpenFile file, out long count, out Errno error))
        {
            return error;
        }

        SyscallResult result = !file.IsSeekable ? Errno.ESPIPE
            : Limit(context, (long)args.Arg3, ref count) is not Errno.None and var limit ? limit
            : FileTransfer.Write(context.Memory, file, args.Arg1, count, (long)args.Arg3);
        file.Release();
        return result;
    }

    public static ValueTask<SyscallResult> ReadVector(SyscallContext context, SyscallArguments args) => ReadVector(context, args, null, 0);

    public static ValueTask<SyscallResult> WriteVector(SyscallContext context, SyscallArguments args) => WriteVector(context, args, null, 0);

    public static ValueTask<SyscallResult> PositionedReadVector(SyscallContext context, SyscallArguments args) =>
        (long)args.Arg3 < 0 ? new(Errno.EINVAL) : ReadVector(context, args, (long)args.Arg3, 0);

    public static ValueTask<SyscallResult> PositionedWriteVector(SyscallContext context, SyscallArguments args) =>
        (long)args.Arg3 < 0 ? new(Errno.EINVAL) : WriteVector(context, args, (long)args.Arg3, 0);

    public static ValueTask<SyscallResult> PositionedReadVector2(SyscallContext context, SyscallArguments args) =>
        (long)args.Arg3 < -1 ? new(Errno.EINVAL) : ReadVector(context, args, (long)args.Arg3 == -1 ? null : (long)args.Arg3, (int)args.Arg5);

    public static ValueTask<SyscallResult> PositionedWriteVector2(SyscallContext context, SyscallArguments args) =>
        (long)args.Arg3 < -1 ? new(Errno.EINVAL) : WriteVector(context, args, (long)args.Arg3 == -1 ? null : (long)args.Arg3, (int)args.Arg5);

    private static ValueTask<SyscallResult> ReadVector(SyscallContext context, SyscallArguments args, long? position, int flags)
    {
        if (!BeginVector(context, args, reading: true, flags, out OpenFile file, out Iovec[] vector, out Errno error))
        {
            return new(error);
        }

        SyscallResult result;
        if (position is { } at)
        {
            result = file.IsSeekable ? FileTransfer.ReadVector(context.Memory, file, vector, at) : Errno.ESPIPE;
        }
        else if (file.IsSeekable)
        {
            lock (file.PositionLock)
            {
                result = FileTransfer.ReadVector(context.Memory, file, vector, file.Position);
                file.Position += Math.Max(0, result.Raw);
            }
        }
        else
        {
            result = FileTransfer.ReadVector(context.Memory, file, vector, 0);
            if (result == Errno.EAGAIN && Blocking.MayWait(file) && (flags & Fcntl.RWF_NOWAIT) == 0)
            {
                return ReadLater(context, file, vector);
            }
        }

        file.Release();
        return new(result);
    }

    private static ValueTask<SyscallResult> WriteVector(SyscallContext context, SyscallArguments args, long? position, int flags)
    {
        if (!BeginVector(context, args, reading: false, flags, out OpenFile file, out Iovec[] vector, out Errno error))
        {
            return new(error);
        }

        SyscallResult result;
        long total = FileTransfer.TotalOf(vector);
        if (position is { } at)
        {
            long allowed = total;
            result = !file.IsSeekable ? Errno.ESPIPE
                : Limit(context, at, ref allowed) is not Errno.None and var limit ? limit
                : FileTransfer.WriteVector(context.Memory, file, Cut(vector, allowed), 0, at);
        }
        else if (file.IsSeekable)
        {
            result = WriteAtPosition(context, file, vector, (flags & Fcntl.RWF_APPEND) != 0);
        }
        else
        {
            result = FileTransfer.WriteVector(context.Memory, file, vector, 0, 0);
            if (!IsComplete(file, result, total) && (flags & Fcntl.RWF_NOWAIT) == 0)
            {
                return WriteRest(context, file, vector, result);
            }
        }

        file.Release();
        return new(Blocking.RaiseBrokenPipe(context, file, result));
    }

    // Apart from the callers because a method with a closure allocates it on every call.
    private static ValueTask<SyscallResult> ReadLater(SyscallContext context, OpenFile file, ulong address, long count) =>
        UntilRead(context, file, () => FileTransfer.Read(context.Memory, file, address, count, 0));

    private static ValueTask<SyscallResult> ReadLater(SyscallContext context, OpenFile file, Iovec[] vector) =>
        UntilRead(context, file, () => FileTransfer.ReadVector(context.Memory, file, vector, 0));

    private static ValueTask<SyscallResult> UntilRead(SyscallContext context, OpenFile file, Func<SyscallResult> attempt) =>
        file is PseudoTerminalSlave { Terminal: var terminal } && terminal.HasReadTime
            ? TerminalReads.UntilDone(context, file, terminal, attempt)
            : Blocking.UntilDone(context, file, attempt, file.ReadTimeout);

    private static SyscallResult WriteAtPosition(SyscallContext context, OpenFile file, ReadOnlySpan<Iovec> vector, bool append)
    {
        lock (file.PositionLock)
        {
            append |= (file.StatusFlags & Fcntl.O_APPEND) != 0;
            long position = append ? EndOf(file) : file.Position;
            long total = FileTransfer.TotalOf(vector);
            long allowed = total;
            if (Limit(context, position, ref allowed) is not Errno.None and var limit)
            {
                return limit;
            }

            SyscallResult result = FileTransfer.WriteVector(context.Memory, file, allowed < total ? Cut(vector.ToArray(), allowed) : vector, 0, position);
            if (!result.IsError && result.Raw > 0)
            {
                file.Position = append ? Math.Max(EndOf(file), position + result.Raw) : position + result.Raw;
            }

            return result;
        }
    }

    private static long EndOf(OpenFile file) => file.GetAttributes() is { IsSuccess: true } attributes ? attributes.Value.Size : file.Position;

    // A write to a pipe or terminal isn't done before everything is written, unless O_NONBLOCK is set.
    private static bool IsComplete(OpenFile file, SyscallResult result, long count) =>
        (result.IsError ? result != Errno.EAGAIN : result.Raw >= count) || !Blocking.MayWait(file);

    private static async ValueTask<SyscallResult> WriteRest(SyscallContext context, OpenFile file, Iovec[] vector, SyscallResult first)
    {
        long total = FileTransfer.TotalOf(vector);
        long done = Math.Max(0, first.IsError ? 0 : first.Raw);
        SyscallResult result = await Blocking.UntilDone(context, file, () =>
        {
            while (done < total)
            {
                SyscallResult next = FileTransfer.WriteVector(context.Memory, file, vector, done, 0);
                if (next.IsError || next.Raw == 0)
                {
                    return next.IsError ? next : Errno.EAGAIN;
                }

                done += next.Raw;
            }

            return done;
        }, file.WriteTimeout).ConfigureAwait(false);
        return done > 0 ? done : Blocking.RaiseBrokenPipe(context, file, result);
    }

    /// <summary>RLIMIT_FSIZE: SIGXFSZ and EFBIG at the limit, a shorter write before it.</summary>
    private static Errno Limit(SyscallContext context, long position, ref long count)
    {
        ulong limit = context.Process.ResourceLimits[ResourceConstants.RLIMIT_FSIZE].Soft;
        if (limit >= long.MaxValue || count == 0)
        {
            return Errno.None;
        }

        if (position >= (long)limit)
        {
            Blocking.Post(context, Signal.SIGXFSZ);
            return Errno.EFBIG;
        }

        count = Math.Min(count, (long)limit - position);
        return Errno.None;
    }

    private static Iovec[] Cut(Iovec[] vector, long allowed)
    {
        for (int i = 0; i < vector.Length; i++)
        {
            vector[i].iov_len = Math.Min(vector[i].iov_len, (ulong)allowed);
            allowed -= (long)vector[i].iov_len;
        }

        return vector;
    }

    private static bool Begin(SyscallContext context, ulong fd, ulong address, ulong length, bool reading, out OpenFile file, out long count, out Errno error)
    {
        count = 0;
        if (!context.TryGetFile(fd, out file!, out error))
        {
            return false;
        }

        if (!MayAccess(file, reading))
        {
            error = Errno.EBADF;
        }
        // access_ok() comes first, and refuses what rw_verify_area() would call negative.
        else if (length > 0 && (address >= HermiTux.Memory.Page.UserEnd || length > HermiTux.Memory.Page.UserEnd - address))
        {
            error = Errno.EFAULT;
        }
        else
        {
            count = Math.Min((long)length, FileTransfer.MaximumCount);
            return true;
        }

        file.Release();
        return false;
    }

    private static bool BeginVector(SyscallContext context, in SyscallArguments args, bool reading, int flags, out OpenFile file, out Iovec[] vector, out Errno error)
    {
        vector = [];
        if (!context.TryGetFile(args.Arg0, out file!, out error))
        {
            return false;
        }

        error = !MayAccess(file, reading) ? Errno.EBADF
            : (flags & ~KnownFlags) != 0 ? Errno.EOPNOTSUPP
            : FileTransfer.ReadIovecs(context.Memory, args.Arg1, args.Arg2, out vector);
        if (error != Errno.None)
        {
            file.Release();
            return false;
        }

        return true;
    }

    private static bool MayAccess(OpenFile file, bool reading) =>
        (file.StatusFlags & Fcntl.O_ACCMODE) is var mode && (mode == Fcntl.O_RDWR || mode == (reading ? Fcntl.O_RDONLY : Fcntl.O_WRONLY));
}
