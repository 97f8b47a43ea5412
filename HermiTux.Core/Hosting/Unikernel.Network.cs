using System.Net.Sockets;
using HermiTux.Abi;
using HermiTux.Kernel;
using HermiTux.Kernel.Sockets;

namespace HermiTux;

// The embedder's side of the guest's sockets.
public sealed partial class Unikernel
{
    private static readonly GuestConnectOptions s_connectDefaults = new();

    /// <summary>
    /// Connects to a TCP server in the guest, waiting until it listens. The connection is one over the machine's loopback; no port of the host is
    /// involved. May be called before <see cref="RunAsync"/>.
    /// </summary>
    /// <param name="port">The guest's port, 1 to 65535.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The connection; the caller disposes it.</returns>
    /// <exception cref="SocketException"><see cref="SocketError.HostDown"/>: the machine has ended.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <example>
    /// <code>
    /// using var http = new HttpClient(new SocketsHttpHandler
    /// {
    ///     ConnectCallback = async (context, token) => await machine.ConnectAsync(context.DnsEndPoint.Port, token),
    /// });
    /// string page = await http.GetStringAsync("http://guest:8080/");
    /// </code>
    /// </example>
    public ValueTask<GuestStream> ConnectAsync(int port, CancellationToken cancellationToken = default) => ConnectAsync(port, s_connectDefaults, cancellationToken);

    /// <summary>Connects to a TCP server in the guest.</summary>
    /// <param name="port">The guest's port, 1 to 65535.</param>
    /// <param name="options">Whether to wait for it to listen.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The connection; the caller disposes it.</returns>
    /// <exception cref="SocketException">
    /// <see cref="SocketError.ConnectionRefused"/>: nobody listens and <see cref="GuestConnectOptions.WaitForListener"/> is off;
    /// <see cref="SocketError.HostDown"/>: the machine has ended.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async ValueTask<GuestStream> ConnectAsync(int port, GuestConnectOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(port, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(port, ushort.MaxValue);
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        cancellationToken.ThrowIfCancellationRequested();
        NetworkStack stack = _machine.Network;
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _machine.Stopping);
        try
        {
            while (true)
            {
                Errno error = TryConnect(stack, (ushort)port, out GuestStream? stream, out WaitQueue? full);
                if (stream is not null)
                {
                    return stream;
                }

                if (_machine.Ended.IsCompleted)
                {
                    throw new SocketException((int)SocketError.HostDown);
                }

                if (full is not null)
                {
                    await AsyncWaiter.UntilAsync(full, () => (error = TryConnect(stack, (ushort)port, out stream, out _)) != Errno.EAGAIN, ends.Token).ConfigureAwait(false);
                }
                else if (options.WaitForListener && error == Errno.ECONNREFUSED)
                {
                    await AsyncWaiter.UntilAsync(stack.Listening, () => (error = TryConnect(stack, (ushort)port, out stream, out full)) != Errno.ECONNREFUSED, ends.Token)
                        .ConfigureAwait(false);
                }
                else
                {
                    throw new SocketException((int)SocketError.ConnectionRefused);
                }

                if (stream is not null)
                {
                    return stream;
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new SocketException((int)SocketError.HostDown);
        }
    }

    /// <summary>
    /// Listens on a port of the machine's loopback: the guest connects to it, and the embedder has the other end. May be called before
    /// <see cref="RunAsync"/>. The port is then the embedder's: bind(2) of the guest's gives EADDRINUSE.
    /// </summary>
    /// <param name="port">1 to 65535, or 0 for any free one.</param>
    /// <exception cref="SocketException"><see cref="SocketError.AddressAlreadyInUse"/>: the guest has the port.</exception>
    public GuestListener Listen(int port)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(port);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(port, ushort.MaxValue);
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        return GuestListener.Open(_machine, port) is { IsSuccess: true } opened ? opened.Value : throw new SocketException((int)SocketError.AddressAlreadyInUse);
    }

    private static Errno TryConnect(NetworkStack stack, ushort port, out GuestStream? stream, out WaitQueue? full)
    {
        stream = null;
        full = null;
        UInt128[] addresses = stack.HasOutside
            ? [InetEndpoint.LoopbackV4, InetEndpoint.LoopbackV6, NetworkStack.GuestAddress.Address]
            : [InetEndpoint.LoopbackV4, InetEndpoint.LoopbackV6];
        Errno error = Errno.ECONNREFUSED;
        foreach (UInt128 address in addresses)
        {
            bool v4 = InetEndpoint.IsMapped(address);
            var socket = new TcpSocket(stack, v4 ? SocketConstants.AF_INET : SocketConstants.AF_INET6, InetConstants.IPPROTO_TCP, 0, 0) { IsHostSide = true };
            error = socket.ConnectFromHost(new InetEndpoint(address, port), out full);
            if (error == Errno.None)
            {
                stream = new GuestStream(socket) { RemotePort = port };
                return Errno.None;
            }

            socket.Release();
            if (error != Errno.ECONNREFUSED)
            {
                break;
            }
        }

        return error;
    }
}
