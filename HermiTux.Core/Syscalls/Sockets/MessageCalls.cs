using HermiTux.Abi;
using HermiTux.Kernel;
using HermiTux.Kernel.Sockets;
using HermiTux.Syscalls.Files;
using HermiTux.Syscalls.Time;

namespace HermiTux.Syscalls.Sockets;

/// <summary>sendto(2), recvfrom(2), sendmsg(2), recvmsg(2), sendmmsg(2), recvmmsg(2).</summary>
internal static class MessageCalls
{
    // struct mmsghdr: a msghdr, the length, padding.
    private const int MultipleSize = 64;
    private const int LengthOffset = 56;
    private const int ControlLengthOffset = 40;
    private const int FlagsOffset = 48;
    private const int NameLengthOffset = 8;
    private const int CompatibilityFlag = unchecked((int)0x8000_0000);
    private const int MaximumMessages = 1024;

    public static ValueTask<SyscallResult> SendTo(SyscallContext context, SyscallArguments args)
    {
        Errno error = CheckRange(args.Arg1, args.Arg2);
        if (error != Errno.None)
        {
            return new(error);
        }

        if (!SocketAddresses.TryGet(context, args.Arg0, out Socket socket, out error))
        {
            return new(error);
        }

        var message = new OutgoingMessage { Caller = SocketAddresses.Caller(context) };
        error = args.Arg4 != 0 ? ReadDestination(context, socket, args.Arg4, (int)args.Arg5, ref message) : Errno.None;
        if (error != Errno.None)
        {
            socket.Release();
            return new(error);
        }

        var part = new Iovec { iov_base = args.Arg1, iov_len = Math.Min(args.Arg2, FileTransfer.MaximumCount) };
        return Send(context, socket, new ReadOnlySpan<Iovec>(in part), null, (int)args.Arg3, message);
    }

    public static ValueTask<SyscallResult> SendMessage(SyscallContext context, SyscallArguments args)
    {
        int flags = (int)args.Arg2;
        return (flags & CompatibilityFlag) != 0 ? new(Errno.EINVAL)
            : !SocketAddresses.TryGet(context, args.Arg0, out Socket socket, out Errno error) ? new(error)
            : SendMessage(context, socket, args.Arg1, flags);
    }

    public static async ValueTask<SyscallResult> SendMessages(SyscallContext context, SyscallArguments args)
    {
        int flags = (int)args.Arg3;
        if ((flags & CompatibilityFlag) != 0)
        {
            return Errno.EINVAL;
        }

        if (!SocketAddresses.TryGet(context, args.Arg0, out Socket socket, out Errno error))
        {
            return error;
        }

        int sent = 0;
        uint count = Math.Min((uint)args.Arg2, MaximumMessages);
        SyscallResult result = 0;
        try
        {
            while (sent < count)
            {
                ulong at = args.Arg1 + ((ulong)sent * MultipleSize);
                socket.AddReference();
                result = await SendMessage(context, socket, at, flags).ConfigureAwait(false);
                if (result.IsError)
                {
                    break;
                }

                if (!context.Memory.TryWrite(at + LengthOffset, (int)result.Raw))
                {
                    result = Errno.EFAULT;
                    break;
                }

                sent++;
            }
        }
        finally
        {
            socket.Release();
        }

        return sent > 0 ? sent : result;
    }

    public static ValueTask<SyscallResult> ReceiveFrom(SyscallContext context, SyscallArguments args)
    {
        Errno error = CheckRange(args.Arg1, args.Arg2);
        if (error != Errno.None)
        {
            return new(error);
        }

        if (!SocketAddresses.TryGet(context, args.Arg0, out Socket socket, out error))
        {
            return new(error);
        }

        int flags = (int)args.Arg3;
        var part = new Iovec { iov_base = args.Arg1, iov_len = Math.Min(args.Arg2, FileTransfer.MaximumCount) };
        var message = default(IncomingMessage);
        SyscallResult first = Attempt(context, socket, new ReadOnlySpan<Iovec>(in part), 0, flags, ref message);
        if (IsDone(socket, first, part.iov_len, flags, message))
        {
            socket.Release();
            message.Control?.Release();
            return new(FinishReceiveFrom(context, first, message, args));
        }

        return ReceiveFromLater(context, socket, [part], first, args, message);
    }

