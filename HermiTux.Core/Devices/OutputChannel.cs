using HermiTux.Abi;

namespace HermiTux.Devices;

/// <summary>
/// The guest's side of an output: takes a write at once or says EAGAIN while the last one is still on its way. Thread-safe.
/// </summary>
internal sealed class OutputChannel : IDisposable
{
    private const int MaximumWrite = 64 << 10;

    private readonly Lock _lock = new();
    private readonly IByteSink _sink;
    private readonly CancellationTokenSource _stop = new();
    private byte[] _buffer = [];
    private Task<bool>? _pending;
    private Task _closing = Task.CompletedTask;
    private bool _isBroken;
    private bool _isClosed;

    public OutputChannel(IByteSink sink)
    {
        _sink = sink;
    }

    /// <summary>A write became possible, or the receiver went away.</summary>
    public event Action? Changed;

    /// <summary>An exception of the receiver's other than its end; the guest sees EIO.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Whether a write now gives something else than EAGAIN.</summary>
    public bool IsWritable
    {
        get
        {
            lock (_lock)
            {
                return _pending is null;
            }
        }
    }

    /// <summary>Whether the receiver is gone.</summary>
    public bool IsBroken
    {
        get
        {
            lock (_lock)
            {
                return _isBroken;
            }
        }
    }

    /// <summary>Takes a prefix of the bytes: how many, or minus EAGAIN, EPIPE or EIO.</summary>
    public int Write(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            if (_isBroken || _isClosed)
            {
                return Failure is null ? -(int)Errno.EPIPE : -(int)Errno.EIO;
            }

            if (_pending is not null)
            {
                return -(int)Errno.EAGAIN;
            }

            if (bytes.IsEmpty)
            {
                return 0;
            }

            int length = Math.Min(bytes.Length, MaximumWrite);
            if (_buffer.Length < length)
            {
                _buffer = new byte[Math.Max(4096, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)length))];
            }

            bytes[..length].CopyTo(_buffer);
            Send(_buffer.AsMemory(0, length));
            return length;
        }
    }

    /// <summary>No more comes from the guest. Completes the sink after what is on its way.</summary>
    public Task CloseAsync()
    {
        Task<bool>? pending;
        lock (_lock)
        {
            if (_isClosed)
            {
                return _closing;
            }

            _isClosed = true;
            pending = _pending;
            if (pending is not null && _sink is not PipeSink)
            {
                return _closing = FinishAsync(pending);
            }
        }

        // What is in a pipe stays readable after the writer's end.
        CompleteSink();
        return Task.CompletedTask;
    }

    /// <summary>Gives up on what is on its way.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _ = CloseAsync();
    }

    private void Send(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            ValueTask<bool> write = _sink.WriteAsync(bytes, _stop.Token);
            if (write.IsCompletedSuccessfully)
            {
                _isBroken = !write.Result;
                return;
            }

            _pending = write.AsTask();
            _pending.ContinueWith(static (t, s) => ((OutputChannel)s!).OnSent((Task<bool>)t), this, CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
        catch (Exception e)
        {
            Break(e);
        }
    }

    private void OnSent(Task<bool> write)
    {
        lock (_lock)
        {
            _pending = null;
            if (write.IsFaulted)
            {
                Break(write.Exception.InnerException!);
            }
            else
            {
                _isBroken |= write.IsCanceled || !write.Result;
            }
        }

        Changed?.Invoke();
    }

    private void Break(Exception e)
    {
        _isBroken = true;

        // The reader of a closed pipe or socket is gone: that is EPIPE and nothing to report.
        if (e is not (IOException or ObjectDisposedException or OperationCanceledException))
        {
            Failure = e;
        }
    }

    private async Task FinishAsync(Task<bool> pending)
    {
        try
        {
            await pending.ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // OnSent has recorded it.
        }

        CompleteSink();
    }

    private void CompleteSink()
    {
        try
        {
            _sink.Complete();
        }
        catch (InvalidOperationException)
        {
            // The embedder completed the pipe itself.
        }
    }
}
