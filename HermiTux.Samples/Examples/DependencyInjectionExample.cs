using Iced.Intel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using static Iced.Intel.AssemblerRegisters;

namespace HermiTux.Samples.Examples;

/// <summary>A generic host whose services run guest programs through <see cref="IUnikernelFactory"/>, with the host's logging.</summary>
internal static class DependencyInjectionExample
{
    public static async Task RunAsync(TextWriter output, CancellationToken cancellationToken)
    {
        HostApplicationBuilder application = Host.CreateApplicationBuilder();
        application.Logging.ClearProviders();
        application.Services.AddSingleton(output);
        application.Services.AddUnikernel("counter", builder => builder
            .UseProgramImage(ElfBuilder.Build(CountArguments), "/counter")
            .WithMemoryLimit(16 << 20)
            .WithTimeLimit(TimeSpan.FromSeconds(5)));
        application.Services.AddHostedService<CountingService>();
        using IHost host = application.Build();
        await host.RunAsync(cancellationToken);
    }

    /// <summary>exit_group(argc - 1)</summary>
    private static void CountArguments(Assembler a)
    {
        a.mov(rdi, __qword_ptr[rsp]);
        a.dec(edi);
        a.mov(eax, 231);
        a.syscall();
    }

    private sealed class CountingService(IUnikernelFactory machines, TextWriter output, IHostApplicationLifetime lifetime) : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            Task<int>[] runs = [.. Enumerable.Range(1, 4).Select(n => CountAsync(n, stoppingToken))];
            output.WriteLine($"Side by side the guests counted {string.Join(", ", await Task.WhenAll(runs))} arguments.");
            lifetime.StopApplication();
        }

        private async Task<int> CountAsync(int count, CancellationToken cancellationToken)
        {
            await using Unikernel machine = machines.Create("counter", b => b.WithArguments(Enumerable.Repeat("x", count)));
            return (await machine.RunAsync(cancellationToken)).ExitCode;
        }
    }
}
