using System.Buffers.Binary;
using HermiTux.Abi;
using HermiTux.Kernel;
using HermiTux.Kernel.Sockets;

namespace HermiTux.Syscalls.Sockets;

/// <summary>Ancillary data of sendmsg(2) and recvmsg(2) (cmsg(3), unix(7), ip(7)).</summary>
internal static class ControlMessages
{
    private const int HeaderSize = 16;
    private const int MaximumDescriptors = 253;

    // net.core.optmem_max.
    private const int MaximumLength = 131072;

    /// <summary>Copies in what goes along; the files have a reference each.</summary>
    public static Errno Read(SyscallContext context, Socket socket, in Msghdr header, out ControlData? control)
    {
        control = null;
        if (header.msg_controllen > MaximumLength)
        {
            return Errno.ENOBUFS;
        }

        byte[] bytes = new byte[header.msg_controllen];
        if (!context.Memory.TryRead(header.msg_control, bytes))
        {
            return Errno.EFAULT;
        }

        var files = new List<OpenFile>();
        Ucred? credentials = null;
        Errno error = Parse(context, socket, bytes, files, ref credentials);
        if (error != Errno.None)
        {
            files.ForEach(f => f.Release());
            return error;
        }

        if (files.Count > 0 && TooManyInFlight(context, socket, files.Count))
        {
            files.ForEach(f => f.Release());
            return Errno.ETOOMANYREFS;
        }

        if (socket is UnixSocket && (files.Count > 0 || credentials is not null))
        {
            control = new ControlData { Files = [.. files], Credentials = credentials };
        }

        return Errno.None;
    }

    /// <summary>Copies out what came along, as far as there is room: MSG_CTRUNC says that there wasn't.</summary>
    public static Errno Write(SyscallContext context, Socket socket, in IncomingMessage message, in Msghdr header, int flags, ref int told, out ulong used)
    {
        used = 0;
        ulong room = header.msg_control == 0 ? 0 : header.msg_controllen;
        Span<byte> data = stackalloc byte[32];
        if (socket.Options.TimeStamps != 0 && message.Time != 0)
        {
            BinaryPrimitives.WriteInt64LittleEndian(data, message.Time / 1_000_000_000);
            long rest = message.Time % 1_000_000_000;
            BinaryPrimitives.WriteInt64LittleEndian(data[8..], socket.Options.TimeStamps == 1 ? rest / 1000 : rest);
            int type = socket.Options.TimeStamps == 1 ? SocketConstants.SO_TIMESTAMP : SocketConstants.SO_TIMESTAMPNS;
            if (!Put(context, header, room, SocketConstants.SOL_SOCKET, type, data[..16], ref used, ref told))
            {
                return Errno.EFAULT;
            }
        }

        if (socket is InetSocket inet && !WriteInternet(context, inet, message, header, room, ref used, ref told))
        {
            return Errno.EFAULT;
        }

        if (message.Control is not { } control)
        {
            return Errno.None;
        }

        if (control.Credentials is { } credentials)
        {
            BinaryPrimitives.WriteInt32LittleEndian(data, credentials.pid);
            BinaryPrimitives.WriteUInt32LittleEndian(data[4..], credentials.uid);
            BinaryPrimitives.WriteUInt32LittleEndian(data[8..], credentials.gid);
            if (!Put(context, header, room, SocketConstants.SOL_SOCKET, SocketConstants.SCM_CREDENTIALS, data[..12], ref used, ref told))
            {
                control.Release();
                return Errno.EFAULT;
            }
        }

        return control.Files.Length == 0 ? Errno.None : InstallFiles(context, control, header, room, flags, ref used, ref told);
    }

