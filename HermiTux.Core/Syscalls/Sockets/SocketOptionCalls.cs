using System.Buffers.Binary;
using HermiTux.Abi;
using HermiTux.Kernel;
using HermiTux.Kernel.Sockets;

namespace HermiTux.Syscalls.Sockets;

/// <summary>setsockopt(2) and getsockopt(2): SOL_SOCKET here, the other levels by the family.</summary>
internal static class SocketOptionCalls
{
    private const int MaximumValue = 4096;

    // Options that are kept without effect; those of truth values, and those that need privilege.
    private static readonly HashSet<int> s_kept =
    [
        SocketConstants.SO_DEBUG, SocketConstants.SO_DONTROUTE, SocketConstants.SO_KEEPALIVE, SocketConstants.SO_NO_CHECK,
        SocketConstants.SO_PRIORITY, SocketConstants.SO_PASSSEC, SocketConstants.SO_RXQ_OVFL, SocketConstants.SO_LOCK_FILTER, SocketConstants.SO_BUSY_POLL,
        SocketConstants.SO_MAX_PACING_RATE, SocketConstants.SO_INCOMING_CPU, SocketConstants.SO_ZEROCOPY, SocketConstants.SO_MARK, SocketConstants.SO_TIMESTAMPING,
        SocketConstants.SO_BINDTOIFINDEX, SocketConstants.SO_PREFER_BUSY_POLL,
    ];

    private static readonly HashSet<int> s_flags =
    [
        SocketConstants.SO_DEBUG, SocketConstants.SO_DONTROUTE, SocketConstants.SO_KEEPALIVE, SocketConstants.SO_NO_CHECK,
        SocketConstants.SO_PASSSEC, SocketConstants.SO_RXQ_OVFL, SocketConstants.SO_LOCK_FILTER, SocketConstants.SO_PREFER_BUSY_POLL,
    ];

    public static SyscallResult Set(SyscallContext context, SyscallArguments args)
    {
        int length = (int)args.Arg4;
        if (length < 0)
        {
            return Errno.EINVAL;
        }

        if (!SocketAddresses.TryGet(context, args.Arg0, out Socket socket, out Errno error))
        {
            return error;
        }

        // No option is longer than this; what is beyond isn't looked at.
        Span<byte> buffer = stackalloc byte[512];
        Span<byte> value = buffer[..Math.Min(length, buffer.Length)];
        error = length > MaximumValue * 16 ? Errno.EINVAL
            : !context.Memory.TryRead(args.Arg3, value) ? Errno.EFAULT
            : (int)args.Arg1 == SocketConstants.SOL_SOCKET ? SetSocket(context, socket, (int)args.Arg2, value)
            : socket.SetOption((int)args.Arg1, (int)args.Arg2, value, SocketAddresses.Caller(context));
        socket.Release();
        return error;
    }

    public static SyscallResult Get(SyscallContext context, SyscallArguments args)
    {
        if (!SocketAddresses.TryGet(context, args.Arg0, out Socket socket, out Errno error))
        {
            return error;
        }

        Span<byte> buffer = stackalloc byte[512];
        if (!context.Memory.TryRead(args.Arg4, out int length))
        {
            error = Errno.EFAULT;
        }
        else if (length < 0)
        {
            error = Errno.EINVAL;
        }

        Result<int> got = error != Errno.None ? error
            : (int)args.Arg1 == SocketConstants.SOL_SOCKET ? GetSocket(context, socket, (int)args.Arg2, buffer[..Math.Min(length, buffer.Length)])
            : socket.GetOption((int)args.Arg1, (int)args.Arg2, buffer[..Math.Min(length, buffer.Length)]);
        socket.Release();
        return !got.IsSuccess ? got.Error
            : context.Memory.TryWrite(args.Arg3, buffer[..got.Value]) && context.Memory.TryWrite(args.Arg4, got.Value) ? 0 : Errno.EFAULT;
    }

