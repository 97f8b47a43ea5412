namespace HermiTux.Cpu.Interpreter;

/// <content>What LOCK means where the host's own atomic instructions don't reach: one lock for all such accesses.</content>
internal sealed unsafe partial class InterpreterVcpu
{
    private static readonly Lock s_splitLock = new();

    /// <summary>
    /// Takes the lock for locked accesses that cross a cache line or a page, and for 16-byte ones. Host pointers to guest memory
    /// from before are no longer good.
    /// </summary>
    /// <remarks>
    /// Who waits here isn't executing: the holder may need the address space, whose holder may wait for every executing vCPU to drop
    /// translations.
    /// </remarks>
    public SplitLockScope HoldSplitLock()
    {
        if (!s_splitLock.TryEnter())
        {
            LeaveGuest();
            s_splitLock.Enter();
            EnterGuest();
        }

        return default;
    }

    /// <summary>Gives the lock back, also when the access faults.</summary>
    public readonly ref struct SplitLockScope
    {
        /// <summary>Gives the lock back.</summary>
        public void Dispose() => s_splitLock.Exit();
    }
}
