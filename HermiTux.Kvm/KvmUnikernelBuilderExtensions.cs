using HermiTux.Cpu;
using HermiTux.Kvm;
using HermiTux.Kvm.Internal;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace HermiTux;

/// <summary>The KVM engine in a builder.</summary>
public static class KvmUnikernelBuilderExtensions
{
    /// <summary>Runs guest code in a KVM virtual machine; <see cref="UnikernelBuilder.Build"/> fails where that doesn't work, with the reason and what helps.</summary>
    public static UnikernelBuilder UseKvm(this UnikernelBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.UseEngine(KvmCandidate.CreateEngine);
    }

    /// <summary>Lets the automatic choice of an engine take KVM where it is usable and its exits are cheap.</summary>
    public static UnikernelBuilder AddKvm(this UnikernelBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IEngineCandidate, KvmCandidate>());
        return builder;
    }

    /// <summary>Whether KVM is usable in this process and how well; found out once. Never throws.</summary>
    public static EngineProbe ProbeKvm() => KvmHost.Current.Probe;

    /// <summary>KVM as a candidate of the automatic choice.</summary>
    private sealed class KvmCandidate : IEngineCandidate
    {
        /// <inheritdoc/>
        public string Name => "kvm";

        /// <inheritdoc/>
        public int Priority => 200;

        /// <inheritdoc/>
        public bool IsHardwareIsolated => true;

        /// <inheritdoc/>
        public EngineProbe Probe() => KvmHost.Current.Probe;

        /// <inheritdoc/>
        public IVcpuEngine Create(IServiceProvider services) => CreateEngine(services);

        /// <summary>Creates the engine of one machine.</summary>
        public static IVcpuEngine CreateEngine(IServiceProvider services) =>
            new KvmEngine(services.GetRequiredService<IOptions<UnikernelOptions>>().Value.CpuModel);
    }
}
