using Iced.Intel;

namespace HermiTux.Cpu.Interpreter.X87;

/// <content>The built-in constants, each as 128 bits of significand so that rounding control is obeyed.</content>
internal static partial class F80Math
{
    /// <summary>What FLD1, FLDL2T, FLDL2E, FLDPI, FLDLG2, FLDLN2 and FLDZ load; no flags are set.</summary>
    public static F80 Constant(Code code, uint cw) => code switch
    {
        Code.Fld1 => F80.One,
        Code.Fldl2t => RoundConstant(0x4000, 0xD49A_784B_CD1B_8AFE, 0x492B_F6FF_4DAF_DB4C, cw),
        Code.Fldl2e => RoundConstant(0x3FFF, 0xB8AA_3B29_5C17_F0BB, 0xBE87_FED0_691D_3E88, cw),
        Code.Fldpi => RoundConstant(0x4000, 0xC90F_DAA2_2168_C234, 0xC4C6_628B_80DC_1CD1, cw),
        Code.Fldlg2 => RoundConstant(0x3FFD, 0x9A20_9A84_FBCF_F798, 0x8F89_59AC_0B7C_9178, cw),
        Code.Fldln2 => RoundConstant(0x3FFE, 0xB172_17F7_D1CF_79AB, 0xC9E3_B398_03F2_F6AF, cw),
        _ => F80.Zero,
    };

    private static F80 RoundConstant(int exponent, ulong hi, ulong lo, uint cw)
    {
        uint ignored = 0;
        return Round(0, exponent, hi, lo, cw | Fcw.Precision64, ref ignored);
    }
}
