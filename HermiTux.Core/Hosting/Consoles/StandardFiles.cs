using HermiTux.Devices;
using HermiTux.Kernel;

namespace HermiTux.Hosting.Consoles;

/// <summary>The machine's standard input, output and error: pipes, or its terminal.</summary>
internal sealed class StandardFiles : IDisposable
{
    private readonly InputChannel? _input;
    private readonly OutputChannel? _output;
    private readonly OutputChannel? _error;

    private StandardFiles(InputChannel? input, OutputChannel? output, OutputChannel? error, TerminalConsole? terminal)
    {
        _input = input;
        _output = output;
        _error = error;
        Terminal = terminal;
    }

    /// <summary>The machine's terminal; null without one.</summary>
    public TerminalConsole? Terminal { get; }

    /// <summary>Makes what the options say and installs it as descriptors 0, 1 and 2 of the first process.</summary>
    public static StandardFiles Install(ConsoleOptions options, Process process)
    {
        TerminalConsole? console = null;
        OpenFile? terminal = null;
        if (options.Terminal is { } wanted)
        {
            (Kernel.Terminals.PseudoTerminal pseudoTerminal, terminal) = process.Machine.Terminals.AddConsole(process);
            console = new TerminalConsole(pseudoTerminal, wanted);
        }

        Credentials owner = process.Credentials;
        long now = process.Machine.RealtimeNanoseconds;
        InputChannel? input = options.Input == ConsoleInput.Terminal ? null : new InputChannel(options.Input.Open());
        OutputChannel? output = options.Output == ConsoleOutput.Terminal ? null : new OutputChannel(options.Output.Open());
        bool one = options.Output == options.Error;
        OutputChannel? error = one || options.Error == ConsoleOutput.Terminal ? null : new OutputChannel(options.Error.Open());

        OpenFile outputFile = output is null ? Share(terminal) : new ConsoleOutputFile(output, 2, owner, now);
        Add(input is null ? Share(terminal) : new ConsoleInputFile(input, 1, owner, now));
        Add(outputFile);
        Add(one ? Share(outputFile) : error is null ? Share(terminal) : new ConsoleOutputFile(error, 3, owner, now));
        terminal?.Release();
        return new StandardFiles(input, output, error, console);

        void Add(OpenFile file) => process.Descriptors.Add(file, closeOnExec: false);
    }

    /// <summary>Completes when what the guest wrote is with its receivers. After the guest's end.</summary>
    public Task DrainAsync() => Task.WhenAll(_output?.CloseAsync() ?? Task.CompletedTask, _error?.CloseAsync() ?? Task.CompletedTask, Terminal?.DrainAsync() ?? Task.CompletedTask);

    public void Dispose()
    {
        _input?.Dispose();
        _output?.Dispose();
        _error?.Dispose();
        Terminal?.Dispose();
    }

    private static OpenFile Share(OpenFile? file)
    {
        file!.AddReference();
        return file;
    }
}
