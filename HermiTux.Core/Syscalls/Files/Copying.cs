using System.Buffers;
using HermiTux.Abi;
using HermiTux.Kernel;

namespace HermiTux.Syscalls.Files;

/// <summary>sendfile(2), copy_file_range(2), splice(2): bytes from file to file without passing guest memory.</summary>
internal static class Copying
{
    private const int ChunkSize = 256 * 1024;

    public static ValueTask<SyscallResult> SendFile(SyscallContext context, SyscallArguments args)
    {
        Errno error = Begin(context, args.Arg1, args.Arg0, out OpenFile input, out OpenFile output);
        if (error != Errno.None)
        {
            return new(error);
        }

        bool ok = true;
        long offset = 0;
        if (args.Arg2 != 0)
        {
            ok = context.Memory.TryRead(args.Arg2, out offset);
        }

        error = !ok ? Errno.EFAULT
            : output is EventFd || !input.IsSeekable || offset < 0 || (output.StatusFlags & Fcntl.O_APPEND) != 0 ? Errno.EINVAL
            : Errno.None;
        if (error != Errno.None)
        {
            input.Release();
            output.Release();
            return new(error);
        }

        return Transfer(context, input, args.Arg2 != 0 ? offset : null, args.Arg2, output, null, 0, (long)Math.Min(args.Arg3, FileTransfer.MaximumCount));
    }

    public static ValueTask<SyscallResult> CopyRange(SyscallContext context, SyscallArguments args)
    {
        Errno error = Begin(context, args.Arg0, args.Arg2, out OpenFile input, out OpenFile output, checksAccess: false);
        if (error != Errno.None)
        {
            return new(error);
        }

        // generic_file_rw_checks(): what they are comes before how they are open.
        error = args.Arg5 != 0 ? Errno.EINVAL
            : input.Inode?.Type == StatConstants.S_IFDIR || output.Inode?.Type == StatConstants.S_IFDIR ? Errno.EISDIR
            : input.Inode?.Type != StatConstants.S_IFREG || output.Inode?.Type != StatConstants.S_IFREG ? Errno.EINVAL
            : !MayCopy(input, output) || (output.StatusFlags & Fcntl.O_APPEND) != 0 ? Errno.EBADF
            : ReadOffsets(context, args.Arg1, args.Arg3, out long? from, out long? to) is not Errno.None and var bad ? bad
            : Overlaps(input, output, from ?? input.Position, to ?? output.Position, args.Arg4) ? Errno.EINVAL
            : Errno.None;
        if (error != Errno.None)
        {
            input.Release();
            output.Release();
            return new(error);
        }

        ReadOffsets(context, args.Arg1, args.Arg3, out long? start, out long? target);
        return Transfer(context, input, start, args.Arg1, output, target, args.Arg3, (long)Math.Min(args.Arg4, FileTransfer.MaximumCount));
    }

    public static ValueTask<SyscallResult> Splice(SyscallContext context, SyscallArguments args)
    {
        const uint Known = Fcntl.SPLICE_F_MOVE | Fcntl.SPLICE_F_NONBLOCK | Fcntl.SPLICE_F_MORE | Fcntl.SPLICE_F_GIFT;
        if (args.Arg4 == 0)
        {
            return new(0);
        }

        if (((uint)args.Arg5 & ~Known) != 0)
        {
            return new(Errno.EINVAL);
        }

        Errno error = Begin(context, args.Arg0, args.Arg2, out OpenFile input, out OpenFile output);
        if (error != Errno.None)
        {
            return new(error);
        }

        error = input is not PipeEnd && output is not PipeEnd ? Errno.EINVAL
            : (input is PipeEnd && args.Arg1 != 0) || (output is PipeEnd && args.Arg3 != 0) ? Errno.ESPIPE
            : output is EventFd ? Errno.EINVAL
            : input is PipeEnd a && output is PipeEnd b && a.Pipe == b.Pipe ? Errno.EINVAL
            : (args.Arg1 != 0 && !input.IsSeekable) || (args.Arg3 != 0 && !output.IsSeekable) ? Errno.EINVAL
            : (output.StatusFlags & Fcntl.O_APPEND) != 0 ? Errno.EINVAL
            : ReadOffsets(context, args.Arg1, args.Arg3, out _, out _);
        if (error != Errno.None)
        {
            input.Release();
            output.Release();
            return new(error);
        }

        ReadOffsets(context, args.Arg1, args.Arg3, out long? start, out long? target);
        long count = (long)Math.Min(args.Arg4, (ulong)Pipe.MaxCapacity);
        return Transfer(context, input, start, args.Arg1, output, target, args.Arg3, count, once: true, wait: ((uint)args.Arg5 & Fcntl.SPLICE_F_NONBLOCK) == 0);
    }

    private static Errno Begin(SyscallContext context, ulong inputFd, ulong outputFd, out OpenFile input, out OpenFile output, bool checksAccess = true)
    {
        output = null!;
        if (!context.TryGetFile(inputFd, out input!, out Errno error))
        {
            return error;
        }

        if (!context.TryGetFile(outputFd, out output!, out error))
        {
            input.Release();
            return error;
        }

        if (checksAccess && !MayCopy(input, output))
        {
            input.Release();
            output.Release();
            return Errno.EBADF;
        }

        return Errno.None;
    }

