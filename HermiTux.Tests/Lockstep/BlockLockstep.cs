using System.Collections.Concurrent;
using HermiTux.Cpu;
using HermiTux.Cpu.Translator;
using HermiTux.Devices;
using HermiTux.Memory;
using HermiTux.Tests.Harness;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HermiTux.Tests.Lockstep;

/// <summary>
/// One program on the translator and on the interpreter at the same time, compared at the end of every block. The interpreter goes on by single steps
/// until it is where the translator is, and must be in the same state: registers, defined flags, x87, SSE and AVX, and every so often memory.
/// </summary>
internal static class BlockLockstep
{
    /// <summary>Runs the program and fails on the first difference.</summary>
    /// <param name="request">A program of one thread that waits for no time: clocks stand still.</param>
    /// <param name="ends">How many block ends are compared; after that, only system calls.</param>
    /// <param name="skip">System calls before the first block end that is compared.</param>
    /// <param name="loops">Whether loops are translated as such, and seen when they end; otherwise each iteration is seen.</param>
    /// <param name="memory">Whether memory is compared: not where it holds what engines may do differently.</param>
    /// <returns>How many block ends were compared.</returns>
    public static async Task<int> CompareAsync(ProgramRequest request, int ends, int skip, bool loops, bool memory = true)
    {
        using var queue = new BlockingCollection<ExitRecord>(4096);
        var recorder = new Recorder(queue, ends, skip, loops, memory);
        var follower = new BlockFollower(queue, recorder);
        Task<ProgramRun> first = Task.Run(() => GuestRunner.RunAsync("translator", request, builder =>
        {
            SameSurroundings.Apply(builder);
            builder.UseEngine(services => new ObservedEngine(
                new TranslatorEngine
                {
                    Random = services.GetRequiredService<IEntropySource>().Fill,
                    Time = services.GetRequiredService<TimeProvider>(),
                    BlockEnds = recorder,

                    // Others may have linked what is shared.
                    SharesTranslations = false,
                },
                recorder));
        }));
        Task<ProgramRun> second = Task.Run(() => GuestRunner.RunAsync("interpreter", request, builder =>
        {
            SameSurroundings.Apply(builder);
            ObservedEngine.Observe(builder, follower);
        }));
        ProgramRun translated = await first;
        queue.CompleteAdding();
        ProgramRun interpreted = await second;
        if (follower.Difference is { } difference)
        {
            Assert.Fail($"end {follower.Ends} of {recorder.Ends}: translator != interpreter: {difference}");
        }

        Assert.Equal(translated.Summary, interpreted.Summary);
        Assert.Equal(recorder.Ends, follower.Ends);
        return follower.Ends;
    }

    /// <summary>Writes down every block end and every exit of the translator.</summary>
    internal sealed unsafe class Recorder(BlockingCollection<ExitRecord> queue, int ends, int skip, bool loops, bool memory) : BlockObserver, IVcpuObserver
    {
        /// <summary>How often memory is compared: a digest of all takes as long as hundreds of blocks.</summary>
        private const int MemoryEvery = 1024;

        private AddressSpace? _space;
        private int _exits;
        private volatile bool _abandoned;

        public int Ends { get; private set; }

        public ulong Window { get; private set; }

        public override bool HasLoops => loops;

        ulong IVcpuObserver.DefaultMapWindow(ulong engine) => Window = engine;

        /// <summary>Nobody reads any more.</summary>
        public void Abandon() => _abandoned = true;

        public override void AtEnd(Vcpu vcpu, CpuState* state)
        {
            if (_exits < skip || Ends >= ends)
            {
                return;
            }

            vcpu.SyncFloatingPoint(state);
            Add(ExitRecord.Of(VcpuExit.Interrupted, state, memory && Ends % MemoryEvery == 0 ? _space : null, keep: true));
            Ends++;
        }

        public VcpuExit Run(Vcpu vcpu, CpuState* state, AddressSpace space)
        {
            _space = space;
            VcpuExit exit = vcpu.Run(state);
            vcpu.SyncFloatingPoint(state);
            if (exit.Reason != VcpuExitReason.Interrupted)
            {
                _exits++;
                Add(ExitRecord.Of(exit, state, null));
            }

            return exit;
        }

        private void Add(ExitRecord record)
        {
            while (!_abandoned && !queue.TryAdd(record, 100))
            {
            }
        }
    }
}
