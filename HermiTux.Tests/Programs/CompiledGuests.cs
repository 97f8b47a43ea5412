using System.Collections.Concurrent;
using System.Diagnostics;
using Xunit;

[assembly: AssemblyFixture(typeof(HermiTux.Tests.Programs.CompiledGuests.CleanUp))]

namespace HermiTux.Tests.Programs;

/// <summary>The folder where a test run compiles its guest programs, and how it calls the compilers.</summary>
/// <remarks>HERMITUX_GUEST_CACHE names a folder that stays: what an earlier run left there is used, where no compiler is needed then.</remarks>
internal static class CompiledGuests
{
    private static readonly ConcurrentDictionary<string, Lazy<string>> s_programs = new();
    private static readonly string? s_cache = Environment.GetEnvironmentVariable("HERMITUX_GUEST_CACHE");
    private static readonly Lazy<string> s_folder = new(() => s_cache ?? Directory.CreateTempSubdirectory("hermitux-guests-").FullName);

    /// <summary>Where the programs are.</summary>
    public static string Folder => s_folder.Value;

    /// <summary>Makes a program once a run. A missing compiler skips the test by name.</summary>
    /// <param name="name">Of the output, a file in <see cref="Folder"/>.</param>
    /// <param name="compiler">The program that makes it.</param>
    /// <param name="package">What has the compiler.</param>
    /// <param name="arguments">The compiler's arguments for an output.</param>
    public static string Build(string name, string compiler, string package, Func<string, string[]> arguments) =>
        s_programs.GetOrAdd(name, _ => new Lazy<string>(() =>
        {
            string output = Path.Combine(Folder, name);
            if (s_cache is null || !Path.Exists(output))
            {
                Run(compiler, package, arguments(output));
            }

            return output;
        })).Value;

    private static void Run(string compiler, string package, string[] arguments)
    {
        var start = new ProcessStartInfo(compiler, arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["GOCACHE"] = Path.Combine(Folder, "go-cache");
        start.Environment["GO111MODULE"] = "off";
        start.Environment["CGO_ENABLED"] = "0";
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip($"needs {compiler} (apt install {package})");
            throw;
        }

        using (process)
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            string errors = process.StandardError.ReadToEnd();
            process.WaitForExit();
            Assert.True(process.ExitCode == 0, $"{compiler} failed: {errors}{output.Result}");
        }
    }

    /// <summary>Removes the folder after the last test. At the process's exit it would take longer than the test platform waits before it speaks of threads left.</summary>
    internal sealed class CleanUp : IDisposable
    {
        public void Dispose()
        {
            if (s_cache is null && s_folder.IsValueCreated)
            {
                Directory.Delete(Folder, recursive: true);
            }
        }
    }
}
