using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Xunit;

namespace HermiTux.Tests.Cpu.Oracle;

/// <summary>
/// The real CPU: a child process (native-cpu.c, compiled at first use) that executes test cases and returns the states they lead to.
/// </summary>
internal sealed unsafe class NativeCpu : IDisposable
{
    private static readonly Lazy<string?> s_program = new(Compile);

    private readonly Process _process;
    private readonly Stream _input;
    private readonly Stream _output;

    private NativeCpu(Process process)
    {
        _process = process;
        _input = process.StandardInput.BaseStream;
        _output = process.StandardOutput.BaseStream;
    }

    /// <summary>Starts the child process, or skips the calling test with the reason why there is no oracle here.</summary>
    public static NativeCpu StartOrSkip()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            Assert.Skip("the instruction oracle needs an x86-64 Linux host");
        }

        string? program = s_program.Value;
        if (program is null)
        {
            Assert.Skip("needs gcc (apt install gcc)");
        }

        Process process = Process.Start(new ProcessStartInfo(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        NativeCpu cpu = new(process);
        Span<uint> hello = stackalloc uint[2];
        cpu._output.ReadExactly(MemoryMarshal.AsBytes(hello));
        Assert.Equal((uint)CpuImage.SizeInBytes, hello[0]);
        return cpu;
    }

    /// <summary>Runs every case of a batch; <paramref name="results"/> has room for as many images.</summary>
    public void Run(CaseBatch batch, CpuImage* results)
    {
        // A case that hangs the child would hang the test: none should, but the generator may have a bug.
        using Timer watchdog = new(_ => _process.Kill(), null, TimeSpan.FromSeconds(60), Timeout.InfiniteTimeSpan);
        Span<uint> header = [(uint)batch.Count, (uint)batch.CodeLength];
        try
        {
            _input.Write(MemoryMarshal.AsBytes(header));
            _input.Write(batch.CodeBytes);
            // SAFETY: the batch owns Count images, the caller's buffer holds as many.
            _input.Write(new ReadOnlySpan<byte>(batch.Images, batch.Count * CpuImage.SizeInBytes));
            _input.Flush();
            _output.ReadExactly(new Span<byte>(results, batch.Count * CpuImage.SizeInBytes));
        }
        catch (Exception e) when (e is IOException or EndOfStreamException)
        {
            _process.WaitForExit(1000);
            string status = _process.HasExited ? _process.ExitCode.ToString() : "still running";
            throw new InvalidOperationException(
                $"The native CPU process died (status {status}) while running {batch.Count} cases, {batch.Describe(0)} to {batch.Describe(batch.Count - 1)}", e);
        }
    }

    public void Dispose()
    {
        try
        {
            _input.Dispose();
        }
        catch (IOException)
        {
            // The child is gone already.
        }

        if (!_process.WaitForExit(2000))
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private static string? Compile()
    {
        using Stream resource = Assembly.GetExecutingAssembly().GetManifestResourceStream("native-cpu.c")!;
        byte[] source = new byte[resource.Length];
        resource.ReadExactly(source);
        string directory = Path.Combine(Path.GetTempPath(), "hermitux-oracle-" + Convert.ToHexString(SHA256.HashData(source), 0, 8) + "-" + Environment.UserName);
        string program = Path.Combine(directory, "native-cpu");
        if (File.Exists(program))
        {
            return program;
        }

        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        string stem = Path.Combine(directory, Guid.NewGuid().ToString("N"));
        File.WriteAllBytes(stem + ".c", source);
        Process gcc;
        try
        {
            gcc = Process.Start("gcc",
                ["-O2", "-nostdlib", "-ffreestanding", "-fno-stack-protector", "-fpie", "-static", "-no-pie", "-Wl,-Ttext-segment=0x123400000000", "-mgeneral-regs-only",
                 "-fcf-protection=none", "-fno-asynchronous-unwind-tables", "-o", stem, stem + ".c"]);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }

        using (gcc)
        {
            gcc.WaitForExit();
            if (gcc.ExitCode != 0)
            {
                throw new InvalidOperationException("gcc failed to compile native-cpu.c");
            }
        }

        // Renaming makes concurrent test processes agree on one program.
        File.Move(stem, program, overwrite: true);
        File.Delete(stem + ".c");
        return program;
    }
}
