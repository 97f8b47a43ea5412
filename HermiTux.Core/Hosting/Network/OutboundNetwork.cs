using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using HermiTux.Abi;
using HermiTux.Kernel.Sockets;
using Microsoft.Extensions.Logging;

namespace HermiTux.Hosting.Network;

/// <summary>What lies beyond the machine under an embedder's policy: allowed connections are relayed to a stream of the host's, names are answered by its resolver.</summary>
internal sealed class OutboundNetwork : IOutsideNetwork
{
    private const int RelayBuffer = 65536;
    private const int MaximumNames = 4096;

    private readonly OutboundOptions _options;
    private readonly ILogger _logger;
    private readonly CancellationToken _machineEnds;

    // Which allowed names an address was resolved from.
    private readonly ConcurrentDictionary<IPAddress, string> _names = new();

    public OutboundNetwork(OutboundOptions options, ILogger logger, CancellationToken machineEnds)
    {
        _options = options;
        _logger = logger;
        _machineEnds = machineEnds;
    }

    /// <inheritdoc/>
    public void BeginConnect(TcpSocket socket, InetEndpoint remote, CancellationToken cancellationToken) =>
        _ = Task.Run(() => ConnectAsync(socket, new IPEndPoint(remote.ToIPAddress(), remote.Port), cancellationToken), CancellationToken.None);

    /// <inheritdoc/>
    public void SendDatagram(UdpSocket socket, ReadOnlySpan<byte> payload, InetEndpoint source, InetEndpoint target)
    {
        if (target != NetworkStack.ResolverAddress || _options.Resolver is null || payload.Length > DnsMessage.MaximumQuery)
        {
            return;
        }

        byte[] query = payload.ToArray();
        _ = Task.Run(async () =>
        {
            byte[]? answer = await AnswerAsync(query).ConfigureAwait(false);
            if (answer is not null)
            {
                socket.Deliver(answer, target, source);
            }
        }, CancellationToken.None);
    }

    private async Task ConnectAsync(TcpSocket socket, IPEndPoint remote, CancellationToken cancellationToken)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _machineEnds);
        Stream outside;
        try
        {
            if (!IsAllowed(remote, out string? host))
            {
                HostingLog.ConnectionDenied(_logger, remote);
                socket.FailConnect(Errno.EHOSTUNREACH);
                return;
            }

            outside = await _options.Connector(remote, host, ends.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            socket.FailConnect(ErrorOf(e));
            return;
        }

        await using (outside.ConfigureAwait(false))
        {
            if (socket.CompleteOutside() is not { } inside)
            {
                return;
            }

            await RelayAsync(new GuestStream(inside), outside).ConfigureAwait(false);
        }
    }

    private async Task RelayAsync(GuestStream guest, Stream outside)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(_machineEnds);
        try
        {
            Task inward = CopyInwardAsync();
            Task outward = CopyOutwardAsync();
            Task first = await Task.WhenAny(inward, outward).ConfigureAwait(false);
            if (first.IsFaulted)
            {
                await ends.CancelAsync().ConfigureAwait(false);
            }

            await Task.WhenAll(inward, outward).ConfigureAwait(false);
            await guest.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            guest.Abort();
        }

        async Task CopyInwardAsync()
        {
            await outside.CopyToAsync(guest, RelayBuffer, ends.Token).ConfigureAwait(false);
            guest.CloseWrite();
        }

        async Task CopyOutwardAsync()
        {
            await guest.CopyToAsync(outside, RelayBuffer, ends.Token).ConfigureAwait(false);
            if (outside is NetworkStream network)
            {
                network.Socket.Shutdown(SocketShutdown.Send);
            }
        }
    }

    private bool IsAllowed(IPEndPoint remote, out string? host)
    {
        host = null;
        if (_options.Networks.Any(n => n.Network.BaseAddress.AddressFamily == remote.AddressFamily && n.Network.Contains(remote.Address) && n.Ports.Contains(remote.Port)))
        {
            return true;
        }

        return _names.TryGetValue(remote.Address, out host) && IsNameAllowed(host, remote.Port);
    }

    private bool IsNameAllowed(string name, int? port) => _options.Hosts.Any(h => Matches(h.Host, name) && (port is not { } p || h.Ports.Contains(p)));

    private static bool Matches(string pattern, string name) => pattern.StartsWith("*.", StringComparison.Ordinal)
        ? name.EndsWith(pattern[1..], StringComparison.OrdinalIgnoreCase) && name.Length > pattern.Length - 1
        : pattern.Equals(name, StringComparison.OrdinalIgnoreCase);

    private async Task<byte[]?> AnswerAsync(byte[] query)
    {
        if (!DnsMessage.TryParseQuery(query, out string name, out bool wantsV4))
        {
            return null;
        }

        if (!IsNameAllowed(name, null))
        {
            return DnsMessage.Answer(query, DnsMessage.NameError, []);
        }

        try
        {
            IPAddress[] addresses = wantsV4 ? await _options.Resolver!(name, _machineEnds).ConfigureAwait(false) : [];
            IPAddress[] v4 = [.. addresses.Where(a => a.AddressFamily == AddressFamily.InterNetwork)];
            foreach (IPAddress address in v4.Where(_ => _names.Count < MaximumNames))
            {
                _names[address] = name;
            }

            return DnsMessage.Answer(query, DnsMessage.NoError, v4);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return DnsMessage.Answer(query, e is SocketException { SocketErrorCode: SocketError.HostNotFound } ? DnsMessage.NameError : DnsMessage.ServerFailure, []);
        }
    }

    private static Errno ErrorOf(Exception failure) => failure is SocketException socket
        ? socket.SocketErrorCode switch
        {
            SocketError.TimedOut => Errno.ETIMEDOUT,
            SocketError.HostUnreachable => Errno.EHOSTUNREACH,
            SocketError.NetworkUnreachable => Errno.ENETUNREACH,
            _ => Errno.ECONNREFUSED,
        }
        : Errno.ECONNREFUSED;
}
