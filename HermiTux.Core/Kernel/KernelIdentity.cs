namespace HermiTux.Kernel;

/// <summary>What uname(2) and /proc/version say the kernel is: Linux of a release whose behaviour this kernel layer follows.</summary>
internal static class KernelIdentity
{
    public const string SystemName = "Linux";

    /// <summary>uname -r: new enough for every call that is there.</summary>
    public const string Release = "6.1.0-hermitux";

    public const string Version = "#1 SMP HermiTux";

    public const string Machine = "x86_64";
}
