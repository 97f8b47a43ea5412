using Microsoft.Extensions.Logging;

namespace HermiTux.Hosting.Network;

/// <summary>A service of the embedder's on a port of the machine's loopback.</summary>
internal sealed record HostService(int Port, Func<GuestStream, CancellationToken, Task> Serve)
{
    /// <summary>Serves every connection of a listener until it is closed.</summary>
    public async Task RunAsync(GuestListener listener, ILogger logger, CancellationToken machineEnds)
    {
        while (true)
        {
            GuestStream stream;
            try
            {
                stream = await listener.AcceptAsync(machineEnds).ConfigureAwait(false);
            }
            catch (Exception e) when (e is ObjectDisposedException or OperationCanceledException)
            {
                return;
            }

            _ = Task.Run(() => ServeAsync(stream, logger, machineEnds), CancellationToken.None);
        }
    }

    private async Task ServeAsync(GuestStream stream, ILogger logger, CancellationToken machineEnds)
    {
        try
        {
            await Serve(stream, machineEnds).ConfigureAwait(false);
            await stream.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            if (!machineEnds.IsCancellationRequested)
            {
                HostingLog.ServiceFailed(logger, Port, e);
            }

            stream.Abort();
        }
    }
}
