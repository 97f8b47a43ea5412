using HermiTux.Cpu;
using HermiTux.Devices;
using HermiTux.Kernel;
using HermiTux.Kernel.FileSystems;
using HermiTux.Memory;
using Microsoft.Extensions.Logging.Abstractions;

namespace HermiTux.Tests.Kernel;

/// <summary>What a scripted guest does next: looks at its registers, changes them, and says why the vCPU stops.</summary>
internal delegate VcpuExit Step(Registers state);

/// <summary>A thread's registers for code that awaits and so can't use pointers.</summary>
internal sealed unsafe class Registers(CpuState* state)
{
    public ref ulong Rax => ref state->Rax;

    public ref ulong Rip => ref state->Rip;

    public ref ulong Rsp => ref state->Rsp;

    public ref ulong Rsi => ref state->Rsi;

    public ref ulong Rflags => ref state->Rflags;

    public ref uint Mxcsr => ref state->Mxcsr;

    public ref ulong Xmm1 => ref *(ulong*)((byte*)state + CpuState.XmmOffset + 16);

    public ref ulong Ymm2High => ref *(ulong*)((byte*)state + CpuState.YmmHighOffset + 32);

    public ref ulong this[int gpr] => ref state->Gpr[gpr];

    /// <summary>All that a handler's return must bring back.</summary>
    public ulong[] All => [.. new ReadOnlySpan<ulong>(state->Gpr, 16), Rip, Rflags, Mxcsr, Xmm1, Ymm2High];

    public static Registers Of(GuestThread thread) => new(thread.State);
}

/// <summary>
/// A machine whose guest code is a list of C# steps for each thread, so that scheduling, waiting and signals are tested without an instruction set. A
/// null step stands for an endless loop.
/// </summary>
internal sealed class ScriptedMachine : IVcpuEngine, ISyscallDispatcher, IAsyncDisposable
{
    public const ulong StackTop = 0x7000_0000;
    private const ulong StackSize = 0x40000;

    private readonly Dictionary<nint, Queue<Step?>> _scripts = [];
    private readonly Func<GuestThread, ValueTask<long>> _calls;

    public ScriptedMachine(Func<GuestThread, ValueTask<long>> calls, int cpus = 1, TimeProvider? time = null)
    {
        _calls = calls;
        var frames = new FrameTable(MemoryModel.Heap.CreateStore(16 << 20), 16 << 20);
        Machine = new Machine
        {
            Frames = frames,
            Files = new VirtualFileSystem(),
            Time = time ?? TimeProvider.System,
            Entropy = new SeededEntropySource(1),
            Logger = NullLogger.Instance,
            Engine = this,
            Dispatcher = this,
            CpuCount = cpus,
        };
        Credentials credentials = Credentials.ForUser(0, 0);
        Process = new Process
        {
            Machine = Machine,
            Pid = Machine.AllocateId(),
            Memory = new AddressSpace(frames),
            Descriptors = new FdTable(),
            Fs = new FsContext(Machine.Files, credentials),
            Credentials = credentials,
        };
        ulong stack = StackTop - StackSize;
        Process.Memory.Map(ref stack, StackSize, MemoryProtection.Read | MemoryProtection.Write, MappingFlags.Fixed);
    }

    public Machine Machine { get; }

    public Process Process { get; }

    public string Name => "scripted";

    public CpuModel Model => X86CpuModel.V3;

    public long TranslatedBytes => 0;

    public unsafe GuestThread AddThread(params Step?[] script)
    {
        var thread = new GuestThread { Process = Process, Tid = _scripts.Count == 0 ? Process.Pid : Machine.AllocateId(), State = CpuState.Allocate() };
        thread.State->Rsp = StackTop - ((ulong)_scripts.Count * 0x8000);
        lock (_scripts)
        {
            _scripts.Add((nint)thread.State, new Queue<Step?>(script));
        }

        return thread;
    }

    /// <summary>A system call with a number that the test's dispatcher knows.</summary>
    public static Step Syscall(ulong number) => state =>
    {
        state.Rax = number;
        state.Rip += 2;
        return VcpuExit.Syscall;
    };

    public ValueTask<long> DispatchAsync(GuestThread thread) => _calls(thread);

    public Vcpu CreateVcpu(AddressSpace space) => new ScriptedVcpu(this);

    public async Task<int> RunAsync()
    {
        foreach (GuestThread thread in Process.Threads)
        {
            thread.Start();
        }

        await Machine.Ended.WaitAsync(TimeSpan.FromSeconds(20));
        return Process.WaitStatus;
    }

    public async ValueTask DisposeAsync()
    {
        Machine.Stop(StopReason.Disposed);
        await Machine.Ended;
        await Machine.Scheduler.StopAsync();
        Machine.Frames.Dispose();
    }

    public void Dispose()
    {
    }

    private unsafe bool TryNext(CpuState* state, out Step? step)
    {
        lock (_scripts)
        {
            return _scripts[(nint)state].TryDequeue(out step);
        }
    }

    private sealed unsafe class ScriptedVcpu(ScriptedMachine owner) : Vcpu
    {
        private int _exitRequested;

        public override VcpuExit Run(CpuState* state)
        {
            if (Interlocked.Exchange(ref _exitRequested, 0) != 0)
            {
                return VcpuExit.Interrupted;
            }

            if (!owner.TryNext(state, out Step? step))
            {
                throw new InvalidOperationException("The script is over and the thread still runs.");
            }

            if (step is not null)
            {
                return step(new Registers(state));
            }

            SpinWait.SpinUntil(() => Volatile.Read(ref _exitRequested) != 0);
            _exitRequested = 0;
            lock (owner._scripts)
            {
                // It goes on spinning after the interruption.
                Queue<Step?> script = owner._scripts[(nint)state];
                Step?[] rest = [.. script];
                script.Clear();
                script.Enqueue(null);
                foreach (Step? next in rest)
                {
                    script.Enqueue(next);
                }
            }

            return VcpuExit.Interrupted;
        }

        public override void RequestExit() => Volatile.Write(ref _exitRequested, 1);
    }
}
