using System.Buffers;
using System.IO.Pipelines;
using System.Text;

namespace HermiTux;

/// <summary>Where standard input comes from and where output goes. By default input is at its end and output is dropped.</summary>
public sealed class ConsoleOptions
{
    /// <summary>Standard input.</summary>
    public ConsoleInput Input { get; set; } = ConsoleInput.Empty;

    /// <summary>Standard output.</summary>
    public ConsoleOutput Output { get; set; } = ConsoleOutput.Discard;

    /// <summary>Standard error; the same object as <see cref="Output"/> makes both one pipe.</summary>
    public ConsoleOutput Error { get; set; } = ConsoleOutput.Discard;

    /// <summary>The machine's terminal; null for none.</summary>
    public TerminalOptions? Terminal { get; set; }
}

/// <summary>A source of standard input.</summary>
public sealed class ConsoleInput
{
    private readonly Func<PipeReader> _open;

    private ConsoleInput(Func<PipeReader> open)
    {
        _open = open;
    }

    /// <summary>No input: the first read is at the end.</summary>
    public static ConsoleInput Empty { get; } = FromBytes(ReadOnlyMemory<byte>.Empty);

    /// <summary>The machine's terminal (<see cref="ConsoleOptions.Terminal"/>).</summary>
    public static ConsoleInput Terminal { get; } = new(static () => throw new InvalidOperationException("The terminal's own input can't be the terminal."));

    /// <summary>
    /// Reads a pipe, and only as far as the guest reads. The writer's completion is the end of input. The reader is completed when the guest closes its input, so
    /// the writer learns that nobody reads any more.
    /// </summary>
    public static ConsoleInput FromPipe(PipeReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        return new ConsoleInput(() => reader);
    }

    /// <summary>Reads a stream, and only when the guest reads (up to 4 KiB ahead). The stream is left open.</summary>
    public static ConsoleInput FromStream(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return new ConsoleInput(() => PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true)));
    }

    /// <summary>The bytes, then the end.</summary>
    public static ConsoleInput FromBytes(ReadOnlyMemory<byte> bytes) => new(() => PipeReader.Create(new ReadOnlySequence<byte>(bytes)));

    /// <summary>The text in UTF-8, then the end.</summary>
    public static ConsoleInput FromText(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return FromBytes(Encoding.UTF8.GetBytes(text));
    }

    internal PipeReader Open() => _open();
}
