using HermiTux.Abi;

namespace HermiTux.Kernel.Sockets;

// Ports of TCP and UDP: who has which, and who may share one.
internal sealed partial class NetworkStack
{
    // net.ipv4.ip_local_port_range.
    private const int FirstEphemeral = 32768;
    private const int LastEphemeral = 60999;
    private const int FirstUnprivileged = 1024;
    private const long TimeWaitNanoseconds = 60_000_000_000;
    private const int MaximumTimeWait = 4096;

    private readonly Lock _portLock = new();
    private readonly PortTable _tcp = new();
    private readonly PortTable _udp = new();
    private readonly Queue<TimeWait> _timeWaits = new();

    /// <summary>Woken when somebody begins to listen or binds a datagram socket: the embedder's side waits for that.</summary>
    public WaitQueue Listening { get; } = new();

    /// <summary>bind(2) of an internet socket: a port of 0 chooses one. EADDRINUSE, EACCES below 1024 without privilege, EADDRNOTAVAIL for a foreign address.</summary>
    public Errno BindPort(InetSocket socket, InetEndpoint local, bool isPrivileged)
    {
        lock (_portLock)
        {
            PortTable table = TableOf(socket);
            if (local.Port != 0)
            {
                if (local.Port < FirstUnprivileged && !isPrivileged)
                {
                    return Errno.EACCES;
                }

                ExpireTimeWaits();
                if (table.Find(local.Port).Any(other => Conflicts(socket, local, other)))
                {
                    return Errno.EADDRINUSE;
                }
            }
            else
            {
                // bind(2) takes odd ports first and leaves the even ones to connect(2).
                int port = ChoosePort(odd: true, candidate => !table.Find(candidate).Any(other => Overlaps(socket, local, other)));
                if (port == 0)
                {
                    return Errno.EADDRINUSE;
                }

                local = local with { Port = (ushort)port };
            }

            socket.Local = local;
            table.Add(local.Port, socket);
            return Errno.None;
        }
    }

    /// <summary>listen(2) looks again: of sockets that share a port by SO_REUSEADDR, one may listen.</summary>
    public Errno CheckListen(InetSocket socket)
    {
        lock (_portLock)
        {
            ExpireTimeWaits();
            return TableOf(socket).Find(socket.Local.Port).Any(other => !ReferenceEquals(other, socket) && other.IsListening && Conflicts(socket, socket.Local, other))
                ? Errno.EADDRINUSE : Errno.None;
        }
    }

    /// <summary>connect(2) chooses a port: one that isn't in use for the same other end.</summary>
    public Errno ChooseLocalPort(InetSocket socket, UInt128 address, InetEndpoint remote)
    {
        lock (_portLock)
        {
            PortTable table = TableOf(socket);
            var wanted = new InetEndpoint(address, 0);
            int port = ChoosePort(odd: false, candidate => !table.Find(candidate).Any(other =>
                other is not TcpSocket tcp || tcp.Remote is not { } there ? Overlaps(socket, wanted, other) : there == remote && other.Local.Address == address));
            if (port == 0)
            {
                return Errno.EADDRNOTAVAIL;
            }

            socket.Local = new InetEndpoint(address, (ushort)port);
            table.Add(socket.Local.Port, socket);
            return Errno.None;
        }
    }

    /// <summary>Whether another connection has the same two ends.</summary>
    public bool IsConnectionTaken(TcpSocket socket, InetEndpoint local, InetEndpoint remote)
    {
        lock (_portLock)
        {
            ExpireTimeWaits();
            return _tcp.Find(local.Port).Any(other => !ReferenceEquals(other, socket) && other is TcpSocket { Remote: { } there } && there == remote && other.Local == local);
        }
    }

    /// <summary>A connection that was accepted has its listener's port.</summary>
    public void AddAccepted(TcpSocket socket)
    {
        lock (_portLock)
        {
            _tcp.Add(socket.Local.Port, socket);
        }
    }

