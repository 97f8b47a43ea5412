using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace HermiTux.Samples.Commands;

/// <summary>What the user asked <c>hermitux run</c> for.</summary>
internal sealed record RunRequest
{
    public required string Program { get; init; }

    public required IReadOnlyList<string> Arguments { get; init; }

    public string Engine { get; init; } = "auto";

    public long? Memory { get; init; }

    public int? Cpus { get; init; }

    public IReadOnlyList<MountArgument> Mounts { get; init; } = [];

    public IReadOnlyList<string> Tmpfs { get; init; } = [];

    public IReadOnlyList<KeyValuePair<string, string>> Environment { get; init; } = [];

    public string? WorkingDirectory { get; init; }

    public TimeSpan? Timeout { get; init; }

    public TerminalUse Terminal { get; init; }

    public string? TraceFile { get; init; }

    public string? StatsFile { get; init; }
}

/// <summary>Whether the guest has a terminal.</summary>
internal enum TerminalUse
{
    /// <summary>When the command has one.</summary>
    Auto,

    /// <summary>Always; without one of the command's own its standard input and output take its part.</summary>
    On,

    /// <summary>Never: standard input and output are pipes.</summary>
    Off,
}

/// <summary>How a host directory is mounted.</summary>
internal enum MountMode
{
    /// <summary>The guest changes nothing.</summary>
    ReadOnly,

    /// <summary>The guest changes the host's files.</summary>
    ReadWrite,

    /// <summary>The guest's changes are kept in its memory.</summary>
    Overlay,
}

/// <summary>One <c>--mount HOST:GUEST[:rw]</c>.</summary>
internal sealed record MountArgument(string Host, string Guest, MountMode Mode);

/// <summary>An option's value makes no sense.</summary>
internal sealed class RunArgumentException : Exception
{
    public RunArgumentException(string message)
        : base(message)
    {
    }
}

/// <summary>The options of <c>hermitux run</c>.</summary>
internal sealed class RunArguments
{
    private readonly Option<string> _engine = new("--engine") { Description = "auto, kvm, translator or interpreter", DefaultValueFactory = _ => "auto" };
    private readonly Option<string?> _memory = new("--memory") { Description = "Most memory that the guest may touch, such as 512M (default 1G)" };
    private readonly Option<int?> _cpus = new("--cpus") { Description = "How many CPUs the guest sees, and how many of its threads run at once (default 1)" };
    private readonly Option<string[]> _mounts = new("--mount") { Description = "Shows a host directory at a guest path: HOST:GUEST (read-only), HOST:GUEST:rw, or HOST:GUEST:overlay (changes stay in memory)" };
    private readonly Option<string[]> _tmpfs = new("--tmpfs") { Description = "An empty in-memory directory at a guest path" };
    private readonly Option<string[]> _environment = new("--env") { Description = "Sets a variable of the guest's environment: K=V" };
    private readonly Option<string?> _directory = new("--cwd") { Description = "The guest's working directory (default /)" };
    private readonly Option<double?> _timeout = new("--timeout") { Description = "Stops the guest after so many seconds; the status is then 124" };
    private readonly Option<string?> _terminal = new("--tty") { Description = "auto (default): the guest has a terminal when this command runs in one; on; off" };
    private readonly Option<string?> _trace = new("--trace") { Description = "Writes the system calls to a file, or with - to standard error" };
    private readonly Option<string?> _stats = new("--stats") { Description = "Writes one JSON object about the run to a file, or with - to standard error" };
    private readonly Argument<string[]> _program = new("program") { Description = "The program and its arguments, after --", Arity = ArgumentArity.OneOrMore, HelpName = "PROGRAM [ARG]..." };

    public void AddTo(Command command)
    {
        foreach (Option<string[]> option in new[] { _mounts, _tmpfs, _environment })
        {
            option.Arity = ArgumentArity.OneOrMore;
            option.AllowMultipleArgumentsPerToken = false;
        }

        foreach (Option option in new Option[] { _engine, _memory, _cpus, _mounts, _tmpfs, _environment, _directory, _timeout, _terminal, _trace, _stats })
        {
            command.Options.Add(option);
        }

        command.Arguments.Add(_program);
    }

