using HermiTux.Cpu;
using HermiTux.Memory;
using HermiTux.Tests.Harness;
using Xunit;

namespace HermiTux.Tests.Lockstep;

/// <summary>
/// One program on two engines, compared at every system call and fault and at random instructions in between. The engine under test
/// runs first and is interrupted at random; then the interpreter runs the same program and, where the other was interrupted, goes on by single
/// steps until it is in just that state. If it never is, the engine was in a state that the program doesn't have.
/// </summary>
internal static class LockstepRun
{
    /// <summary>Steps after which a state counts as not reached.</summary>
    private const int StepLimit = 30_000_000;

    /// <summary>Runs the program and fails on the first difference.</summary>
    /// <param name="engine">The engine under test.</param>
    /// <param name="request">A program of one thread that waits for no time: clocks stand still.</param>
    /// <param name="interruptions">How many times it is to be interrupted; it may end before.</param>
    /// <param name="memory">Whether to compare memory: not where signal frames lie in it, which hold flags and pointers that nothing defines.</param>
    /// <returns>How many stops were compared, and how many of them were interruptions.</returns>
    public static async Task<(int Stops, int Interruptions)> CompareAsync(string engine, ProgramRequest request, int interruptions, bool memory = true)
    {
        using var recorder = new Recorder(interruptions, memory);
        ProgramRun first = await RunAsync(engine, request, recorder);
        var follower = new Follower(recorder.Records, recorder.Limit);
        ProgramRun second = await RunAsync("interpreter", request, follower);
        if (follower.Difference is { } difference)
        {
            Assert.Fail($"stop {follower.Position} of {recorder.Records.Count}, {engine} != interpreter: {difference}");
        }

        Assert.Equal(first.Summary, second.Summary);
        Assert.Equal(recorder.Records.Count, follower.Position);
        return (recorder.Records.Count, recorder.Interruptions);
    }

    private static Task<ProgramRun> RunAsync(string engine, ProgramRequest request, IVcpuObserver observer) =>
        GuestRunner.RunAsync(engine, request, builder =>
        {
            SameSurroundings.Apply(builder);
            ObservedEngine.Observe(builder, observer);
        });

    /// <summary>Writes down every stop of the engine under test, and interrupts it.</summary>
    private sealed unsafe class Recorder : IVcpuObserver, IDisposable
    {
        private const int MemoryEvery = 64;
        private static readonly double s_longest = 200e-6 * System.Diagnostics.Stopwatch.Frequency;
        private static readonly TimeSpan s_late = TimeSpan.FromMilliseconds(2);
        private readonly int _interruptions;
        private readonly bool _memory;
        private readonly Thread _interrupter;
        private Vcpu? _running;
        private bool _ended;

        public Recorder(int interruptions, bool memory)
        {
            _interruptions = interruptions;
            _memory = memory;
            _interrupter = new Thread(Interrupt) { IsBackground = true };
            if (interruptions > 0)
            {
                _interrupter.Start();
            }
        }

        public List<ExitRecord> Records { get; } = [];

        public int Interruptions { get; private set; }

        /// <summary>How large the engine's address spaces are; the interpreter lays the program out in as much.</summary>
        public ulong Limit { get; private set; }

        public ulong DefaultMapWindow(ulong engine) => Limit = engine;

        public VcpuExit Run(Vcpu vcpu, CpuState* state, AddressSpace space)
        {
            Volatile.Write(ref _running, Interruptions < _interruptions ? vcpu : null);
            long start = System.Diagnostics.Stopwatch.GetTimestamp();
            VcpuExit exit = vcpu.Run(state);
            Volatile.Write(ref _running, null);
            vcpu.SyncFloatingPoint(state);
            if (exit.Reason == VcpuExitReason.Interrupted && System.Diagnostics.Stopwatch.GetElapsedTime(start) > s_late)
            {
                // Too far from the last stop to be found by single steps. The kernel layer just goes on.
                return exit;
            }

            bool interrupted = exit.Reason == VcpuExitReason.Interrupted;
            Interruptions += interrupted ? 1 : 0;
            Records.Add(ExitRecord.Of(exit, state, _memory && (interrupted || Records.Count % MemoryEvery == 0) ? space : null));
            return exit;
        }

