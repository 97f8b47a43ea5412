using System.Runtime.InteropServices;
using HermiTux.Abi;
using HermiTux.Kernel;
using HermiTux.Syscalls.Time;

namespace HermiTux.Syscalls.Events;

/// <summary>poll(2), ppoll(2), select(2), pselect6(2).</summary>
internal static class PollCalls
{
    private const PollEvents Always = PollEvents.Error | PollEvents.HangUp;
    private const PollEvents Readable = PollEvents.In | PollEvents.ReadNormal | PollEvents.HangUp | PollEvents.Error;
    private const PollEvents Writable = PollEvents.Out | PollEvents.WriteNormal | PollEvents.Error;
    private const int BitsPerByte = 8;

    public static ValueTask<SyscallResult> Poll(SyscallContext context, SyscallArguments args)
    {
        int timeout = (int)args.Arg2;
        long? deadline = timeout < 0 ? null : Clocks.Add(timeout * 1_000_000L, timeout == 0 ? 0 : context.Machine.MonotonicNanoseconds);
        return Poll(context, args.Arg0, (uint)args.Arg1, timeout == 0 ? long.MinValue : deadline, restartable: true);
    }

    public static async ValueTask<SyscallResult> PollWithMask(SyscallContext context, SyscallArguments args)
    {
        Errno error = ReadTimeout(context, args.Arg2, isTimeval: false, out long? deadline);
        if (error == Errno.None && args.Arg3 != 0 && args.Arg4 != sizeof(ulong))
        {
            error = Errno.EINVAL;
        }

        ulong mask = 0;
        if (error == Errno.None && args.Arg3 != 0 && !context.Memory.TryRead(args.Arg3, out mask))
        {
            error = Errno.EFAULT;
        }

        if (error != Errno.None)
        {
            return error;
        }

        if (args.Arg3 != 0)
        {
            context.Thread.Signals.BeginTemporaryMask(mask);
        }

        SyscallResult result = await Poll(context, args.Arg0, (uint)args.Arg1, deadline, restartable: false).ConfigureAwait(false);
        if (args.Arg3 != 0)
        {
            context.Thread.Signals.EndTemporaryMask(result == Errno.ERESTARTNOHAND);
        }

        WriteRemaining(context, args.Arg2, isTimeval: false, deadline);
        return result;
    }

    public static async ValueTask<SyscallResult> Select(SyscallContext context, SyscallArguments args)
    {
        Errno error = ReadTimeout(context, args.Arg4, isTimeval: true, out long? deadline);
        if (error != Errno.None)
        {
            return error;
        }

        SyscallResult result = await Select(context, args, deadline).ConfigureAwait(false);
        WriteRemaining(context, args.Arg4, isTimeval: true, deadline);
        return result;
    }

    public static async ValueTask<SyscallResult> SelectWithMask(SyscallContext context, SyscallArguments args)
    {
        ulong maskAddress = 0;
        ulong mask = 0;
        if (args.Arg5 != 0)
        {
            if (!context.Memory.TryRead(args.Arg5, out maskAddress) || !context.Memory.TryRead(args.Arg5 + 8, out ulong size))
            {
                return Errno.EFAULT;
            }

            if (maskAddress != 0 && size != sizeof(ulong))
            {
                return Errno.EINVAL;
            }

            if (maskAddress != 0 && !context.Memory.TryRead(maskAddress, out mask))
            {
                return Errno.EFAULT;
            }
        }

        Errno error = ReadTimeout(context, args.Arg4, isTimeval: false, out long? deadline);
        if (error != Errno.None)
        {
            return error;
        }

        if (maskAddress != 0)
        {
            context.Thread.Signals.BeginTemporaryMask(mask);
        }

        SyscallResult result = await Select(context, args, deadline).ConfigureAwait(false);
        if (maskAddress != 0)
        {
            context.Thread.Signals.EndTemporaryMask(result == Errno.ERESTARTNOHAND);
        }

        WriteRemaining(context, args.Arg4, isTimeval: false, deadline);
        return result;
    }

