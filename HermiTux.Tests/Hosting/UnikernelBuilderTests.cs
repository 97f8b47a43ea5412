using HermiTux.Abi;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HermiTux.Tests.Hosting;

public sealed class UnikernelBuilderTests
{
    [Fact]
    public void Build_names_every_problem_at_once()
    {
        UnikernelBuilder builder = new UnikernelBuilder()
            .WithMemoryLimit(5)
            .WithCpuCount(0)
            .WithTimeLimit(TimeSpan.FromSeconds(-1))
            .WithOpenFileLimit(1)
            .WithThreadLimit(0)
            .WithHostName("two words")
            .WithWorkingDirectory("relative")
            .WithEnvironment("A=B", "c")
            .WithArguments("nul\0")
            .MountTmpfs("not/absolute")
            .MountHost("/no/such/directory", "/data");

        UnikernelConfigurationException exception = Assert.Throws<UnikernelConfigurationException>(builder.Build);

        string[] expected = ["program", "memory limit", "CPU count", "time limit", "open-file limit", "thread limit", "host name", "working directory",
            "environment variable 'A=B'", "Argument 1", "mount point 'not/absolute'", "/no/such/directory"];
        Assert.All(expected, e => Assert.Contains(exception.Problems, p => p.Contains(e, StringComparison.OrdinalIgnoreCase)));
        Assert.Equal(expected.Length, exception.Problems.Count);
        Assert.All(exception.Problems, p => Assert.Contains(p, exception.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Build_says_which_host_program_is_missing()
    {
        UnikernelConfigurationException exception = Assert.Throws<UnikernelConfigurationException>(
            new UnikernelBuilder().UseHostProgram("/no/such/program").Build);
        Assert.Contains("/no/such/program", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Build_refuses_a_file_that_is_no_program()
    {
        ProgramLoadException exception = Assert.Throws<ProgramLoadException>(new UnikernelBuilder().UseProgramImage("not a program"u8.ToArray()).Build);
        Assert.Equal(Errno.ENOEXEC, exception.Error);
        Assert.Contains("/program", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Build_says_that_a_guest_program_is_not_there()
    {
        ProgramLoadException exception = Assert.Throws<ProgramLoadException>(new UnikernelBuilder().UseProgram("/bin/nothing").Build);
        Assert.Equal(Errno.ENOENT, exception.Error);
        Assert.Contains("/bin/nothing", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Build_says_that_the_working_directory_is_not_there()
    {
        UnikernelConfigurationException exception = Assert.Throws<UnikernelConfigurationException>(
            new UnikernelBuilder().UseProgramImage(Guests.Exit(0)).WithWorkingDirectory("/nowhere").Build);
        Assert.Contains("/nowhere", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_builder_builds_several_machines()
    {
        UnikernelBuilder builder = new UnikernelBuilder().UseProgramImage(Guests.Exit(9));
        await using Unikernel first = builder.Build();
        await using Unikernel second = builder.Build();
        Assert.Equal(9, (await first.RunAsync(TestContext.Current.CancellationToken)).ExitCode);
        Assert.Equal(9, (await second.RunAsync(TestContext.Current.CancellationToken)).ExitCode);
    }

    [Fact]
    public async Task UseEngine_replaces_the_engine()
    {
        await using Unikernel machine = new UnikernelBuilder()
            .UseProgramImage(Guests.Exit(0))
            .UseEngine(_ => new RenamedEngine("renamed"))
            .Build();
        Assert.Equal("renamed", machine.Statistics.Engine);
    }

    [Fact]
    public async Task A_factory_makes_what_was_registered_by_name()
    {
        var services = new ServiceCollection();
        services.AddUnikernel("five", b => b.UseProgramImage(Guests.Exit(5)));
        services.AddUnikernel("six", b => b.UseProgramImage(Guests.Exit(6)));
        await using ServiceProvider provider = services.BuildServiceProvider();
        IUnikernelFactory factory = provider.GetRequiredService<IUnikernelFactory>();

        await using Unikernel machine = factory.Create("six");
        Assert.Equal(6, (await machine.RunAsync(TestContext.Current.CancellationToken)).ExitCode);
        ArgumentException exception = Assert.Throws<ArgumentException>(() => factory.Create("seven"));
        Assert.Contains("seven", exception.Message, StringComparison.Ordinal);
    }
}
