using System.Diagnostics;
using System.Runtime.InteropServices;
using HermiTux.Tests.Programs;
using Xunit;

namespace HermiTux.Tests.Cpu;

/// <summary>Runs records on the real CPU through a small C program.</summary>
internal static class X87Oracle
{
    /// <summary>The state after each record, or a skip where there is no x86-64 Linux or no compiler.</summary>
    public static List<X87Record> Run(IReadOnlyList<X87Record> records)
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            Assert.Skip("needs an x86-64 Linux host");
        }

        string source = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Cpu", "x87-oracle.c"));
        var start = new ProcessStartInfo(GuestCompiler.Compile(source, Toolchain.GccDynamic))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using Process process = Process.Start(start)!;
        Task writer = Task.Run(() =>
        {
            using Stream input = process.StandardInput.BaseStream;
            foreach (X87Record record in records)
            {
                input.Write(record.Bytes);
            }
        });
        var results = new List<X87Record>(records.Count);
        byte[] buffer = new byte[X87Record.Size];
        Stream output = process.StandardOutput.BaseStream;
        for (int i = 0; i < records.Count; i++)
        {
            output.ReadExactly(buffer);
            results.Add(new X87Record(buffer));
        }

        writer.GetAwaiter().GetResult();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return results;
    }
}
