using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using HermiTux.Abi;
using HermiTux.Kernel.Sockets;

namespace HermiTux.Kernel.FileSystems;

/// <summary>/proc/net (proc(5)): the machine's sockets, interfaces and routes, in the formats that ss(8), netstat(8) and libraries read.</summary>
internal static class ProcNetFiles
{
    private const int Established = 1;
    private const int Unconnected = 7;

    /// <summary>Adds the files to a directory.</summary>
    public static void AddTo(VirtualDirectory net, string path, Machine machine)
    {
        Add("dev", () => Devices(machine.Network));
        Add("tcp", () => Inet(machine.Network, tcp: true, SocketConstants.AF_INET));
        Add("tcp6", () => Inet(machine.Network, tcp: true, SocketConstants.AF_INET6));
        Add("udp", () => Inet(machine.Network, tcp: false, SocketConstants.AF_INET));
        Add("udp6", () => Inet(machine.Network, tcp: false, SocketConstants.AF_INET6));
        Add("unix", () => Unix(machine.Network));
        Add("route", () => Routes(machine.Network));
        Add("ipv6_route", () => "");
        Add("if_inet6", () => AddressesV6(machine.Network));
        Add("raw", () => "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n");
        Add("netlink", () => "sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n");
        Add("arp", () => "IP address       HW type     Flags       HW address            Mask     Device\n");
        Add("sockstat", () => SocketCounts(machine.Network));

        void Add(string name, Func<string> text) => net.Add(name, new VirtualContentNode($"{path}/{name}", () => Encoding.UTF8.GetBytes(text())));
    }

    private static string Devices(NetworkStack stack)
    {
        var text = new StringBuilder(
            "Inter-|   Receive                                                |  Transmit\n face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n");
        foreach (NetworkInterface device in stack.Interfaces)
        {
            text.Append(device.Name.PadLeft(6)).Append(":       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0\n");
        }

        return text.ToString();
    }

    private static string Inet(NetworkStack stack, bool tcp, int family)
    {
        bool v6 = family == SocketConstants.AF_INET6;
        var text = new StringBuilder(v6
            ? "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"
            : "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode");
        text.Append(tcp ? v6 ? "\n" : "                                                     \n" : " ref pointer drops\n");
        int line = 0;
        foreach (InetSocket socket in stack.ListInet(tcp).Where(s => s.Family == family))
        {
            var nobody = new InetEndpoint(v6 ? InetEndpoint.AnyV6 : InetEndpoint.AnyV4, 0);
            InetEndpoint remote = (socket is TcpSocket stream ? stream.Remote : ((UdpSocket)socket).Connected) ?? nobody;
            int state = socket switch
            {
                TcpSocket { IsInTimeWait: true } => (int)TcpState.TimeWait,
                TcpSocket connection => (int)connection.State,
                UdpSocket { Connected: not null } => Established,
                _ => Unconnected,
            };
            bool gone = socket is TcpSocket { IsInTimeWait: true };
            int unsent = !gone && socket.UnsentBytes is { IsSuccess: true } sent ? sent.Value : 0;
            long unread = gone ? 0 : socket is TcpSocket { IsListening: true } listener ? listener.Backlog.Waiting
                : socket is UdpSocket datagrams ? datagrams.QueuedBytes
                : socket.ReadableBytes is { IsSuccess: true } got ? got.Value : 0;
            text.Append(CultureInfo.InvariantCulture, $"{line,4}: ");
            AppendAddress(text, socket.Local, v6);
            text.Append(' ');
            AppendAddress(text, remote, v6);
            text.Append(CultureInfo.InvariantCulture,
                $" {state:X2} {unsent:X8}:{unread:X8} 00:00000000 00000000 {socket.OwnerUid,5}        0 {(gone ? 0 : socket.Number)} {(gone ? 3 : 2)} 0000000000000000");
            text.Append(tcp ? " 20 4 30 10 -1\n" : string.Create(CultureInfo.InvariantCulture, $" {((socket as UdpSocket)?.Dropped ?? 0)}\n"));
            line++;
        }

        return text.ToString();
    }

    private static void AppendAddress(StringBuilder text, InetEndpoint endpoint, bool v6)
    {
        // Words of 32 bits in host order, each of an address in network order.
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, endpoint.Address);
        for (int i = v6 ? 0 : 12; i < bytes.Length; i += sizeof(uint))
        {
            text.Append(BinaryPrimitives.ReadUInt32LittleEndian(bytes[i..]).ToString("X8", CultureInfo.InvariantCulture));
        }

        text.Append(CultureInfo.InvariantCulture, $":{endpoint.Port:X4}");
    }

    private static string Unix(NetworkStack stack)
    {
        var text = new StringBuilder("Num       RefCount Protocol Flags    Type St Inode Path\n");
        foreach (UnixSocket socket in stack.ListNamedUnix())
        {
            text.Append(CultureInfo.InvariantCulture,
                $"0000000000000000: {2:X8} {0:X8} {(socket.IsListening ? 0x10000 : 0):X8} {socket.Type:X4} {(socket.IsListening ? 1 : 3):X2} {socket.Number} {socket.Name}\n");
        }

        return text.ToString();
    }

    private static string Routes(NetworkStack stack)
    {
        var text = new StringBuilder("Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT                                                       \n");
        foreach (NetworkInterface device in stack.Interfaces.Where(i => !i.IsLoopback))
        {
            Route(0, (uint)NetworkStack.HostAddress.Address, 3, 0);
            Route((uint)device.Address & device.NetMask, 0, 1, device.NetMask);

            void Route(uint destination, uint gateway, int flags, uint mask) => text.Append(CultureInfo.InvariantCulture,
                $"{device.Name}\t{Swapped(destination):X8}\t{Swapped(gateway):X8}\t{flags:X4}\t0\t0\t0\t{Swapped(mask):X8}\t0\t0\t0{"",-79}\n");
        }

        return text.ToString();

        static uint Swapped(uint value) => BinaryPrimitives.ReverseEndianness(value);
    }

    private static string AddressesV6(NetworkStack stack)
    {
        var text = new StringBuilder();
        foreach (NetworkInterface device in stack.Interfaces)
        {
            if (device.AddressV6 is { } address)
            {
                text.Append(CultureInfo.InvariantCulture, $"{(ulong)(address >> 64):x16}{(ulong)address:x16} {device.Index:x2} {device.PrefixLengthV6:x2} 10 80 {device.Name,8}\n");
            }
        }

        return text.ToString();
    }

    private static string SocketCounts(NetworkStack stack)
    {
        int tcp = stack.ListInet(tcp: true).Count;
        int udp = stack.ListInet(tcp: false).Count;
        return string.Create(CultureInfo.InvariantCulture,
            $"sockets: used {tcp + udp}\nTCP: inuse {tcp} orphan 0 tw 0 alloc {tcp} mem 0\nUDP: inuse {udp} mem 0\nUDPLITE: inuse 0\nRAW: inuse 0\nFRAG: inuse 0 memory 0\n");
    }
}