    /// <summary>The socket's port is free again, at once or after TIME-WAIT.</summary>
    public void ReleasePort(InetSocket socket, bool lingersInTimeWait)
    {
        lock (_portLock)
        {
            TableOf(socket).Remove(socket.Local.Port, socket);
            if (lingersInTimeWait)
            {
                ExpireTimeWaits();
                if (_timeWaits.Count >= MaximumTimeWait)
                {
                    _tcp.Remove(_timeWaits.Peek().Port, _timeWaits.Dequeue().Socket);
                }

                var rest = new TimeWait(socket.Local.Port, socket, Machine.MonotonicNanoseconds + TimeWaitNanoseconds);
                _timeWaits.Enqueue(rest);
                _tcp.Add(rest.Port, socket);
            }
        }
    }

    /// <summary>The listener for a destination: an exact address before a wildcard; of several that share the port (SO_REUSEPORT) one by turns.</summary>
    public TcpSocket? FindListener(InetEndpoint destination, InetEndpoint source)
    {
        lock (_portLock)
        {
            TcpSocket? best = null;
            int bestScore = 0;
            int same = 0;
            foreach (InetSocket candidate in _tcp.Find(destination.Port))
            {
                if (candidate is not TcpSocket { IsListening: true } listener)
                {
                    continue;
                }

                int score = Score(listener, destination);
                if (score > bestScore)
                {
                    (best, bestScore, same) = (listener, score, 1);
                }
                else if (score == bestScore && score > 0 && listener.Options.ReusePort)
                {
                    // Every member of the group gets its share, chosen by the connection.
                    same++;
                    if (HashCode.Combine(source, destination) % same == 0)
                    {
                        best = listener;
                    }
                }
            }

            return best;
        }
    }

    /// <summary>The datagram socket for a destination, the most exact one; null if there is none.</summary>
    public UdpSocket? FindUdp(InetEndpoint destination, InetEndpoint source)
    {
        lock (_portLock)
        {
            UdpSocket? best = null;
            int bestScore = 0;
            int same = 0;
            foreach (InetSocket candidate in _udp.Find(destination.Port))
            {
                var socket = (UdpSocket)candidate;
                int score = Score(socket, destination);
                if (score > 0 && socket.Connected is { } peer)
                {
                    score = peer == source ? score + 8 : 0;
                }

                if (score > bestScore)
                {
                    (best, bestScore, same) = (socket, score, 1);
                }
                else if (score == bestScore && score > 0)
                {
                    // Of equals the newest; of a SO_REUSEPORT group each its share.
                    same++;
                    if (!socket.Options.ReusePort || (uint)HashCode.Combine(source, destination) % (uint)same == 0)
                    {
                        best = socket;
                    }
                }
            }

            return best;
        }
    }

    /// <summary>All datagram sockets that hear a multicast or broadcast.</summary>
    public List<UdpSocket> FindUdpGroup(InetEndpoint destination, InetEndpoint source)
    {
        lock (_portLock)
        {
            return
            [
                .. _udp.Find(destination.Port).Cast<UdpSocket>().Where(s =>
                    (s.Local.Address == destination.Address || IsAnyFor(s, destination)) &&
                    (s.Connected is not { } peer || peer == source) &&
                    (!destination.IsMulticast || s.IsMemberOf(destination.Address)))
            ];
        }
    }

    /// <summary>The sockets of a protocol for /proc/net.</summary>
    public List<InetSocket> ListInet(bool tcp)
    {
        lock (_portLock)
        {
            return [.. (tcp ? _tcp : _udp).All.OrderBy(s => s.Number)];
        }
    }

    private static int Score(InetSocket socket, InetEndpoint destination) =>
        socket.Local.Address == destination.Address ? 4
        : !IsAnyFor(socket, destination) ? 0
        : socket.Family == SocketConstants.AF_INET || !destination.IsV4 ? 2 : 1;