    public static ValueTask<SyscallResult> ReceiveMessage(SyscallContext context, SyscallArguments args)
    {
        int flags = (int)args.Arg2;
        return (flags & CompatibilityFlag) != 0 ? new(Errno.EINVAL)
            : !SocketAddresses.TryGet(context, args.Arg0, out Socket socket, out Errno error) ? new(error)
            : ReceiveMessage(context, socket, args.Arg1, flags);
    }

    public static async ValueTask<SyscallResult> ReceiveMessages(SyscallContext context, SyscallArguments args)
    {
        int flags = (int)args.Arg3;
        if ((flags & CompatibilityFlag) != 0)
        {
            return Errno.EINVAL;
        }

        long? deadline = null;
        if (args.Arg4 != 0)
        {
            if (!context.Memory.TryRead(args.Arg4, out Timespec timeout))
            {
                return Errno.EFAULT;
            }

            if (!timeout.IsValid)
            {
                return Errno.EINVAL;
            }

            deadline = Clocks.Add(timeout.ToNanoseconds(), context.Machine.MonotonicNanoseconds);
        }

        if (!SocketAddresses.TryGet(context, args.Arg0, out Socket socket, out Errno error))
        {
            return error;
        }

        int received = 0;
        uint count = Math.Min((uint)args.Arg2, MaximumMessages);
        SyscallResult result = 0;
        try
        {
            if (socket.TakeError() is not Errno.None and var pending)
            {
                return pending;
            }

            while (received < count)
            {
                ulong at = args.Arg1 + ((ulong)received * MultipleSize);
                socket.AddReference();
                result = await ReceiveMessage(context, socket, at, flags & ~SocketConstants.MSG_WAITFORONE).ConfigureAwait(false);
                if (result.IsError)
                {
                    break;
                }

                if (!context.Memory.TryWrite(at + LengthOffset, (int)result.Raw))
                {
                    result = Errno.EFAULT;
                    break;
                }

                received++;
                flags |= (flags & SocketConstants.MSG_WAITFORONE) != 0 ? SocketConstants.MSG_DONTWAIT : 0;

                // The time limit is looked at after each message only, as recvmmsg(2) says under BUGS.
                if (deadline is { } end && context.Machine.MonotonicNanoseconds >= end)
                {
                    break;
                }
            }
        }
        finally
        {
            socket.Release();
        }

        if (deadline is { } limit && !context.Memory.TryWrite(args.Arg4, Timespec.FromNanoseconds(Math.Max(0, limit - context.Machine.MonotonicNanoseconds))))
        {
            return Errno.EFAULT;
        }

        // An error after some messages is told by the next call.
        if (received > 0 && result.IsError && result != Errno.EAGAIN && result != Errno.ERESTARTSYS && result != Errno.EINTR)
        {
            socket.SetError(result.Error);
        }

        return received > 0 ? received : result;
    }

    // Releases the socket.
    private static ValueTask<SyscallResult> SendMessage(SyscallContext context, Socket socket, ulong address, int flags)
    {
        var message = new OutgoingMessage { Caller = SocketAddresses.Caller(context) };
        Errno error = ReadHeader(context, address, out Msghdr header, out Iovec[] vector);
        if (error == Errno.None && header.msg_name != 0 && header.msg_namelen > 0)
        {
            error = ReadDestination(context, socket, header.msg_name, Math.Min(header.msg_namelen, SocketName.MaximumSize), ref message);
        }

        if (error == Errno.None && header.msg_controllen > 0)
        {
            error = ControlMessages.Read(context, socket, header, out message.Control);
        }

        if (error != Errno.None)
        {
            socket.Release();
            return new(error);
        }

        return Send(context, socket, vector, vector, flags, message);
    }

