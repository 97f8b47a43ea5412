using Microsoft.Extensions.Logging;

namespace HermiTux.Hosting;

/// <summary>Log messages of building, running and disposing machines.</summary>
internal static partial class HostingLog
{
    [LoggerMessage(100, LogLevel.Debug, "Machine built for {Program} on the {Engine} engine in {Milliseconds:F1} ms.")]
    public static partial void Built(ILogger logger, string program, string engine, double milliseconds);

    [LoggerMessage(101, LogLevel.Information, "{Program} {Outcome} after {Milliseconds:F1} ms.")]
    public static partial void Ended(ILogger logger, string program, UnikernelExit outcome, double milliseconds);

    [LoggerMessage(102, LogLevel.Warning, "{Count} system calls of {Program} still run after the machine was disposed; its memory is freed when they end.")]
    public static partial void CallsOutlive(ILogger logger, int count, string program);

    [LoggerMessage(103, LogLevel.Information, "Chose {Choice}")]
    public static partial void EngineChosen(ILogger logger, string choice);

    [LoggerMessage(104, LogLevel.Warning, "The service on port {Port} failed.")]
    public static partial void ServiceFailed(ILogger logger, int port, Exception exception);

    [LoggerMessage(105, LogLevel.Information, "The guest may not connect to {Remote}: no rule of UseOutbound allows it.")]
    public static partial void ConnectionDenied(ILogger logger, System.Net.IPEndPoint remote);

    [LoggerMessage(106, LogLevel.Warning, "What the guest's threads did at the time limit can't be told.")]
    public static partial void ReportFailed(ILogger logger, Exception exception);
}
