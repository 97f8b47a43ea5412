using System.Text;
using HermiTux.Abi;
using HermiTux.Samples.Examples;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace HermiTux.Tests.Hosting;

/// <summary>Tiny guests, assembled here so that no test of the hosting layer needs a compiler.</summary>
internal static class Guests
{
    /// <summary>exit_group(code)</summary>
    public static byte[] Exit(int code) => ElfBuilder.Build(a => Call(a, SyscallNumber.exit_group, code));

    /// <summary>for (;;);</summary>
    public static byte[] Spin() => ElfBuilder.Build(a =>
    {
        Label self = a.CreateLabel();
        a.Label(ref self);
        a.jmp(self);
    });

    /// <summary>Stores to an address.</summary>
    public static byte[] StoreTo(ulong address) => ElfBuilder.Build(a =>
    {
        a.mov(rax, address);
        a.mov(__byte_ptr[rax], 1);
    });

    /// <summary>pause()</summary>
    public static byte[] Pause() => ElfBuilder.Build(a => Call(a, SyscallNumber.pause));

    /// <summary>read(0, buffer, 1); exit_group(the result)</summary>
    public static byte[] ReadOne() => ElfBuilder.Build(a =>
    {
        Label buffer = a.CreateLabel();
        a.xor(edi, edi);
        a.lea(rsi, __[buffer]);
        a.mov(edx, 1);
        a.mov(eax, (int)SyscallNumber.read);
        a.syscall();
        a.mov(edi, eax);
        a.mov(eax, (int)SyscallNumber.exit_group);
        a.syscall();
        a.Label(ref buffer);
        a.nop();
    });

    /// <summary>Writes a text to a descriptor so many times (0: for ever), then exits with 0, or with the errno of a write that failed.</summary>
    public static byte[] Write(int descriptor, string text, int times) => ElfBuilder.Build(a =>
    {
        Label loop = a.CreateLabel(), failed = a.CreateLabel(), data = a.CreateLabel();
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        a.mov(ebx, times);
        a.Label(ref loop);
        a.mov(edi, descriptor);
        a.lea(rsi, __[data]);
        a.mov(edx, bytes.Length);
        a.mov(eax, (int)SyscallNumber.write);
        a.syscall();
        a.test(rax, rax);
        a.js(failed);
        a.dec(ebx);
        a.jne(loop);
        Call(a, SyscallNumber.exit_group, 0);
        a.Label(ref failed);
        a.neg(eax);
        a.mov(edi, eax);
        a.mov(eax, (int)SyscallNumber.exit_group);
        a.syscall();
        a.Label(ref data);
        a.db(bytes);
    });

    /// <summary>Makes one call with up to three constant arguments.</summary>
    public static void Call(Assembler a, SyscallNumber number, int arg0 = 0, int arg1 = 0, int arg2 = 0)
    {
        a.mov(edi, arg0);
        a.mov(esi, arg1);
        a.mov(edx, arg2);
        a.mov(eax, (int)number);
        a.syscall();
    }
}
