using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using HermiTux.Abi;
using HermiTux.Loader;
using HermiTux.Memory;
using HermiTux.Tests.Memory;
using HermiTux.Tests.Programs;
using Xunit;

namespace HermiTux.Tests.Loader;

/// <summary>The initial stack, byte for byte as the host's kernel lays it out.</summary>
public sealed class InitialStackTests
{
    [Theory]
    [InlineData("one")]
    [InlineData("one", "", "three with spaces", "4")]
    [InlineData("one", "two", "three", "four", "five", "six")]
    public void Layout_equals_the_native_one_byte_for_byte(params string[] arguments)
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            Assert.Skip("needs an x86-64 Linux host");
        }

        string program = GuestCompiler.CompileSource("initial-stack.c", Toolchain.GccStatic);
        (ulong pointer, byte[] native) = RunNatively(program, arguments);

        // The values of the auxiliary vector that aren't addresses on the stack are the host's.
        List<byte[]> argv = [.. arguments.Prepend(program).Select(Encoding.UTF8.GetBytes)];
        List<byte[]> envp = [Encoding.UTF8.GetBytes("HERMITUX=1"), Encoding.UTF8.GetBytes("EMPTY=")];
        int vector = 8 * (1 + argv.Count + 1 + envp.Count + 1);
        List<AuxEntry> entries = [];
        for (; MemoryMarshal.Read<ulong>(native.AsSpan(vector)) != 0; vector += 16)
        {
            entries.Add(MemoryMarshal.Read<AuxEntry>(native.AsSpan(vector)));
        }

        ulong random = entries.Single(e => e.a_type == AuxvConstants.AT_RANDOM).a_val;
        var stack = new InitialStack(Encoding.UTF8.GetBytes(program), argv, envp)
        {
            RandomBytes = native.AsSpan((int)(random - pointer), 16).ToArray(),
        };
        stack.Auxiliary.AddRange(entries.Select(e => e.a_type is AuxvConstants.AT_RANDOM or AuxvConstants.AT_PLATFORM or AuxvConstants.AT_EXECFN
            ? new AuxEntry { a_type = e.a_type }
            : e));
        using var memory = new MemoryFixture();
        Assert.Equal(Errno.None, stack.Write(memory.Space, Page.UserEnd, 0, executable: false, stackLimit: 8 << 20));
        Assert.Equal(pointer, stack.StackPointer);
        byte[] ours = new byte[Page.UserEnd - stack.StackPointer];
        Assert.True(memory.Space.TryRead(stack.StackPointer, ours));
        Assert.Equal(Convert.ToHexString(native), Convert.ToHexString(ours));
        VmaInfo mapping = Assert.Single(memory.Space.Mappings);
        Assert.Equal("[stack]", mapping.Name.Path);
        Assert.Equal(MemoryProtection.Read | MemoryProtection.Write, mapping.Protection);
    }

    [Fact]
    public void Too_long_arguments_are_E2BIG()
    {
        byte[] longest = new byte[InitialStack.MaxStringLength - 1];
        Assert.Equal(Errno.None, new InitialStack([], [longest], []).Check(8 << 20));
        Assert.Equal(Errno.E2BIG, new InitialStack([], [new byte[InitialStack.MaxStringLength]], []).Check(8 << 20));
        byte[][] many = [.. Enumerable.Repeat(longest, 16)];
        Assert.Equal(Errno.E2BIG, new InitialStack([], many, []).Check(8 << 20));
        Assert.Equal(Errno.None, new InitialStack([], many[..15], []).Check(8 << 20));
        Assert.Equal(Errno.E2BIG, new InitialStack([], [], many[..1]).Check(0));
    }

    [Fact]
    public void Pointer_is_aligned_whatever_the_strings()
    {
        for (int i = 0; i < 40; i++)
        {
            using var memory = new MemoryFixture();
            var stack = new InitialStack(new byte[i], [new byte[i % 7]], [.. Enumerable.Repeat(new byte[3], i % 5)]);
            Assert.Equal(Errno.None, stack.Write(memory.Space, Page.UserEnd, (ulong)(i * 13), executable: true, stackLimit: 8 << 20));
            Assert.Equal(0UL, stack.StackPointer & 15);
            Assert.Equal(MemoryFaultKind.None, memory.Fault(stack.StackPointer, MemoryAccess.Execute));
        }
    }

    private static (ulong Pointer, byte[] Bytes) RunNatively(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true };
        start.Environment.Clear();
        start.Environment["HERMITUX"] = "1";
        start.Environment["EMPTY"] = "";
        using Process process = Process.Start(start)!;
        string[] lines = process.StandardOutput.ReadToEnd().Split('\n');
        process.WaitForExit();
        if (process.ExitCode == 77)
        {
            Assert.Skip("needs a host that allows personality(ADDR_NO_RANDOMIZE)");
        }

        Assert.Equal(0, process.ExitCode);
        return (ulong.Parse(lines[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture), Convert.FromHexString(lines[1]));
    }
}