    private static Errno SetSocket(SyscallContext context, Socket socket, int name, ReadOnlySpan<byte> value)
    {
        if (name == SocketConstants.SO_BINDTODEVICE)
        {
            int end = value.IndexOf((byte)0);
            string device = System.Text.Encoding.Latin1.GetString(end >= 0 ? value[..end] : value);
            return device.Length == 0 || socket.Stack.FindInterface(device) is not null ? Errno.None : Errno.ENODEV;
        }

        if (value.Length < sizeof(int))
        {
            return Errno.EINVAL;
        }

        int number = BinaryPrimitives.ReadInt32LittleEndian(value);
        SocketOptions options = socket.Options;
        bool privileged = SocketAddresses.Caller(context).IsPrivileged;
        switch (name)
        {
            case SocketConstants.SO_REUSEADDR:
                options.ReuseAddress = number != 0;
                return Errno.None;
            case SocketConstants.SO_REUSEPORT:
                if (number != 0 && socket is not InetSocket)
                {
                    return Errno.EOPNOTSUPP;
                }

                options.ReusePort = number != 0;
                return Errno.None;
            case SocketConstants.SO_BROADCAST:
                options.Broadcast = number != 0;
                return Errno.None;
            case SocketConstants.SO_SNDBUF:
            case SocketConstants.SO_SNDBUFFORCE when privileged:
                int sendLimit = name == SocketConstants.SO_SNDBUF ? SocketOptions.MaximumBuffer : SocketOptions.MaximumForcedBuffer / 2;
                options.SendBuffer = Math.Max(SocketOptions.MinimumSendBuffer, 2 * (int)Math.Min((uint)number, (uint)sendLimit));
                options.HasFixedSendBuffer = true;
                socket.OnOptionsChanged();
                return Errno.None;
            case SocketConstants.SO_RCVBUF:
            case SocketConstants.SO_RCVBUFFORCE when privileged:
                int receiveLimit = name == SocketConstants.SO_RCVBUF ? SocketOptions.MaximumBuffer : SocketOptions.MaximumForcedBuffer / 2;
                options.ReceiveBuffer = Math.Max(SocketOptions.MinimumReceiveBuffer, 2 * (int)Math.Min((uint)number, (uint)receiveLimit));
                options.HasFixedReceiveBuffer = true;
                socket.OnOptionsChanged();
                return Errno.None;
            case SocketConstants.SO_SNDBUFFORCE or SocketConstants.SO_RCVBUFFORCE:
                return Errno.EPERM;
            case SocketConstants.SO_LINGER:
                if (value.Length < 2 * sizeof(int))
                {
                    return Errno.EINVAL;
                }

                options.Linger = number != 0;
                options.LingerSeconds = number != 0 ? BinaryPrimitives.ReadInt32LittleEndian(value[4..]) : options.LingerSeconds;
                return Errno.None;
            case SocketConstants.SO_OOBINLINE:
                options.IsUrgentInline = number != 0;
                return Errno.None;
            case SocketConstants.SO_PASSCRED:
                if (socket is InetSocket)
                {
                    return Errno.EOPNOTSUPP;
                }

                options.PassCredentials = number != 0;
                return Errno.None;
            case SocketConstants.SO_RCVLOWAT:
                number = number < 0 ? int.MaxValue : number;
                options.ReceiveLowWater = number == 0 ? 1 : number;
                socket.OnOptionsChanged();
                return Errno.None;
            case SocketConstants.SO_SNDLOWAT:
                return Errno.ENOPROTOOPT;
            case SocketConstants.SO_RCVTIMEO or SocketConstants.SO_RCVTIMEO_NEW or SocketConstants.SO_SNDTIMEO or SocketConstants.SO_SNDTIMEO_NEW:
                return SetTimeout(options, name is SocketConstants.SO_RCVTIMEO or SocketConstants.SO_RCVTIMEO_NEW, value);
            case SocketConstants.SO_TIMESTAMP or SocketConstants.SO_TIMESTAMP_NEW:
                options.TimeStamps = number != 0 ? 1 : 0;
                return Errno.None;
            case SocketConstants.SO_TIMESTAMPNS or SocketConstants.SO_TIMESTAMPNS_NEW:
                options.TimeStamps = number != 0 ? 2 : 0;
                return Errno.None;
            case SocketConstants.SO_PEEK_OFF:
                if (socket is TcpSocket or NetlinkSocket)
                {
                    return Errno.EOPNOTSUPP;
                }

                options.PeekOffset = Math.Max(-1, number);
                return Errno.None;
            case SocketConstants.SO_MARK or SocketConstants.SO_DEBUG when number != 0 && !privileged:
                return name == SocketConstants.SO_MARK ? Errno.EPERM : Errno.EACCES;
            case SocketConstants.SO_PRIORITY when (uint)number > 6 && !privileged:
                return Errno.EPERM;
            case SocketConstants.SO_ZEROCOPY when number is < 0 or > 1:
                return Errno.EINVAL;
            case SocketConstants.SO_BSDCOMPAT:
                return Errno.None;
            case SocketConstants.SO_ATTACH_FILTER or SocketConstants.SO_ATTACH_BPF:
                return value.Length < 16 ? Errno.EINVAL : Errno.EPERM;
            case SocketConstants.SO_DETACH_FILTER:
                return Errno.ENOENT;
            case SocketConstants.SO_TYPE or SocketConstants.SO_PROTOCOL or SocketConstants.SO_DOMAIN or SocketConstants.SO_ERROR:
                return Errno.ENOPROTOOPT;
            default:
                break;
        }

        if (!s_kept.Contains(name))
        {
            return Errno.ENOPROTOOPT;
        }

        lock (options.Kept)
        {
            options.Kept[name] = s_flags.Contains(name) ? number != 0 ? 1 : 0 : number;
        }

        return Errno.None;
    }

