using System.Diagnostics;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace HermiTux.Samples.Bench;

/// <summary>Compiles the workloads' embedded C and C++ sources with gcc, static and optimised, into the user's cache.</summary>
internal static class WorkloadCompiler
{
    /// <summary>The compiled program's path.</summary>
    /// <exception cref="InvalidOperationException">gcc is missing or fails; the message says what to install.</exception>
    public static string Compile(string name)
    {
        (string extension, string compiler, string[] options) = Source(name + ".cpp") is null ? (".c", "gcc", (string[])[]) : (".cpp", "g++", ["-std=c++17"]);
        string source = Source(name + extension) ?? throw new InvalidOperationException($"no workload named '{name}'");

        // The compiler reads the source from a pipe, where it can't look for files beside it.
        byte[] text = Encoding.UTF8.GetBytes(source.Replace("#include \"npb-common.h\"", Source("npb-common.h"), StringComparison.Ordinal));

        string folder = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create), "hermitux", "bench");
        Directory.CreateDirectory(folder);
        string program = Path.Combine(folder, $"{name}-{Convert.ToHexString(SHA256.HashData(text))[..12]}");
        if (File.Exists(program))
        {
            return program;
        }

        string temporary = $"{program}.{Environment.ProcessId}";
        var start = new ProcessStartInfo(compiler, [.. options, "-O2", "-static", "-x", extension == ".c" ? "c" : "c++", "-o", temporary, "-", "-lm"])
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
        };
        try
        {
            using Process gcc = Process.Start(start)!;
            gcc.StandardInput.BaseStream.Write(text);
            gcc.StandardInput.Close();
            string errors = gcc.StandardError.ReadToEnd();
            gcc.WaitForExit();
            if (gcc.ExitCode != 0)
            {
                throw new InvalidOperationException($"{compiler} can't compile the workload '{name}': {errors.Trim()}");
            }
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw new InvalidOperationException("the benchmarks need gcc and g++ to compile their workloads (apt install gcc g++ libc6-dev)");
        }

        File.Move(temporary, program, overwrite: true);
        return program;
    }

    private static string? Source(string file)
    {
        using Stream? stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"workloads/{file}");
        return stream is null ? null : new StreamReader(stream).ReadToEnd();
    }
}
