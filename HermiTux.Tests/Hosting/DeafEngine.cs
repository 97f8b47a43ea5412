using HermiTux.Cpu;
using HermiTux.Cpu.Interpreter;
using HermiTux.Memory;

namespace HermiTux.Tests.Hosting;

/// <summary>The interpreter, but of what its vCPUs are asked to exit for, they hear only the third request.</summary>
internal sealed class DeafEngine : IVcpuEngine
{
    private readonly InterpreterEngine _inner = new();
    private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when a guest is about to run.</summary>
    public Task Entered => _entered.Task;

    public string Name => "deaf";

    public CpuModel Model => _inner.Model;

    public long TranslatedBytes => _inner.TranslatedBytes;

    public Vcpu CreateVcpu(AddressSpace space) => new DeafVcpu(_inner.CreateVcpu(space), _entered);

    public void Dispose() => _inner.Dispose();

    private sealed unsafe class DeafVcpu(Vcpu inner, TaskCompletionSource entered) : Vcpu
    {
        private int _requests;

        public override VcpuExit Run(CpuState* state)
        {
            entered.TrySetResult();
            return inner.Run(state);
        }

        public override void SyncFloatingPoint(CpuState* state) => inner.SyncFloatingPoint(state);

        public override void RequestExit()
        {
            if (Interlocked.Increment(ref _requests) % 3 == 0)
            {
                inner.RequestExit();
            }
        }

        protected override void Dispose(bool disposing) => inner.Dispose();
    }
}
