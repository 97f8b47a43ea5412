namespace HermiTux.Kvm.Internal;

/// <summary>What this process found out about KVM, once.</summary>
internal sealed class KvmHost
{
    /// <summary>An exit that costs more than this makes programs with many system calls slower than the translator does.</summary>
    private static readonly TimeSpan s_cheapExit = TimeSpan.FromMicroseconds(6);

    private static readonly Lazy<KvmHost> s_current = new(() => new KvmHost());

    private KvmHost()
    {
        KvmDevice? device = KvmDevice.TryOpen(out string reason, out string? remedy);
        if (device == null)
        {
            Probe = new EngineProbe(EngineSuitability.Unavailable, reason, remedy);
            return;
        }

        try
        {
            Traits = HostTraits.Measure(device);
            Device = device;
            double exit = Traits.ExitTime.TotalMicroseconds;
            Probe = Traits.ExitTime <= s_cheapExit
                ? new EngineProbe(EngineSuitability.Recommended, $"is usable here with {exit:F1} us for an exit")
                : new EngineProbe(EngineSuitability.Usable, $"is usable here but needs {exit:F0} us for an exit, as under nested virtualisation",
                    "Ask for the KVM engine by name where hardware isolation matters, or for programs that compute more than they call.");
        }
        catch (Exception e) when (e is IOException or KvmCrashException or PlatformNotSupportedException)
        {
            Probe = new EngineProbe(EngineSuitability.Unavailable, $"doesn't work here ({e.Message})");
        }
    }

    /// <summary>This process's.</summary>
    public static KvmHost Current => s_current.Value;

    /// <summary>Whether KVM is usable.</summary>
    public EngineProbe Probe { get; }

    /// <summary>The device; null when KVM isn't usable.</summary>
    public KvmDevice? Device { get; }

    /// <summary>How it behaves; null when KVM isn't usable.</summary>
    public HostTraits? Traits { get; }
}