    private static async ValueTask<SyscallResult> Poll(SyscallContext context, ulong address, uint count, long? deadline, bool restartable)
    {
        if (count > Math.Min((ulong)context.Process.Descriptors.Limit, context.Process.ResourceLimits[ResourceConstants.RLIMIT_NOFILE].Soft))
        {
            return Errno.EINVAL;
        }

        Pollfd[] fds = new Pollfd[count];
        if (!context.Memory.TryRead(address, MemoryMarshal.AsBytes(fds.AsSpan())))
        {
            return Errno.EFAULT;
        }

        OpenFile?[] files = new OpenFile?[count];
        try
        {
            for (int i = 0; i < fds.Length; i++)
            {
                if (fds[i].fd >= 0)
                {
                    context.TryGetFile((ulong)fds[i].fd, out files[i], out _);
                }
            }

            WaitOutcome outcome = await WaitAny(context, files, () => Check(fds, files) > 0, deadline).ConfigureAwait(false);
            if (outcome == WaitOutcome.Interrupted)
            {
                if (!restartable)
                {
                    return Errno.ERESTARTNOHAND;
                }

                context.Thread.RestartBlock = async _ => (await Poll(context, address, count, deadline, restartable).ConfigureAwait(false)).Raw;
                return Errno.ERESTART_RESTARTBLOCK;
            }

            int ready = 0;
            for (int i = 0; i < fds.Length; i++)
            {
                ready += fds[i].revents != 0 ? 1 : 0;
                if (!context.Memory.TryWrite(address + (ulong)(8 * i) + 6, fds[i].revents))
                {
                    return Errno.EFAULT;
                }
            }

            return ready;
        }
        finally
        {
            Release(files);
        }
    }

    private static int Check(Pollfd[] fds, OpenFile?[] files)
    {
        int ready = 0;
        for (int i = 0; i < fds.Length; i++)
        {
            fds[i].revents = fds[i].fd < 0 ? (short)0
                : files[i] is not { } file ? PollConstants.POLLNVAL
                : (short)(file.Poll() & ((PollEvents)(ushort)fds[i].events | Always));
            ready += fds[i].revents != 0 ? 1 : 0;
        }

        return ready;
    }

    private static async ValueTask<SyscallResult> Select(SyscallContext context, SyscallArguments args, long? deadline)
    {
        int count = (int)args.Arg0;
        if (count < 0)
        {
            return Errno.EINVAL;
        }

        // Beyond the table no descriptor can be open, as core_sys_select() has it.
        count = Math.Min(count, context.Process.Descriptors.Limit);
        int bytes = (count + 63) / 64 * BitsPerByte;
        byte[][] sets = [new byte[bytes], new byte[bytes], new byte[bytes]];
        ulong[] addresses = [args.Arg1, args.Arg2, args.Arg3];
        for (int s = 0; s < 3; s++)
        {
            if (addresses[s] != 0 && !context.Memory.TryRead(addresses[s], sets[s]))
            {
                return Errno.EFAULT;
            }
        }

        OpenFile?[] files = new OpenFile?[count];
        byte[][] results = [new byte[bytes], new byte[bytes], new byte[bytes]];
        try
        {
            for (int fd = 0; fd < count; fd++)
            {
                if ((Has(sets[0], fd) || Has(sets[1], fd) || Has(sets[2], fd)) && !context.TryGetFile((ulong)fd, out files[fd], out _))
                {
                    return Errno.EBADF;
                }
            }

            int ready = 0;
            WaitOutcome outcome = await WaitAny(
                context,
                files,
                () => (ready = Check(files, sets, results)) > 0,
                deadline).ConfigureAwait(false);
            if (outcome == WaitOutcome.Interrupted)
            {
                return Errno.ERESTARTNOHAND;
            }

            for (int s = 0; s < 3; s++)
            {
                if (addresses[s] != 0 && !context.Memory.TryWrite(addresses[s], results[s]))
                {
                    return Errno.EFAULT;
                }
            }

            return ready;
        }
        finally
        {
            Release(files);
        }
    }

