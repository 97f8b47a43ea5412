using HermiTux.Abi;
using HermiTux.Kernel;
using HermiTux.Kernel.Sockets;

namespace HermiTux;

/// <summary>
/// A port of the machine's loopback on which the embedder listens: the guest connects to 127.0.0.1 or ::1 there, and
/// <see cref="AcceptAsync"/> gives the other end. No port of the host is opened. Members may be called from any thread.
/// </summary>
public sealed class GuestListener : IDisposable
{
    private const int Backlog = 128;

    private readonly TcpSocket _socket;
    private readonly CancellationToken _machineEnds;
    private readonly CancellationTokenSource _closed = new();
    private int _disposed;

    private GuestListener(TcpSocket socket, CancellationToken machineEnds)
    {
        _socket = socket;
        _machineEnds = machineEnds;
    }

    /// <summary>The port.</summary>
    public int Port => _socket.Local.Port;

    /// <summary>Waits for the next connection of the guest's.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The listener was disposed, or the machine has ended.</exception>
    public async ValueTask<GuestStream> AcceptAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_closed.IsCancellationRequested, this);
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closed.Token, _machineEnds);
        Result<Socket> accepted = Errno.EAGAIN;
        try
        {
            await AsyncWaiter.UntilAsync(_socket.WaitQueue, () => (accepted = _socket.Accept(0)).Error != Errno.EAGAIN, ends.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ObjectDisposedException(nameof(GuestListener), "The listener was closed, or the machine has ended.");
        }

        return accepted.IsSuccess
            ? new GuestStream((TcpSocket)accepted.Value) { RemotePort = ((TcpSocket)accepted.Value).Remote?.Port ?? 0 }
            : throw new ObjectDisposedException(nameof(GuestListener));
    }

    /// <summary>Closes the port: connections that weren't accepted are reset.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _closed.Cancel();
            _socket.Release();
        }
    }

    /// <summary>Listens on a port, or says which error prevents it.</summary>
    internal static Result<GuestListener> Open(Machine machine, int port)
    {
        NetworkStack stack = machine.Network;
        var socket = new TcpSocket(stack, SocketConstants.AF_INET6, InetConstants.IPPROTO_TCP, 0, 0) { IsHostSide = true };
        Errno error = stack.BindPort(socket, new InetEndpoint(InetEndpoint.AnyV6, (ushort)port), isPrivileged: true);
        error = error == Errno.None ? socket.ListenFromHost(Backlog) : error;
        if (error != Errno.None)
        {
            socket.Release();
            return error;
        }

        return new GuestListener(socket, machine.Stopping);
    }
}
