using System.Diagnostics;
using HermiTux.Cpu;
using HermiTux.Kernel.Scheduling;
using HermiTux.Kernel.Signals;
using HermiTux.Kernel.Timers;

namespace HermiTux.Kernel;

/// <summary>How a wait ended.</summary>
public enum WaitOutcome
{
    /// <summary>What was waited for may have happened: check again.</summary>
    Ready,

    /// <summary>The deadline passed.</summary>
    TimedOut,

    /// <summary>A signal is to be delivered, or the process ends: give EINTR or a restart code.</summary>
    Interrupted,
}

/// <summary>
/// A guest thread: registers, signal state, and the run loop that moves it between a vCPU and the syscall layer. A thread that
/// waits holds no OS thread.
/// </summary>
/// <remarks>
/// The parts: this file has the state, <c>GuestThread.Run.cs</c> the run loop, <c>GuestThread.Wait.cs</c> waiting,
/// <c>GuestThread.Signals.cs</c> sending and delivering signals. Members are for the thread's own system calls unless they say
/// that they may be called from any thread.
/// </remarks>
public sealed unsafe partial class GuestThread
{
    private readonly Process _process = null!;
    private int _tid;
    private long _cpuTicks;
    private long _sliceStart;
    private long _systemTicks;
    private bool _isDetached;

    /// <summary>The process. Setting it adds the thread to the process.</summary>
    public required Process Process
    {
        get => _process;
        init
        {
            _process = value;
            Signals = new SignalState(this);
            value.AddThread(this);
        }
    }

    /// <summary>Thread id; the main thread's is the pid.</summary>
    public required int Tid
    {
        get => _tid;
        init => _tid = value;
    }

    /// <summary>
    /// Registers; freed when the thread has ended. While the thread is on a worker the floating-point part (the XSAVE image) is exact only after
    /// <see cref="SyncFloatingPoint"/>.
    /// </summary>
    public CpuState* State { get; init; }

    /// <summary>Mask, pending signals, alternate stack.</summary>
    public SignalState Signals { get; private init; } = null!;

    /// <summary>set_tid_address(2) / CLONE_CHILD_CLEARTID.</summary>
    public ulong ClearChildTid { get; set; }

    /// <summary>set_robust_list(2).</summary>
    public ulong RobustListHead { get; set; }

    /// <summary>The PI futex that the thread waits to own. Guarded by the futex table's lock.</summary>
    internal Futexes.PiState? BlockedOnPi { get; set; }

    /// <summary>comm of this thread.</summary>
    public string Name { get; set; } = "";

    /// <summary>
    /// What restart_syscall(2) does: set by a call that returns ERESTART_RESTARTBLOCK (nanosleep(2), poll(2), futex(2) with a
    /// relative time-out), which captures its absolute deadline in it. Without one restart_syscall gives EINTR.
    /// </summary>
    public Func<GuestThread, ValueTask<long>>? RestartBlock { get; set; }

    /// <summary>For the dispatcher of system calls: what it keeps for this thread.</summary>
    public object? DispatchState { get; set; }

    /// <summary>Nanoseconds of CPU the thread has used, guest code and system calls (CLOCK_THREAD_CPUTIME_ID). Any thread.</summary>
    public long CpuTime
    {
        get
        {
            long start = Volatile.Read(ref _sliceStart);
            long ticks = Volatile.Read(ref _cpuTicks);
            if (start != 0)
            {
                ticks += Math.Max(0, Stopwatch.GetTimestamp() - start);
            }

            return ToNanoseconds(ticks);
        }
    }

    /// <summary>Nanoseconds spent executing guest code. Any thread.</summary>
    public long UserTime => Math.Max(0, CpuTime - SystemTime);

    /// <summary>Nanoseconds spent in system calls, by sampling. Any thread.</summary>
    public long SystemTime => Math.Min(CpuTime, ToNanoseconds(Volatile.Read(ref _systemTicks)));

    /// <summary>Whether exit(2) was reached, or the process ended.</summary>
    public bool HasExited { get; private set; }

    /// <summary>Whether the process no longer counts the thread. Set under <see cref="Process.SignalLock"/>; any thread.</summary>
    internal bool IsDetached
    {
        get => Volatile.Read(ref _isDetached);
        set => Volatile.Write(ref _isDetached, value);
    }

    /// <summary>Whether the thread is off its worker: not started, waiting in a call, or stopped. Guarded by <see cref="Process.SignalLock"/>.</summary>
    internal bool IsDormant { get; set; } = true;

    internal Scheduler Scheduler => Process.Machine.Scheduler;

    /// <summary>execve(2) from another thread than the main one: the pid is its tid now.</summary>
    internal void BecomeLeader() => _tid = Process.Pid;

    /// <summary>Makes the thread ready to run for the first time. Any thread.</summary>
    internal void Start()
    {
        Scheduler.Enqueue(new WorkItem(this));
    }

    /// <summary>The thread is not to run guest code again. Call with the signal lock held.</summary>
    internal void MarkExited()
    {
        HasExited = true;
        Volatile.Write(ref _signalAttention, 1);
    }

    /// <summary>What a thread leaves in guest memory as it ends (mm_release): the robust list, then the clear-tid word.</summary>
    internal void ReleaseUserState() => Futexes.RobustList.Release(this);

    private static long ToNanoseconds(long ticks) => ClockTicks.ToNanoseconds(ticks, Stopwatch.Frequency);

    /// <summary>Frees the registers once nothing can use them.</summary>
    ~GuestThread()
    {
        if (State is not null)
        {
            CpuState.Free(State);
        }
    }

    private void BeginSlice() => Volatile.Write(ref _sliceStart, Stopwatch.GetTimestamp());

    private void EndSlice()
    {
        long start = _sliceStart;
        Volatile.Write(ref _sliceStart, 0);
        Volatile.Write(ref _cpuTicks, _cpuTicks + Stopwatch.GetTimestamp() - start);
    }
}
