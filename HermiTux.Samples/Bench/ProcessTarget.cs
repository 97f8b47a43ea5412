using System.Diagnostics;
using HermiTux.Samples.Commands;

namespace HermiTux.Samples.Bench;

/// <summary>Runs a workload as a process of the host: by itself, under another program (qemu-x86_64) or under <c>hermitux run</c>.</summary>
internal sealed class ProcessTarget : IBenchTarget
{
    private readonly Func<BenchProgram, string[]> _runner;

    /// <param name="name">Column name.</param>
    /// <param name="runner">What to put before the program: a command and its arguments; nothing for a native run.</param>
    public ProcessTarget(string name, Func<BenchProgram, string[]> runner)
    {
        Name = name;
        _runner = runner;
    }

    public string Name { get; }

    /// <summary>The host itself.</summary>
    public static ProcessTarget Native { get; } = new("native", _ => []);

    /// <summary>The peers that are installed.</summary>
    public static IEnumerable<ProcessTarget> FindPeers() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
            .Select(directory => Path.Combine(directory, "qemu-x86_64"))
            .Where(File.Exists).Take(1)
            .Select(path => new ProcessTarget("qemu-user", _ => [path]));

    /// <summary>An engine in a process of its own: <c>hermitux run</c> from cold.</summary>
    /// <param name="engine">The engine's name.</param>
    /// <param name="command">The command's path; null for the one that is running.</param>
    public static ProcessTarget ForCommand(string engine, string? command)
    {
        string[] hermitux = command is null ? ThisCommand() : [command];
        return new ProcessTarget($"{engine}/process", program =>
            [.. hermitux, "run", "--engine", engine, "--memory", "2G", "--cpus", $"{program.Cpus}", .. program.NeedsHostFiles ? (string[])["--mount", "/:/"] : [], "--"]);
    }

    public async Task<BenchRun> RunAsync(BenchProgram program)
    {
        string[] line = [.. _runner(program), program.Path, .. program.Arguments];
        var start = new ProcessStartInfo(line[0], line[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        TimeSpan cpuBefore = HostLibc.ProcessorTime(children: true);
        long began = Stopwatch.GetTimestamp();
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        TimeSpan elapsed = Stopwatch.GetElapsedTime(began);
        TimeSpan cpu = HostLibc.ProcessorTime(children: true) - cpuBefore;
        return process.ExitCode == 0
            ? new BenchRun(elapsed, cpu, output, await error, 0)
            : throw new InvalidOperationException($"{string.Join(' ', line)} ended with {process.ExitCode}: {await error}");
    }

    private static string[] ThisCommand()
    {
        string self = Environment.ProcessPath ?? "dotnet";
        return Path.GetFileNameWithoutExtension(self) == "dotnet" ? [self, Path.Combine(AppContext.BaseDirectory, "hermitux.dll")] : [self];
    }
}