        public void Dispose()
        {
            Volatile.Write(ref _ended, true);
            if (_interruptions > 0)
            {
                _interrupter.Join();
            }
        }

        /// <summary>Waits for a run and then for a random time, spinning: a timer's millisecond is millions of instructions.</summary>
        private void Interrupt()
        {
            var random = new Random(12345);
            while (!Volatile.Read(ref _ended))
            {
                if (Volatile.Read(ref _running) is not { } vcpu)
                {
                    Thread.Yield();
                    continue;
                }

                long until = System.Diagnostics.Stopwatch.GetTimestamp() + (long)(random.NextDouble() * s_longest);
                while (System.Diagnostics.Stopwatch.GetTimestamp() < until)
                {
                    Thread.SpinWait(10);
                }

                if (Volatile.Read(ref _running) == vcpu)
                {
                    vcpu.RequestExit();
                }
            }
        }
    }

    /// <summary>Leads the interpreter along what was written down.</summary>
    private sealed unsafe class Follower(List<ExitRecord> expected, ulong limit) : IVcpuObserver
    {

        public int Position { get; private set; }

        public string? Difference { get; private set; }

        public ulong DefaultMapWindow(ulong engine) => limit;

        public VcpuExit Run(Vcpu vcpu, CpuState* state, AddressSpace space)
        {
            while (true)
            {
                if (Difference is not null || Position >= expected.Count)
                {
                    Difference ??= "the interpreter goes on";
                    return VcpuExit.Raise(X86Exception.InvalidOpcode);
                }

                ExitRecord next = expected[Position];
                if (next.Exit.Reason != VcpuExitReason.Interrupted)
                {
                    VcpuExit exit = vcpu.Run(state);
                    if (exit.Reason == VcpuExitReason.Interrupted)
                    {
                        return exit;
                    }

                    vcpu.SyncFloatingPoint(state);
                    Difference = next.Difference(ExitRecord.Of(exit, state, next.Memory is null ? null : space));
                    Position++;
                    return exit;
                }

                Difference = StepTo(next, vcpu, state, space);
                Position++;
            }
        }

        private static string? StepTo(ExitRecord next, Vcpu vcpu, CpuState* state, AddressSpace space)
        {
            string? nearest = null;
            ulong? different = null;
            for (int step = 0; step < StepLimit; step++)
            {
                if (state->Rip == next.Rip)
                {
                    vcpu.SyncFloatingPoint(state);
                    ExitRecord here = ExitRecord.Of(VcpuExit.Interrupted, state, null);
                    if (here.HasSameRegisters(next))
                    {
                        // A loop may come here with the same registers again and again and count in memory: what wasn't yet as it should be is looked
                        // at first.
                        if (next.Memory is null || different is not { } page || next.Memory.Holds(space, page))
                        {
                            here = ExitRecord.Of(VcpuExit.Interrupted, state, space);
                            nearest = next.Difference(here);
                            if (nearest is null)
                            {
                                return null;
                            }

                            different = next.Memory?.DifferentPage(here.Memory!);
                        }
                    }
                    else if (different is null)
                    {
                        nearest = next.Difference(here);
                    }
                }

                if (!SingleStep.TryRun(vcpu, state, out VcpuExit exit))
                {
                    return $"after {step} steps the interpreter is at {exit} at {state->Rip:x}; the last time that it was where the other was: {nearest ?? "never"}";
                }
            }

            return $"{StepLimit} steps don't lead to {next.Rip:x}; the last time there: {nearest ?? "never"}";
        }
    }
}
