using HermiTux.Abi;
using HermiTux.Kernel;
using HermiTux.Memory;
using HermiTux.Syscalls;
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
        ProgramRun run = await RunAsync(
            engine,
            cpus: 2,
            inThread: async (context, args) =>
            {
                writtenBefore = context.Memory.TryWrite(args.Arg0, 1L);
                waits.SetResult();
                await goesOn.Task;
                written.SetResult(context.Memory.TryWrite(args.Arg0, 42L));
                return 0;
            },
            beforeExecve: async (_, _) =>
            {
                await waits.Task;
                return 0;
            },
            afterExecve: async (_, _) =>
            {
                goesOn.SetResult();
                await written.Task;
                return 0;
            });
        Assert.Equal("status 0\n0\n", run.Summary);
        Assert.Equal((true, false), (writtenBefore, await written.Task));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Execve_waits_for_a_call_that_is_being_finished(string engine)
    {
        var queue = new WaitQueue();
        bool goesOn = false;
        TaskCompletionSource waits = NewSignal(), inHand = NewSignal(), finished = NewSignal();
        ProgramRun run = await RunAsync(
            engine,
            cpus: 2,
            inThread: async (context, args) =>
            {
                AddressSpace memory = context.Memory;
                waits.SetResult();
                await context.Thread.WaitAsync(queue, () => goesOn);
                inHand.SetResult();

                // Meanwhile the other thread has all the time in the world to go on, but mustn't.
                Thread.Sleep(300);
                memory.TryWrite(args.Arg0, 42L);
                finished.SetResult();
                return 0;
            },
            afterExecve: async (_, _) =>
            {
                await finished.Task;
                return 0;
            },
            beforeExecve: async (_, _) =>
            {
                await waits.Task;
                goesOn = true;
                queue.Wake(PollEvents.In);
                await inHand.Task;
                return 0;
            });
        Assert.Equal("status 0\n0\n", run.Summary);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_call_of_the_last_program_doesnt_look_for_what_it_waited_for(string engine)
    {
        var queue = new WaitQueue();
        int looks = 0;
        bool looksLate = false;
        TaskCompletionSource waits = NewSignal();
        TaskCompletionSource<WaitOutcome> ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        ProgramRun run = await RunAsync(
            engine,
            cpus: 1,
            inThread: async (context, _) =>
            {
                ended.SetResult(await context.Thread.WaitAsync(queue, () =>
                {
                    looks++;
                    looksLate |= context.Thread.IsDetached;
                    waits.TrySetResult();
                    return false;
                }));
                return 0;
            },
            beforeExecve: async (_, _) =>
            {
                await waits.Task;
                return 0;
            },
            afterExecve: async (_, _) =>
            {
                await ended.Task;
                return 0;
            });
        Assert.Equal("status 0\n0\n", run.Summary);
        Assert.Equal((WaitOutcome.Interrupted, false), (await ended.Task, looksLate));
        Assert.NotEqual(0, looks);
    }

    /// <summary>Runs a program with a thread that makes a call when execve(2) replaces it by itself.</summary>
    /// <param name="engine">Where.</param>
    /// <param name="cpus">How many CPUs it has.</param>
    /// <param name="inThread">The thread's call; its first argument is the address of a zero.</param>
    /// <param name="beforeExecve">What the main thread calls before.</param>
    /// <param name="afterExecve">What the next program calls before it prints what is at that address.</param>
    private static Task<ProgramRun> RunAsync(string engine, int cpus, AsyncSyscallHandler inThread, AsyncSyscallHandler beforeExecve, AsyncSyscallHandler afterExecve)
    {
        var request = new ProgramRequest(GuestCompiler.CompileSource("exec-beside-call.c", Toolchain.GccStatic)) { MountHostRoot = false };
        return GuestRunner.RunAsync(engine, request, builder => builder.WithCpuCount(cpus).ConfigureSyscalls(table =>
        {
            table.Replace(SyscallNumber.getpriority, inThread);
            table.Replace(SyscallNumber.getpgid, beforeExecve);
            table.Replace(SyscallNumber.getsid, afterExecve);
        }));
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
