using HermiTux.Abi;
using HermiTux.Syscalls;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace HermiTux.Samples.Examples;

/// <summary>Changes what system calls do: a new one, a replaced one, a wrapped one and a denied one.</summary>
internal static class SyscallPolicyExample
{
    private const int Multiply = 1000;

    public static async Task RunAsync(TextWriter output, CancellationToken cancellationToken)
    {
        await using Unikernel machine = new UnikernelBuilder()
            .UseProgramImage(ElfBuilder.Build(Guest))
            .ConfigureSyscalls(table =>
            {
                // A call of one's own, with a number that Linux doesn't use.
                table.Set(new SyscallEntry(Multiply, "multiply", SupportLevel.Full, "", [ArgumentKind.Int, ArgumentKind.Int])
                {
                    Handler = (_, args) => (long)args.Arg0 * (long)args.Arg1,
                });

                // The guest always sees process id 7.
                table.Replace(SyscallNumber.getpid, (_, _) => 7);

                // Time passes, but someone watches; a wrapper may wait without holding a thread.
                table.Wrap(SyscallNumber.nanosleep, async (context, args, next) =>
                {
                    output.WriteLine("the guest wants to sleep");
                    await Task.Yield();
                    return await next(context, args);
                });

                // No sockets.
                table.Deny(SyscallNumber.socket, Errno.EACCES);
            })
            .Build();
        UnikernelExit exit = await machine.RunAsync(cancellationToken);
        output.WriteLine($"The guest computed multiply(getpid(), -socket()) = {exit.ExitCode}.");
    }

    /// <summary>nanosleep({0, 1000}, 0); exit_group(multiply(getpid(), -socket(2, 1, 0)));</summary>
    private static void Guest(Assembler a)
    {
        Label time = a.CreateLabel();
        a.mov(eax, (int)SyscallNumber.nanosleep);
        a.lea(rdi, __[time]);
        a.xor(esi, esi);
        a.syscall();
        a.mov(eax, (int)SyscallNumber.socket);
        a.mov(edi, 2);
        a.mov(esi, 1);
        a.xor(edx, edx);
        a.syscall();
        a.neg(rax);
        a.mov(rbx, rax);
        a.mov(eax, (int)SyscallNumber.getpid);
        a.syscall();
        a.mov(rdi, rax);
        a.mov(rsi, rbx);
        a.mov(eax, Multiply);
        a.syscall();
        a.mov(rdi, rax);
        a.mov(eax, (int)SyscallNumber.exit_group);
        a.syscall();
        a.Label(ref time);
        a.dq(0L, 1000L);
    }
}
