using HermiTux.Tests.Harness;
using HermiTux.Tests.Programs;
using Xunit;

namespace HermiTux.Tests.Hosting;

/// <summary>Nothing else runs meanwhile: the thread pool is everybody's.</summary>
[CollectionDefinition(nameof(BusyThreadPool), DisableParallelization = true)]
public sealed class BusyThreadPool;

/// <summary>Guests don't depend on the host's thread pool: neither their threads nor their limits.</summary>
[Collection(nameof(BusyThreadPool))]
public sealed class BusyThreadPoolTests
{
    private static readonly TimeSpan s_generous = TimeSpan.FromSeconds(60);

    public static TheoryData<string> Engines => [.. GuestRunner.Engines];

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task The_time_limit_stops_a_guest(string engine)
    {
        UnikernelBuilder builder = new UnikernelBuilder().UseProgramImage(Guests.Spin()).WithTimeLimit(TimeSpan.FromMilliseconds(200));
        UnikernelExit exit = await RunWhileBusyAsync(builder, engine);
        Assert.Equal(UnikernelLimit.WallClock, exit.Limit);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Threads_wake_each_other(string engine)
    {
        UnikernelBuilder builder = new UnikernelBuilder()
            .UseHostProgram(GuestCompiler.CompileSource("ping-pong.c", Toolchain.GccStatic))
            .WithArguments(engine == "kvm" ? "1000" : "10000")
            .WithCpuCount(2);
        UnikernelExit exit = await RunWhileBusyAsync(builder, engine);
        Assert.Equal(17, exit.ExitCode);
    }

    private static async Task<UnikernelExit> RunWhileBusyAsync(UnikernelBuilder builder, string engine)
    {
        GuestRunner.UseEngine(builder, engine);
        await using Unikernel machine = builder.Build();
        Task<UnikernelExit> run = Task.FromException<UnikernelExit>(new InvalidOperationException("not started"));
        WhileBusy(() =>
        {
            run = machine.RunAsync(TestContext.Current.CancellationToken);

            // RunAsync itself goes on as the embedder's code does, on the pool; the guest's threads are gone before.
            Assert.True(SpinWait.SpinUntil(() => machine.DescribeThreads().Threads.Count == 0, s_generous), machine.DescribeThreads().ToString());
        });
        return await run.WaitAsync(s_generous, TestContext.Current.CancellationToken);
    }

    private static void WhileBusy(Action body)
    {
        ThreadPool.GetMaxThreads(out int most, out int ports);
        ThreadPool.GetMinThreads(out int least, out _);
        var release = new ManualResetEventSlim();
        bool ran = false;
        try
        {
            Assert.True(ThreadPool.SetMaxThreads(Math.Max(least, Environment.ProcessorCount), ports));
            for (int i = 0; i < 100; i++)
            {
                ThreadPool.UnsafeQueueUserWorkItem(_ => release.Wait(), null);
            }

            ThreadPool.UnsafeQueueUserWorkItem(_ => Volatile.Write(ref ran, true), null);
            body();
            Assert.False(Volatile.Read(ref ran), "the pool wasn't busy");
        }
        finally
        {
            release.Set();
            ThreadPool.SetMaxThreads(most, ports);
        }
    }
}
