using System.Diagnostics;
using HermiTux.Abi;
using HermiTux.Hosting;
using HermiTux.Kernel;
using HermiTux.Kernel.Scheduling;
using HermiTux.Kernel.Timers;
using Process = HermiTux.Kernel.Process;

namespace HermiTux;

/// <summary>
/// One machine with one program: made by <see cref="UnikernelBuilder.Build"/>, run once, then disposed. Members may be called from any thread.
/// </summary>
/// <remarks>
/// Many machines run side by side in one process and share nothing. Disposing frees all memory, threads and files of the
/// machine, whatever its guest is doing; a running <see cref="RunAsync"/> then ends with <see cref="ObjectDisposedException"/>.
/// </remarks>
public sealed partial class Unikernel : IAsyncDisposable
{
    private const string LimitThreadName = "hermitux limit";
    private static readonly TimeSpan s_reportPatience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_drainAfterLimit = TimeSpan.FromMilliseconds(50);

    private readonly MachineParts _parts;
    private readonly Machine _machine;
    private readonly TimeSpan _buildTime;
    private readonly TimeSpan? _timeLimit;
    private int _started;
    private int _disposed;
    private long _startTimestamp;
    private long _endTimestamp;
    private TimeSpan _createTime;
    private UnikernelStatistics? _finalStatistics;
    private GuestThreadReport? _threadsAtLimit;

    internal Unikernel(MachineParts parts, TimeSpan buildTime, TimeSpan? timeLimit)
    {
        _parts = parts;
        _machine = parts.Machine;
        _buildTime = buildTime;
        _createTime = buildTime;
        _timeLimit = timeLimit;
    }

    /// <summary>What the machine has done and taken so far.</summary>
    public UnikernelStatistics Statistics => _finalStatistics ?? Measure();

    /// <summary>
    /// Runs the program to its end. Can be called once.
    /// </summary>
    /// <param name="cancellationToken">Stops the guest, within 100 ms wherever it is.</param>
    /// <returns>How the guest ended; nothing that it does is an exception here.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled before the guest ended.</exception>
    /// <exception cref="ObjectDisposedException">The machine was disposed before the guest ended.</exception>
    /// <exception cref="UnikernelException">A system-call handler, device or the engine failed: a bug, the guest was stopped.</exception>
    /// <exception cref="InvalidOperationException">The machine was run before.</exception>
    public async Task<UnikernelExit> RunAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        if (Interlocked.Exchange(ref _started, 1) != 0)
        {
            throw new InvalidOperationException("A machine runs once; build another one to run the program again.");
        }

        cancellationToken.ThrowIfCancellationRequested();
        using MachineTimer? timeLimit = StartTimeLimit();
        using CancellationTokenRegistration cancellation =
            cancellationToken.UnsafeRegister(static m => ((Machine)m!).Stop(StopReason.Cancelled), _machine);

        _startTimestamp = Stopwatch.GetTimestamp();
        _createTime = _buildTime;
        _parts.Console.Terminal?.Start();
        _parts.MainThread.Start();
        await _machine.Ended.ConfigureAwait(false);
        _endTimestamp = Stopwatch.GetTimestamp();

        // What the guest wrote reaches its receiver before the run is over, unless the run was given up.
        if (_machine.StopReason is StopReason.None or StopReason.TimeLimit or StopReason.MemoryLimit)
        {
            await DrainOutputAsync(cancellationToken).ConfigureAwait(false);
        }

