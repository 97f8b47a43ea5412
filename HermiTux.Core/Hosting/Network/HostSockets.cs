using System.Net;
using System.Net.Sockets;

namespace HermiTux.Hosting.Network;

/// <summary>The host's own sockets: the only place where the host's network is touched, for what an embedder allowed.</summary>
internal static class HostSockets
{
    public static async ValueTask<Stream> ConnectAsync(IPEndPoint endpoint, string? host, CancellationToken cancellationToken)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(endpoint, cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
