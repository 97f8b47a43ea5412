using HermiTux.Abi;
using HermiTux.Kernel;
using HermiTux.Syscalls;
using Xunit;

namespace HermiTux.Tests.Hosting;

public sealed class UnikernelTests
{
    // What "at once" may take on a loaded machine; a hang would take for ever.
    private static readonly TimeSpan s_generous = TimeSpan.FromSeconds(20);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0)]
    [InlineData(255)]
    public async Task RunAsync_gives_the_exit_code(int code)
    {
        await using Unikernel machine = new UnikernelBuilder().UseProgramImage(Guests.Exit(code)).Build();
        UnikernelExit exit = await machine.RunAsync(Token);
        Assert.Equal((UnikernelExitKind.Exited, code, code), (exit.Kind, exit.ExitCode, exit.ShellStatus));
    }

    [Fact]
    public async Task RunAsync_gives_the_signal_and_the_address_of_a_fault()
    {
        await using Unikernel machine = new UnikernelBuilder().UseProgramImage(Guests.StoreTo(0x1230)).Build();
        UnikernelExit exit = await machine.RunAsync(Token);
        Assert.Equal((UnikernelExitKind.Signaled, Signal.SIGSEGV, 0x1230UL, 139), (exit.Kind, exit.Signal, exit.FaultAddress!.Value, exit.ShellStatus));
        Assert.True(exit.IsCoreDump);
    }

    [Fact]
    public async Task A_machine_runs_once()
    {
        await using Unikernel machine = new UnikernelBuilder().UseProgramImage(Guests.Exit(0)).Build();
        await machine.RunAsync(Token);
        await Assert.ThrowsAsync<InvalidOperationException>(() => machine.RunAsync(Token));
    }

    [Fact]
    public async Task An_endless_loop_ends_on_cancellation()
    {
        await using Unikernel machine = new UnikernelBuilder().UseProgramImage(Guests.Spin()).Build();
        using var cancel = new CancellationTokenSource();
        Task<UnikernelExit> run = machine.RunAsync(cancel.Token);
        await Task.Delay(50, Token);
        Assert.False(run.IsCompleted);
        cancel.Cancel();
        OperationCanceledException exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run.WaitAsync(s_generous, Token));
        Assert.Equal(cancel.Token, exception.CancellationToken);
    }

    [Fact]
    public async Task A_wait_ends_on_cancellation()
    {
        await using Unikernel machine = new UnikernelBuilder().UseProgramImage(Guests.Pause()).Build();
        using var cancel = new CancellationTokenSource();
        Task<UnikernelExit> run = machine.RunAsync(cancel.Token);
        await Task.Delay(50, Token);
        cancel.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run.WaitAsync(s_generous, Token));
    }

    [Fact]
    public async Task A_call_that_never_returns_does_not_hold_up_cancellation()
    {
        await using Unikernel machine = new UnikernelBuilder().UseProgramImage(Guests.Exit(0))
            .ConfigureSyscalls(t => t.Replace(SyscallNumber.exit_group, async (context, _) =>
            {
                await Task.Delay(Timeout.Infinite, context.Machine.Stopping);
                return 0;
            }))
            .Build();
        using var cancel = new CancellationTokenSource(50);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => machine.RunAsync(cancel.Token).WaitAsync(s_generous, Token));
    }

    [Fact]
    public async Task The_time_limit_stops_the_guest()
    {
        await using Unikernel machine = new UnikernelBuilder().UseProgramImage(Guests.Spin()).WithTimeLimit(TimeSpan.FromMilliseconds(30)).Build();
        UnikernelExit exit = await machine.RunAsync(Token).WaitAsync(s_generous, Token);
        Assert.Equal((UnikernelExitKind.LimitReached, UnikernelLimit.WallClock, 124), (exit.Kind, exit.Limit, exit.ShellStatus));
    }

    [Fact]
    public async Task A_stop_that_an_engine_did_not_hear_is_repeated()
    {
        var engine = new DeafEngine();
        Unikernel machine = new UnikernelBuilder().UseProgramImage(Guests.Spin()).UseEngine(_ => engine).Build();
        using var cancel = new CancellationTokenSource();
        Task<UnikernelExit> run = machine.RunAsync(cancel.Token);
        await engine.Entered.WaitAsync(s_generous, Token);
        cancel.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run.WaitAsync(s_generous, Token));
        await machine.DisposeAsync();
    }

    [Fact]
    public async Task Dispose_stops_a_running_guest()
    {
        Unikernel machine = new UnikernelBuilder().UseProgramImage(Guests.Spin()).Build();
        Task<UnikernelExit> run = machine.RunAsync(Token);
        await Task.Delay(20, Token);
        await machine.DisposeAsync().AsTask().WaitAsync(s_generous, Token);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => run);
    }

    [Fact]
    public async Task Dispose_works_before_the_run_and_twice()
    {
        Unikernel machine = new UnikernelBuilder().UseProgramImage(Guests.Spin()).Build();
        await machine.DisposeAsync().AsTask().WaitAsync(s_generous, Token);
        await machine.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => machine.RunAsync(Token));
    }

    [Fact]
    public async Task SendSignal_kills_a_guest_that_does_not_handle_it()
    {
        await using Unikernel machine = new UnikernelBuilder().UseProgramImage(Guests.Spin()).Build();
        Task<UnikernelExit> run = machine.RunAsync(Token);
        machine.SendSignal(Signal.SIGTERM);
        UnikernelExit exit = await run.WaitAsync(s_generous, Token);
        Assert.Equal((Signal.SIGTERM, 143), (exit.Signal, exit.ShellStatus));
    }

    [Fact]
    public async Task A_handler_that_throws_stops_the_guest_and_names_itself()
    {
        await using Unikernel machine = new UnikernelBuilder().UseProgramImage(Guests.Exit(0))
            .ConfigureSyscalls(t => t.Replace(SyscallNumber.exit_group, (SyscallHandler)((_, _) => throw new InvalidTimeZoneException("my bug"))))
            .Build();
        UnikernelException exception = await Assert.ThrowsAsync<UnikernelException>(() => machine.RunAsync(Token).WaitAsync(s_generous, Token));
        Assert.Contains("my bug", exception.Message, StringComparison.Ordinal);
        Assert.IsType<InvalidTimeZoneException>(exception.InnerException);
    }

    [Fact]
    public async Task A_file_that_cannot_be_closed_fails_the_run_that_still_ends()
    {
        bool closed = false;
        await using Unikernel machine = new UnikernelBuilder().UseProgramImage(Guests.Exit(0))
            .ConfigureSyscalls(t => t.Replace(SyscallNumber.exit_group, (SyscallHandler)((context, _) =>
            {
                context.Process.Descriptors.Add(new ClosedFile(() => throw new InvalidTimeZoneException("my bug")), closeOnExec: false);
                context.Process.Descriptors.Add(new ClosedFile(() => closed = true), closeOnExec: false);
                context.Process.ExitGroup(0);
                return 0;
            })))
            .Build();
        UnikernelException exception = await Assert.ThrowsAsync<UnikernelException>(() => machine.RunAsync(Token).WaitAsync(s_generous, Token));
        Assert.IsType<InvalidTimeZoneException>(exception.InnerException);
        Assert.True(closed);
    }

    [Fact]
    public async Task What_an_embedder_registered_for_the_end_may_fail()
    {
        await using Unikernel machine = new UnikernelBuilder().UseProgramImage(Guests.Exit(0))
            .ConfigureSyscalls(t => t.Replace(SyscallNumber.exit_group, (SyscallHandler)((context, _) =>
            {
                context.Machine.Stopping.Register(() => throw new InvalidTimeZoneException("my bug"));
                context.Process.ExitGroup(0);
                return 0;
            })))
            .Build();
        UnikernelException exception = await Assert.ThrowsAsync<UnikernelException>(() => machine.RunAsync(Token).WaitAsync(s_generous, Token));
        Assert.Contains("my bug", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Machines_run_side_by_side_without_sharing()
    {
        Task<int>[] runs = [.. Enumerable.Range(0, 20).Select(async i =>
        {
            var output = new OutputCapture();
            await using Unikernel machine = new UnikernelBuilder()
                .UseProgramImage(Guests.Write(1, $"{i},", times: 50))
                .UseStandardOutput(ConsoleOutput.ToCapture(output))
                .Build();
            UnikernelExit exit = await machine.RunAsync(Token);
            Assert.True(exit.IsSuccess);
            Assert.Equal(string.Concat(Enumerable.Repeat($"{i},", 50)), output.Text);
            return i;
        })];
        Assert.Equal(Enumerable.Range(0, 20), await Task.WhenAll(runs).WaitAsync(s_generous, Token));
    }

    [Fact]
    public async Task Disposed_machines_leave_no_memory()
    {
        await RunManyAsync(20);
        long before = Settle();
        await RunManyAsync(300);
        long grown = Settle() - before;

        // Each machine has at least a megabyte of decoded code and frames while it lives.
        Assert.InRange(grown, long.MinValue, 100 << 20);

        async Task RunManyAsync(int count)
        {
            for (int i = 0; i < count; i++)
            {
                await using Unikernel machine = new UnikernelBuilder().UseProgramImage(i % 2 == 0 ? Guests.Exit(0) : Guests.Pause()).Build();
                Task<UnikernelExit> run = machine.RunAsync(Token);
                if (i % 2 == 0)
                {
                    await run;
                }
                else
                {
                    _ = run.ContinueWith(static t => t.Exception, TaskScheduler.Default);
                }
            }
        }

        static long Settle()
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            GC.Collect();
            using System.Diagnostics.Process process = System.Diagnostics.Process.GetCurrentProcess();
            return process.WorkingSet64;
        }
    }

    [Fact]
    public async Task Statistics_count_what_happened()
    {
        await using Unikernel machine = new UnikernelBuilder().UseProgramImage(Guests.Write(1, "x", times: 7)).UseInterpreter().Build();
        UnikernelExit exit = await machine.RunAsync(Token);
        Assert.Equal("interpreter", exit.Statistics.Engine);
        Assert.Equal(7, exit.Statistics.Syscalls["write"]);
        Assert.Equal(1, exit.Statistics.Syscalls["exit_group"]);
        Assert.InRange(exit.Statistics.PeakResidentBytes, 4096, 1 << 20);
        Assert.InRange(exit.Statistics.CreateTime, TimeSpan.FromTicks(1), s_generous);
    }

    private sealed class ClosedFile(Action onClose) : OpenFile(0)
    {
        protected override void OnClose() => onClose();
    }
}
