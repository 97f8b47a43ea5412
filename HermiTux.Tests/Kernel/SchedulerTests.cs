using HermiTux.Cpu;
using HermiTux.Kernel;
using HermiTux.Kernel.Scheduling;
using Xunit;

namespace HermiTux.Tests.Kernel;

public sealed class SchedulerTests
{
    private const ulong Exit = 1;
    private const ulong Wait = 2;
    private const ulong Note = 3;

    [Fact]
    public async Task A_result_goes_to_rax()
    {
        ulong seen = 0;
        await using var machine = new ScriptedMachine(Calls);
        machine.AddThread(ScriptedMachine.Syscall(Note), state =>
        {
            seen = state.Rax;
            return VcpuExit.Interrupted;
        }, ScriptedMachine.Syscall(Exit));
        Assert.Equal(0, await machine.RunAsync());
        Assert.Equal(33UL, seen);

        static ValueTask<long> Calls(GuestThread thread)
        {
            if (Registers.Of(thread).Rax == Exit)
            {
                thread.Exit(0);
            }

            return new(33);
        }
    }

    [Fact]
    public async Task A_waiting_thread_leaves_the_cpu_to_others()
    {
        var queue = new WaitQueue();
        bool ready = false;
        var order = new List<string>();
        await using var machine = new ScriptedMachine(Calls);
        machine.AddThread(ScriptedMachine.Syscall(Wait), ScriptedMachine.Syscall(Exit));
        machine.AddThread(ScriptedMachine.Syscall(Note), ScriptedMachine.Syscall(Exit));
        await machine.RunAsync();
        Assert.Equal(["waits", "notes", "goes on"], order);

        ValueTask<long> Calls(GuestThread thread)
        {
            switch (Registers.Of(thread).Rax)
            {
                case Wait:
                    order.Add("waits");
                    return WaitAsync(thread);
                case Note:
                    order.Add("notes");
                    ready = true;
                    queue.Wake(PollEvents.In);
                    return new(0);
                default:
                    thread.Exit(0);
                    return new(0);
            }
        }

        async ValueTask<long> WaitAsync(GuestThread thread)
        {
            WaitOutcome outcome = await thread.WaitAsync(queue, () => ready);
            order.Add("goes on");
            return (long)outcome;
        }
    }

    [Fact]
    public async Task Threads_that_never_call_share_a_cpu()
    {
        int noted = 0;
        await using var machine = new ScriptedMachine(Calls);
        machine.AddThread((Step?)null);
        machine.AddThread(ScriptedMachine.Syscall(Note), null);
        machine.AddThread(ScriptedMachine.Syscall(Note), null);
        await machine.RunAsync();
        Assert.Equal(2, noted);

        ValueTask<long> Calls(GuestThread thread)
        {
            if (++noted == 2)
            {
                thread.Process.ExitGroup(0);
            }

            return new(0);
        }
    }

    [Fact]
    public Task Threads_with_the_same_cpus_use_all_of_them() =>
        AssertBesideSpinningAsync(0b011, static (spinning, thread) => () => spinning.IsOnWorker && spinning.Cpu != thread.Cpu);

    [Fact]
    public Task A_thread_moves_to_the_cpu_that_another_lets_it_have() =>
        AssertBesideSpinningAsync(ulong.MaxValue, static (spinning, thread) =>
        {
            int third = Enumerable.Range(0, 3).First(c => c != spinning.Cpu && c != thread.Cpu);
            spinning.Affinity = 1UL << third;
            thread.Scheduler.OnAffinityChanged(spinning);
            return () => spinning.Cpu == third;
        });

    [Fact]
    public async Task A_host_without_a_thread_to_give_is_asked_again()
    {
        await using var machine = new ScriptedMachine(Calls);
        Scheduler scheduler = machine.Machine.Scheduler;
        Func<ThreadStart, int, bool> starter = scheduler.ThreadStarter;
        int asked = 0;
        scheduler.ThreadStarter = (body, stackSize) => ++asked > 3 && starter(body, stackSize);
        for (int i = 0; i < 20; i++)
        {
            machine.AddThread(ScriptedMachine.Syscall(Exit));
        }

        // Not for each of them.
        Assert.Equal(7 << 8, await machine.RunAsync());
        Assert.Equal(4, asked);

        static ValueTask<long> Calls(GuestThread thread)
        {
            thread.Exit(7);
            return new(0);
        }
    }

