using HermiTux.Cpu;

namespace HermiTux.Tests.Lockstep;

/// <summary>One instruction of a vCPU, by the trap flag.</summary>
internal static unsafe class SingleStep
{
    private const ulong TrapFlag = 0x100;

    /// <summary>Executes the next instruction. False when something else than its end stops the vCPU.</summary>
    public static bool TryRun(Vcpu vcpu, CpuState* state, out VcpuExit exit)
    {
        state->Rflags |= TrapFlag;
        exit = vcpu.Run(state);
        state->Rflags &= ~TrapFlag;
        return exit is { Reason: VcpuExitReason.Exception, Exception: X86Exception.Debug } || exit.Reason == VcpuExitReason.Interrupted;
    }
}