    // Releases the socket.
    private static ValueTask<SyscallResult> Send(SyscallContext context, Socket socket, ReadOnlySpan<Iovec> vector, Iovec[]? kept, int flags, OutgoingMessage message)
    {
        ControlData? control = message.Control;
        if (control is { Files.Length: > 0 })
        {
            context.Machine.Network.InFlight.Add(control.Files);
        }

        SyscallResult first = SocketTransfer.Send(context.Memory, socket, vector, 0, flags, message);
        bool sent = !first.IsError && (first.Raw > 0 || !socket.IsStream);
        bool incomplete = first == Errno.EAGAIN || (socket.IsStream && sent && first.Raw < FileTransfer.TotalOf(vector));
        if (incomplete && SocketAddresses.MayWait(socket, flags))
        {
            return SendRest(context, socket, kept ?? vector.ToArray(), flags, message, first);
        }

        Finish(context, control, sent);
        socket.Release();
        return new(RaiseBrokenPipe(context, socket, first, flags));
    }

    private static async ValueTask<SyscallResult> SendRest(SyscallContext context, Socket socket, Iovec[] vector, int flags, OutgoingMessage message, SyscallResult first)
    {
        ControlData? control = message.Control;
        long total = FileTransfer.TotalOf(vector);
        long done = first.IsError ? 0 : first.Raw;
        bool sent = done > 0;
        if (sent)
        {
            message.Control = Continued(control);
        }

        long? timeout = socket.WriteTimeout;
        SyscallResult result = Errno.EAGAIN;
        WaitQueue queue = (socket as UnixSocket)?.FindSendQueue(message) ?? socket.WaitQueue!;
        WaitOutcome outcome = await context.Thread.WaitAnyAsync(
            [socket.WaitQueue!, queue],
            () =>
            {
                do
                {
                    result = SocketTransfer.Send(context.Memory, socket, vector, done, flags, message);
                    if (result.IsError)
                    {
                        return result != Errno.EAGAIN;
                    }

                    sent = true;
                    message.Control = Continued(control);
                    done += result.Raw;
                }
                while (done < total && socket.IsStream);
                return true;
            },
            Blocking.Deadline(context, timeout)).ConfigureAwait(false);
        Finish(context, control, sent);
        result = done > 0 || (outcome == WaitOutcome.Ready && !result.IsError) ? done
            : outcome switch
            {
                WaitOutcome.Ready => result,
                WaitOutcome.TimedOut => Errno.EAGAIN,
                _ => SocketAddresses.Interrupted(timeout),
            };
        socket.Release();
        return RaiseBrokenPipe(context, socket, result, flags);
    }

    // Descriptors go with the first piece, credentials with all.
    private static ControlData? Continued(ControlData? control) => control?.Credentials is { } credentials ? new ControlData { Credentials = credentials } : null;

    /// <summary>Descriptors of a message that wasn't sent go back.</summary>
    private static void Finish(SyscallContext context, ControlData? control, bool sent)
    {
        if (!sent && control is { Files.Length: > 0 })
        {
            context.Machine.Network.InFlight.Remove(control.Files);
            control.Release();
        }
    }

    private static SyscallResult RaiseBrokenPipe(SyscallContext context, Socket socket, SyscallResult result, int flags) =>
        (flags & SocketConstants.MSG_NOSIGNAL) != 0 ? result : Blocking.RaiseBrokenPipe(context, socket, result);

    private static SyscallResult Attempt(SyscallContext context, Socket socket, ReadOnlySpan<Iovec> vector, long skip, int flags, ref IncomingMessage message)
    {
        if ((flags & SocketConstants.MSG_ERRQUEUE) != 0 && socket is InetSocket)
        {
            // Errors are told by calls, never queued.
            return Errno.EAGAIN;
        }

        return SocketTransfer.Receive(context.Memory, socket, vector, skip, flags, ref message);
    }

