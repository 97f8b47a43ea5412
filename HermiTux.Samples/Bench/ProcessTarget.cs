using System.Diagnostics;

namespace HermiTux.Samples.Bench;

/// <summary>Runs a workload as a process of the host, by itself or under another program (qemu-x86_64).</summary>
internal sealed class ProcessTarget : IBenchTarget
{
    private readonly string? _runner;

    public ProcessTarget(string name, string? runner)
    {
        Name = name;
        _runner = runner;
    }

    public string Name { get; }

    /// <summary>The peers that are installed.</summary>
    public static IEnumerable<ProcessTarget> FindPeers() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
            .Select(directory => Path.Combine(directory, "qemu-x86_64"))
            .Where(File.Exists).Take(1)
            .Select(path => new ProcessTarget("qemu-user", path));

    public async Task<BenchRun> RunAsync(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(_runner ?? program, _runner is null ? arguments : [program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        long began = Stopwatch.GetTimestamp();
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new BenchRun(Stopwatch.GetElapsedTime(began), output, await error, 0);
    }
}
