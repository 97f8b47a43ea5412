using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace HermiTux;

/// <summary>Makes machines from the builders that <see cref="UnikernelServiceCollectionExtensions"/> registered. Thread-safe.</summary>
public interface IUnikernelFactory
{
    /// <summary>Builds a machine from a named configuration.</summary>
    /// <param name="name">The name given to <c>AddUnikernel</c>.</param>
    /// <param name="configure">Settings of this machine only, applied last.</param>
    /// <exception cref="ArgumentException">Nothing was registered under the name.</exception>
    /// <exception cref="UnikernelException">As <see cref="UnikernelBuilder.Build"/>.</exception>
    Unikernel Create(string name, Action<UnikernelBuilder>? configure = null);
}

/// <summary>Registers machines with a host's dependency injection.</summary>
public static class UnikernelServiceCollectionExtensions
{
    /// <summary>
    /// Registers a configuration under a name for <see cref="IUnikernelFactory"/>. Machines log through the host's <see cref="ILoggerFactory"/> and use its
    /// <see cref="TimeProvider"/>, if it has them, unless the configuration says otherwise.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="name">The name; registering one again adds to its configuration.</param>
    /// <param name="configure">Run for each machine on a new builder, with the host's services.</param>
    public static IServiceCollection AddUnikernel(this IServiceCollection services, string name, Action<IServiceProvider, UnikernelBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(configure);
        services.AddOptions();
        services.TryAddSingleton<IUnikernelFactory, UnikernelFactory>();
        services.Configure<UnikernelRegistration>(name, r => r.Steps.Add(configure));
        return services;
    }

    /// <inheritdoc cref="AddUnikernel(IServiceCollection, string, Action{IServiceProvider, UnikernelBuilder})"/>
    public static IServiceCollection AddUnikernel(this IServiceCollection services, string name, Action<UnikernelBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        return services.AddUnikernel(name, (_, builder) => configure(builder));
    }

    /// <summary>The steps of one named configuration.</summary>
    internal sealed class UnikernelRegistration
    {
        public List<Action<IServiceProvider, UnikernelBuilder>> Steps { get; } = [];
    }

    private sealed class UnikernelFactory : IUnikernelFactory
    {
        private readonly IServiceProvider _services;
        private readonly IOptionsMonitor<UnikernelRegistration> _registrations;

        public UnikernelFactory(IServiceProvider services, IOptionsMonitor<UnikernelRegistration> registrations)
        {
            _services = services;
            _registrations = registrations;
        }

        public Unikernel Create(string name, Action<UnikernelBuilder>? configure)
        {
            List<Action<IServiceProvider, UnikernelBuilder>> steps = _registrations.Get(name).Steps;
            if (steps.Count == 0)
            {
                throw new ArgumentException($"No unikernel is registered under the name '{name}': call services.AddUnikernel(\"{name}\", ...).", nameof(name));
            }

            var builder = new UnikernelBuilder();
            if (_services.GetService<ILoggerFactory>() is { } loggers)
            {
                builder.UseLoggerFactory(loggers);
            }

            if (_services.GetService<TimeProvider>() is { } time)
            {
                builder.UseTimeProvider(time);
            }

            foreach (Action<IServiceProvider, UnikernelBuilder> step in steps)
            {
                step(_services, builder);
            }

            configure?.Invoke(builder);
            return builder.Build();
        }
    }
}