    /// <exception cref="RunArgumentException">A value makes no sense.</exception>
    public RunRequest Read(ParseResult parsed)
    {
        string[] program = parsed.GetValue(_program)!;
        if (program[0].StartsWith('-') && !parsed.Tokens.Any(t => t.Type == TokenType.DoubleDash))
        {
            throw new RunArgumentException($"{program[0]}: no such option; the program and its arguments follow --");
        }

        double? timeout = parsed.GetValue(_timeout);
        if (timeout is { } seconds && !(seconds > 0 && seconds < 4e6))
        {
            throw new RunArgumentException($"--timeout {seconds}: not a positive number of seconds");
        }

        if (parsed.GetValue(_cpus) is { } cpus and (< 1 or > 64))
        {
            throw new RunArgumentException($"--cpus {cpus}: not a number from 1 to 64");
        }

        return new RunRequest
        {
            Program = program[0],
            Arguments = program[1..],
            Engine = parsed.GetValue(_engine)!,
            Cpus = parsed.GetValue(_cpus),
            Memory = parsed.GetValue(_memory) is { } memory ? ParseSize(memory) : null,
            Mounts = [.. (parsed.GetValue(_mounts) ?? []).Select(ParseMount)],
            Tmpfs = parsed.GetValue(_tmpfs) ?? [],
            Environment = [.. (parsed.GetValue(_environment) ?? []).Select(ParseVariable)],
            WorkingDirectory = parsed.GetValue(_directory),
            Timeout = timeout is { } t ? TimeSpan.FromSeconds(t) : null,
            Terminal = parsed.GetValue(_terminal) switch
            {
                null or "auto" => TerminalUse.Auto,
                "on" => TerminalUse.On,
                "off" => TerminalUse.Off,
                string other => throw new RunArgumentException($"--tty {other}: not one of auto, on, off"),
            },
            TraceFile = parsed.GetValue(_trace),
            StatsFile = parsed.GetValue(_stats),
        };
    }

    /// <summary>A number of bytes with an optional K, M, G or T (powers of 1024).</summary>
    internal static long ParseSize(string text)
    {
        string digits = text.TrimEnd('B', 'b', 'i');
        int shift = digits.Length == 0 ? 0 : char.ToUpperInvariant(digits[^1]) switch
        {
            'K' => 10,
            'M' => 20,
            'G' => 30,
            'T' => 40,
            _ => 0,
        };
        if (shift != 0)
        {
            digits = digits[..^1];
        }

        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long value) || value <= 0 || value > long.MaxValue >> shift)
        {
            throw new RunArgumentException($"--memory {text}: not a size such as 512M or 2G");
        }

        return value << shift;
    }

    /// <summary><c>HOST:GUEST[:ro|:rw|:overlay]</c>.</summary>
    internal static MountArgument ParseMount(string text)
    {
        string[] parts = text.Split(':');
        MountMode? mode = parts.Length == 2 ? MountMode.ReadOnly : parts.Length == 3
            ? parts[2] switch
            {
                "ro" => MountMode.ReadOnly,
                "rw" => MountMode.ReadWrite,
                "overlay" => MountMode.Overlay,
                _ => null,
            }
            : null;
        if (mode is null || parts[0].Length == 0 || !parts[1].StartsWith('/'))
        {
            throw new RunArgumentException($"--mount {text}: not of the form HOST:GUEST, HOST:GUEST:rw or HOST:GUEST:overlay with an absolute guest path");
        }

        return new MountArgument(parts[0], parts[1], mode.Value);
    }

    private static KeyValuePair<string, string> ParseVariable(string text)
    {
        int equals = text.IndexOf('=');
        return equals > 0
            ? new KeyValuePair<string, string>(text[..equals], text[(equals + 1)..])
            : throw new RunArgumentException($"--env {text}: not of the form NAME=VALUE");
    }
}
