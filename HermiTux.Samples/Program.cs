using System.CommandLine;
using HermiTux.Samples.Bench;
using HermiTux.Samples.Commands;

namespace HermiTux.Samples;

internal static class Program
{
    private static readonly (string Name, Func<Command> Create)[] s_commands =
    [
        ("run", RunCommand.Create),
        ("syscalls", SyscallsCommand.Create),
        ("example", ExampleCommand.Create),
        ("bench", BenchCommand.Create),
    ];

    public static Task<int> Main(string[] args)
    {
        var root = new RootCommand("Runs unmodified x86-64 Linux programs, each in its own small machine inside this process.");
        string? named = args.FirstOrDefault();
        bool isKnown = Array.Exists(s_commands, c => c.Name == named);
        foreach ((string name, Func<Command> create) in s_commands)
        {
            // The others cost time that starting a program would wait for.
            if (!isKnown || name == named)
            {
                root.Subcommands.Add(create());
            }
        }

        // The guest's signals are ours to pass on; the command line library would end the process instead.
        ParseResult parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (System.CommandLine.Parsing.ParseError error in parsed.Errors)
            {
                Console.Error.WriteLine($"hermitux: {error.Message}");
            }

            return Task.FromResult(RunCommand.OwnError);
        }

        return parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false });
    }
}