    private static Errno SetTimeout(SocketOptions options, bool receive, ReadOnlySpan<byte> value)
    {
        if (value.Length < 16)
        {
            return Errno.EINVAL;
        }

        long seconds = BinaryPrimitives.ReadInt64LittleEndian(value);
        long microseconds = BinaryPrimitives.ReadInt64LittleEndian(value[8..]);
        if (microseconds is < 0 or >= 1_000_000)
        {
            return Errno.EDOM;
        }

        // A negative time is none at all: the call gives EAGAIN at once.
        long? timeout = seconds < 0 ? 0
            : seconds == 0 && microseconds == 0 || seconds > long.MaxValue / 1_000_000_000 - 1 ? null
            : (seconds * 1_000_000_000) + (microseconds * 1000);
        if (receive)
        {
            options.ReceiveTimeout = timeout;
        }
        else
        {
            options.SendTimeout = timeout;
        }

        return Errno.None;
    }

    private static Result<int> GetSocket(SyscallContext context, Socket socket, int name, Span<byte> value)
    {
        SocketOptions options = socket.Options;
        switch (name)
        {
            case SocketConstants.SO_TYPE:
                return Put(value, socket.Type);
            case SocketConstants.SO_DOMAIN:
                return Put(value, socket.Family);
            case SocketConstants.SO_PROTOCOL:
                return Put(value, socket.Protocol);
            case SocketConstants.SO_ERROR:
                return Put(value, (int)(socket is TcpSocket tcp ? tcp.TakePendingError() : socket is UnixSocket unix ? unix.TakePendingError() : socket.TakeError()));
            case SocketConstants.SO_ACCEPTCONN:
                return Put(value, socket.IsListening ? 1 : 0);
            case SocketConstants.SO_REUSEADDR:
                return Put(value, options.ReuseAddress ? 1 : 0);
            case SocketConstants.SO_REUSEPORT:
                return Put(value, options.ReusePort ? 1 : 0);
            case SocketConstants.SO_BROADCAST:
                return Put(value, options.Broadcast ? 1 : 0);
            case SocketConstants.SO_SNDBUF:
                return Put(value, options.SendBuffer);
            case SocketConstants.SO_RCVBUF:
                return Put(value, options.ReceiveBuffer);
            case SocketConstants.SO_OOBINLINE:
                return Put(value, options.IsUrgentInline ? 1 : 0);
            case SocketConstants.SO_PASSCRED:
                return socket is InetSocket ? Errno.EOPNOTSUPP : Put(value, options.PassCredentials ? 1 : 0);
            case SocketConstants.SO_RCVLOWAT:
                return Put(value, options.ReceiveLowWater);
            case SocketConstants.SO_SNDLOWAT:
                return Put(value, 1);
            case SocketConstants.SO_TIMESTAMP or SocketConstants.SO_TIMESTAMP_NEW:
                return Put(value, options.TimeStamps == 1 ? 1 : 0);
            case SocketConstants.SO_TIMESTAMPNS or SocketConstants.SO_TIMESTAMPNS_NEW:
                return Put(value, options.TimeStamps == 2 ? 1 : 0);
            case SocketConstants.SO_PEEK_OFF:
                return socket is TcpSocket or NetlinkSocket ? Errno.EOPNOTSUPP : Put(value, options.PeekOffset);
            case SocketConstants.SO_BSDCOMPAT:
                return Put(value, 0);
            case SocketConstants.SO_LINGER:
                Span<byte> linger = stackalloc byte[8];
                BinaryPrimitives.WriteInt32LittleEndian(linger, options.Linger ? 1 : 0);
                BinaryPrimitives.WriteInt32LittleEndian(linger[4..], options.LingerSeconds);
                return Put(value, linger);
            case SocketConstants.SO_RCVTIMEO or SocketConstants.SO_RCVTIMEO_NEW:
                return PutTime(value, options.ReceiveTimeout);
            case SocketConstants.SO_SNDTIMEO or SocketConstants.SO_SNDTIMEO_NEW:
                return PutTime(value, options.SendTimeout);
            case SocketConstants.SO_PEERCRED:
                Ucred peer = socket.PeerCredentials;
                Span<byte> credentials = stackalloc byte[12];
                BinaryPrimitives.WriteInt32LittleEndian(credentials, peer.pid);
                BinaryPrimitives.WriteUInt32LittleEndian(credentials[4..], peer.uid);
                BinaryPrimitives.WriteUInt32LittleEndian(credentials[8..], peer.gid);
                return Put(value, credentials);
            case SocketConstants.SO_PEERNAME:
                if (!socket.GetPeerName().TryGet(out SocketName peerName, out _))
                {
                    return Errno.ENOTCONN;
                }

                Span<byte> address = stackalloc byte[SocketName.MaximumSize];
                int length = peerName.Encode(address);
                return length < value.Length ? Errno.EINVAL : Put(value, address[..length]);
            case SocketConstants.SO_PEERGROUPS:
                return socket is UnixSocket { PeerCredentials.pid: > 0 } ? 0 : Errno.ENODATA;
            case SocketConstants.SO_PEERSEC:
                return Errno.ENOPROTOOPT;
            case SocketConstants.SO_BINDTODEVICE:
                return 0;
            case SocketConstants.SO_COOKIE:
                if (value.Length < sizeof(ulong))
                {
                    return Errno.EINVAL;
                }

                BinaryPrimitives.WriteUInt64LittleEndian(value, socket.Number);
                return sizeof(ulong);
            case SocketConstants.SO_ATTACH_FILTER:
                return 0;
            default:
                break;
        }

        if (!s_kept.Contains(name))
        {
            return Errno.ENOPROTOOPT;
        }

        lock (options.Kept)
        {
            return Put(value, options.Kept.GetValueOrDefault(name, name is SocketConstants.SO_INCOMING_CPU or SocketConstants.SO_MAX_PACING_RATE ? -1 : 0));
        }
    }

    private static int PutTime(Span<byte> value, long? nanoseconds)
    {
        Span<byte> time = stackalloc byte[16];
        BinaryPrimitives.WriteInt64LittleEndian(time, (nanoseconds ?? 0) / 1_000_000_000);
        BinaryPrimitives.WriteInt64LittleEndian(time[8..], (nanoseconds ?? 0) % 1_000_000_000 / 1000);
        return Put(value, time);
    }

    private static int Put(Span<byte> value, int number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        return Put(value, bytes);
    }

    private static int Put(Span<byte> value, ReadOnlySpan<byte> bytes)
    {
        int length = Math.Min(value.Length, bytes.Length);
        bytes[..length].CopyTo(value);
        return length;
    }
}
