using HermiTux.Cpu;
using HermiTux.Cpu.Translator;
using HermiTux.Devices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace HermiTux.Hosting;

/// <summary>The translator as a candidate: taken on x86-64 Linux hosts where nothing faster is recommended.</summary>
internal sealed class TranslatorCandidate : IEngineCandidate
{
    private static readonly Lazy<EngineProbe> s_probe = new(() => TranslatorHost.IsSupported(X86CpuModel.V3, out string? reason)
        ? new EngineProbe(EngineSuitability.Recommended, "runs code close to native speed without a hypervisor")
        : new EngineProbe(EngineSuitability.Unavailable, $"doesn't work here ({reason})"));

    /// <inheritdoc/>
    public string Name => "translator";

    /// <inheritdoc/>
    public int Priority => 100;

    /// <inheritdoc/>
    public bool IsHardwareIsolated => false;

    /// <inheritdoc/>
    public EngineProbe Probe() => s_probe.Value;

    /// <inheritdoc/>
    public IVcpuEngine Create(IServiceProvider services) => CreateEngine(services);

    /// <summary>Creates the translator of one machine.</summary>
    /// <exception cref="PlatformNotSupportedException">This host can't run it.</exception>
    public static IVcpuEngine CreateEngine(IServiceProvider services) =>
        new TranslatorEngine(services.GetRequiredService<IOptions<UnikernelOptions>>().Value.CpuModel ?? X86CpuModel.V3)
        {
            Random = services.GetRequiredService<IEntropySource>().Fill,
            Time = services.GetRequiredService<TimeProvider>(),
            Logger = services.GetRequiredService<ILoggerFactory>().CreateLogger("HermiTux.Cpu"),
        };
}
