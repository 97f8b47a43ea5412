using System.Diagnostics;
using System.Reflection;
using System.Security.Cryptography;

namespace HermiTux.Samples.Bench;

/// <summary>Compiles the workloads' embedded C sources with gcc, static and optimised, into the user's cache.</summary>
internal static class WorkloadCompiler
{
    /// <summary>The compiled program's path.</summary>
    /// <exception cref="InvalidOperationException">gcc is missing or fails; the message says what to install.</exception>
    public static string Compile(string name)
    {
        using Stream source = Assembly.GetExecutingAssembly().GetManifestResourceStream($"workloads/{name}.c")
            ?? throw new InvalidOperationException($"no workload named '{name}'");
        using var buffer = new MemoryStream();
        source.CopyTo(buffer);
        byte[] text = buffer.ToArray();

        string folder = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create), "hermitux", "bench");
        Directory.CreateDirectory(folder);
        string program = Path.Combine(folder, $"{name}-{Convert.ToHexString(SHA256.HashData(text))[..12]}");
        if (File.Exists(program))
        {
            return program;
        }

        string temporary = $"{program}.{Environment.ProcessId}";
        var start = new ProcessStartInfo("gcc", ["-O2", "-static", "-x", "c", "-o", temporary, "-", "-lm"])
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
                throw new InvalidOperationException($"gcc can't compile the workload '{name}': {errors.Trim()}");
            }
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw new InvalidOperationException("the benchmarks need gcc to compile their workloads (apt install gcc libc6-dev)");
        }

        File.Move(temporary, program, overwrite: true);
        return program;
    }
}