    private static Errno Parse(SyscallContext context, Socket socket, ReadOnlySpan<byte> bytes, List<OpenFile> files, ref Ucred? credentials)
    {
        while (bytes.Length >= HeaderSize)
        {
            ulong length = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
            int level = BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]);
            int type = BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]);
            if (length < HeaderSize || length > (ulong)bytes.Length)
            {
                return Errno.EINVAL;
            }

            ReadOnlySpan<byte> data = bytes[HeaderSize..(int)length];
            if (level == SocketConstants.SOL_SOCKET && ParseOne(context, socket, type, data, files, ref credentials) is not Errno.None and var error)
            {
                return error;
            }

            int next = ((int)length + 7) & ~7;
            bytes = next <= bytes.Length ? bytes[next..] : [];
        }

        return Errno.None;
    }

    private static Errno ParseOne(SyscallContext context, Socket socket, int type, ReadOnlySpan<byte> data, List<OpenFile> files, ref Ucred? credentials)
    {
        switch (type)
        {
            case SocketConstants.SCM_RIGHTS when socket is UnixSocket:
                int count = data.Length / sizeof(int);
                if (count > MaximumDescriptors || files.Count + count > MaximumDescriptors)
                {
                    return Errno.EINVAL;
                }

                for (int i = 0; i < count; i++)
                {
                    int fd = BinaryPrimitives.ReadInt32LittleEndian(data[(i * sizeof(int))..]);
                    if (fd < 0 || !context.TryGetFileOrPath((ulong)fd, out OpenFile? file, out _))
                    {
                        return Errno.EBADF;
                    }

                    files.Add(file);
                }

                return Errno.None;
            case SocketConstants.SCM_CREDENTIALS when socket is UnixSocket:
                if (data.Length != 12)
                {
                    return Errno.EINVAL;
                }

                var given = new Ucred
                {
                    pid = BinaryPrimitives.ReadInt32LittleEndian(data),
                    uid = BinaryPrimitives.ReadUInt32LittleEndian(data[4..]),
                    gid = BinaryPrimitives.ReadUInt32LittleEndian(data[8..]),
                };
                if (!MayClaim(context, given))
                {
                    return Errno.EPERM;
                }

                if (given.pid != context.Process.Pid && context.Machine.FindProcess(given.pid) is null)
                {
                    return Errno.ESRCH;
                }

                credentials = given;
                return Errno.None;
            case SocketConstants.SCM_RIGHTS or SocketConstants.SCM_CREDENTIALS:
                // Other families ignore them.
                return socket is NetlinkSocket && type == SocketConstants.SCM_RIGHTS ? Errno.EINVAL : Errno.None;
            default:
                return Errno.EINVAL;
        }
    }

    /// <summary>scm_check_creds(): one's own ids, or any of them for root.</summary>
    private static bool MayClaim(SyscallContext context, in Ucred given)
    {
        Credentials own = context.Process.Credentials;
        return own.Euid == 0 || (given.pid == context.Process.Pid && (given.uid == own.Uid || given.uid == own.Euid || given.uid == own.Suid) &&
            (given.gid == own.Gid || given.gid == own.Egid || given.gid == own.Sgid));
    }

    private static bool TooManyInFlight(SyscallContext context, Socket socket, int added)
    {
        NetworkStack stack = socket.Stack;
        long limit = context.Process.Credentials.Euid == 0 ? InFlightFiles.Maximum : (long)Math.Min(context.Process.ResourceLimits[ResourceConstants.RLIMIT_NOFILE].Soft, InFlightFiles.Maximum);
        if (stack.InFlight.Total + added > limit)
        {
            stack.InFlight.Collect();
        }

        return stack.InFlight.Total + added > limit;
    }

    /// <summary>scm_detach_fds(): descriptors for as many files as fit and the table takes; the rest are closed.</summary>
    private static Errno InstallFiles(SyscallContext context, ControlData control, in Msghdr header, ulong room, int flags, ref ulong used, ref int told)
    {
        ulong left = room - used;
        int fits = left > HeaderSize ? (int)Math.Min((left - HeaderSize) / sizeof(int), (ulong)control.Files.Length) : 0;
        ulong start = header.msg_control + used;
        int installed = 0;
        bool fault = false;
        while (installed < fits)
        {
            OpenFile file = control.Files[installed];
            file.AddReference();
            Result<int> fd = context.Process.Descriptors.Add(file, (flags & SocketConstants.MSG_CMSG_CLOEXEC) != 0);
            if (!fd.IsSuccess)
            {
                file.Release();
                break;
            }

            if (!context.Memory.TryWrite(start + HeaderSize + (ulong)(installed * sizeof(int)), fd.Value))
            {
                context.Process.Descriptors.Close(fd.Value);
                fault = true;
                break;
            }

            installed++;
        }

        if (installed > 0 && !fault)
        {
            ulong length = HeaderSize + (ulong)(installed * sizeof(int));
            Span<byte> head = stackalloc byte[HeaderSize];
            BinaryPrimitives.WriteUInt64LittleEndian(head, length);
            BinaryPrimitives.WriteInt32LittleEndian(head[8..], SocketConstants.SOL_SOCKET);
            BinaryPrimitives.WriteInt32LittleEndian(head[12..], SocketConstants.SCM_RIGHTS);
            fault = !context.Memory.TryWrite(start, head);
            used += Math.Min(left, (length + 7) & ~7UL);
        }

        told |= installed < control.Files.Length ? SocketConstants.MSG_CTRUNC : 0;
        control.Release();
        return fault ? Errno.EFAULT : Errno.None;
    }

    private static bool WriteInternet(SyscallContext context, InetSocket socket, in IncomingMessage message, in Msghdr header, ulong room, ref ulong used, ref int told)
    {
        if (socket is not UdpSocket)
        {
            return true;
        }

        Span<byte> data = stackalloc byte[20];
        IpOptions options = socket.IpOptions;
        bool v4 = message.Target.IsV4;
        int index = socket.Stack.HasOutside && !message.Target.IsLoopback && message.Target.Address == NetworkStack.GuestAddress.Address ? 2 : 1;
        bool written = true;
        if (v4 && options.Get(InetConstants.IPPROTO_IP, InetConstants.IP_PKTINFO) != 0)
        {
            BinaryPrimitives.WriteInt32LittleEndian(data, index);
            BinaryPrimitives.WriteUInt32BigEndian(data[4..], message.Target.IsMulticast ? InetEndpoint.LoopbackV4 is var loop ? (uint)loop : 0 : message.Target.V4);
            BinaryPrimitives.WriteUInt32BigEndian(data[8..], message.Target.V4);
            written &= Put(context, header, room, InetConstants.IPPROTO_IP, InetConstants.IP_PKTINFO, data[..12], ref used, ref told);
        }

        if (v4 && options.Get(InetConstants.IPPROTO_IP, InetConstants.IP_RECVTTL) != 0)
        {
            BinaryPrimitives.WriteInt32LittleEndian(data, 64);
            written &= Put(context, header, room, InetConstants.IPPROTO_IP, InetConstants.IP_TTL, data[..4], ref used, ref told);
        }

        if (v4 && options.Get(InetConstants.IPPROTO_IP, InetConstants.IP_RECVTOS) != 0)
        {
            data[0] = 0;
            written &= Put(context, header, room, InetConstants.IPPROTO_IP, InetConstants.IP_TOS, data[..1], ref used, ref told);
        }

        if (socket.Family == SocketConstants.AF_INET6 && options.Get(InetConstants.IPPROTO_IPV6, InetConstants.IPV6_RECVPKTINFO) != 0)
        {
            BinaryPrimitives.WriteUInt128BigEndian(data, message.Target.Address);
            BinaryPrimitives.WriteInt32LittleEndian(data[16..], index);
            written &= Put(context, header, room, InetConstants.IPPROTO_IPV6, InetConstants.IPV6_PKTINFO, data[..20], ref used, ref told);
        }

        if (!v4 && options.Get(InetConstants.IPPROTO_IPV6, InetConstants.IPV6_RECVHOPLIMIT) != 0)
        {
            BinaryPrimitives.WriteInt32LittleEndian(data, 64);
            written &= Put(context, header, room, InetConstants.IPPROTO_IPV6, InetConstants.IPV6_HOPLIMIT, data[..4], ref used, ref told);
        }

        if (!v4 && options.Get(InetConstants.IPPROTO_IPV6, InetConstants.IPV6_RECVTCLASS) != 0)
        {
            BinaryPrimitives.WriteInt32LittleEndian(data, 0);
            written &= Put(context, header, room, InetConstants.IPPROTO_IPV6, InetConstants.IPV6_TCLASS, data[..4], ref used, ref told);
        }

        return written;
    }

    /// <summary>put_cmsg(): one item, cut where the buffer ends. False on a fault.</summary>
    private static bool Put(SyscallContext context, in Msghdr header, ulong room, int level, int type, ReadOnlySpan<byte> data, ref ulong used, ref int told)
    {
        ulong left = room - used;
        if (left < HeaderSize)
        {
            told |= SocketConstants.MSG_CTRUNC;
            return true;
        }

        ulong length = HeaderSize + (ulong)data.Length;
        if (left < length)
        {
            told |= SocketConstants.MSG_CTRUNC;
            length = left;
        }

        Span<byte> head = stackalloc byte[HeaderSize];
        BinaryPrimitives.WriteUInt64LittleEndian(head, length);
        BinaryPrimitives.WriteInt32LittleEndian(head[8..], level);
        BinaryPrimitives.WriteInt32LittleEndian(head[12..], type);
        ulong start = header.msg_control + used;
        used += Math.Min(left, (HeaderSize + (ulong)data.Length + 7) & ~7UL);
        return context.Memory.TryWrite(start, head) && context.Memory.TryWrite(start + HeaderSize, data[..(int)(length - HeaderSize)]);
    }
}
