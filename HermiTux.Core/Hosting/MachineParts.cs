using HermiTux.Hosting.Consoles;
using HermiTux.Kernel;
using HermiTux.Syscalls;
using Microsoft.Extensions.DependencyInjection;

namespace HermiTux.Hosting;

/// <summary>Everything that one machine owns, and the order in which it goes.</summary>
internal sealed class MachineParts : IAsyncDisposable
{
    public required ServiceProvider Services { get; init; }

    public required Machine Machine { get; init; }

    public required GuestThread MainThread { get; init; }

    public required StandardFiles Console { get; init; }

    public required SyscallDispatcher Dispatcher { get; init; }

    public required GuestTree Tree { get; init; }

    public required string ProgramName { get; init; }

    /// <summary>After the machine's threads have ended.</summary>
    public async ValueTask DisposeAsync()
    {
        Machine.Scheduler.DisposeVcpus();
        Console.Dispose();
        Tree.Dispose();

        // A handler of the embedder's that still runs may hold a window on guest memory: what it could touch outlives it.
        int outliving = Machine.DetachedCalls;
        if (outliving > 0)
        {
            HostingLog.CallsOutlive(Machine.Logger, outliving, ProgramName);
            _ = Machine.WhenDetachedCallsEnd().ContinueWith(_ => FreeMemory(), TaskScheduler.Default);
        }
        else
        {
            FreeMemory();
        }

        await Services.DisposeAsync().ConfigureAwait(false);
    }

    private void FreeMemory()
    {
        Machine.Engine.Dispose();
        Machine.Frames.Dispose();
    }
}
