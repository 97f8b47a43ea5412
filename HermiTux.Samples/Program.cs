using System.CommandLine;
using HermiTux.Samples.Bench;
using HermiTux.Samples.Commands;

namespace HermiTux.Samples;

internal static class Program
{
    public static Task<int> Main(string[] args)
    {
        var root = new RootCommand("Runs unmodified x86-64 Linux programs, each in its own small machine inside this process.");
        root.Subcommands.Add(RunCommand.Create());
        root.Subcommands.Add(SyscallsCommand.Create());
        root.Subcommands.Add(ExampleCommand.Create());
        root.Subcommands.Add(BenchCommand.Create());

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