    private static bool IsAnyFor(InetSocket socket, InetEndpoint destination) =>
        socket.Family == SocketConstants.AF_INET ? destination.IsV4 && socket.Local.IsAny
        : socket.Local.Address == InetEndpoint.AnyV6 ? !destination.IsV4 || !socket.IsV6Only
        : socket.Local.Address == InetEndpoint.AnyV4 && destination.IsV4;

    /// <summary>inet_rcv_saddr_equal(): whether two sockets would hear the same destination.</summary>
    private static bool Overlaps(InetSocket socket, InetEndpoint local, InetSocket other)
    {
        if (ReferenceEquals(socket, other))
        {
            return false;
        }

        if (local.Address == other.Local.Address)
        {
            return local.Address != InetEndpoint.AnyV6 || socket.Family == other.Family;
        }

        return Covers(socket.Family, socket.IsV6Only, local, other.Local) || Covers(other.Family, other.IsV6Only, other.Local, local);

        static bool Covers(int family, bool v6Only, InetEndpoint any, InetEndpoint one) =>
            any.Address == InetEndpoint.AnyV4 ? one.IsV4
            : any.Address == InetEndpoint.AnyV6 && family == SocketConstants.AF_INET6 && (!one.IsV4 || !v6Only);
    }

    /// <summary>inet_bind_conflict() and udp_lib_lport_inuse().</summary>
    private static bool Conflicts(InetSocket socket, InetEndpoint local, InetSocket other)
    {
        if (!Overlaps(socket, local, other))
        {
            return false;
        }

        if (socket.Options.ReuseAddress && other.Options.ReuseAddress && !other.IsListening)
        {
            return false;
        }

        return !(socket.Options.ReusePort && other.Options.ReusePort && (other.OwnerUid == socket.OwnerUid || other is TcpSocket { IsInTimeWait: true }));
    }

    private int ChoosePort(bool odd, Func<ushort, bool> isFree)
    {
        ExpireTimeWaits();
        const int Pairs = (LastEphemeral - FirstEphemeral + 1) / 2;
        Span<byte> random = stackalloc byte[4];
        Machine.Entropy.Fill(random);
        int start = (int)(BitConverter.ToUInt32(random) % Pairs);
        for (int pass = 0; pass < 2; pass++)
        {
            for (int i = 0; i < Pairs; i++)
            {
                var port = (ushort)(FirstEphemeral + (((start + i) % Pairs) * 2) + (odd ^ (pass == 1) ? 1 : 0));
                if (isFree(port))
                {
                    return port;
                }
            }
        }

        return 0;
    }

    private void ExpireTimeWaits()
    {
        long now = Machine.MonotonicNanoseconds;
        while (_timeWaits.TryPeek(out TimeWait oldest) && oldest.Expires <= now)
        {
            _timeWaits.Dequeue();
            _tcp.Remove(oldest.Port, oldest.Socket);
        }
    }

    private PortTable TableOf(InetSocket socket) => socket is TcpSocket ? _tcp : _udp;

    private readonly record struct TimeWait(ushort Port, InetSocket Socket, long Expires);

    /// <summary>Sockets by port. Guarded by the port lock.</summary>
    private sealed class PortTable
    {
        private readonly Dictionary<ushort, List<InetSocket>> _sockets = [];

        public IEnumerable<InetSocket> All => _sockets.Values.SelectMany(s => s);

        public List<InetSocket> Find(ushort port) => _sockets.GetValueOrDefault(port) ?? s_none;

        public void Add(ushort port, InetSocket socket)
        {
            if (!_sockets.TryGetValue(port, out List<InetSocket>? list))
            {
                _sockets.Add(port, list = []);
            }

            list.Add(socket);
        }

        public void Remove(ushort port, InetSocket socket)
        {
            if (_sockets.TryGetValue(port, out List<InetSocket>? list) && list.Remove(socket) && list.Count == 0)
            {
                _sockets.Remove(port);
            }
        }

        private static readonly List<InetSocket> s_none = [];
    }
}
