using HermiTux.Memory;
using Microsoft.Extensions.Logging;

namespace HermiTux.Cpu.Translator;

/// <summary>
/// Notes how often a program touches memory beyond the window, and decides when the interpreter is to run it altogether.
/// </summary>
/// <remarks>
/// Translated code can't reach anything beyond the window: it faults there, and the interpreter makes the access, which is right but
/// takes as long as thousands of instructions. Programs that only reserve memory there (AddressSanitizer's shadow) don't notice; those that
/// live there (clisp's heap) are better off in the interpreter, where all addresses are equal. There is no way back before the next execve(2).
/// Any thread may call anything.
/// </remarks>
internal sealed partial class DistantMemory(AddressSpace space, ILogger logger)
{
    /// <summary>What a fault of translated code counts.</summary>
    public const int FaultWeight = 16;

    /// <summary>What an instruction counts that wasn't translated at all, since RIP, RSP, or FS or GS base lie beyond the window.</summary>
    public const int StepWeight = 1;

    /// <summary>Enough to tell a habit from an exception: 256 faults are 10 ms.</summary>
    private const int Limit = 256 * FaultWeight;

    private readonly Lock _lock = new();
    private int _count;
    private object? _counted;
    private object? _interpreted;

    /// <summary>Whether the interpreter runs the program in the space from now on.</summary>
    public bool IsInterpreted => Volatile.Read(ref _interpreted) == space.Identity;

    /// <summary>An instruction was left to the interpreter, and did what it should.</summary>
    /// <param name="weight">What it counts.</param>
    /// <param name="windowEnd">End of the window.</param>
    public void Count(int weight, ulong windowEnd)
    {
        // Without anything there, it was something else.
        if (!space.ReachesBeyond(windowEnd))
        {
            return;
        }

        lock (_lock)
        {
            object program = space.Identity;
            if (_counted != program)
            {
                (_counted, _count) = (program, 0);
            }

            _count += weight;
            if (_count < Limit || _interpreted == program)
            {
                return;
            }

            Volatile.Write(ref _interpreted, program);
        }

        Interpreted(logger, windowEnd);
    }

    [LoggerMessage(200, LogLevel.Warning, "The program keeps data at or above 0x{End:x}, which translated code can't reach: the interpreter runs it from here on. The KVM engine (UseKvm) has all addresses at full speed.")]
    private static partial void Interpreted(ILogger logger, ulong end);
}
