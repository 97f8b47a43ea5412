using HermiTux.Tests.Harness;
using HermiTux.Tests.Programs;
using Xunit;

namespace HermiTux.Tests.Syscalls;

/// <summary>
/// Programs that make system calls, right and wrong ones, and print each result with its errno: what they print natively is what they
/// must print as guests. They run in an in-memory directory as user 0.
/// </summary>
public sealed class SyscallOracleTests
{
    public static TheoryData<string, string> Programs
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (string engine in GuestRunner.Engines)
            {
                foreach (string program in new[] { "files", "pipes", "process", "threads", "memory", "events", "truncate", "file-mappings", "fexecve", "openat2", "xattr", "splice", "fifo", "sockets-unix", "sockets-inet", "interfaces", "event-files", "futex-pi", "inotify", "rseq", "signal-calls", "restarts", "ipc", "misc-calls", "seccomp", "pty" })
                {
                    data.Add(engine, program);
                }
            }

            return data;
        }
    }

    public static TheoryData<string, string, string> FileSystems
    {
        get
        {
            var data = new TheoryData<string, string, string>();
            foreach (string engine in GuestRunner.Engines)
            {
                foreach (string program in new[] { "truncate", "file-mappings" })
                {
                    data.Add(engine, "host", program);
                    data.Add(engine, "overlay", program);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Programs))]
    public async Task Results_and_errors_equal_the_native_run(string engine, string name)
    {
        if (!OperatingSystem.IsLinux() || Environment.UserName != "root")
        {
            Assert.Skip("needs Linux and root, whose privileges the guest has");
        }

        (Version needed, string why) = name switch
        {
            "misc-calls" => (new Version(6, 3), "all commands of membarrier(2)"),
            "files" => (new Version(6, 6), "fchmodat2(2)"),
            "futex-pi" => (new Version(6, 7), "futex_wait(2) and futex_waitv(2) that checks its values"),
            "inotify" => (new Version(6, 8), "the order of events of an open that truncates"),
            "sockets-inet" => (new Version(6, 16), "SO_PASSCRED that is refused where no credentials are passed"),
            _ => (new Version(), ""),
        };
        Assert.SkipWhen(Environment.OSVersion.Version < needed, $"the native run needs Linux {needed}, for {why}");

        await CompareAsync(engine, name, (builder, _) => builder.MountTmpfs("/w"));
    }

    /// <summary>Mapped files are each file system's own affair.</summary>
    [Theory]
    [MemberData(nameof(FileSystems))]
    public async Task Mapped_files_are_as_natively_on_every_file_system(string engine, string fileSystem, string program)
    {
        if (!OperatingSystem.IsLinux() || Environment.UserName != "root")
        {
            Assert.Skip("needs Linux and root, whose privileges the guest has");
        }

        await CompareAsync(engine, program, (builder, directory) => _ = fileSystem == "host"
            ? builder.MountHost(directory, "/w", readOnly: false)
            : builder.MountOverlay(directory, "/w"));
    }

    /// <summary>
    /// Programs that send themselves signals while they wait can tell only by /proc that they do, so on a busy host a native run may miss one and hang: it
    /// gets a second chance, which a guest doesn't.
    /// </summary>
    private static async Task<ProgramRun> RunNativelyAsync(ProgramRequest request)
    {
        try
        {
            return await RunOnceAsync(request with { Limit = TimeSpan.FromMinutes(1.5) });
        }
        catch (TimeoutException)
        {
            return await RunOnceAsync(request);
        }

        static async Task<ProgramRun> RunOnceAsync(ProgramRequest request)
        {
            DirectoryInfo directory = Directory.CreateTempSubdirectory("hermitux-syscalls-");
            try
            {
                return await NativeRunner.RunAsync(request with { Directory = directory.FullName });
            }
            finally
            {
                directory.Delete(recursive: true);
            }
        }
    }

    private static async Task CompareAsync(string engine, string name, Action<UnikernelBuilder, string> mount)
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "Syscalls", "programs");
        string source = await File.ReadAllTextAsync(Path.Combine(folder, name + ".c"), TestContext.Current.CancellationToken);
        string header = await File.ReadAllTextAsync(Path.Combine(folder, "check.h"), TestContext.Current.CancellationToken);
        string program = GuestCompiler.Compile(source.Replace("#include \"check.h\"", header, StringComparison.Ordinal), Toolchain.GccStatic);
        DirectoryInfo guestDirectory = Directory.CreateTempSubdirectory("hermitux-syscalls-");
        try
        {
            var request = new ProgramRequest(program) { MountHostRoot = false };
            ProgramRun expected = await RunNativelyAsync(request);
            if (name == "xattr" && expected.Summary.Contains("setxattr(\"file\", \"user.a\", \"one\", 3, 0) = -1 EOPNOTSUPP", StringComparison.Ordinal))
            {
                Assert.Skip("the native run needs user attributes in the temporary directory");
            }

            ProgramRun actual = await GuestRunner.RunAsync(engine, request, builder =>
            {
                mount(builder, guestDirectory.FullName);
                builder.WithWorkingDirectory("/w");
            });
            Assert.Equal(expected.Summary, actual.Summary);
        }
        finally
        {
            guestDirectory.Delete(recursive: true);
        }
    }
}
