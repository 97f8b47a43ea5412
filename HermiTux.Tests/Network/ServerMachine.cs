using HermiTux.Tests.Harness;
using Xunit;

namespace HermiTux.Tests.Network;

/// <summary>A guest that runs a server while a test talks to it.</summary>
internal sealed class ServerMachine : IAsyncDisposable
{
    private readonly OutputCapture _output;
    private readonly OutputCapture _error;

    private ServerMachine(Unikernel machine, OutputCapture output, OutputCapture error, Task<UnikernelExit> run)
    {
        Machine = machine;
        _output = output;
        _error = error;
        Run = run;
    }

    public Unikernel Machine { get; }

    public Task<UnikernelExit> Run { get; }

    /// <summary>What the guest has written so far, for a message.</summary>
    public string Said => $"{_output.Text}\n{_error.Text}";

    public static ServerMachine Start(string engine, ProgramRequest request, Action<UnikernelBuilder>? configure = null)
    {
        var output = new OutputCapture();
        var error = new OutputCapture();
        Unikernel machine = GuestRunner.CreateBuilder(engine, request, output, error, configure).Build();
        return new ServerMachine(machine, output, error, machine.RunAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>A client whose connections all go to the guest.</summary>
    public HttpClient CreateHttpClient() => new(new SocketsHttpHandler
    {
        ConnectCallback = async (context, token) => await Machine.ConnectAsync(context.DnsEndPoint.Port, token),
    })
    {
        Timeout = TimeSpan.FromMinutes(2),
    };

    public async ValueTask DisposeAsync()
    {
        await Machine.DisposeAsync();
        try
        {
            await Run;
        }
        catch (Exception e) when (e is ObjectDisposedException or OperationCanceledException)
        {
        }
    }
}
