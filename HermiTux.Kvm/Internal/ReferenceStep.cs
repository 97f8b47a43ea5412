using HermiTux.Cpu;
using HermiTux.Cpu.Interpreter;
using HermiTux.Memory;

namespace HermiTux.Kvm.Internal;

/// <summary>
/// Asks the interpreter what one instruction does. Needed where the host's KVM takes every general protection fault for something that it should emulate, doesn't
/// know the instruction, and reports another exception than the processor raised.
/// </summary>
internal sealed unsafe class ReferenceStep : IDisposable
{
    private const ulong TrapFlag = 1 << 8;

    private readonly InterpreterEngine _engine;
    private readonly Vcpu _vcpu;

    public ReferenceStep(AddressSpace space, CpuModel model)
    {
        _engine = new InterpreterEngine(new X86CpuModel("reference", X86FeatureBits.Read(model.Query)));
        _vcpu = _engine.CreateVcpu(space);
    }

    /// <summary>Executes the instruction at RIP; the whole register file must be exact.</summary>
    /// <returns>True when it was executed; false with what it raises, and the registers as they are then.</returns>
    public bool TryExecute(CpuState* state, out VcpuExit exit)
    {
        bool traced = (state->Rflags & TrapFlag) != 0;
        state->Rflags |= TrapFlag;
        exit = _vcpu.Run(state);
        if (!traced)
        {
            state->Rflags &= ~TrapFlag;
        }

        return exit is { Reason: VcpuExitReason.Exception, Exception: X86Exception.Debug } && !traced;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _vcpu.Dispose();
        _engine.Dispose();
    }
}
