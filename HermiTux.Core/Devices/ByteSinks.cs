using System.IO.Pipelines;

namespace HermiTux.Devices;

/// <summary>Takes bytes that a guest wrote. One write at a time.</summary>
internal interface IByteSink
{
    /// <summary>Passes the bytes on. Incomplete while the receiver is busy. False when the receiver is gone.</summary>
    ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>No more will come.</summary>
    void Complete();
}

/// <summary>Drops everything.</summary>
internal sealed class DiscardingSink : IByteSink
{
    public static DiscardingSink Instance { get; } = new();

    public ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => new(true);

    public void Complete()
    {
    }
}

/// <summary>Writes to a pipe; back-pressure is the pipe's.</summary>
internal sealed class PipeSink : IByteSink
{
    private readonly PipeWriter _writer;

    public PipeSink(PipeWriter writer)
    {
        _writer = writer;
    }

    public ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        ValueTask<FlushResult> flush = _writer.WriteAsync(bytes, cancellationToken);
        return flush.IsCompletedSuccessfully ? new ValueTask<bool>(!flush.Result.IsCompleted) : FinishAsync(flush);
    }

    public void Complete() => _writer.Complete();

    private static async ValueTask<bool> FinishAsync(ValueTask<FlushResult> flush) => !(await flush.ConfigureAwait(false)).IsCompleted;
}

/// <summary>Writes to a stream and flushes it.</summary>
internal sealed class StreamSink : IByteSink
{
    private readonly Stream _stream;

    public StreamSink(Stream stream)
    {
        _stream = stream;
    }

    public async ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await _stream.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
        await _stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        return true;
    }

    public void Complete()
    {
    }
}

/// <summary>Calls a delegate.</summary>
internal sealed class DelegateSink : IByteSink
{
    private readonly Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> _receiver;

    public DelegateSink(Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> receiver)
    {
        _receiver = receiver;
    }

    public ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        ValueTask call = _receiver(bytes, cancellationToken);
        return call.IsCompletedSuccessfully ? new ValueTask<bool>(true) : FinishAsync(call);
    }

    public void Complete()
    {
    }

    private static async ValueTask<bool> FinishAsync(ValueTask call)
    {
        await call.ConfigureAwait(false);
        return true;
    }
}
