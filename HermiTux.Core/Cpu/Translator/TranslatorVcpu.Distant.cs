namespace HermiTux.Cpu.Translator;

/// <content>What translated code can't do because an address lies beyond the window.</content>
internal sealed unsafe partial class TranslatorVcpu
{
    /// <summary>
    /// One instruction by the interpreter, because translated code can't do it: most likely an address is wrong or beyond the window. False with an
    /// exit for the kernel layer.
    /// </summary>
    /// <param name="state">The registers.</param>
    /// <param name="weight">What the instruction counts as use of memory beyond the window; 0 when it is something else.</param>
    /// <param name="exit">Why the guest doesn't go on.</param>
    private bool InterpretDistant(CpuState* state, int weight, out VcpuExit exit)
    {
        bool goesOn = Interpret(state, out exit);
        if (goesOn && weight > 0)
        {
            _cache.Distant.Count(weight, _window.Size);
        }

        return goesOn;
    }

    /// <summary>Runs by the interpreter to the next exit.</summary>
    private VcpuExit InterpretWholly(CpuState* state)
    {
        VcpuExit exit = Interpreter(state).Run(state);
        if (exit.Reason == VcpuExitReason.Interrupted)
        {
            // The same request is noted in the frame; one that comes now is answered by this exit.
            Interlocked.And(ref _frame->Pending, ~PendingExit);
        }

        return exit;
    }
}
