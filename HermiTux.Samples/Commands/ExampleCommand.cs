using System.CommandLine;
using HermiTux.Samples.Examples;

namespace HermiTux.Samples.Commands;

/// <summary><c>hermitux example NAME</c>.</summary>
internal static class ExampleCommand
{
    /// <summary>The examples by name: what each shows, and its code.</summary>
    public static IReadOnlyDictionary<string, Example> Examples { get; } = new SortedDictionary<string, Example>(StringComparer.Ordinal)
    {
        ["pipelines"] = new("Embeds a program and talks to it through pipelines", PipelinesExample.RunAsync),
        ["terminal"] = new("Plays the terminal of an interactive program", TerminalExample.RunAsync),
        ["http-server"] = new("Talks to a web server in the guest with HttpClient", HttpServerExample.RunAsync),
        ["plugin-isolation"] = new("Runs plug-ins with a memory and a time limit", PluginIsolationExample.RunAsync),
        ["syscall-policy"] = new("Replaces, wraps and denies system calls", SyscallPolicyExample.RunAsync),
        ["custom-device"] = new("Adds a device and a file system of one's own", CustomDeviceAndFileSystemExample.RunAsync),
        ["dependency-injection"] = new("Runs machines in a host with dependency injection", DependencyInjectionExample.RunAsync),
        ["abi-unit-test"] = new("Assembles a few instructions and asserts on their system calls", AbiUnitTestExample.RunAsync),
    };

    public static Command Create()
    {
        var name = new Argument<string>("name") { Description = "An example's name, or list" };
        var command = new Command("example", "Runs an example; 'list' names them.") { name };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string chosen = parsed.GetValue(name)!;
            if (chosen == "list")
            {
                foreach ((string key, Example value) in Examples)
                {
                    Console.WriteLine($"{key,-22} {value.Description}");
                }

                return 0;
            }

            if (!Examples.TryGetValue(chosen, out Example? example))
            {
                await Console.Error.WriteLineAsync($"hermitux: no example is named '{chosen}': try 'hermitux example list'");
                return RunCommand.OwnError;
            }

            await example.RunAsync(Console.Out, cancellationToken);
            return 0;
        });
        return command;
    }
}

/// <summary>One example.</summary>
/// <param name="Description">What it shows.</param>
/// <param name="RunAsync">Its code; it prints what it does.</param>
internal sealed record Example(string Description, Func<TextWriter, CancellationToken, Task> RunAsync);
