using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text;
using HermiTux.Abi;
using HermiTux.Memory;

namespace HermiTux.Syscalls.Trace;

/// <remarks>Addresses, messages and options of sockets.</remarks>
internal static partial class ArgumentFormatter
{
    private const int MaximumAddress = 128;
    private const int ControlHeader = 16;

    private static bool TryAppendSocket(StringBuilder text, AddressSpace memory, ArgumentKind kind, ulong address, ulong next, SyscallResult result)
    {
        switch (kind)
        {
            case ArgumentKind.SockaddrIn:
                return TryAppendAddress(text, memory, address, next);
            case ArgumentKind.SockaddrOut when result.IsError || !memory.TryRead(next, out int _):
                return false;
            case ArgumentKind.SockaddrOut:
                memory.TryRead(next, out int length);
                return TryAppendAddress(text, memory, address, (ulong)Math.Max(0, length));
            case ArgumentKind.MsghdrIn when memory.TryRead(address, out Msghdr header):
                AppendHeader(text, memory, header, long.MaxValue);
                return true;
            case ArgumentKind.MsghdrOut when !result.IsError && memory.TryRead(address, out Msghdr header):
                AppendHeader(text, memory, header, result.Raw);
                return true;
            case ArgumentKind.SocketValueIn when next == sizeof(int) && memory.TryRead(address, out int value):
                text.Append(CultureInfo.InvariantCulture, $"[{value}]");
                return true;
            case ArgumentKind.SocketValueIn:
                AppendBuffer(text, memory, address, next);
                return true;
            default:
                return false;
        }
    }

    private static bool TryAppendAddress(StringBuilder text, AddressSpace memory, ulong address, ulong length)
    {
        Span<byte> bytes = stackalloc byte[(int)Math.Min(length, MaximumAddress)];
        if (bytes.Length < 2 || !memory.TryRead(address, bytes))
        {
            return false;
        }

        int family = BinaryPrimitives.ReadUInt16LittleEndian(bytes);
        text.Append("{sa_family=").Append(FlagNames.SocketFamily(family));
        switch (family)
        {
            case SocketConstants.AF_INET when bytes.Length >= 8:
                text.Append(CultureInfo.InvariantCulture, $", sin_port=htons({BinaryPrimitives.ReadUInt16BigEndian(bytes[2..])}), sin_addr=inet_addr(\"{new IPAddress(bytes[4..8])}\")");
                break;
            case SocketConstants.AF_INET6 when bytes.Length >= 24:
                text.Append(CultureInfo.InvariantCulture, $", sin6_port=htons({BinaryPrimitives.ReadUInt16BigEndian(bytes[2..])}), inet_pton(AF_INET6, \"{new IPAddress(bytes[8..24])}\")");
                break;
            case SocketConstants.AF_UNIX when bytes.Length > 2:
                bool isAbstract = bytes[2] == 0;
                ReadOnlySpan<byte> path = isAbstract ? bytes[3..] : bytes[2..];
                int end = path.IndexOf((byte)0);
                text.Append(isAbstract ? ", sun_path=@" : ", sun_path=");
                AppendQuoted(text, !isAbstract && end >= 0 ? path[..end] : path);
                break;
            case SocketConstants.AF_NETLINK when bytes.Length >= 12:
                text.Append(CultureInfo.InvariantCulture,
                    $", nl_pid={BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..])}, nl_groups={BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..])}");
                break;
            default:
                break;
        }

        text.Append('}');
        return true;
    }

    private static void AppendHeader(StringBuilder text, AddressSpace memory, in Msghdr header, long filled)
    {
        text.Append("{msg_name=");
        if (header.msg_name == 0 || !TryAppendAddress(text, memory, header.msg_name, (ulong)Math.Max(0, header.msg_namelen)))
        {
            AppendPointer(text, header.msg_name);
        }

        text.Append(CultureInfo.InvariantCulture, $", msg_namelen={header.msg_namelen}, msg_iov=");
        AppendIovecs(text, memory, header.msg_iov, Math.Min(header.msg_iovlen, MaximumItems), filled);
        text.Append(CultureInfo.InvariantCulture, $", msg_iovlen={header.msg_iovlen}, ");
        if (header.msg_control != 0 && header.msg_controllen >= ControlHeader)
        {
            AppendControl(text, memory, header.msg_control, header.msg_controllen);
        }

        text.Append(CultureInfo.InvariantCulture, $"msg_controllen={header.msg_controllen}, msg_flags={FlagNames.Message((uint)header.msg_flags)}}}");
    }

    private static void AppendControl(StringBuilder text, AddressSpace memory, ulong address, ulong length)
    {
        text.Append("msg_control=[");
        for (int i = 0; i < MaximumItems && length >= ControlHeader; i++)
        {
            if (!memory.TryRead(address, out ulong size) || !memory.TryRead(address + 8, out int level) || !memory.TryRead(address + 12, out int type) || size < ControlHeader || size > length)
            {
                break;
            }

            string name = level == SocketConstants.SOL_SOCKET && type == SocketConstants.SCM_RIGHTS ? "SCM_RIGHTS"
                : level == SocketConstants.SOL_SOCKET && type == SocketConstants.SCM_CREDENTIALS ? "SCM_CREDENTIALS"
                : string.Create(CultureInfo.InvariantCulture, $"0x{type:x}");
            text.Append(i > 0 ? ", " : "").Append(CultureInfo.InvariantCulture, $"{{cmsg_len={size}, cmsg_level={FlagNames.SocketLevel(level)}, cmsg_type={name}");
            if (name == "SCM_RIGHTS")
            {
                text.Append(", cmsg_data=[");
                ulong count = Math.Min((size - ControlHeader) / sizeof(int), MaximumItems);
                for (ulong k = 0; k < count && memory.TryRead(address + ControlHeader + (k * sizeof(int)), out int fd); k++)
                {
                    text.Append(k > 0 ? ", " : "").Append(fd);
                }

                text.Append(']');
            }

            text.Append('}');
            ulong step = Math.Min(length, (size + 7) & ~7UL);
            address += step;
            length -= step;
        }

        text.Append("], ");
    }
}
