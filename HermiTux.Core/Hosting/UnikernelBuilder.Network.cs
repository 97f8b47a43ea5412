using HermiTux.Hosting.Network;

namespace HermiTux;

public sealed partial class UnikernelBuilder
{
    /// <summary>
    /// Offers a service of the embedder's to the guest: it connects to 127.0.0.1 or ::1 on the port, and the function gets the other end of each
    /// connection, on a thread of the pool. No port of the host is opened.
    /// </summary>
    /// <param name="port">1 to 65535; the guest can't bind it.</param>
    /// <param name="serve">
    /// Serves one connection, which is disposed when the task ends; its token is cancelled when the machine ends. An exception resets the connection
    /// and is logged.
    /// </param>
    public UnikernelBuilder AddHostService(int port, Func<GuestStream, CancellationToken, Task> serve)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(port, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(port, ushort.MaxValue);
        ArgumentNullException.ThrowIfNull(serve);
        return Configure(o => o.HostServices.Add(new HostService(port, serve)));
    }

    /// <summary>
    /// Lets the guest connect to hosts beyond the machine by TCP, and only to those that are listed. Without this call nothing of a guest's reaches
    /// a network.
    /// </summary>
    /// <param name="configure">Lists what is allowed.</param>
    /// <remarks>
    /// The guest then has an interface <c>eth0</c> with the address 10.0.2.15. Names are resolved by the embedder's resolver through a server at 10.0.2.3,
    /// which a file <c>/etc/resolv.conf</c> of the machine names; only names that are allowed have an address. Connections are made with the host's
    /// asynchronous sockets, or by the embedder's function.
    /// </remarks>
    public UnikernelBuilder UseOutbound(Action<OutboundOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        return Configure(o => configure(o.Outbound ??= new OutboundOptions()));
    }
}
