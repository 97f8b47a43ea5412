using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Xunit;

namespace HermiTux.Tests.Programs;

/// <summary>How a guest test program is compiled and linked.</summary>
public enum Toolchain
{
    GccStatic,
    GccStaticPie,
    GccDynamic,
    MuslStatic,
    MuslDynamic,
    GxxStatic,
    GxxDynamic,
    GfortranDynamic,
    GccOpenMp,
}

/// <summary>
/// Compiles guest programs with the machine's compilers. A missing compiler skips the test by name, unless HERMITUX_GUEST_CACHE names a folder where an earlier
/// run left the program.
/// </summary>
internal static class GuestCompiler
{
    private static readonly ConcurrentDictionary<(string, Toolchain, string), Lazy<string>> s_programs = new();
    private static readonly string? s_cache = Environment.GetEnvironmentVariable("HERMITUX_GUEST_CACHE");
    private static readonly string s_folder = s_cache ?? Directory.CreateTempSubdirectory("hermitux-guests-").FullName;

    static GuestCompiler()
    {
        if (s_cache is not null)
        {
            return;
        }

        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(s_folder, recursive: true);
    }

    /// <summary>Compiles a file of Programs/sources; returns the program's host path.</summary>
    public static string CompileSource(string fileName, Toolchain toolchain) =>
        Compile(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Programs", "sources", fileName)), toolchain, Path.GetExtension(fileName));

    /// <summary>Compiles source text; returns the program's host path. Each text is compiled once a test run.</summary>
    public static string Compile(string source, Toolchain toolchain, string extension = ".c") =>
        s_programs.GetOrAdd((source, toolchain, extension), key => new Lazy<string>(() => Run(key.Item1, key.Item2, key.Item3))).Value;

    private static string Run(string source, Toolchain toolchain, string extension)
    {
        (string compiler, string package, string[] options) = toolchain switch
        {
            Toolchain.GccStatic => ("gcc", "gcc libc6-dev", new[] { "-static" }),
            Toolchain.GccStaticPie => ("gcc", "gcc libc6-dev", ["-static-pie", "-fPIE"]),
            Toolchain.GccDynamic => ("gcc", "gcc libc6-dev", []),
            Toolchain.MuslStatic => ("musl-gcc", "musl-tools", ["-static"]),
            Toolchain.MuslDynamic => ("musl-gcc", "musl-tools", []),
            Toolchain.GxxStatic => ("g++", "g++", ["-static", "-std=c++17"]),
            Toolchain.GxxDynamic => ("g++", "g++", ["-std=c++17"]),
            Toolchain.GfortranDynamic => ("gfortran", "gfortran", []),
            Toolchain.GccOpenMp => ("gcc", "gcc libc6-dev", ["-fopenmp"]),
            _ => throw new ArgumentOutOfRangeException(nameof(toolchain)),
        };
        string name = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(source + toolchain)))[..16];
        string input = Path.Combine(s_folder, name + extension);
        string output = Path.Combine(s_folder, name);
        if (s_cache is not null && File.Exists(output))
        {
            return output;
        }

        File.WriteAllText(input, source);
        var start = new ProcessStartInfo(compiler, [.. options, "-O1", "-w", "-pthread", "-o", output, input, "-lm"]) { RedirectStandardError = true };
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
            string errors = process.StandardError.ReadToEnd();
            process.WaitForExit();
            Assert.True(process.ExitCode == 0, $"{compiler} failed: {errors}");
        }

        return output;
    }
}