    /// <summary>Whether a receive is over: MSG_WAITALL on a stream goes on until all is there, the end or a descriptor.</summary>
    private static bool IsDone(Socket socket, SyscallResult result, ulong wanted, int flags, in IncomingMessage message)
    {
        if (((flags & SocketConstants.MSG_ERRQUEUE) != 0 && socket is InetSocket) || !SocketAddresses.MayWait(socket, flags))
        {
            return true;
        }

        if (result.IsError)
        {
            return result != Errno.EAGAIN;
        }

        return (flags & SocketConstants.MSG_WAITALL) == 0 || !socket.IsStream || (flags & SocketConstants.MSG_PEEK) != 0 ||
            result.Raw == 0 || (ulong)result.Raw >= wanted || message.Control is { Files.Length: > 0 };
    }

    /// <summary>Waits for what is missing. Keeps the socket.</summary>
    private static async ValueTask<(SyscallResult Result, IncomingMessage Message)> ReceiveLater(
        SyscallContext context, Socket socket, Iovec[] vector, SyscallResult first, int flags, IncomingMessage message)
    {
        long total = FileTransfer.TotalOf(vector);
        long done = first.IsError ? 0 : first.Raw;
        long? timeout = socket.ReadTimeout;
        SyscallResult result = first;
        WaitOutcome outcome = await context.Thread.WaitAsync(
            socket.WaitQueue!,
            () =>
            {
                while (true)
                {
                    var next = default(IncomingMessage);
                    result = Attempt(context, socket, vector, done, flags, ref next);
                    if (done == 0 || next.Control is not null)
                    {
                        message = next;
                    }

                    bool over = IsDone(socket, result, (ulong)(total - done), flags, next);
                    done += result.IsError ? 0 : result.Raw;
                    if (over || result == Errno.EAGAIN)
                    {
                        return over;
                    }
                }
            },
            Blocking.Deadline(context, timeout)).ConfigureAwait(false);
        if (done > 0 || (outcome == WaitOutcome.Ready && !result.IsError))
        {
            return (done, message);
        }

        if (outcome == WaitOutcome.TimedOut)
        {
            // Less than SO_RCVLOWAT is taken now.
            result = Attempt(context, socket, vector, 0, flags | SocketConstants.MSG_DONTWAIT, ref message);
            return (result, message);
        }

        return (outcome == WaitOutcome.Ready ? result : SocketAddresses.Interrupted(timeout), message);
    }

    private static async ValueTask<SyscallResult> ReceiveFromLater(SyscallContext context, Socket socket, Iovec[] vector, SyscallResult first, SyscallArguments args, IncomingMessage message)
    {
        (SyscallResult result, message) = await ReceiveLater(context, socket, vector, first, (int)args.Arg3, message).ConfigureAwait(false);
        socket.Release();
        message.Control?.Release();
        return FinishReceiveFrom(context, result, message, args);
    }

    private static SyscallResult FinishReceiveFrom(SyscallContext context, SyscallResult result, in IncomingMessage message, in SyscallArguments args)
    {
        if (result.IsError)
        {
            return result;
        }

        if (args.Arg4 != 0 && SocketAddresses.Write(context, args.Arg4, args.Arg5, message.Source) is not Errno.None and var error)
        {
            return error;
        }

        return TrueLength(result, message, (int)args.Arg3);
    }

    // MSG_TRUNC asks for the datagram's whole length.
    private static SyscallResult TrueLength(SyscallResult result, in IncomingMessage message, int flags) =>
        (flags & SocketConstants.MSG_TRUNC) != 0 && (message.Flags & SocketConstants.MSG_TRUNC) != 0 ? message.FullLength : result;

