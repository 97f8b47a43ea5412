namespace HermiTux.Cpu.Interpreter.X87;

/// <summary>Registers the handlers of the x87, MMX and XSAVE families.</summary>
internal static class X87Instructions
{
    /// <summary>Adds every handler to <see cref="HandlerTable"/>.</summary>
    public static void Register()
    {
        X87Arithmetic.Register();
        X87LoadStore.Register();
        X87Compare.Register();
        X87Control.Register();
        Mmx.MmxArithmetic.Register();
        Mmx.MmxTransfer.Register();
        Xsave.XsaveInstructions.Register();
    }
}
