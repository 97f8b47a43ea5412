using System.Diagnostics;
using System.Globalization;
using System.IO.MemoryMappedFiles;
using HermiTux.Tests.Cpu.Oracle;
using Xunit;

namespace HermiTux.Tests.Hostile.Fuzz;

/// <summary>
/// The code fuzzer, in a process of its own, so that whatever harms the host is seen as the end of that process. Environment:
/// HERMITUX_FUZZ_SECONDS (5 by default; .ci/fuzz-code sets it), HERMITUX_FUZZ_SEED (hexadecimal), HERMITUX_FUZZ_ENGINE.
/// </summary>
public sealed class CodeFuzzTests
{
    private const string WorkerVariable = "HERMITUX_FUZZ_WORKER";

    public static TheoryData<string> Engines
    {
        get
        {
            string? only = Environment.GetEnvironmentVariable("HERMITUX_FUZZ_ENGINE");
            return [.. OracleEngines.Names.Where(name => string.IsNullOrEmpty(only) || name == only)];
        }
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Nonsense_as_code_harms_only_its_guest(string engine)
    {
        OracleEngines.Create(engine).Dispose(); // skips where there is no such engine
        int seconds = int.TryParse(Environment.GetEnvironmentVariable("HERMITUX_FUZZ_SECONDS"), out int value) ? value : 5;
        string seed = Environment.GetEnvironmentVariable("HERMITUX_FUZZ_SEED") ?? "5eed";
        string progress = Path.Combine(Path.GetTempPath(), $"hermitux-fuzz-{Guid.NewGuid():N}");
        try
        {
            string assembly = Path.Combine(AppContext.BaseDirectory, "HermiTux.Tests.dll");
            string host = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath! : "dotnet";
            var start = new ProcessStartInfo(host, [assembly, "--explicit", "only", "--filter-method", $"{typeof(CodeFuzzTests).FullName}.{nameof(Worker)}", "--no-progress", "--output", "Detailed", "--show-live-output", "on"])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            start.Environment[WorkerVariable] = $"{engine};{seed};{seconds};{progress}";
            using Process worker = Process.Start(start)!;
            Task<string> output = worker.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            Task<string> error = worker.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            try
            {
                await worker.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(seconds + 300), TestContext.Current.CancellationToken);
            }
            catch (TimeoutException)
            {
                worker.Kill();
            }

            TestContext.Current.TestOutputHelper?.WriteLine(await output);
            Assert.True(worker.ExitCode == 0,
                $"{engine}: the process ended with {worker.ExitCode} {Progress(progress)}\n{await output}\n{await error}");
        }
        finally
        {
            File.Delete(progress);
        }
    }

    /// <summary>The other process.</summary>
    [Fact(Explicit = true)]
    public void Worker()
    {
        string[] task = (Environment.GetEnvironmentVariable(WorkerVariable) ?? "").Split(';', 4);
        Assert.SkipUnless(task.Length == 4, "runs only as the process of another test");
        ulong seed = ulong.Parse(task[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        var limit = TimeSpan.FromSeconds(int.Parse(task[2], CultureInfo.InvariantCulture));
        using MemoryMappedFile file = MemoryMappedFile.CreateFromFile(task[3], FileMode.Create, null, 16);
        using MemoryMappedViewAccessor progress = file.CreateViewAccessor();
        using var fuzzer = new CodeFuzzer(task[0]);
        long started = Stopwatch.GetTimestamp();
        long cases = 0;
        while (Stopwatch.GetElapsedTime(started) < limit)
        {
            ulong number = OracleRandom.Mix(seed, 0xF022, (ulong)cases);
            progress.Write(0, number);
            progress.Write(8, ++cases);
            try
            {
                fuzzer.Run(number);
                if (cases % 64 == 0)
                {
                    fuzzer.CheckSurroundings();
                }
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"case {number:x} ({cases} of seed {seed:x})", e);
            }
        }

        fuzzer.CheckSurroundings();
        TestContext.Current.TestOutputHelper?.WriteLine($"{task[0]}: {cases} cases; {string.Join(", ", fuzzer.Outcomes.Select(o => $"{o.Key} {o.Value}"))}");
        Assert.True(cases > 0);
    }

    private static string Progress(string path)
    {
        byte[] bytes = File.Exists(path) ? File.ReadAllBytes(path) : [];
        return bytes.Length < 16 ? "before it began" : $"in case {BitConverter.ToUInt64(bytes):x}, number {BitConverter.ToInt64(bytes, 8)}";
    }
}
