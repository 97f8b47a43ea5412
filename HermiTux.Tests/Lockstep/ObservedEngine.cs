using HermiTux.Cpu;
using HermiTux.Memory;
using Microsoft.Extensions.DependencyInjection;

namespace HermiTux.Tests.Lockstep;

/// <summary>Sees each stop of a vCPU before the kernel layer does.</summary>
internal interface IVcpuObserver
{
    /// <summary>How large address spaces are to be, given how large the engine would make them.</summary>
    ulong DefaultMapWindow(ulong engine);

    /// <summary>Runs the guest to its next stop.</summary>
    unsafe VcpuExit Run(Vcpu vcpu, CpuState* state, AddressSpace space);
}

/// <summary>An engine with somebody between it and the kernel layer.</summary>
internal sealed class ObservedEngine(IVcpuEngine inner, IVcpuObserver observer) : IVcpuEngine
{
    public string Name => inner.Name;

    public CpuModel Model => inner.Model;

    public bool IsHardwareIsolated => inner.IsHardwareIsolated;

    public ulong DefaultMapWindow => observer.DefaultMapWindow(inner.DefaultMapWindow);

    public long TranslatedBytes => inner.TranslatedBytes;

    /// <summary>Puts an observer before the engine that a builder has selected.</summary>
    public static void Observe(UnikernelBuilder builder, IVcpuObserver observer)
    {
        ServiceDescriptor engine = builder.Services.Last(s => s.ServiceType == typeof(IVcpuEngine));
        builder.UseEngine(services => new ObservedEngine((IVcpuEngine)engine.ImplementationFactory!(services), observer));
    }

    public Vcpu CreateVcpu(AddressSpace space) => new ObservedVcpu(inner.CreateVcpu(space), observer, space);

    public void Dispose() => inner.Dispose();

    private sealed unsafe class ObservedVcpu(Vcpu vcpu, IVcpuObserver observer, AddressSpace space) : Vcpu
    {
        public override long InstructionCount => vcpu.InstructionCount;

        public override VcpuExit Run(CpuState* state) => observer.Run(vcpu, state, space);

        public override void SyncFloatingPoint(CpuState* state) => vcpu.SyncFloatingPoint(state);

        public override void RequestExit() => vcpu.RequestExit();

        protected override void Dispose(bool disposing) => vcpu.Dispose();
    }
}
