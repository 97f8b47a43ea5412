using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using HermiTux.Abi;
using HermiTux.Kernel;
using Microsoft.Extensions.Logging;

namespace HermiTux.Syscalls;

/// <summary>Answers calls that aren't there: ENOSYS, and one line in the log for each number and machine.</summary>
internal static partial class UnknownSyscalls
{
    // The number is the guest's to choose: past this many different ones nothing more is remembered or logged.
    private const int MaximumReported = 256;

    private static readonly ConditionalWeakTable<Machine, ConcurrentDictionary<int, byte>> s_reported = [];

    public static SyscallResult Report(SyscallContext context, SyscallEntry? entry, int number)
    {
        Machine machine = context.Machine;
        ConcurrentDictionary<int, byte> reported = s_reported.GetValue(machine, static _ => []);
        if (!reported.ContainsKey(number) && reported.Count < MaximumReported && reported.TryAdd(number, 0))
        {
            Unknown(machine.Logger, number, entry?.Name ?? Enum.GetName((SyscallNumber)number) ?? "unknown");
        }

        return Errno.ENOSYS;
    }

    [LoggerMessage(100, LogLevel.Information, "System call {Number} ({Name}) is not implemented: ENOSYS.")]
    private static partial void Unknown(ILogger logger, int number, string name);
}
