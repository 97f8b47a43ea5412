using System.Net;
using HermiTux.Hosting.Network;

namespace HermiTux;

/// <summary>What a guest may reach beyond its machine; nothing that isn't listed here.</summary>
public sealed class OutboundOptions
{
    internal List<(string Host, int[] Ports)> Hosts { get; } = [];

    internal List<(IPNetwork Network, int[] Ports)> Networks { get; } = [];

    internal Func<string, CancellationToken, ValueTask<IPAddress[]>>? Resolver { get; private set; }

    internal Func<IPEndPoint, string?, CancellationToken, ValueTask<Stream>> Connector { get; private set; } = HostSockets.ConnectAsync;

    /// <summary>Allows a host by name.</summary>
    /// <param name="host">A name, compared without case; <c>*.example.com</c> allows all names below example.com.</param>
    /// <param name="ports">TCP ports; at least one.</param>
    public OutboundOptions Allow(string host, params int[] ports)
    {
        ArgumentException.ThrowIfNullOrEmpty(host);
        Hosts.Add((host.TrimEnd('.'), Check(ports)));
        return this;
    }

    /// <summary>Allows addresses.</summary>
    /// <param name="network">An address with a prefix length.</param>
    /// <param name="ports">TCP ports; at least one.</param>
    public OutboundOptions Allow(IPNetwork network, params int[] ports)
    {
        Networks.Add((network, Check(ports)));
        return this;
    }

    /// <summary>Resolves allowed names with the host's resolver (<see cref="Dns"/>). Without a resolver the guest has no DNS.</summary>
    public OutboundOptions UseHostResolver() => UseResolver(async (name, token) => await Dns.GetHostAddressesAsync(name, token).ConfigureAwait(false));

    /// <summary>Resolves allowed names with a function. IPv4 addresses of the result are told to the guest.</summary>
    public OutboundOptions UseResolver(Func<string, CancellationToken, ValueTask<IPAddress[]>> resolver)
    {
        ArgumentNullException.ThrowIfNull(resolver);
        Resolver = resolver;
        return this;
    }

    /// <summary>
    /// Makes connections with a function instead of the host's sockets, for a proxy or a test. It gets the address, the allowed name that led to it
    /// (null when the address itself is allowed), and a token that is cancelled when the guest gives up.
    /// </summary>
    public OutboundOptions UseConnector(Func<IPEndPoint, string?, CancellationToken, ValueTask<Stream>> connector)
    {
        ArgumentNullException.ThrowIfNull(connector);
        Connector = connector;
        return this;
    }

    private static int[] Check(int[] ports)
    {
        ArgumentNullException.ThrowIfNull(ports);
        if (ports.Length == 0 || ports.Any(p => p is < 1 or > ushort.MaxValue))
        {
            throw new ArgumentOutOfRangeException(nameof(ports), "Name the ports, each from 1 to 65535.");
        }

        return [.. ports];
    }
}
