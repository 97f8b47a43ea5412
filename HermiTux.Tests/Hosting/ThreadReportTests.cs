using HermiTux.Tests.Harness;
using HermiTux.Tests.Programs;
using Xunit;

namespace HermiTux.Tests.Hosting;

/// <summary>What the embedder is told of threads that wait.</summary>
public sealed class ThreadReportTests
{
    private const string Deadlock = """
        #include <pthread.h>
        static pthread_barrier_t both;
        static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER;
        static void *other(void *p) { pthread_mutex_lock(&b); pthread_barrier_wait(&both); pthread_mutex_lock(&a); return 0; }
        int main(void)
        {
            pthread_t t;
            pthread_barrier_init(&both, 0, 2);
            pthread_mutex_lock(&a);
            pthread_create(&t, 0, other, 0);
            pthread_barrier_wait(&both);
            pthread_mutex_lock(&b);
            return 0;
        }
        """;

    private const string PiDeadlock = """
        #include <pthread.h>
        #include <unistd.h>
        static pthread_barrier_t both;
        static pthread_mutex_t m;
        static void *other(void *p) { pthread_mutex_lock(&m); pthread_barrier_wait(&both); for (;;) pause(); }
        int main(void)
        {
            pthread_t t;
            pthread_mutexattr_t a;
            pthread_mutexattr_init(&a);
            pthread_mutexattr_setprotocol(&a, PTHREAD_PRIO_INHERIT);
            pthread_mutex_init(&m, &a);
            pthread_barrier_init(&both, 0, 2);
            pthread_create(&t, 0, other, 0);
            pthread_barrier_wait(&both);
            pthread_mutex_lock(&m);
            return 0;
        }
        """;

    private const string ReadsInput = "#include <unistd.h>\nint main(void) { char b; return read(0, &b, 1) == 1 ? b : 99; }";

    public static TheoryData<string> Engines => [.. GuestRunner.Engines];

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Deadlock_is_recognised_and_named_at_the_time_limit(string engine)
    {
        UnikernelExit exit = null!;
        foreach (int limit in new[] { 2, 15, 120 })
        {
            // The guest has to have got that far.
            await using Unikernel machine = Build(engine, Deadlock).WithTimeLimit(TimeSpan.FromSeconds(limit)).Build();
            exit = await machine.RunAsync(TestContext.Current.CancellationToken);
            Assert.Equal(UnikernelLimit.WallClock, exit.Limit);
            if (exit.Threads is { IsDeadlocked: true })
            {
                break;
            }
        }

        Assert.NotNull(exit.Threads);
        Assert.True(exit.Threads.IsDeadlocked, exit.Threads.ToString());
        Assert.Equal(2, exit.Threads.Threads.Count);
        Assert.All(exit.Threads.Threads, t =>
        {
            Assert.Equal(GuestThreadState.Waiting, t.State);
            Assert.False(t.CanBeWokenFromOutside);
            Assert.StartsWith("futex(0x", t.SystemCall, StringComparison.Ordinal);
        });
        Assert.Contains("deadlock", exit.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Owner_of_a_lock_with_priority_inheritance_is_named(string engine)
    {
        await using Unikernel machine = Build(engine, PiDeadlock).Build();
        Task<UnikernelExit> run = machine.RunAsync(TestContext.Current.CancellationToken);
        GuestThreadReport report = await UntilAsync(machine, r => r.IsDeadlocked);
        GuestThreadInfo main = report.Threads[0];
        Assert.Equal(report.Threads[1].Id, main.OwnerId);
        Assert.Equal("a signal", report.Threads[1].WaitsFor);
        machine.SendSignal(HermiTux.Abi.Signal.SIGKILL);
        Assert.Equal(HermiTux.Abi.Signal.SIGKILL, (await run).Signal);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Wait_for_the_console_is_no_deadlock(string engine)
    {
        var input = new System.IO.Pipelines.Pipe();
        await using Unikernel machine = Build(engine, ReadsInput).UseStandardInput(ConsoleInput.FromPipe(input.Reader)).Build();
        Task<UnikernelExit> run = machine.RunAsync(TestContext.Current.CancellationToken);
        GuestThreadReport report = await UntilAsync(machine, r => r.Threads.Count == 1 && r.Threads[0].State == GuestThreadState.Waiting);
        Assert.False(report.IsDeadlocked);
        Assert.True(report.Threads[0].CanBeWokenFromOutside);
        await input.Writer.WriteAsync(new byte[] { 7 }, TestContext.Current.CancellationToken);
        Assert.Equal(7, (await run).ExitCode);
    }

    private static UnikernelBuilder Build(string engine, string source)
    {
        UnikernelBuilder builder = new UnikernelBuilder().UseHostProgram(GuestCompiler.Compile(source, Toolchain.GccStatic)).WithCpuCount(2);
        GuestRunner.UseEngine(builder, engine);
        return builder;
    }

    private static async Task<GuestThreadReport> UntilAsync(Unikernel machine, Func<GuestThreadReport, bool> holds)
    {
        while (true)
        {
            GuestThreadReport report = machine.DescribeThreads();
            if (holds(report))
            {
                return report;
            }

            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }
}
