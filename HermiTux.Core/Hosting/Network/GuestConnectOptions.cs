namespace HermiTux;

/// <summary>How <see cref="Unikernel.ConnectAsync(int, GuestConnectOptions, CancellationToken)"/> behaves.</summary>
public sealed class GuestConnectOptions
{
    /// <summary>
    /// Whether to wait until the guest listens on the port (the default), so that the embedder needn't know when a server is up; otherwise
    /// nobody there is <see cref="System.Net.Sockets.SocketError.ConnectionRefused"/> at once.
    /// </summary>
    public bool WaitForListener { get; init; } = true;
}
