using HermiTux.Cpu;
using HermiTux.Devices;
using HermiTux.Hosting;
using HermiTux.Memory;
using HermiTux.Syscalls;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace HermiTux;

/// <summary>
/// Composes a machine: what it runs, what its guest sees, and the services it is made of.
/// </summary>
/// <remarks>
/// <para>Methods named <c>Use...</c> replace one service or setting, <c>Add...</c> and <c>Mount...</c> append, <c>With...</c> set options. Everything
/// is checked in <see cref="Build"/>, which reports all problems at once.</para>
/// <para>A builder may build several machines; they share nothing but what the embedder passes to each (streams, pipes, shared services).
/// Not thread-safe.</para>
/// </remarks>
/// <example>
/// <code>
/// var output = new OutputCapture();
/// await using Unikernel machine = new UnikernelBuilder()
///     .UseHostProgram("/bin/busybox")
///     .WithArguments("echo", "hello")
///     .UseStandardOutput(ConsoleOutput.ToCapture(output))
///     .Build();
/// UnikernelExit exit = await machine.RunAsync();
/// </code>
/// </example>
public sealed partial class UnikernelBuilder
{
    /// <summary>Creates a builder with nothing set.</summary>
    public UnikernelBuilder()
        : this(new ServiceCollection())
    {
    }

    /// <summary>Creates a builder over a collection of services, which <see cref="Build"/> completes with defaults in a copy.</summary>
    public UnikernelBuilder(IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        Services = services;
        Services.AddOptions();
    }

    /// <summary>
    /// The services of the machine. Those used: <see cref="IVcpuEngine"/>, <see cref="IMemoryModel"/>, <see cref="TimeProvider"/>,
    /// <see cref="IEntropySource"/>, <see cref="ILoggerFactory"/>, every <see cref="CharacterDevice"/> and <see cref="IEngineCandidate"/>, and options
    /// of <see cref="UnikernelOptions"/>. Each machine has a provider of its own; singletons are one for each machine.
    /// </summary>
    public IServiceCollection Services { get; }

    /// <summary>Runs guest code in the portable interpreter.</summary>
    public UnikernelBuilder UseInterpreter() => UseEngine(InterpreterCandidate.CreateEngine);

    /// <summary>
    /// Runs guest code re-encoded for the host's processor, isolated by software: x86-64 Linux hosts. <see cref="Build"/> fails with a
    /// <see cref="PlatformNotSupportedException"/> where it doesn't work.
    /// </summary>
    public UnikernelBuilder UseTranslator() => UseEngine(TranslatorCandidate.CreateEngine);

    /// <summary>
    /// Runs guest code in the engine that suits this host best (the default): the recommended one of highest priority among every
    /// <see cref="IEngineCandidate"/> of the services. The log says what was chosen and why.
    /// </summary>
    public UnikernelBuilder UseAutomaticEngine() => UseEngine(EngineChoice.CreateEngine);

    /// <summary>
    /// Insists on an engine whose guest is kept in by the processor: <see cref="Build"/> fails where there is none, instead of taking another.
    /// </summary>
    public UnikernelBuilder RequireHardwareIsolation() => Configure(o => o.RequireHardwareIsolation = true);

    /// <summary>Runs guest code in another vCPU engine.</summary>
    public UnikernelBuilder UseEngine<[System.Diagnostics.CodeAnalysis.DynamicallyAccessedMembers(System.Diagnostics.CodeAnalysis.DynamicallyAccessedMemberTypes.PublicConstructors)] TEngine>()
        where TEngine : class, IVcpuEngine
    {
        Services.Replace(ServiceDescriptor.Singleton<IVcpuEngine, TEngine>());
        return this;
    }

    /// <summary>Runs guest code in another vCPU engine, made for each machine by a function.</summary>
    public UnikernelBuilder UseEngine(Func<IServiceProvider, IVcpuEngine> factory)
    {
        ArgumentNullException.ThrowIfNull(factory);
        Services.Replace(ServiceDescriptor.Singleton(factory));
        return this;
    }

    /// <summary>How the machine's memory is held; the default is the best one for the host (<see cref="MemoryModel.ForHost"/>).</summary>
    public UnikernelBuilder UseMemoryModel(IMemoryModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        Services.Replace(ServiceDescriptor.Singleton(model));
        return this;
    }

    /// <summary>Where the guest's clocks and timers come from; the default is the system's. Limits on the run always use the system's.</summary>
    public UnikernelBuilder UseTimeProvider(TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        Services.Replace(ServiceDescriptor.Singleton(time));
        return this;
    }

    /// <summary>Where the guest's random bytes come from; the default is the host's cryptographic generator.</summary>
    public UnikernelBuilder UseEntropySource(IEntropySource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        Services.Replace(ServiceDescriptor.Singleton(source));
        return this;
    }

    /// <summary>Where the machine logs.</summary>
    public UnikernelBuilder UseLoggerFactory(ILoggerFactory factory)
    {
        ArgumentNullException.ThrowIfNull(factory);
        Services.Replace(ServiceDescriptor.Singleton(factory));
        return this;
    }

    /// <summary>
    /// Adds, replaces, wraps or denies system calls. Called once for each machine with a table of its own; several calls apply in order.
    /// </summary>
    public UnikernelBuilder ConfigureSyscalls(Action<SyscallTable> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        return Configure(o => o.SyscallConfiguration.Add(configure));
    }

    /// <summary>Adds a character device under /dev. A device object belongs to one machine; for several, register a factory in <see cref="Services"/>.</summary>
    public UnikernelBuilder AddDevice(CharacterDevice device)
    {
        ArgumentNullException.ThrowIfNull(device);
        Services.AddSingleton(device);
        return this;
    }

    /// <summary>Changes the options.</summary>
    public UnikernelBuilder Configure(Action<UnikernelOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        Services.Configure(configure);
        return this;
    }

    /// <summary>
    /// Checks everything, makes the machine and loads the program into it. Nothing of the guest runs yet.
    /// </summary>
    /// <exception cref="UnikernelConfigurationException">Settings are wrong; the exception names all of them.</exception>
    /// <exception cref="ProgramLoadException">The program is missing, or isn't one that runs here.</exception>
    /// <exception cref="PlatformNotSupportedException">A chosen engine or memory model doesn't work on this host.</exception>
    public Unikernel Build() => MachineComposer.Compose(CompleteServices());

    private ServiceCollection CompleteServices()
    {
        var services = new ServiceCollection();
        foreach (ServiceDescriptor descriptor in Services)
        {
            ((ICollection<ServiceDescriptor>)services).Add(descriptor);
        }

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IEngineCandidate, InterpreterCandidate>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IEngineCandidate, TranslatorCandidate>());
        services.TryAddSingleton<IVcpuEngine>(EngineChoice.CreateEngine);
        services.TryAddSingleton(MemoryModel.ForHost);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IEntropySource, SystemEntropySource>();
        services.TryAddSingleton<ILoggerFactory>(Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance);
        return services;
    }
}
