using System.IO.Pipelines;
using HermiTux.Devices;

namespace HermiTux;

/// <summary>
/// Where standard output or error goes. Output is passed on as the guest writes it; while the receiver is busy, the guest's writes wait.
/// </summary>
public sealed class ConsoleOutput
{
    private readonly Func<IByteSink> _open;

    private ConsoleOutput(Func<IByteSink> open)
    {
        _open = open;
    }

    /// <summary>Drops everything.</summary>
    public static ConsoleOutput Discard { get; } = new(() => DiscardingSink.Instance);

    /// <summary>The machine's terminal (<see cref="ConsoleOptions.Terminal"/>).</summary>
    public static ConsoleOutput Terminal { get; } = new(static () => throw new InvalidOperationException("The terminal's own output can't be the terminal."));

    /// <summary>
    /// Writes to a pipe and flushes after each write. The guest waits while the pipe is over its pause threshold, and gets EPIPE (with SIGPIPE) once the reader is
    /// completed. The writer is completed when the guest has closed its end, so the reader sees the end.
    /// </summary>
    public static ConsoleOutput ToPipe(PipeWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        return new ConsoleOutput(() => new PipeSink(writer));
    }

    /// <summary>Writes to a stream and flushes after each write. The stream is left open.</summary>
    public static ConsoleOutput ToStream(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return new ConsoleOutput(() => new StreamSink(stream));
    }

    /// <summary>Calls a delegate with each piece, on a thread of the machine; it must not keep the memory after its task completed.</summary>
    public static ConsoleOutput ToDelegate(Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> receiver)
    {
        ArgumentNullException.ThrowIfNull(receiver);
        return new ConsoleOutput(() => new DelegateSink(receiver));
    }

    /// <summary>Calls a delegate with each piece, on a thread of the machine; it must not keep the span.</summary>
    public static ConsoleOutput ToDelegate(Action<ReadOnlySpan<byte>> receiver)
    {
        ArgumentNullException.ThrowIfNull(receiver);
        return ToDelegate((bytes, _) =>
        {
            receiver(bytes.Span);
            return ValueTask.CompletedTask;
        });
    }

    /// <summary>Collects the output in memory.</summary>
    public static ConsoleOutput ToCapture(OutputCapture capture)
    {
        ArgumentNullException.ThrowIfNull(capture);
        return ToDelegate(capture.Append);
    }

    internal IByteSink Open() => _open();
}
