using System.Runtime.CompilerServices;

namespace HermiTux.Cpu.Interpreter;

/// <summary>How instruction handlers are compiled.</summary>
internal static class HandlerMode
{
    /// <summary>
    /// For every handler that ends in <see cref="InterpreterVcpu.Next"/>: compiled once, fully optimised. Threading lives on tail calls
    /// becoming jumps, which unoptimised code doesn't do, and a handler is hot from its first use on. Measured: a guest program of 100 million
    /// instructions takes 0.22 s instead of 0.52 s in a cold process, hello world 15 ms more; in a warm process there is no difference.
    /// Builds that are compiled ahead of time (ReadyToRun skips such methods) may define HERMITUX_AHEAD_OF_TIME.
    /// </summary>
#if HERMITUX_AHEAD_OF_TIME
    public const MethodImplOptions Threaded = (MethodImplOptions)0;
#else
    public const MethodImplOptions Threaded = MethodImplOptions.AggressiveOptimization;
#endif

    /// <summary>
    /// For what handlers call in cases that are rare in most programs and all that others do (zeros, exact results): kept out of the handler,
    /// and optimised from the first use on like it.
    /// </summary>
    public const MethodImplOptions OutOfLine = Threaded | MethodImplOptions.NoInlining;
}
