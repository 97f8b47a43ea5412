namespace HermiTux.Kernel.Sockets;

/// <summary>Lets code of the embedder's wait on a <see cref="WaitQueue"/> of the machine's, without holding a thread and never running on the waker's.</summary>
internal sealed class AsyncWaiter : IWaiter, IDisposable
{
    private readonly SemaphoreSlim _signal = new(0);
    private int _isSignalled;

    private AsyncWaiter()
    {
    }

    /// <summary>Waits until <paramref name="ready"/> holds; it is looked at after registering and after each wake.</summary>
    public static async ValueTask UntilAsync(WaitQueue queue, Func<bool> ready, CancellationToken cancellationToken)
    {
        using var waiter = new AsyncWaiter();
        queue.Register(waiter);
        try
        {
            while (!ready())
            {
                await waiter._signal.WaitAsync(cancellationToken).ConfigureAwait(false);

                // Forgotten before looking: a wake in between is seen by the look, or signals again.
                Interlocked.Exchange(ref waiter._isSignalled, 0);
            }
        }
        finally
        {
            queue.Unregister(waiter);
        }
    }

    /// <inheritdoc/>
    public void Wake(PollEvents events)
    {
        if (Interlocked.Exchange(ref _isSignalled, 1) == 0)
        {
            try
            {
                _signal.Release();
            }
            catch (ObjectDisposedException)
            {
                // A wake that was on its way when the wait ended.
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _signal.Dispose();
}