        UnikernelExit exit = GetExit(cancellationToken);
        HostingLog.Ended(_machine.Logger, _parts.ProgramName, exit, exit.Statistics.WallTime.TotalMilliseconds);
        return exit;
    }

    /// <summary>Sends a signal to the program, as kill(1) does: it may catch or ignore it. Nothing happens after its end.</summary>
    public void SendSignal(Signal signal)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero((int)signal);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((int)signal, (int)Signal.SIGRTMAX);
        _ = _parts.MainThread.Process.Post(new SigInfo { Signo = (int)signal });
    }

    /// <summary>Tells the guest that its terminal has another size: SIGWINCH to the program in the foreground.</summary>
    /// <param name="columns">Characters in a line, 0 to 65535.</param>
    /// <param name="rows">Lines, 0 to 65535.</param>
    /// <exception cref="InvalidOperationException">The machine has no terminal.</exception>
    public void ResizeTerminal(int columns, int rows)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(columns, ushort.MaxValue);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows, ushort.MaxValue);
        if (_parts.Console.Terminal is not { } terminal)
        {
            throw new InvalidOperationException("The machine has no terminal: call UseTerminal on its builder.");
        }

        terminal.Resize(columns, rows);
    }

    /// <summary>
    /// Says of each guest thread whether it runs, or what it waits for, who holds that, and whether anybody outside the guest can end the wait. For a
    /// guest that doesn't get on; it isn't stopped for it.
    /// </summary>
    public GuestThreadReport DescribeThreads() => ThreadReporter.Capture(_machine, _parts.Dispatcher.Table);

    /// <summary>Stops the guest if it runs, and frees everything.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        _machine.Stop(StopReason.Disposed);
        await _machine.Ended.ConfigureAwait(false);
        await _machine.Scheduler.StopAsync().ConfigureAwait(false);
        _finalStatistics ??= Measure();
        await _parts.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Brings what runs guest code back to the scheduler, as a preemption would: for tests that disturb the order of threads.</summary>
    internal void InterruptGuest() => _machine.Scheduler.Interrupt();

    /// <summary>Nothing of it on the thread pool: guests stop in time also where that is busy.</summary>
    private MachineTimer? StartTimeLimit()
    {
        if (_timeLimit is not { } limit)
        {
            return null;
        }

        MachineTimer timer = MachineTimer.Create(TimeProvider.System, static u => ((Unikernel)u!).OnTimeLimit(), this);
        timer.Change(limit.Ticks * TimeSpan.NanosecondsPerTick);
        return timer;
    }

    // On the thread of all timers, which mustn't wait.
    private void OnTimeLimit()
    {
        if (BackgroundThread.TryStart(StopAtTimeLimit, LimitThreadName) is null)
        {
            _machine.Stop(StopReason.TimeLimit);
        }
    }

    private void StopAtTimeLimit()
    {
        // Only before they are stopped can threads say what they wait for; but they look at what a hostile guest gave them, and take locks, so
        // the stop doesn't depend on it.
        BackgroundThread.TryStart(ReportThreads, LimitThreadName)?.Join(s_reportPatience);
        _machine.Stop(StopReason.TimeLimit);
    }

    private void ReportThreads()
    {
        try
        {
            _threadsAtLimit = DescribeThreads();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            HostingLog.ReportFailed(_machine.Logger, e);
        }
    }

    private async Task DrainOutputAsync(CancellationToken cancellationToken)
    {
        try
        {
            // A guest that was stopped has no claim on a receiver that doesn't take its output.
            TimeSpan patience = _machine.StopReason == StopReason.None ? Timeout.InfiniteTimeSpan : s_drainAfterLimit;
            await _parts.Console.DrainAsync().WaitAsync(patience, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
        }
        catch (OperationCanceledException)
        {
            _machine.Stop(StopReason.Cancelled);
            throw;
        }
    }

    private UnikernelExit GetExit(CancellationToken cancellationToken)
    {
        Process process = _parts.MainThread.Process;
        UnikernelStatistics statistics = Statistics;
        switch (_machine.StopReason)
        {
            case StopReason.MemoryLimit:
                return UnikernelExit.FromLimit(UnikernelLimit.Memory, statistics);
            case StopReason.TimeLimit:
                return UnikernelExit.FromLimit(UnikernelLimit.WallClock, statistics, _threadsAtLimit);
            case StopReason.Cancelled:
                throw new OperationCanceledException("The run was cancelled; the guest is stopped.", cancellationToken);
            case StopReason.Disposed:
                throw new ObjectDisposedException(nameof(Unikernel), "The machine was disposed while its guest ran.");
            case StopReason.Failure:
                throw new UnikernelException(
                    $"An internal error stopped the guest {_parts.ProgramName}: {_machine.Failure?.Message}", _machine.Failure);
            default:
                return UnikernelExit.FromWaitStatus(process.WaitStatus, process.FatalSignal, statistics);
        }
    }

    private UnikernelStatistics Measure()
    {
        long end = _endTimestamp != 0 ? _endTimestamp : Stopwatch.GetTimestamp();
        return new UnikernelStatistics
        {
            Engine = _machine.Engine.Name,
            CreateTime = _createTime,
            WallTime = _startTimestamp == 0 ? TimeSpan.Zero : Stopwatch.GetElapsedTime(_startTimestamp, end),
            CpuTime = TimeSpan.FromTicks(_parts.MainThread.Process.CpuTime / 100),
            Instructions = _machine.Scheduler.InstructionCount,
            Syscalls = _parts.Dispatcher.CountByName(),
            PeakResidentBytes = _machine.Frames.PeakResidentBytes,
            TranslatedBytes = _machine.Engine.TranslatedBytes,
        };
    }
}
