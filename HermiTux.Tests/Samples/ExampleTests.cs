using HermiTux.Samples.Commands;
using Xunit;

namespace HermiTux.Tests.Samples;

public sealed class ExampleTests
{
    [Theory]
    [InlineData("pipelines", "hello -> HELLO\npipelines -> PIPELINES\nThe guest exited with code 0.\n")]
    [InlineData("http-server", "Request 1: Hello from inside the guest\nRequest 2: Hello from inside the guest\nThe guest was killed by SIGTERM.\n")]
    [InlineData("terminal", "The program says: hello\nThe guest was killed by SIGINT.\n")]
    [InlineData("plugin-isolation", "well-behaved: exited with code 42\nmemory hog: stopped at the memory limit\nendless loop: stopped at the time limit\ncrash: killed by SIGSEGV at address 0x0\n")]
    [InlineData("syscall-policy", "the guest wants to sleep\nThe guest computed multiply(getpid(), -socket()) = 91.\n")]
    [InlineData("dependency-injection", "Side by side the guests counted 1, 2, 3, 4 arguments.\n")]
    public async Task An_example_prints_what_it_shows(string name, string expected) => Assert.Equal(expected, await RunAsync(name));

    [Fact]
    public async Task The_device_example_reads_a_throw_and_a_greeting() =>
        Assert.Matches(@"^[1-6]\nHello, world!\nThe guest exited with code 0\.\n$", await RunAsync("custom-device"));

    [Fact]
    public async Task The_unit_test_example_passes() => Assert.DoesNotContain("FAIL", await RunAsync("abi-unit-test"), StringComparison.Ordinal);

    private static async Task<string> RunAsync(string name)
    {
        var output = new StringWriter { NewLine = "\n" };
        await ExampleCommand.Examples[name].RunAsync(output, TestContext.Current.CancellationToken);
        return output.ToString();
    }
}