    [Fact]
    public async Task A_machine_that_never_gets_a_thread_can_be_disposed()
    {
        var machine = new ScriptedMachine(static _ => new(0));
        machine.Machine.Scheduler.ThreadStarter = static (_, _) => false;
        machine.AddThread(ScriptedMachine.Syscall(Exit)).Start();
        await machine.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.Empty(machine.Machine.Processes);
    }

    [Fact]
    public async Task A_wake_up_that_changes_nothing_goes_unnoticed()
    {
        var queue = new WaitQueue();
        int looks = 0;
        await using var machine = new ScriptedMachine(Calls);
        machine.AddThread(ScriptedMachine.Syscall(Wait), ScriptedMachine.Syscall(Exit));
        Task<int> run = machine.RunAsync();
        while (!run.IsCompleted)
        {
            queue.Wake(PollEvents.In);
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        Assert.Equal(5, looks);

        ValueTask<long> Calls(GuestThread thread)
        {
            if (Registers.Of(thread).Rax == Wait)
            {
                return WaitAsync(thread);
            }

            thread.Exit(0);
            return new(0);
        }

        async ValueTask<long> WaitAsync(GuestThread thread)
        {
            Assert.Equal(WaitOutcome.Ready, await thread.WaitAsync(queue, () => ++looks == 5));
            return 0;
        }
    }

    [Fact]
    public async Task A_wait_ends_at_its_deadline_of_the_machines_clock()
    {
        var time = new ManualTime();
        WaitOutcome? outcome = null;
        await using var machine = new ScriptedMachine(Calls, time: time);
        machine.AddThread(ScriptedMachine.Syscall(Wait), ScriptedMachine.Syscall(Exit));
        Task<int> run = machine.RunAsync();
        Assert.True(SpinWait.SpinUntil(() => time.HasTimers, TimeSpan.FromSeconds(20)));
        time.Advance(999_999_999);
        Assert.False(run.IsCompleted);
        time.Advance(1);
        await run;
        Assert.Equal(WaitOutcome.TimedOut, outcome);

        ValueTask<long> Calls(GuestThread thread)
        {
            if (Registers.Of(thread).Rax == Wait)
            {
                return WaitAsync(thread);
            }

            thread.Exit(0);
            return new(0);
        }

        async ValueTask<long> WaitAsync(GuestThread thread)
        {
            outcome = await thread.SleepUntilAsync(1_000_000_000);
            return 0;
        }
    }

    [Fact]
    public async Task An_exception_in_a_handler_stops_the_machine()
    {
        await using var machine = new ScriptedMachine(_ => throw new InvalidDataException("broken"));
        machine.AddThread(ScriptedMachine.Syscall(Note));
        await machine.RunAsync();
        Assert.IsType<InvalidDataException>(machine.Machine.Failure);
    }

    [Fact]
    public async Task The_last_thread_to_exit_ends_the_process_with_its_code()
    {
        await using var machine = new ScriptedMachine(thread =>
        {
            thread.Exit((int)Registers.Of(thread).Rax);
            return new(0);
        });
        machine.AddThread(ScriptedMachine.Syscall(7));
        machine.AddThread(ScriptedMachine.Syscall(8));
        Assert.Equal(8 << 8, await machine.RunAsync());
    }

    /// <summary>On three CPUs, of which two threads may use some, one spins; the other does something, and sees what is expected come true.</summary>
    private static async Task AssertBesideSpinningAsync(ulong affinity, Func<GuestThread, GuestThread, Func<bool>> act)
    {
        bool seen = false;
        GuestThread? spinning = null;
        await using var machine = new ScriptedMachine(Calls, cpus: 3);
        spinning = machine.AddThread((Step?)null);
        GuestThread other = machine.AddThread(ScriptedMachine.Syscall(Note));
        spinning.Affinity = other.Affinity = affinity;
        await machine.RunAsync();
        Assert.True(seen);

        ValueTask<long> Calls(GuestThread thread)
        {
            // Keeping its own worker: one that waited and came back would have the other give way to it.
            seen = SpinWait.SpinUntil(act(spinning!, thread), TimeSpan.FromSeconds(10));
            thread.Process.ExitGroup(0);
            return new(0);
        }
    }
}
