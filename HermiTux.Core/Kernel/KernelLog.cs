using Microsoft.Extensions.Logging;

namespace HermiTux.Kernel;

/// <summary>Log messages of the run loop and of processes.</summary>
internal static partial class KernelLog
{
    [LoggerMessage(1, LogLevel.Error, "The machine stops because of an internal error.")]
    public static partial void InternalFailure(ILogger logger, Exception exception);

    [LoggerMessage(2, LogLevel.Debug, "Process {Pid} ({Name}) was killed by signal {Signal}, code {Code}, address 0x{Address:x}.")]
    public static partial void Killed(ILogger logger, int pid, string name, int signal, int code, ulong address);
}
