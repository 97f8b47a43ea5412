using HermiTux.Tests.Harness;
using Xunit;

namespace HermiTux.Tests.Programs;

/// <summary>
/// Programs of languages that bring a runtime of their own, with threads, signals, timers and garbage collectors: what they print and how they end must equal
/// the native run. A missing compiler or runtime skips its test by name.
/// </summary>
public sealed class RuntimeProgramTests
{
    public static TheoryData<string, int> EnginesAndCpus
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (string engine in GuestRunner.Engines)
            {
                data.Add(engine, 1);
                data.Add(engine, 2);
            }

            return data;
        }
    }

    public static TheoryData<string, string, string> Sanitized
    {
        get
        {
            var data = new TheoryData<string, string, string>();
            foreach (string engine in GuestRunner.Engines)
            {
                foreach (string sanitizer in new[] { "address", "thread", "undefined" })
                {
                    foreach (string fault in new[] { "none", "overflow", "null", "race" })
                    {
                        data.Add(engine, sanitizer, fault);
                    }
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(EnginesAndCpus))]
    public Task Go(string engine, int cpus) => CompareAsync(engine, cpus, new ProgramRequest(Build("goroutines.go", "go", "golang-go", output =>
        ["build", "-o", output, Source("goroutines.go")])));

    [Theory]
    [MemberData(nameof(EnginesAndCpus))]
    public Task Rust(string engine, int cpus) => CompareAsync(engine, cpus, new ProgramRequest(Build("threads.rs", "rustc", "rustc", output =>
        ["-O", "--edition", "2021", "-o", output, Source("threads.rs")])));

    [Theory]
    [MemberData(nameof(EnginesAndCpus))]
    public Task Python(string engine, int cpus) => CompareAsync(engine, cpus, new ProgramRequest(Find("python3", "python3"), "-I", Source("concurrency.py")) { Directory = SourceFolder });

    [Theory]
    [MemberData(nameof(EnginesAndCpus))]
    public Task Node(string engine, int cpus) => CompareAsync(engine, cpus, new ProgramRequest(Find("node", "nodejs"), Source("workers.js")) { Directory = SourceFolder });

    [Theory]
    [MemberData(nameof(EnginesAndCpus))]
    public Task Java(string engine, int cpus)
    {
        string folder = Build("Threads.java", "javac", "default-jdk-headless", output => ["-d", output, Source("Threads.java")]);
        return CompareAsync(engine, cpus, new ProgramRequest(Find("java", "default-jdk-headless"), "-cp", folder, "-Xshare:auto", "-XX:TieredStopAtLevel=1", "Threads") { Directory = folder });
    }

    [Theory]
    [MemberData(nameof(Sanitized))]
    public Task Sanitizers(string engine, string sanitizer, string fault)
    {
        string program = Build($"sanitized.c {sanitizer}", "gcc", "gcc", output => ["-g", "-pthread", $"-fsanitize={sanitizer}", "-o", output, Source("sanitized.c")]);
        var request = new ProgramRequest(program, fault);

        // The leak check traces the process with ptrace(2), which guests don't have.
        var environment = new Dictionary<string, string>(request.Environment) { ["ASAN_OPTIONS"] = "detect_leaks=0" };
        return CompareAsync(engine, 2, request with { Environment = environment });
    }

    private static string SourceFolder => Path.Combine(AppContext.BaseDirectory, "Programs", "sources");

    private static string Source(string name) => Path.Combine(SourceFolder, name);

    private static async Task CompareAsync(string engine, int cpus, ProgramRequest request)
    {
        ProgramRun expected = await NativeRunner.RunAsync(request);
        ProgramRun actual = await GuestRunner.RunAsync(engine, request, b => b.WithCpuCount(cpus));
        Assert.True(expected.Summary == actual.Summary, $"expected\n{expected.Summary}\nactual\n{actual.Summary}\n{actual.ErrorText}");
    }

    /// <summary>The real path of a program: what a link in /usr/bin leads to is what finds its libraries.</summary>
    private static string Find(string name, string package)
    {
        string path = "/usr/bin/" + name;
        if (!File.Exists(path))
        {
            Assert.Skip($"needs {path} (apt install {package})");
        }

        return new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? path;
    }

    private static string Build(string name, string compiler, string package, Func<string, string[]> arguments) =>
        CompiledGuests.Build(name.Replace(' ', '-') + ".out", compiler, package, arguments);
}
