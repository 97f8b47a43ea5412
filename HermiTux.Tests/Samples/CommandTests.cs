using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using HermiTux.Tests.Programs;
using Xunit;

namespace HermiTux.Tests.Samples;

/// <summary><c>hermitux</c> as a process: what a shell, a script or another program sees of it.</summary>
public sealed class CommandTests
{
    private const string Echo = """
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <unistd.h>
        int main(int argc, char **argv)
        {
            if (argc > 2 && !strcmp(argv[1], "exit")) return atoi(argv[2]);
            if (argc > 1 && !strcmp(argv[1], "abort")) abort();
            if (argc > 1 && !strcmp(argv[1], "spin")) for (;;) ;
            if (argc > 1 && !strcmp(argv[1], "hog")) for (;;) memset(malloc(1 << 20), 1, 1 << 20);
            if (argc > 2 && !strcmp(argv[1], "env")) { char d[100]; printf("%s %s\n", getenv(argv[2]), getcwd(d, 100)); return 0; }
            char line[100];
            setvbuf(stdout, 0, _IONBF, 0);
            puts("ready");
            while (fgets(line, sizeof line, stdin)) printf("got %s", line);
            fputs("done\n", stderr);
            return 7;
        }
        """;

    private static readonly TimeSpan s_generous = TimeSpan.FromMinutes(2);

    private static string Guest => GuestCompiler.Compile(Echo, Toolchain.GccStatic);

    [Theory]
    [InlineData(0, "exit", "0")]
    [InlineData(42, "exit", "42")]
    [InlineData(255, "exit", "255")]
    [InlineData(134, "abort")]
    public async Task The_status_is_the_guests(int expected, params string[] arguments)
    {
        CommandResult result = await RunAsync(["run", "--", Guest, .. arguments]);
        Assert.Equal((expected, "", ""), (result.Status, result.Output, result.Error));
    }

    [Fact]
    public async Task A_time_out_is_124_and_a_memory_limit_137_with_a_line_that_says_so()
    {
        CommandResult time = await RunAsync(["run", "--timeout", "0.3", "--", Guest, "spin"]);
        Assert.Equal(124, time.Status);
        Assert.Matches("^hermitux: .*time limit.*\n$", time.Error);
        CommandResult memory = await RunAsync(["run", "--memory", "16M", "--", Guest, "hog"]);
        Assert.Equal(137, memory.Status);
        Assert.Matches("^hermitux: .*memory limit.*\n$", memory.Error);
    }

    [Theory]
    [InlineData("run", "--", "/no/such/program")]
    [InlineData("run", "--engine", "none", "--", "/bin/true")]
    [InlineData("run", "--memory", "many", "--", "/bin/true")]
    [InlineData("run", "--mount", "relative", "--", "/bin/true")]
    [InlineData("run", "--mount", "/no/such/directory:/m", "--", "/bin/true")]
    [InlineData("run", "--env", "novalue", "--", "/bin/true")]
    [InlineData("run", "--cwd", "/nowhere", "--", "/bin/true")]
    [InlineData("run", "--no-such-option", "--", "/bin/true")]
    [InlineData("run", "--", "/etc/passwd")]
    [InlineData("run")]
    [InlineData("nonsense")]
    public async Task An_error_of_ours_is_125_with_a_line_on_standard_error(params string[] arguments)
    {
        CommandResult result = await RunAsync(arguments);
        Assert.Equal((125, ""), (result.Status, result.Output));
        Assert.Matches("^(hermitux: .+\n)+$", result.Error);
    }

    [Fact]
    public async Task Output_streams_while_the_guest_waits_for_input()
    {
        using Process process = Start(["run", "--", Guest]);
        Assert.Equal("ready", await process.StandardOutput.ReadLineAsync(Token).AsTask().WaitAsync(s_generous, Token));
        await process.StandardInput.WriteLineAsync("one");
        await process.StandardInput.FlushAsync(Token);
        Assert.Equal("got one", await process.StandardOutput.ReadLineAsync(Token).AsTask().WaitAsync(s_generous, Token));
        process.StandardInput.Close();
        Assert.Equal("", await process.StandardOutput.ReadToEndAsync(Token).WaitAsync(s_generous, Token));
        Assert.Equal("done\n", await process.StandardError.ReadToEndAsync(Token).WaitAsync(s_generous, Token));
        await process.WaitForExitAsync(Token).WaitAsync(s_generous, Token);
        Assert.Equal(7, process.ExitCode);
    }

