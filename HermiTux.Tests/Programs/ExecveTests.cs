using HermiTux.Abi;
using HermiTux.Tests.Harness;
using Xunit;

namespace HermiTux.Tests.Programs;

/// <summary>execve(2) with other threads: nothing of them is left for the next program.</summary>
public sealed class ExecveTests
{
    public static TheoryData<string> Engines => [.. GuestRunner.Engines];

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_call_of_the_last_program_doesnt_write_to_the_next_one(string engine)
    {
        bool writtenBefore = false;
        TaskCompletionSource waits = NewSignal(), goesOn = NewSignal();
        TaskCompletionSource<bool> written = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var request = new ProgramRequest(GuestCompiler.CompileSource("exec-beside-call.c", Toolchain.GccStatic)) { MountHostRoot = false };
        ProgramRun run = await GuestRunner.RunAsync(engine, request, builder => builder.WithCpuCount(2).ConfigureSyscalls(table =>
        {
            table.Replace(SyscallNumber.getpriority, async (context, args) =>
            {
                writtenBefore = context.Memory.TryWrite(args.Arg0, 1L);
                waits.SetResult();
                await goesOn.Task;
                written.SetResult(context.Memory.TryWrite(args.Arg0, 42L));
                return 0;
            });
            table.Replace(SyscallNumber.getpgid, async (_, _) =>
            {
                await waits.Task;
                return 0;
            });
            table.Replace(SyscallNumber.getsid, async (_, _) =>
            {
                goesOn.SetResult();
                await written.Task;
                return 0;
            });
        }));
        Assert.Equal("status 0\n0\n", run.Summary);
        Assert.Equal((true, false), (writtenBefore, await written.Task));

        static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
