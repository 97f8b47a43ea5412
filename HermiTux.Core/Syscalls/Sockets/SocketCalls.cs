using HermiTux.Abi;
using HermiTux.Kernel;
using HermiTux.Kernel.Sockets;
using HermiTux.Syscalls.Files;

namespace HermiTux.Syscalls.Sockets;

/// <summary>socket(2), socketpair(2), bind(2), listen(2), accept(2), connect(2), shutdown(2), getsockname(2), getpeername(2).</summary>
internal static class SocketCalls
{
    private const int TypeMask = 0xF;
    private const int KnownFlags = SocketConstants.SOCK_CLOEXEC | SocketConstants.SOCK_NONBLOCK;

    public static SyscallResult Create(SyscallContext context, SyscallArguments args)
    {
        int flags = (int)args.Arg1 & ~TypeMask;
        if ((flags & ~KnownFlags) != 0)
        {
            return Errno.EINVAL;
        }

        Result<Socket> created = context.Machine.Network.Create((int)args.Arg0, (int)args.Arg1 & TypeMask, (int)args.Arg2, flags, SocketAddresses.Caller(context));
        return created.IsSuccess ? OpenClose.Install(context, created.Value, (flags & SocketConstants.SOCK_CLOEXEC) != 0) : created.Error;
    }

    public static SyscallResult CreatePair(SyscallContext context, SyscallArguments args)
    {
        int flags = (int)args.Arg1 & ~TypeMask;
        if ((flags & ~KnownFlags) != 0)
        {
            return Errno.EINVAL;
        }

        if (!context.Memory.TryRead(args.Arg3, out ulong _))
        {
            return Errno.EFAULT;
        }

        // The pair is made of whatever socket(2) would make; only local sockets can be joined.
        SocketCaller caller = SocketAddresses.Caller(context);
        Result<Socket> probe = context.Machine.Network.Create((int)args.Arg0, (int)args.Arg1 & TypeMask, (int)args.Arg2, flags, caller);
        if (!probe.IsSuccess)
        {
            return probe.Error;
        }

        int type = probe.Value.Type;
        int protocol = probe.Value.Protocol;
        probe.Value.Release();
        if (probe.Value is not UnixSocket)
        {
            return Errno.EOPNOTSUPP;
        }

        (UnixSocket first, UnixSocket second) = UnixSocket.CreatePair(context.Machine.Network, type, protocol, flags, caller);
        bool closeOnExec = (flags & SocketConstants.SOCK_CLOEXEC) != 0;
        SyscallResult one = OpenClose.Install(context, first, closeOnExec);
        if (one.IsError)
        {
            second.Release();
            return one;
        }

        SyscallResult two = OpenClose.Install(context, second, closeOnExec);
        if (two.IsError)
        {
            context.Process.Descriptors.Close((int)one.Raw);
            return two;
        }

        if (!context.Memory.TryWrite(args.Arg3, (uint)one.Raw | ((ulong)(uint)two.Raw << 32)))
        {
            context.Process.Descriptors.Close((int)one.Raw);
            context.Process.Descriptors.Close((int)two.Raw);
            return Errno.EFAULT;
        }

        return 0;
    }

    public static SyscallResult Bind(SyscallContext context, SyscallArguments args)
    {
        if (!SocketAddresses.TryGet(context, args.Arg0, out Socket socket, out Errno error))
        {
            return error;
        }

        Span<byte> buffer = stackalloc byte[SocketName.MaximumSize];
        error = SocketAddresses.Read(context, args.Arg1, (int)args.Arg2, buffer, out Span<byte> address);
        if (error == Errno.None)
        {
            error = socket.Bind(address, SocketAddresses.Caller(context));
        }

        socket.Release();
        return error;
    }

    public static SyscallResult Listen(SyscallContext context, SyscallArguments args)
    {
        if (!SocketAddresses.TryGet(context, args.Arg0, out Socket socket, out Errno error))
        {
            return error;
        }

        error = socket.Listen((int)args.Arg1, SocketAddresses.Caller(context));
        socket.Release();
        return error;
    }

    public static ValueTask<SyscallResult> Accept(SyscallContext context, SyscallArguments args) => Accept(context, args, 0);

    public static ValueTask<SyscallResult> Accept4(SyscallContext context, SyscallArguments args) => Accept(context, args, (int)args.Arg3);

    public static async ValueTask<SyscallResult> Connect(SyscallContext context, SyscallArguments args)
    {
        if (!SocketAddresses.TryGet(context, args.Arg0, out Socket socket, out Errno error))
        {
            return error;
        }

        byte[] buffer = new byte[SocketName.MaximumSize];
        error = SocketAddresses.Read(context, args.Arg1, (int)args.Arg2, buffer, out Span<byte> given);
        if (error != Errno.None)
        {
            socket.Release();
            return error;
        }

        int length = given.Length;
        error = socket.Connect(buffer.AsSpan(0, length), SocketAddresses.Caller(context));
        if (error is not (Errno.EAGAIN or Errno.EINPROGRESS or Errno.EALREADY) || !SocketAddresses.MayWait(socket, 0))
        {
            socket.Release();
            return error;
        }

        try
        {
            return await FinishConnect(context, socket, buffer.AsMemory(0, length), error).ConfigureAwait(false);
        }
        finally
        {
            socket.Release();
        }
    }

