using System.Buffers;
using HermiTux.Abi;
using HermiTux.Kernel;

namespace HermiTux.Syscalls.Files;

/// <summary>tee(2), vmsplice(2): between pipes, and between pipes and memory.</summary>
internal static class PipeCopying
{
    private const uint KnownFlags = Fcntl.SPLICE_F_MOVE | Fcntl.SPLICE_F_NONBLOCK | Fcntl.SPLICE_F_MORE | Fcntl.SPLICE_F_GIFT;

    public static ValueTask<SyscallResult> Tee(SyscallContext context, SyscallArguments args)
    {
        if (((uint)args.Arg3 & ~KnownFlags) != 0)
        {
            return new(Errno.EINVAL);
        }

        if (args.Arg2 == 0)
        {
            return new(0);
        }

        if (!context.TryGetFile(args.Arg0, out OpenFile? input, out Errno error))
        {
            return new(error);
        }

        if (!context.TryGetFile(args.Arg1, out OpenFile? output, out error))
        {
            input.Release();
            return new(error);
        }

        bool wrongWay = (input.StatusFlags & Fcntl.O_ACCMODE) == Fcntl.O_WRONLY || (output.StatusFlags & Fcntl.O_ACCMODE) == Fcntl.O_RDONLY;
        if (wrongWay || input is not PipeEnd from || output is not PipeEnd to || from.Pipe == to.Pipe)
        {
            error = wrongWay ? Errno.EBADF : Errno.EINVAL;
            input.Release();
            output.Release();
            return new(error);
        }

        bool wait = ((uint)args.Arg3 & Fcntl.SPLICE_F_NONBLOCK) == 0;
        return Tee(context, from, to, (int)Math.Min(args.Arg2, (ulong)Pipe.MaxCapacity), wait);
    }

    public static ValueTask<SyscallResult> SpliceMemory(SyscallContext context, SyscallArguments args)
    {
        if (((uint)args.Arg3 & ~KnownFlags) != 0)
        {
            return new(Errno.EINVAL);
        }

        if (!context.TryGetFile(args.Arg0, out OpenFile? file, out Errno error))
        {
            return new(error);
        }

        Iovec[] vector = [];
        error = file is not PipeEnd ? Errno.EBADF : FileTransfer.ReadIovecs(context.Memory, args.Arg1, args.Arg2, out vector);
        if (error != Errno.None || FileTransfer.TotalOf(vector) == 0)
        {
            file.Release();
            return new(error);
        }

        bool writes = (file.StatusFlags & Fcntl.O_ACCMODE) != Fcntl.O_RDONLY;
        SyscallResult Attempt() => writes
            ? FileTransfer.WriteVector(context.Memory, file, vector, 0, 0)
            : FileTransfer.ReadVector(context.Memory, file, vector, 0);
        SyscallResult first = Attempt();
        if (first == Errno.EAGAIN && ((uint)args.Arg3 & Fcntl.SPLICE_F_NONBLOCK) == 0 && Blocking.MayWait(file))
        {
            return Blocking.UntilDone(context, file, Attempt);
        }

        SyscallResult result = Blocking.RaiseBrokenPipe(context, file, first);
        file.Release();
        return new(result);
    }

    private static async ValueTask<SyscallResult> Tee(SyscallContext context, PipeEnd input, PipeEnd output, int count, bool wait)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Math.Min(count, Pipe.DefaultCapacity));
        try
        {
            while (true)
            {
                int room = Math.Min(Math.Min(count, buffer.Length), Math.Max(0, output.Pipe.Capacity - output.Pipe.Available));
                Result<int> there = input.Pipe.Peek(buffer.AsSpan(0, Math.Max(room, 1)));
                if (there.IsSuccess && (there.Value == 0 || room > 0))
                {
                    if (there.Value == 0)
                    {
                        return 0;
                    }

                    Result<int> put = output.Write(buffer.AsSpan(0, Math.Min(there.Value, room)), 0);
                    if (put.Error != Errno.EAGAIN)
                    {
                        return put.IsSuccess ? put.Value : Blocking.RaiseBrokenPipe(context, output, put.Error);
                    }
                }

                if (!wait)
                {
                    return Errno.EAGAIN;
                }

                OpenFile slow = there.IsSuccess ? output : input;
                PollEvents wanted = (there.IsSuccess ? PollEvents.Out : PollEvents.In) | PollEvents.HangUp | PollEvents.Error;
                if (await context.Thread.WaitAsync(slow.WaitQueue!, () => (slow.Poll() & wanted) != 0).ConfigureAwait(false) == WaitOutcome.Interrupted)
                {
                    return Errno.ERESTARTSYS;
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            input.Release();
            output.Release();
        }
    }
}
