using HermiTux.Cpu;

namespace HermiTux;

/// <summary>
/// An engine that the automatic choice may take. Every candidate among the builder's services takes part: the interpreter always, those of
/// other packages when they were added (<c>AddKvm()</c>).
/// </summary>
/// <remarks>Thread-safe. <see cref="Probe"/> is asked for every machine, so candidates remember what they found once per process.</remarks>
public interface IEngineCandidate
{
    /// <summary>The engine's <see cref="IVcpuEngine.Name"/>.</summary>
    string Name { get; }

    /// <summary>Of several recommended engines the one with the highest value is taken. Interpreter 0, translator 100, KVM 200.</summary>
    int Priority { get; }

    /// <summary>Whether the guest is kept in by the processor and not by software (<see cref="IVcpuEngine.IsHardwareIsolated"/>).</summary>
    bool IsHardwareIsolated { get; }

    /// <summary>Finds out whether the engine works on this host, and how well. Never throws.</summary>
    EngineProbe Probe();

    /// <summary>Creates the engine of one machine.</summary>
    /// <param name="services">The machine's services.</param>
    /// <exception cref="PlatformNotSupportedException">The engine doesn't work here; the message says why and what helps.</exception>
    IVcpuEngine Create(IServiceProvider services);
}

/// <summary>How well an engine suits this host.</summary>
public enum EngineSuitability
{
    /// <summary>It doesn't work here.</summary>
    Unavailable,

    /// <summary>It works when asked for by name, but another one is likely to serve better.</summary>
    Usable,

    /// <summary>It works well; the automatic choice may take it.</summary>
    Recommended,
}

/// <summary>What an engine found out about this host.</summary>
/// <param name="Suitability">Whether it works.</param>
/// <param name="Reason">Why, as a part of a sentence after the engine's name: <c>has no /dev/kvm</c>.</param>
/// <param name="Remedy">What the user can do about it, as a sentence; null when nothing needs doing.</param>
public sealed record EngineProbe(EngineSuitability Suitability, string Reason, string? Remedy = null);
