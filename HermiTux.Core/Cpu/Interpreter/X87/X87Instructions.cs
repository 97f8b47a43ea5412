using Iced.Intel;

namespace HermiTux.Cpu.Interpreter.X87;

/// <summary>Registers the handlers of the x87, MMX and XSAVE families.</summary>
internal static class X87Instructions
{
    private static bool s_x87;
    private static bool s_mmx;
    private static bool s_xsave;

    /// <summary>
    /// Adds the handlers of the family that the instruction belongs to to <see cref="HandlerTable"/>. Called with the table locked.
    /// </summary>
    public static void Register(Code code)
    {
        foreach (CpuidFeature feature in code.CpuidFeatures())
        {
            switch (feature)
            {
                case CpuidFeature.FXSR or CpuidFeature.XSAVE or CpuidFeature.XSAVEOPT or CpuidFeature.XSAVEC:
                    RegisterXsave();
                    return;

                case CpuidFeature.FPU or CpuidFeature.FPU287 or CpuidFeature.FPU387:
                    RegisterX87();
                    return;

                case CpuidFeature.MMX:
                    RegisterMmx();
                    return;
            }
        }

        // A few are filed under SSE and later extensions (FISTTP, PSHUFW, PMULUDQ).
        RegisterX87();
        RegisterMmx();
        RegisterXsave();
    }

    private static void RegisterX87()
    {
        if (!s_x87)
        {
            s_x87 = true;
            X87Arithmetic.Register();
            X87LoadStore.Register();
            X87Compare.Register();
            X87Control.Register();
            X87Transcendental.Register();
        }
    }

    private static void RegisterMmx()
    {
        if (!s_mmx)
        {
            s_mmx = true;
            Mmx.MmxArithmetic.Register();
            Mmx.MmxTransfer.Register();
            Mmx.MmxConvert.Register();
        }
    }

    private static void RegisterXsave()
    {
        if (!s_xsave)
        {
            s_xsave = true;
            Xsave.XsaveInstructions.Register();
        }
    }
}
