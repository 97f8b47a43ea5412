using HermiTux.Syscalls;

namespace HermiTux;

public sealed partial class UnikernelBuilder
{
    /// <summary>Reports every system call of the guest to a tracer.</summary>
    public UnikernelBuilder UseTracer(ISyscallTracer tracer)
    {
        ArgumentNullException.ThrowIfNull(tracer);
        return ConfigureSyscalls(table => table.Tracer = tracer);
    }
}
