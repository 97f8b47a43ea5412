using HermiTux.Cpu;
using HermiTux.Cpu.Interpreter;
using HermiTux.Devices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace HermiTux.Hosting;

/// <summary>The automatic choice of an engine: the recommended candidate of highest priority, with the reasons in one sentence.</summary>
internal static class EngineChoice
{
    /// <summary>Creates the engine of a machine that names none.</summary>
    /// <exception cref="PlatformNotSupportedException">Hardware isolation is required and no candidate gives it.</exception>
    public static IVcpuEngine CreateEngine(IServiceProvider services)
    {
        bool hardware = services.GetRequiredService<IOptions<UnikernelOptions>>().Value.RequireHardwareIsolation;
        IEngineCandidate chosen = Choose(services.GetServices<IEngineCandidate>(), hardware, out string why);
        HostingLog.EngineChosen(services.GetRequiredService<ILoggerFactory>().CreateLogger("HermiTux.Hosting"), why);
        return chosen.Create(services);
    }

    /// <summary>Takes one of the candidates.</summary>
    /// <param name="candidates">Those registered.</param>
    /// <param name="hardware">Only those that the processor isolates; such a one is taken even if it is merely usable.</param>
    /// <param name="why">One sentence for the log, with what the user can do.</param>
    public static IEngineCandidate Choose(IEnumerable<IEngineCandidate> candidates, bool hardware, out string why)
    {
        var passed = new List<string>();
        var remedies = new List<string>();
        EngineSuitability needed = hardware ? EngineSuitability.Usable : EngineSuitability.Recommended;
        foreach (IEngineCandidate candidate in candidates.OrderByDescending(c => c.Priority).ThenBy(c => c.Name, StringComparer.Ordinal))
        {
            if (hardware && !candidate.IsHardwareIsolated)
            {
                continue;
            }

            EngineProbe probe = candidate.Probe();
            if (probe.Suitability >= needed)
            {
                why = string.Join("; ", [$"engine {candidate.Name}: {candidate.Name} {probe.Reason}", .. passed]) + "." + Advice(remedies);
                return candidate;
            }

            passed.Add($"{candidate.Name} {probe.Reason}");
            if (probe.Remedy is { } remedy)
            {
                remedies.Add(remedy);
            }
        }

        throw new PlatformNotSupportedException(hardware
            ? "Hardware isolation is required and can't be had here: " +
              (passed.Count == 0 ? "no engine that gives it was added; reference HermiTux.Kvm and call AddKvm()." : string.Join("; ", passed) + "." + Advice(remedies))
            : "No vCPU engine works here: " + string.Join("; ", passed) + "." + Advice(remedies));
    }

    private static string Advice(List<string> remedies) => remedies.Count == 0 ? "" : " " + string.Join(" ", remedies);
}

/// <summary>The interpreter as a candidate: works everywhere, taken when nothing faster is recommended.</summary>
internal sealed class InterpreterCandidate : IEngineCandidate
{
    /// <inheritdoc/>
    public string Name => "interpreter";

    /// <inheritdoc/>
    public int Priority => 0;

    /// <inheritdoc/>
    public bool IsHardwareIsolated => false;

    /// <inheritdoc/>
    public EngineProbe Probe() => new(EngineSuitability.Recommended, "works on every host");

    /// <inheritdoc/>
    public IVcpuEngine Create(IServiceProvider services) => CreateEngine(services);

    /// <summary>Creates the interpreter of one machine.</summary>
    public static IVcpuEngine CreateEngine(IServiceProvider services) =>
        new InterpreterEngine(services.GetRequiredService<IOptions<UnikernelOptions>>().Value.CpuModel ?? X86CpuModel.V3)
        {
            Random = services.GetRequiredService<IEntropySource>().Fill,
            Time = services.GetRequiredService<TimeProvider>(),
        };
}
