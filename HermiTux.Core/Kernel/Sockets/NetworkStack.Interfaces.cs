namespace HermiTux.Kernel.Sockets;

// The machine's interfaces: loopback, and a second one when the embedder offers something beyond it.
internal sealed partial class NetworkStack
{
    private readonly List<NetworkInterface> _interfaces =
    [
        new NetworkInterface(1, "lo", 65536, IsLoopback: true, InetEndpoint.LoopbackV4, 8, InetEndpoint.LoopbackV6, 128),
    ];

    /// <summary>The interfaces by index.</summary>
    public IReadOnlyList<NetworkInterface> Interfaces => _interfaces;

    /// <summary>10.0.2.15 on eth0: the guest's own address towards what the embedder offers beyond the machine.</summary>
    public static InetEndpoint GuestAddress { get; } = new(InetEndpoint.MapV4(0x0A00_020F), 0);

    /// <summary>10.0.2.2: the embedder as the guest sees it.</summary>
    public static InetEndpoint HostAddress { get; } = new(InetEndpoint.MapV4(0x0A00_0202), 0);

    /// <summary>10.0.2.3: where the embedder's resolver answers.</summary>
    public static InetEndpoint ResolverAddress { get; } = new(InetEndpoint.MapV4(0x0A00_0203), 53);

    /// <summary>What answers beyond the machine; null for nothing.</summary>
    public IOutsideNetwork? Outside { get; set; }

    /// <summary>Whether there is a network beyond loopback.</summary>
    public bool HasOutside => _interfaces.Count > 1;

    /// <summary>Adds eth0 with a default route.</summary>
    public void AddOutside()
    {
        if (!HasOutside)
        {
            _interfaces.Add(new NetworkInterface(2, "eth0", 1500, IsLoopback: false, GuestAddress.Address, 24, null, 0));
        }
    }

    /// <summary>Whether an address is the machine's own.</summary>
    public bool IsLocal(InetEndpoint endpoint) => endpoint.IsLoopback || (HasOutside && endpoint.Address == GuestAddress.Address);

    /// <summary>Whether bind(2) takes the address.</summary>
    public bool MayBind(InetEndpoint endpoint) => endpoint.IsAny || IsLocal(endpoint) || endpoint.IsMulticast || endpoint.IsBroadcast;

    /// <summary>The interface with an index or, where that is 0, with an address; null if there is none.</summary>
    public NetworkInterface? FindInterface(int index) => _interfaces.Find(i => i.Index == index);

    /// <summary>The interface of a name.</summary>
    public NetworkInterface? FindInterface(string name) => _interfaces.Find(i => i.Name == name);

    /// <summary>Where a destination of "any" goes: to this host.</summary>
    public static InetEndpoint Resolve(InetEndpoint destination) =>
        destination.Address == InetEndpoint.AnyV4 ? destination with { Address = InetEndpoint.LoopbackV4 }
        : destination.Address == InetEndpoint.AnyV6 ? destination with { Address = InetEndpoint.LoopbackV6 }
        : destination;

    /// <summary>The source address for a destination.</summary>
    public UInt128 SourceFor(InetEndpoint destination) =>
        destination.Address == GuestAddress.Address && HasOutside ? GuestAddress.Address
        : destination.IsLoopback || destination.IsMulticast || destination.IsBroadcast || !HasOutside
            ? destination.IsV4 ? InetEndpoint.LoopbackV4 : InetEndpoint.LoopbackV6
        : destination.IsV4 ? GuestAddress.Address : InetEndpoint.LoopbackV6;
}

/// <summary>A network interface as ioctl(2), netlink and /proc/net show it.</summary>
/// <param name="Index">From 1.</param>
/// <param name="Name">Name.</param>
/// <param name="Mtu">Bytes of a packet.</param>
/// <param name="IsLoopback">Whether it is lo.</param>
/// <param name="Address">IPv4 address, mapped.</param>
/// <param name="PrefixLength">Of the IPv4 network.</param>
/// <param name="AddressV6">IPv6 address; null for none.</param>
/// <param name="PrefixLengthV6">Of the IPv6 network.</param>
internal sealed record NetworkInterface(int Index, string Name, int Mtu, bool IsLoopback, UInt128 Address, int PrefixLength, UInt128? AddressV6, int PrefixLengthV6)
{
    /// <summary>IFF_* flags.</summary>
    public int Flags => IsLoopback
        ? Abi.NetlinkConstants.IFF_UP | Abi.NetlinkConstants.IFF_LOOPBACK | Abi.NetlinkConstants.IFF_RUNNING | Abi.NetlinkConstants.IFF_LOWER_UP
        : Abi.NetlinkConstants.IFF_UP | Abi.NetlinkConstants.IFF_BROADCAST | Abi.NetlinkConstants.IFF_RUNNING | Abi.NetlinkConstants.IFF_MULTICAST | Abi.NetlinkConstants.IFF_LOWER_UP;

    /// <summary>The six bytes of the hardware address.</summary>
    public byte[] HardwareAddress => IsLoopback ? new byte[6] : [0x52, 0x54, 0, 0x12, 0x34, (byte)(0x54 + Index)];

    /// <summary>The IPv4 net mask in host order.</summary>
    public uint NetMask => uint.MaxValue << (32 - PrefixLength);
}

/// <summary>What lies beyond the machine's own addresses, if the embedder allows something. Called with no lock of a queue held; must not block.</summary>
internal interface IOutsideNetwork
{
    /// <summary>Begins a connection, which ends with <see cref="TcpSocket.CompleteOutside"/> or <see cref="TcpSocket.FailConnect"/>.</summary>
    void BeginConnect(TcpSocket socket, InetEndpoint remote, CancellationToken cancellationToken);

    /// <summary>Sends a datagram; it may be lost.</summary>
    void SendDatagram(UdpSocket socket, ReadOnlySpan<byte> payload, InetEndpoint source, InetEndpoint target);
}
