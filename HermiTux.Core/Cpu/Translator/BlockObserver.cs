namespace HermiTux.Cpu.Translator;

/// <summary>
/// Sees the guest's state at the end of every block: with one, exits never lead to other blocks directly and jump tables stay empty, so that
/// each block comes back to the vCPU. For tests.
/// </summary>
internal abstract unsafe class BlockObserver
{
    /// <summary>Whether loops are translated as such; they come back when they end.</summary>
    public virtual bool HasLoops => true;

    /// <summary>The guest is between two blocks. Called on the vCPU's thread, not inside translated code.</summary>
    public abstract void AtEnd(Vcpu vcpu, CpuState* state);
}