    private static bool MayCopy(OpenFile input, OpenFile output) =>
        (input.StatusFlags & Fcntl.O_ACCMODE) != Fcntl.O_WRONLY && (output.StatusFlags & Fcntl.O_ACCMODE) != Fcntl.O_RDONLY;

    private static Errno ReadOffsets(SyscallContext context, ulong input, ulong output, out long? from, out long? to)
    {
        (from, to) = (null, null);
        if (input != 0)
        {
            if (!context.Memory.TryRead(input, out long value))
            {
                return Errno.EFAULT;
            }

            from = value;
        }

        if (output != 0)
        {
            if (!context.Memory.TryRead(output, out long value))
            {
                return Errno.EFAULT;
            }

            to = value;
        }

        return from < 0 || to < 0 ? Errno.EINVAL : Errno.None;
    }

    private static bool Overlaps(OpenFile input, OpenFile output, long from, long to, ulong count) =>
        ReferenceEquals(input.Inode, output.Inode) && (Int128)from < (Int128)to + count && (Int128)to < (Int128)from + count;

    /// <summary>
    /// Moves bytes until the count, the end of the input or an error; positions that were given are written back, the others are
    /// the files' own. Waits for what isn't ready unless told not to. Releases both files.
    /// </summary>
    private static async ValueTask<SyscallResult> Transfer(SyscallContext context, OpenFile input, long? from, ulong fromAddress, OpenFile output, long? to, ulong toAddress, long count, bool once = false, bool wait = true)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(Math.Max(count, 1), ChunkSize));
        long total = 0;
        Errno error = Errno.None;
        try
        {
            while (total < count && (total == 0 || !context.Thread.IsInterrupted))
            {
                int room = (int)Math.Min(count - total, Math.Min(buffer.Length, ChunkSize));
                if (once && output is PipeEnd pipe)
                {
                    // A splice moves what the pipe has room for; so nothing is read that could not be written.
                    room = Math.Min(room, Math.Max(1, pipe.Pipe.Capacity - pipe.Pipe.Available));
                }

                long readAt = from ?? input.Position;
                Result<int> got = input.Read(buffer.AsSpan(0, room), readAt);
                if (got.Error == Errno.EAGAIN && wait && total == 0 && Blocking.MayWait(input))
                {
                    // The read itself is what is waited for: a file may say that it is readable and still have nothing for this buffer.
                    WaitOutcome outcome = await context.Thread.WaitAsync(input.WaitQueue!, () => (got = input.Read(buffer.AsSpan(0, room), readAt)).Error != Errno.EAGAIN).ConfigureAwait(false);
                    if (outcome != WaitOutcome.Ready)
                    {
                        error = Errno.ERESTARTSYS;
                        break;
                    }
                }

                if (!got.IsSuccess || got.Value == 0)
                {
                    error = got.Error;
                    break;
                }

                int done = 0;
                while (done < got.Value)
                {
                    int start = done;
                    Result<int> Write() => output.Write(buffer.AsSpan(start, got.Value - start), (to ?? output.Position) + start);
                    Result<int> put = Write();
                    if (put.Error == Errno.EAGAIN && Blocking.MayWait(output) && (wait || !input.IsSeekable))
                    {
                        WaitOutcome outcome = await context.Thread.WaitAsync(output.WaitQueue!, () => (put = Write()).Error != Errno.EAGAIN).ConfigureAwait(false);
                        if (outcome != WaitOutcome.Ready)
                        {
                            error = Errno.ERESTARTSYS;
                            break;
                        }
                    }

                    if (!put.IsSuccess || put.Value == 0)
                    {
                        error = put.Error;
                        break;
                    }

                    done += put.Value;
                }

                if (done < got.Value && input is PipeEnd source)
                {
                    source.Pipe.Unread(buffer.AsSpan(done, got.Value - done));
                }

                Advance(input, ref from, done);
                Advance(output, ref to, done);
                input.Notify(EventFdConstants.IN_ACCESS);
                output.Notify(EventFdConstants.IN_MODIFY);
                total += done;
                if (error != Errno.None || once || done < got.Value)
                {
                    break;
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            input.Release();
            output.Release();
        }

        if ((from is { } newFrom && total > 0 && !context.Memory.TryWrite(fromAddress, newFrom)) ||
            (to is { } newTo && total > 0 && !context.Memory.TryWrite(toAddress, newTo)))
        {
            return Errno.EFAULT;
        }

        return total > 0 ? total : Blocking.RaiseBrokenPipe(context, output, error);
    }

    private static void Advance(OpenFile file, ref long? position, int count)
    {
        if (position is not null)
        {
            position += count;
        }
        else if (file.IsSeekable)
        {
            lock (file.PositionLock)
            {
                file.Position += count;
            }
        }
    }
}
