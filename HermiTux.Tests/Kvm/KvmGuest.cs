using HermiTux.Abi;
using HermiTux.Cpu;
using HermiTux.Kvm;
using HermiTux.Kvm.Internal;
using HermiTux.Memory;
using HermiTux.Tests.Cpu.Interpreter;
using HermiTux.Tests.Harness;
using Iced.Intel;
using Xunit;

namespace HermiTux.Tests.Kvm;

/// <summary>A virtual machine with assembled code, data and a stack, and no kernel layer.</summary>
internal sealed unsafe class KvmGuest : IDisposable
{
    public const ulong CodeAddress = 0x40_0000;
    public const ulong DataAddress = 0x60_0000;
    public const ulong StackTop = 0x80_0000;
    public const ulong Pages = 16;

    private const long MemoryLimit = 64 << 20;

    private readonly FrameTable _frames = new(MemoryModel.MemoryFile.CreateStore(MemoryLimit), MemoryLimit);
    private readonly List<(Vcpu Vcpu, nint State)> _threads = [];

    public KvmGuest(Action<Assembler> assemble)
    {
        GuestRunner.SkipWithoutKvm();
        Engine = new KvmEngine();
        Space = new AddressSpace(_frames);
        Map(CodeAddress, Pages, MemoryProtection.Read | MemoryProtection.Write);
        Map(DataAddress, Pages, MemoryProtection.Read | MemoryProtection.Write);
        Map(StackTop - (Pages * Page.Size), Pages, MemoryProtection.Read | MemoryProtection.Write);
        Assert.True(Space.TryWrite(CodeAddress, GuestCode.Assemble(assemble, CodeAddress)));
        Assert.Equal(Errno.None, Space.Protect(CodeAddress, Pages * Page.Size, MemoryProtection.Read | MemoryProtection.Execute));
        (Vcpu, State) = AddThread();
    }

    public KvmEngine Engine { get; }

    public AddressSpace Space { get; }

    public KvmVcpu Vcpu { get; }

    public CpuState* State { get; }

    /// <summary>Another vCPU with registers of its own.</summary>
    public (KvmVcpu Vcpu, Registers State) AddThread()
    {
        CpuState* state = CpuState.Allocate();
        state->Rip = CodeAddress;
        state->Rsp = StackTop;
        var vcpu = (KvmVcpu)Engine.CreateVcpu(Space);
        _threads.Add((vcpu, (nint)state));
        return (vcpu, new Registers(state));
    }

    public void Map(ulong address, ulong pages, MemoryProtection protection)
    {
        ulong at = address;
        Assert.Equal(Errno.None, Space.Map(ref at, pages * Page.Size, protection, MappingFlags.Fixed));
    }

    public VcpuExit Run() => Vcpu.Run(State);

    /// <summary>Runs another thread.</summary>
    public static VcpuExit Run(KvmVcpu vcpu, Registers state) => vcpu.Run(state);

    public void Dispose()
    {
        foreach ((Vcpu vcpu, nint state) in _threads)
        {
            vcpu.Dispose();
            CpuState.Free((CpuState*)state);
        }

        Engine.Dispose();
        Space.Dispose();
        _frames.Dispose();
    }

    /// <summary>A register file, in a shape that lambdas can capture.</summary>
    public readonly struct Registers
    {
        private readonly CpuState* _state;

        public Registers(CpuState* state)
        {
            _state = state;
        }

        public static implicit operator CpuState*(Registers registers) => registers._state;
    }
}