    [Fact]
    public async Task Environment_and_working_directory_are_what_was_asked_for()
    {
        CommandResult result = await RunAsync(["run", "--env", "GREETING=hello=world", "--tmpfs", "/scratch", "--cwd", "/scratch", "--", Guest, "env", "GREETING"]);
        Assert.Equal((0, "hello=world /scratch\n"), (result.Status, result.Output));
        CommandResult other = await RunAsync(["run", "--", Guest, "env", "HERMITUX_TEST_ONLY"], "HERMITUX_TEST_ONLY=secret");
        Assert.Equal("(null) /\n", other.Output);
    }

    [Fact]
    public async Task Statistics_are_one_JSON_object()
    {
        string file = Path.GetTempFileName();
        try
        {
            CommandResult result = await RunAsync(["run", "--stats", file, "--", Guest, "exit", "3"]);
            Assert.Equal(3, result.Status);
            using JsonDocument json = JsonDocument.Parse(await File.ReadAllTextAsync(file, Token));
            JsonElement root = json.RootElement;
            Assert.Equal(["engine", "exit_code", "wall_ms", "create_ms", "instructions", "syscalls", "peak_resident_bytes", "translated_bytes"],
                root.EnumerateObject().Select(p => p.Name));
            Assert.False(string.IsNullOrEmpty(root.GetProperty("engine").GetString()));
            Assert.Equal(3, root.GetProperty("exit_code").GetInt32());
            Assert.True(root.GetProperty("wall_ms").GetDouble() > 0);
            Assert.True(root.GetProperty("create_ms").GetDouble() > 0);
            Assert.Equal(1, root.GetProperty("syscalls").GetProperty("exit_group").GetInt64());
            Assert.True(root.GetProperty("peak_resident_bytes").GetInt64() > 4096);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task A_trace_has_a_line_for_each_call_as_strace_writes_it()
    {
        string file = Path.GetTempFileName();
        try
        {
            CommandResult result = await RunAsync(["run", "--trace", file, "--", Guest], input: "x\n");
            Assert.Equal((7, "ready\ngot x\n", "done\n"), (result.Status, result.Output, result.Error));
            string[] lines = await File.ReadAllLinesAsync(file, Token);
            Assert.Contains(lines, l => l.EndsWith("write(1, \"ready\\n\", 6) = 6", StringComparison.Ordinal) || l.EndsWith("write(1, \"ready\", 5) = 5", StringComparison.Ordinal));
            Assert.Contains(lines, l => l.Contains("read(0, \"x\\n\", ", StringComparison.Ordinal) && l.EndsWith(" = 2", StringComparison.Ordinal));
            Assert.Contains(lines, l => l.Contains("write(2, \"done\\n\", 5) = 5", StringComparison.Ordinal));
            Assert.Contains(lines, l => l.Contains("exit_group(7)", StringComparison.Ordinal));
            Assert.Contains(lines, l => l.Contains("readlink(\"/proc/self/exe\", ", StringComparison.Ordinal));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task The_support_table_is_printed_from_the_table()
    {
        CommandResult result = await RunAsync(["syscalls"]);
        Assert.Equal(0, result.Status);
        Assert.Contains("getppid", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_example_runs()
    {
        CommandResult result = await RunAsync(["example", "plugin-isolation"]);
        Assert.Equal(0, result.Status);
        Assert.Contains("endless loop: stopped at the time limit", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_benchmark_prints_a_row_for_the_native_run_and_each_engine()
    {
        _ = Guest; // Skips where there is no compiler.
        CommandResult result = await RunAsync(["bench", "hello", "--rounds", "1", "--peers", "false"]);
        Assert.True(result.Status == 0, result.Error);
        Assert.Contains("native", result.Output, StringComparison.Ordinal);
        Assert.Contains("interpreter", result.Output, StringComparison.Ordinal);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static async Task<CommandResult> RunAsync(string[] arguments, string? environment = null, string input = "")
    {
        using Process process = Start(arguments, environment);
        Task<string> output = process.StandardOutput.ReadToEndAsync(Token);
        Task<string> error = process.StandardError.ReadToEndAsync(Token);
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        try
        {
            await process.WaitForExitAsync(Token).WaitAsync(s_generous, Token);
        }
        catch (TimeoutException)
        {
            process.Kill();
            throw;
        }

        return new CommandResult(process.ExitCode, await output, await error);
    }

    private static Process Start(string[] arguments, string? environment = null)
    {
        // The apphost of the samples project lies beside the tests.
        string command = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "hermitux.exe" : "hermitux");
        var start = new ProcessStartInfo(command, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (environment?.Split('=') is [var name, var value])
        {
            start.Environment[name] = value;
        }

        return Process.Start(start) ?? throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"{command} doesn't start."));
    }

    private sealed record CommandResult(int Status, string Output, string Error);
}
