using System.Buffers.Binary;
using System.Text;
using HermiTux.Abi;
using HermiTux.Memory;

namespace HermiTux.Kernel.Sockets;

/// <summary>ioctl(2) of sockets: bytes in buffers, and the interfaces (netdevice(7)).</summary>
internal static class SocketIoctl
{
    private const int NameSize = 16;
    private const int RequestSize = 40;

    public static Result<long> Control(Socket socket, AddressSpace memory, uint request, ulong argument)
    {
        switch (request)
        {
            case SockiosConstants.SIOCINQ:
                return PutInt(memory, argument, socket.ReadableBytes);
            case SockiosConstants.SIOCOUTQ:
                return PutInt(memory, argument, socket.UnsentBytes);
            case SockiosConstants.SIOCATMARK when socket is TcpSocket or UnixSocket:
                return PutInt(memory, argument, socket is TcpSocket { IsAtMark: true } ? 1 : 0);
            case SockiosConstants.FIOGETOWN or SockiosConstants.SIOCGPGRP:
                return PutInt(memory, argument, socket.Owner.ToNumber());
            case SockiosConstants.FIOSETOWN or SockiosConstants.SIOCSPGRP:
                return !memory.TryRead(argument, out int id) ? Errno.EFAULT : SetOwner(socket, id);
            case SockiosConstants.SIOCGSTAMP_OLD:
                return Errno.ENOENT;
            case SockiosConstants.SIOCGIFCONF:
                return ListInterfaces(socket.Stack, memory, argument);
            case SockiosConstants.SIOCSIFFLAGS or SockiosConstants.SIOCSIFADDR:
                return Errno.EPERM;
            case SockiosConstants.SIOCETHTOOL:
                return Errno.EOPNOTSUPP;
            case >= SockiosConstants.SIOCGIFNAME and <= SockiosConstants.SIOCGIFTXQLEN:
                return Describe(socket.Stack, memory, request, argument);
            default:
                return Errno.ENOTTY;
        }
    }

    private static Result<long> SetOwner(Socket socket, int number)
    {
        if (!FileOwner.FromNumber(socket.Stack.Machine, number).TryGet(out FileOwner owner, out Errno error))
        {
            return error;
        }

        socket.Owner = owner;
        return 0L;
    }

    private static Result<long> PutInt(AddressSpace memory, ulong address, Result<int> value) =>
        !value.IsSuccess ? value.Error : memory.TryWrite(address, value.Value) ? 0L : Errno.EFAULT;

    private static Result<long> Describe(NetworkStack stack, AddressSpace memory, uint request, ulong argument)
    {
        Span<byte> ifreq = stackalloc byte[RequestSize];
        if (!memory.TryRead(argument, ifreq))
        {
            return Errno.EFAULT;
        }

        Span<byte> value = ifreq[NameSize..];
        if (request == SockiosConstants.SIOCGIFNAME)
        {
            if (stack.FindInterface(BinaryPrimitives.ReadInt32LittleEndian(value)) is not { } found)
            {
                return Errno.ENODEV;
            }

            PutName(ifreq, found.Name);
            return memory.TryWrite(argument, ifreq) ? 0L : Errno.EFAULT;
        }

        int end = ifreq[..NameSize].IndexOf((byte)0);
        if (stack.FindInterface(Encoding.Latin1.GetString(ifreq[..(end < 0 ? NameSize - 1 : end)])) is not { } device)
        {
            return Errno.ENODEV;
        }

        uint address = (uint)device.Address;
        switch (request)
        {
            case SockiosConstants.SIOCGIFFLAGS:
                BinaryPrimitives.WriteInt16LittleEndian(value, (short)(device.Flags & 0xFFFF));
                break;
            case SockiosConstants.SIOCGIFADDR or SockiosConstants.SIOCGIFDSTADDR:
                PutAddress(value, address);
                break;
            case SockiosConstants.SIOCGIFBRDADDR:
                PutAddress(value, device.IsLoopback ? 0 : address | ~device.NetMask);
                break;
            case SockiosConstants.SIOCGIFNETMASK:
                PutAddress(value, device.NetMask);
                break;
            case SockiosConstants.SIOCGIFMETRIC:
                value.Clear();
                break;
            case SockiosConstants.SIOCGIFMTU:
                BinaryPrimitives.WriteInt32LittleEndian(value, device.Mtu);
                break;
            case SockiosConstants.SIOCGIFHWADDR:
                value.Clear();
                BinaryPrimitives.WriteInt16LittleEndian(value, (short)(device.IsLoopback ? NetlinkConstants.ARPHRD_LOOPBACK : NetlinkConstants.ARPHRD_ETHER));
                device.HardwareAddress.CopyTo(value[2..]);
                break;
            case SockiosConstants.SIOCGIFINDEX:
                BinaryPrimitives.WriteInt32LittleEndian(value, device.Index);
                break;
            case SockiosConstants.SIOCGIFTXQLEN:
                BinaryPrimitives.WriteInt32LittleEndian(value, 1000);
                break;
            default:
                return Errno.ENOTTY;
        }

        return memory.TryWrite(argument, ifreq) ? 0L : Errno.EFAULT;
    }

    private static Result<long> ListInterfaces(NetworkStack stack, AddressSpace memory, ulong argument)
    {
        if (!memory.TryRead(argument, out int length) || !memory.TryRead(argument + 8, out ulong buffer))
        {
            return Errno.EFAULT;
        }

        int used = 0;
        Span<byte> ifreq = stackalloc byte[RequestSize];
        foreach (NetworkInterface device in stack.Interfaces)
        {
            if (buffer != 0)
            {
                if (used + RequestSize > length)
                {
                    break;
                }

                ifreq.Clear();
                PutName(ifreq, device.Name);
                PutAddress(ifreq[NameSize..], (uint)device.Address);
                if (!memory.TryWrite(buffer + (ulong)used, ifreq))
                {
                    return Errno.EFAULT;
                }
            }

            used += RequestSize;
        }

        return memory.TryWrite(argument, used) ? 0L : Errno.EFAULT;
    }

    private static void PutName(Span<byte> ifreq, string name)
    {
        ifreq[..NameSize].Clear();
        Encoding.Latin1.GetBytes(name, ifreq);
    }

    private static void PutAddress(Span<byte> value, uint address)
    {
        value[..16].Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(value, SocketConstants.AF_INET);
        BinaryPrimitives.WriteUInt32BigEndian(value[4..], address);
    }
}
