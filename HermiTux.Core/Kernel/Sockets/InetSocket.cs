using HermiTux.Abi;

namespace HermiTux.Kernel.Sockets;

/// <summary>What TCP and UDP sockets of both internet families have in common (ip(7), ipv6(7)).</summary>
internal abstract class InetSocket : Socket
{
    protected InetSocket(NetworkStack stack, int family, int type, int protocol, int flags, uint ownerUid) : base(stack, family, type, protocol, flags)
    {
        OwnerUid = ownerUid;
        Local = new InetEndpoint(AnyAddress, 0);
    }

    /// <summary>The own address; a port of 0 is none yet. Set by the port table.</summary>
    public InetEndpoint Local { get; set; }

    /// <summary>Who made the socket, for SO_REUSEPORT and /proc/net.</summary>
    public uint OwnerUid { get; }

    /// <summary>IPV6_V6ONLY.</summary>
    public bool IsV6Only => Family == SocketConstants.AF_INET6 && IpOptions.Get(InetConstants.IPPROTO_IPV6, InetConstants.IPV6_V6ONLY) != 0;

    /// <summary>The options of IPPROTO_IP, IPPROTO_IPV6 and the transport that are only kept.</summary>
    public IpOptions IpOptions { get; } = new();

    /// <summary>Whether the program chose the port.</summary>
    protected bool IsBound { get; set; }

    /// <summary>Guards the state.</summary>
    protected Lock StateLock { get; } = new();

    protected UInt128 AnyAddress => Family == SocketConstants.AF_INET ? InetEndpoint.AnyV4 : InetEndpoint.AnyV6;

    /// <summary>The other end; null when there is none.</summary>
    protected abstract InetEndpoint? Peer { get; }

    /// <inheritdoc/>
    public override Errno Bind(ReadOnlySpan<byte> address, in SocketCaller caller)
    {
        if (ParseLocal(address, out InetEndpoint local) is not Errno.None and var bad)
        {
            return bad;
        }

        lock (StateLock)
        {
            if (Local.Port != 0 || Peer is not null)
            {
                return Errno.EINVAL;
            }

            if (!Stack.MayBind(local) && IpOptions.Get(InetConstants.IPPROTO_IP, InetConstants.IP_FREEBIND) == 0)
            {
                return Errno.EADDRNOTAVAIL;
            }

            Errno error = Stack.BindPort(this, local, caller.IsPrivileged);
            IsBound = error == Errno.None;
            if (error != Errno.None)
            {
                return error;
            }
        }

        OnBound();
        return Errno.None;
    }

    /// <inheritdoc/>
    public override Result<SocketName> GetName() => SocketName.Of(Family, Local);

    /// <inheritdoc/>
    public override Result<SocketName> GetPeerName() => Peer is { } peer ? SocketName.Of(Family, peer) : Errno.ENOTCONN;

    /// <inheritdoc/>
    public override Errno SetOption(int level, int name, ReadOnlySpan<byte> value, in SocketCaller caller) =>
        InetOptions.Set(this, level, name, value, caller);

    /// <inheritdoc/>
    public override Result<int> GetOption(int level, int name, Span<byte> value) => InetOptions.Get(this, level, name, value);

    /// <summary>Whether IPV6_V6ONLY may still change.</summary>
    public bool HasPort => Local.Port != 0;

    /// <summary>For options that ask whether there is a connection.</summary>
    public bool HasPeer => Peer is not null;

    protected virtual void OnBound()
    {
    }

    /// <summary>A destination for connect(2) or sendto(2), checked as Linux does and with "any" resolved.</summary>
    protected Errno ParseRemote(ReadOnlySpan<byte> address, out InetEndpoint remote)
    {
        Errno error = SocketName.DecodeInet(address, Family, out int given, out remote);
        if (error != Errno.None)
        {
            return error;
        }

        if (given != Family && !(Type == SocketConstants.SOCK_DGRAM && given == SocketConstants.AF_UNSPEC))
        {
            return Errno.EAFNOSUPPORT;
        }

        remote = NetworkStack.Resolve(remote);
        return IsV6Only && remote.IsV4 ? Errno.ENETUNREACH : Errno.None;
    }

    private Errno ParseLocal(ReadOnlySpan<byte> address, out InetEndpoint local)
    {
        Errno error = SocketName.DecodeInet(address, Family, out int given, out local);
        if (error != Errno.None)
        {
            return error;
        }

        if (given != Family && !(Family == SocketConstants.AF_INET && given == SocketConstants.AF_UNSPEC && local.Address == InetEndpoint.AnyV4))
        {
            return Errno.EAFNOSUPPORT;
        }

        return (IsV6Only && local.IsV4) || (Type == SocketConstants.SOCK_STREAM && !local.IsV4 && local.IsMulticast) ? Errno.EINVAL : Errno.None;
    }
}

/// <summary>Integer options by family and name, where nothing but keeping them is asked. Thread-safe.</summary>
internal sealed class IpOptions
{
    private readonly Dictionary<(int Level, int Name), int> _values = [];

    /// <summary>The value, or <paramref name="fallback"/>.</summary>
    public int Get(int level, int name, int fallback = 0)
    {
        lock (_values)
        {
            return _values.GetValueOrDefault((level, name), fallback);
        }
    }

    /// <summary>Keeps a value.</summary>
    public void Set(int level, int name, int value)
    {
        lock (_values)
        {
            _values[(level, name)] = value;
        }
    }

    /// <summary>What accept(2) hands on.</summary>
    public void InheritFrom(IpOptions parent)
    {
        lock (parent._values)
        {
            foreach (((int Level, int Name) key, int value) in parent._values)
            {
                _values[key] = value;
            }
        }
    }
}
