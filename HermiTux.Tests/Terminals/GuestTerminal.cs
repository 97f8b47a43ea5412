using System.IO.Pipelines;
using System.Text;
using HermiTux.Tests.Harness;
using Xunit;

namespace HermiTux.Tests.Terminals;

/// <summary>A guest in a terminal that the test plays.</summary>
internal sealed class GuestTerminal : TerminalSession
{
    private readonly Pipe _keys = new();
    private readonly Unikernel _machine;
    private readonly Task<UnikernelExit> _run;

    public GuestTerminal(string engine, string program, Action<UnikernelBuilder>? configure = null)
    {
        UnikernelBuilder builder = new UnikernelBuilder()
            .MountHost("/", "/")
            .UseProgram(ProgramSource.GuestOrHost(program))
            .WithTimeLimit(TimeSpan.FromMinutes(3))
            .UseTerminal(new TerminalOptions(ConsoleInput.FromPipe(_keys.Reader), ConsoleOutput.ToDelegate(Show)));
        GuestRunner.UseEngine(builder, engine);
        configure?.Invoke(builder);
        _machine = builder.Build();
        _run = _machine.RunAsync(TestContext.Current.CancellationToken);
    }

    public override async Task TypeAsync(string keys) => await _keys.Writer.WriteAsync(Encoding.Latin1.GetBytes(keys));

    /// <summary>No more keys.</summary>
    public void EndInput() => _keys.Writer.Complete();

    public override void Resize(int columns, int rows) => _machine.ResizeTerminal(columns, rows);

    public override async Task<int> WaitAsync() => (await _run).ShellStatus;

    public override async ValueTask DisposeAsync()
    {
        await _machine.DisposeAsync();
        try
        {
            await _run;
        }
        catch (Exception e) when (e is ObjectDisposedException or OperationCanceledException)
        {
        }
    }
}
