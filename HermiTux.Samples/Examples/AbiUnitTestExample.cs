using HermiTux.Abi;
using HermiTux.Syscalls;
using static Iced.Intel.AssemblerRegisters;

namespace HermiTux.Samples.Examples;

/// <summary>
/// A unit test of ABI behaviour: assembles a few instructions, runs them, and asserts on the system calls that they make.
/// </summary>
internal static class AbiUnitTestExample
{
    public static async Task RunAsync(TextWriter output, CancellationToken cancellationToken)
    {
        // Does the syscall instruction clobber RCX and R11 and nothing else, and is the fourth argument in R10?
        var calls = new List<(int Number, SyscallArguments Arguments)>();
        await using Unikernel machine = new UnikernelBuilder()
            .UseProgramImage(ElfBuilder.Build(a =>
            {
                a.mov(edi, 1);
                a.mov(esi, 2);
                a.mov(edx, 3);
                a.mov(ecx, 0xBAD);
                a.mov(r10d, 4);
                a.mov(r8d, 5);
                a.mov(r9d, 6);
                a.mov(eax, 1001);
                a.syscall();
                a.mov(rdi, rcx); // the address of this instruction
                a.mov(eax, (int)SyscallNumber.exit_group);
                a.syscall();
            }))
            .ConfigureSyscalls(table =>
            {
                table.Set(new SyscallEntry(1001, "probe", SupportLevel.Full, "", [])
                {
                    Handler = (context, args) =>
                    {
                        calls.Add((context.Number, args));
                        return 0;
                    },
                });
                table.Wrap(SyscallNumber.exit_group, (context, args, next) =>
                {
                    calls.Add((context.Number, args));
                    return next(context, args with { Arg0 = 0 });
                });
            })
            .Build();
        UnikernelExit exit = await machine.RunAsync(cancellationToken);

        Assert(exit.IsSuccess, "the guest exits with 0");
        Assert(calls.Count == 2, "two calls are made");
        Assert(calls[0] == (1001, new SyscallArguments(1, 2, 3, 4, 5, 6)), "arguments are in RDI RSI RDX R10 R8 R9");
        Assert(calls[1].Arguments.Arg0 is > 0x400000 and < 0x401000, "RCX holds the return address");
        Assert(calls[1].Arguments.Arg1 == 2, "other registers keep their values");

        void Assert(bool condition, string claim)
        {
            output.WriteLine($"{(condition ? "pass" : "FAIL")}: {claim}");
            if (!condition)
            {
                throw new InvalidOperationException($"The ABI test failed: {claim}.");
            }
        }
    }
}
