using System.CommandLine;
using System.Runtime.InteropServices;
using HermiTux.Abi;

namespace HermiTux.Samples.Commands;

/// <summary><c>hermitux run</c>: one program with the command's own standard input, output and error.</summary>
internal static class RunCommand
{
    /// <summary>Exit status of an error of ours, as of env(1) and timeout(1).</summary>
    public const int OwnError = 125;

    // A guest that handles a termination signal gets this long before it is stopped.
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(2);

    public static Command Create()
    {
        var arguments = new RunArguments();
        var command = new Command("run", "Runs a program. Its exit status is the command's: 128+N for a fatal signal N, 124 on time-out, 125 for an error of ours.");
        arguments.AddTo(command);
        command.SetAction(async (parsed, _) =>
        {
            try
            {
                return await RunAsync(arguments.Read(parsed));
            }
            catch (ProgramLoadException e) when (e.Interpreter is not null)
            {
                await Console.Error.WriteLineAsync($"hermitux: {e.Program} needs {e.Interpreter}, which isn't in the guest's tree or can't be used: " +
                    "show the guest the host's files with --mount /:/, or only the libraries with --mount /lib:/lib --mount /lib64:/lib64 --mount /usr/lib:/usr/lib");
                return OwnError;
            }
            catch (Exception e) when (e is UnikernelException or RunArgumentException or IOException or UnauthorizedAccessException or PlatformNotSupportedException)
            {
                await Console.Error.WriteLineAsync($"hermitux: {e.Message}");
                return OwnError;
            }
        });
        return command;
    }

    private static async Task<int> RunAsync(RunRequest request)
    {
        await using Stream input = StandardStreams.OpenInput();
        await using Stream output = StandardStreams.OpenOutput();
        await using Stream error = StandardStreams.OpenError();
        await using TextWriter? trace = OpenFile(request.TraceFile);
        UnikernelBuilder builder = RunBuilder.Create(request, trace)
            .UseStandardInput(ConsoleInput.FromStream(input))
            .UseStandardOutput(ConsoleOutput.ToStream(output))
            .UseStandardError(ConsoleOutput.ToStream(error));
        bool hasTerminal = request.Terminal != TerminalUse.Off && HostTerminal.IsAvailable;
        if (hasTerminal || request.Terminal == TerminalUse.On)
        {
            UseTerminal(builder, input, output, hasTerminal ? HostTerminal.Size : default);
            if (hasTerminal && !HostTerminal.HasError)
            {
                builder.UseStandardError(ConsoleOutput.ToStream(error));
            }
        }

        // Before the machine is made, so that what is typed ahead is the guest's to show.
        using HostTerminal? terminal = hasTerminal ? HostTerminal.Take() : null;
        await using Unikernel machine = builder.Build();
        if (terminal is not null)
        {
            terminal.Resized += size => machine.ResizeTerminal(size.Columns, size.Rows);

            // A raw terminal doesn't begin a new line by itself.
            if (request.TraceFile == "-")
            {
                trace!.NewLine = "\r\n";
            }
        }

        using var stop = new CancellationTokenSource();
        int received = 0;
        PosixSignalRegistration[] registrations = [.. Passed.Select(s => PosixSignalRegistration.Create(s.Host, context =>
        {
            context.Cancel = true;
            machine.SendSignal(s.Guest);

            // A second signal doesn't ask, nor does one that isn't from the keyboard for long.
            if (Interlocked.Exchange(ref received, (int)s.Guest) != 0)
            {
                stop.Cancel();
            }
            else if (s.Guest != Signal.SIGINT)
            {
                stop.CancelAfter(s_grace);
            }
        }))];

        int status;
        try
        {
            UnikernelExit exit = await machine.RunAsync(stop.Token);
            terminal?.Dispose();
            if (exit.Kind == UnikernelExitKind.LimitReached)
            {
                await Console.Error.WriteLineAsync($"hermitux: {request.Program} {exit}");
            }

            status = exit.ShellStatus;
        }
        catch (OperationCanceledException)
        {
            status = 128 + received;
        }
        finally
        {
            foreach (PosixSignalRegistration registration in registrations)
            {
                registration.Dispose();
            }
        }

        if (request.StatsFile is not null)
        {
            await using TextWriter writer = OpenFile(request.StatsFile)!;
            await RunStatistics.WriteAsync(writer, machine.Statistics, status);
        }

        return status;
    }

    private static void UseTerminal(UnikernelBuilder builder, Stream input, Stream output, (int Columns, int Rows) size)
    {
        var options = new TerminalOptions(ConsoleInput.FromStream(input), ConsoleOutput.ToStream(output));
        if (size.Columns > 0 && size.Rows > 0)
        {
            (options.Columns, options.Rows) = size;
        }

        options.Type = Environment.GetEnvironmentVariable("TERM") is { Length: > 0 } type ? type : options.Type;
        builder.UseTerminal(options);
    }

    private static (PosixSignal Host, Signal Guest)[] Passed { get; } =
    [
        (PosixSignal.SIGINT, Signal.SIGINT),
        (PosixSignal.SIGTERM, Signal.SIGTERM),
        (PosixSignal.SIGHUP, Signal.SIGHUP),
        (PosixSignal.SIGQUIT, Signal.SIGQUIT),
    ];

    // "-" is standard error: standard output belongs to the guest alone.
    private static TextWriter? OpenFile(string? path) => path switch
    {
        null => null,
        "-" => new StreamWriter(Console.OpenStandardError()) { AutoFlush = true },
        _ => new StreamWriter(path),
    };
}