    // Releases the socket.
    private static ValueTask<SyscallResult> ReceiveMessage(SyscallContext context, Socket socket, ulong address, int flags)
    {
        Errno error = ReadHeader(context, address, out Msghdr header, out Iovec[] vector);
        if (error != Errno.None)
        {
            socket.Release();
            return new(error);
        }

        var message = default(IncomingMessage);
        SyscallResult first = Attempt(context, socket, vector, 0, flags, ref message);
        if (IsDone(socket, first, (ulong)FileTransfer.TotalOf(vector), flags, message))
        {
            SyscallResult result = FinishReceiveMessage(context, socket, first, message, header, address, flags);
            socket.Release();
            return new(result);
        }

        return ReceiveMessageLater(context, socket, vector, first, message, header, address, flags);
    }

    private static async ValueTask<SyscallResult> ReceiveMessageLater(
        SyscallContext context, Socket socket, Iovec[] vector, SyscallResult first, IncomingMessage message, Msghdr header, ulong address, int flags)
    {
        (SyscallResult result, message) = await ReceiveLater(context, socket, vector, first, flags, message).ConfigureAwait(false);
        result = FinishReceiveMessage(context, socket, result, message, header, address, flags);
        socket.Release();
        return result;
    }

    private static SyscallResult FinishReceiveMessage(SyscallContext context, Socket socket, SyscallResult result, in IncomingMessage message, in Msghdr header, ulong address, int flags)
    {
        if (result.IsError)
        {
            message.Control?.Release();
            return result;
        }

        int told = message.Flags | (flags & SocketConstants.MSG_CMSG_CLOEXEC);
        Errno error = ControlMessages.Write(context, socket, message, header, flags, ref told, out ulong used);
        if (error == Errno.None && header.msg_name != 0)
        {
            error = WriteName(context, header, message.Source, address);
        }

        if (error != Errno.None)
        {
            return error;
        }

        return context.Memory.TryWrite(address + ControlLengthOffset, used) && context.Memory.TryWrite(address + FlagsOffset, told)
            ? TrueLength(result, message, flags) : Errno.EFAULT;
    }

    private static Errno WriteName(SyscallContext context, in Msghdr header, in SocketName name, ulong address)
    {
        Span<byte> bytes = stackalloc byte[SocketName.MaximumSize];
        int length = name.Encode(bytes);
        int room = Math.Min(header.msg_namelen, length);
        return (room == 0 || context.Memory.TryWrite(header.msg_name, bytes[..room])) && context.Memory.TryWrite(address + NameLengthOffset, length)
            ? Errno.None : Errno.EFAULT;
    }

    private static Errno ReadHeader(SyscallContext context, ulong address, out Msghdr header, out Iovec[] vector)
    {
        vector = [];
        if (!context.Memory.TryRead(address, out header))
        {
            return Errno.EFAULT;
        }

        if (header.msg_name == 0)
        {
            header.msg_namelen = 0;
        }

        if (header.msg_namelen < 0)
        {
            return Errno.EINVAL;
        }

        header.msg_namelen = Math.Min(header.msg_namelen, SocketName.MaximumSize);
        return header.msg_iovlen > Iovec.UIO_MAXIOV ? Errno.EMSGSIZE : FileTransfer.ReadIovecs(context.Memory, header.msg_iov, header.msg_iovlen, out vector);
    }

    private static Errno ReadDestination(SyscallContext context, Socket socket, ulong address, int length, ref OutgoingMessage message)
    {
        Span<byte> buffer = stackalloc byte[SocketName.MaximumSize];
        Errno error = SocketAddresses.Read(context, address, length, buffer, out Span<byte> name);
        return error != Errno.None ? error : name.IsEmpty ? Errno.None : socket.ParseDestination(name, out message.Destination);
    }

    private static Errno CheckRange(ulong address, ulong length) =>
        length > 0 && (address >= HermiTux.Memory.Page.UserEnd || length > HermiTux.Memory.Page.UserEnd - address) ? Errno.EFAULT : Errno.None;
}