    private static int Check(OpenFile?[] files, byte[][] sets, byte[][] results)
    {
        int ready = 0;
        foreach (byte[] result in results)
        {
            Array.Clear(result);
        }

        for (int fd = 0; fd < files.Length; fd++)
        {
            if (files[fd] is not { } file)
            {
                continue;
            }

            PollEvents events = file.Poll();
            ready += Mark(0, Readable) + Mark(1, Writable) + Mark(2, PollEvents.Priority);

            int Mark(int set, PollEvents mask)
            {
                if (!Has(sets[set], fd) || (events & mask) == 0)
                {
                    return 0;
                }

                results[set][fd / BitsPerByte] |= (byte)(1 << (fd % BitsPerByte));
                return 1;
            }
        }

        return ready;
    }

    private static bool Has(byte[] set, int fd) => (set[fd / BitsPerByte] & (1 << (fd % BitsPerByte))) != 0;

    /// <summary>Waits on all files. A deadline of <see cref="long.MinValue"/> only looks.</summary>
    private static ValueTask<WaitOutcome> WaitAny(SyscallContext context, OpenFile?[] files, Func<bool> ready, long? deadline)
    {
        if (ready())
        {
            return new(WaitOutcome.Ready);
        }

        if (deadline == long.MinValue)
        {
            return new(WaitOutcome.TimedOut);
        }

        var queues = new List<WaitQueue>();
        foreach (OpenFile? file in files)
        {
            if (file?.WaitQueue is { } queue)
            {
                queues.Add(queue);
            }
        }

        return context.Thread.WaitAnyAsync(queues, ready, deadline);
    }

    private static void Release(OpenFile?[] files)
    {
        foreach (OpenFile? file in files)
        {
            file?.Release();
        }
    }

    private static Errno ReadTimeout(SyscallContext context, ulong address, bool isTimeval, out long? deadline)
    {
        deadline = null;
        if (address == 0)
        {
            return Errno.None;
        }

        long nanoseconds;
        if (isTimeval)
        {
            if (!context.Memory.TryRead(address, out Timeval time))
            {
                return Errno.EFAULT;
            }

            // kern_select() carries microseconds over into seconds.
            if (time.tv_sec < 0 || time.tv_usec < 0)
            {
                return Errno.EINVAL;
            }

            nanoseconds = Clocks.Add(new Timeval { tv_sec = time.tv_sec }.ToNanoseconds(), Math.Min(time.tv_usec, long.MaxValue / 1000) * 1000);
        }
        else
        {
            if (!context.Memory.TryRead(address, out Timespec time))
            {
                return Errno.EFAULT;
            }

            if (!time.IsValid)
            {
                return Errno.EINVAL;
            }

            nanoseconds = time.ToNanoseconds();
        }

        deadline = nanoseconds == 0 ? long.MinValue : Clocks.Add(nanoseconds, context.Machine.MonotonicNanoseconds);
        return Errno.None;
    }

    // poll_select_finish(): what is left of the time; a fault there is not reported.
    private static void WriteRemaining(SyscallContext context, ulong address, bool isTimeval, long? deadline)
    {
        if (address == 0 || deadline is null || (context.Process.Personality & PersonalityConstants.STICKY_TIMEOUTS) != 0)
        {
            return;
        }

        long rest = deadline == long.MinValue ? 0 : Math.Max(0, deadline.Value - context.Machine.MonotonicNanoseconds);
        if (isTimeval)
        {
            context.Memory.TryWrite(address, Timeval.FromNanoseconds(rest));
        }
        else
        {
            context.Memory.TryWrite(address, Timespec.FromNanoseconds(rest));
        }
    }
}