    public static SyscallResult Shutdown(SyscallContext context, SyscallArguments args)
    {
        if (!SocketAddresses.TryGet(context, args.Arg0, out Socket socket, out Errno error))
        {
            return error;
        }

        error = (uint)args.Arg1 > SocketConstants.SHUT_RDWR ? Errno.EINVAL : socket.Shutdown((int)args.Arg1);
        socket.Release();
        return error;
    }

    public static SyscallResult GetName(SyscallContext context, SyscallArguments args) => GetName(context, args, peer: false);

    public static SyscallResult GetPeerName(SyscallContext context, SyscallArguments args) => GetName(context, args, peer: true);

    private static SyscallResult GetName(SyscallContext context, in SyscallArguments args, bool peer)
    {
        if (!SocketAddresses.TryGet(context, args.Arg0, out Socket socket, out Errno error))
        {
            return error;
        }

        Result<SocketName> name = peer ? socket.GetPeerName() : socket.GetName();
        socket.Release();
        return name.IsSuccess ? SocketAddresses.Write(context, args.Arg1, args.Arg2, name.Value) : name.Error;
    }

    private static async ValueTask<SyscallResult> FinishConnect(SyscallContext context, Socket socket, ReadOnlyMemory<byte> address, Errno state)
    {
        long? timeout = socket.WriteTimeout;
        long? deadline = Blocking.Deadline(context, timeout);
        while (true)
        {
            WaitOutcome outcome;
            if (state == Errno.EAGAIN)
            {
                // A local listener whose queue is full.
                WaitQueue? queue = (socket as UnixSocket)?.FindConnectQueue(address.Span, SocketAddresses.Caller(context));
                if (queue is null)
                {
                    return Errno.ECONNREFUSED;
                }

                outcome = await context.Thread.WaitAsync(
                    queue,
                    () => (state = socket.Connect(address.Span, SocketAddresses.Caller(context))) != Errno.EAGAIN,
                    deadline).ConfigureAwait(false);
                if (outcome == WaitOutcome.Ready)
                {
                    return state;
                }
            }
            else
            {
                outcome = await context.Thread.WaitAsync(
                    socket.WaitQueue!,
                    () => (state = socket.FinishConnect()) != Errno.EINPROGRESS,
                    deadline).ConfigureAwait(false);
                if (outcome == WaitOutcome.Ready)
                {
                    return state;
                }
            }

            return outcome == WaitOutcome.TimedOut ? state == Errno.EAGAIN ? Errno.EAGAIN : Errno.EINPROGRESS : SocketAddresses.Interrupted(timeout);
        }
    }

    private static ValueTask<SyscallResult> Accept(SyscallContext context, in SyscallArguments args, int flags)
    {
        if ((flags & ~KnownFlags) != 0)
        {
            return new(Errno.EINVAL);
        }

        if (!SocketAddresses.TryGet(context, args.Arg0, out Socket socket, out Errno error))
        {
            return new(error);
        }

        Result<Socket> accepted = socket.Accept(flags);
        if (accepted.Error == Errno.EAGAIN && SocketAddresses.MayWait(socket, 0))
        {
            return AcceptLater(context, socket, args, flags);
        }

        socket.Release();
        return new(FinishAccept(context, accepted, args, flags));
    }

    private static async ValueTask<SyscallResult> AcceptLater(SyscallContext context, Socket socket, SyscallArguments args, int flags)
    {
        Result<Socket> accepted = Errno.EAGAIN;
        long? timeout = socket.ReadTimeout;
        WaitOutcome outcome = await context.Thread.WaitAsync(
            socket.WaitQueue!,
            () => (accepted = socket.Accept(flags)).Error != Errno.EAGAIN,
            Blocking.Deadline(context, timeout)).ConfigureAwait(false);
        socket.Release();
        return outcome switch
        {
            WaitOutcome.Ready => FinishAccept(context, accepted, args, flags),
            WaitOutcome.TimedOut => Errno.EAGAIN,
            _ => SocketAddresses.Interrupted(timeout),
        };
    }

    private static SyscallResult FinishAccept(SyscallContext context, Result<Socket> accepted, in SyscallArguments args, int flags)
    {
        if (!accepted.TryGet(out Socket? socket, out Errno error))
        {
            return error;
        }

        if (args.Arg1 != 0)
        {
            SocketName name = socket is TcpSocket { Remote: { } remote } tcp ? SocketName.Of(tcp.Family, remote) : socket.GetPeerName() is { IsSuccess: true } peer ? peer.Value : SocketName.Of(null);
            error = SocketAddresses.Write(context, args.Arg1, args.Arg2, name);
            if (error != Errno.None)
            {
                socket.Release();
                return error;
            }
        }

        return OpenClose.Install(context, socket, (flags & SocketConstants.SOCK_CLOEXEC) != 0);
    }
}
