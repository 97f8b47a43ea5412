using HermiTux.Cpu;
using HermiTux.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HermiTux.Tests.Hosting;

/// <summary>How an engine is chosen when none is named.</summary>
public sealed class EngineChoiceTests
{
    [Fact]
    public void The_recommended_candidate_of_highest_priority_is_taken_and_the_reasons_are_named()
    {
        Candidate[] candidates =
        [
            new("slow", 0, EngineSuitability.Recommended, "works on every host"),
            new("absent", 300, EngineSuitability.Unavailable, "has no device", "Load the module."),
            new("dear", 200, EngineSuitability.Usable, "has slow exits"),
            new("fast", 100, EngineSuitability.Recommended, "suits this processor"),
        ];

        IEngineCandidate chosen = EngineChoice.Choose(candidates, hardware: false, out string why);

        Assert.Equal("fast", chosen.Name);
        Assert.Equal("engine fast: fast suits this processor; absent has no device; dear has slow exits. Load the module.", why);
    }

    [Fact]
    public void When_hardware_isolation_is_required_a_usable_engine_is_enough_and_software_is_not()
    {
        Candidate[] candidates =
        [
            new("software", 100, EngineSuitability.Recommended, "works on every host"),
            new("hardware", 50, EngineSuitability.Usable, "has slow exits") { IsHardwareIsolated = true },
        ];
        Assert.Equal("hardware", EngineChoice.Choose(candidates, hardware: true, out _).Name);

        candidates[1] = new("hardware", 50, EngineSuitability.Unavailable, "has no device", "Load the module.") { IsHardwareIsolated = true };
        PlatformNotSupportedException refused = Assert.Throws<PlatformNotSupportedException>(() => EngineChoice.Choose(candidates, hardware: true, out _));
        Assert.Contains("hardware has no device. Load the module.", refused.Message, StringComparison.Ordinal);
        refused = Assert.Throws<PlatformNotSupportedException>(() => EngineChoice.Choose(candidates[..1], hardware: true, out _));
        Assert.Contains("AddKvm()", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_candidate_among_the_services_takes_part()
    {
        UnikernelBuilder builder = new UnikernelBuilder().UseProgramImage(Guests.Exit(3));
        builder.Services.AddSingleton<IEngineCandidate>(new Candidate("better", 1000, EngineSuitability.Recommended, "is the best"));

        await using Unikernel machine = builder.Build();
        Assert.Equal(3, (await machine.RunAsync(TestContext.Current.CancellationToken)).ExitCode);
        Assert.Equal("better", machine.Statistics.Engine);
    }

    [Fact]
    public void An_engine_asked_for_by_name_must_meet_the_requirement_too()
    {
        UnikernelBuilder builder = new UnikernelBuilder().UseProgramImage(Guests.Exit(0)).UseInterpreter().RequireHardwareIsolation();
        UnikernelConfigurationException refused = Assert.Throws<UnikernelConfigurationException>(builder.Build);
        Assert.Contains("interpreter", refused.Message, StringComparison.Ordinal);
    }

    private sealed record Candidate(string Name, int Priority, EngineSuitability Suitability, string Reason, string? Remedy = null) : IEngineCandidate
    {
        public bool IsHardwareIsolated { get; init; }

        public EngineProbe Probe() => new(Suitability, Reason, Remedy);

        public IVcpuEngine Create(IServiceProvider services) => new RenamedEngine(Name);
    }
}
