namespace HermiTux.Kvm;

/// <summary>
/// A virtual machine stopped in a way that no program should be able to cause: it triple-faulted, KVM gave up, or a page fault wouldn't go away. The message is
/// a report with registers and code. Only that machine ends; its <see cref="Unikernel.RunAsync"/> throws <see cref="UnikernelException"/> with this inside.
/// </summary>
public sealed class KvmCrashException : Exception
{
    /// <summary>Creates the exception.</summary>
    public KvmCrashException(string report)
        : base(report)
    {
    }
}
