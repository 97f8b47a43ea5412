using Iced.Intel;

namespace HermiTux.Cpu.Interpreter.Simd;

/// <summary>Lists the floating-point arithmetic and comparisons.</summary>
internal static unsafe class FloatHandlers
{
    public static void List()
    {
        L(&PackedFloatForms<FloatAdd, float, Vertical>.Register, Code.Addps_xmm_xmmm128, Code.VEX_Vaddps_xmm_xmm_xmmm128, Code.VEX_Vaddps_ymm_ymm_ymmm256);
        L(&ScalarFloatForms<FloatAdd, float>.Register, Code.Addss_xmm_xmmm32, Code.VEX_Vaddss_xmm_xmm_xmmm32);
        L(&PackedFloatForms<FloatAdd, double, Vertical>.Register, Code.Addpd_xmm_xmmm128, Code.VEX_Vaddpd_xmm_xmm_xmmm128, Code.VEX_Vaddpd_ymm_ymm_ymmm256);
        L(&ScalarFloatForms<FloatAdd, double>.Register, Code.Addsd_xmm_xmmm64, Code.VEX_Vaddsd_xmm_xmm_xmmm64);
        L(&PackedFloatForms<FloatSubtract, float, Vertical>.Register, Code.Subps_xmm_xmmm128, Code.VEX_Vsubps_xmm_xmm_xmmm128, Code.VEX_Vsubps_ymm_ymm_ymmm256);
        L(&ScalarFloatForms<FloatSubtract, float>.Register, Code.Subss_xmm_xmmm32, Code.VEX_Vsubss_xmm_xmm_xmmm32);
        L(&PackedFloatForms<FloatSubtract, double, Vertical>.Register, Code.Subpd_xmm_xmmm128, Code.VEX_Vsubpd_xmm_xmm_xmmm128, Code.VEX_Vsubpd_ymm_ymm_ymmm256);
        L(&ScalarFloatForms<FloatSubtract, double>.Register, Code.Subsd_xmm_xmmm64, Code.VEX_Vsubsd_xmm_xmm_xmmm64);
        L(&PackedFloatForms<FloatMultiply, float, Vertical>.Register, Code.Mulps_xmm_xmmm128, Code.VEX_Vmulps_xmm_xmm_xmmm128, Code.VEX_Vmulps_ymm_ymm_ymmm256);
        L(&ScalarFloatForms<FloatMultiply, float>.Register, Code.Mulss_xmm_xmmm32, Code.VEX_Vmulss_xmm_xmm_xmmm32);
        L(&PackedFloatForms<FloatMultiply, double, Vertical>.Register, Code.Mulpd_xmm_xmmm128, Code.VEX_Vmulpd_xmm_xmm_xmmm128, Code.VEX_Vmulpd_ymm_ymm_ymmm256);
        L(&ScalarFloatForms<FloatMultiply, double>.Register, Code.Mulsd_xmm_xmmm64, Code.VEX_Vmulsd_xmm_xmm_xmmm64);
        L(&PackedFloatForms<FloatDivide, float, Vertical>.Register, Code.Divps_xmm_xmmm128, Code.VEX_Vdivps_xmm_xmm_xmmm128, Code.VEX_Vdivps_ymm_ymm_ymmm256);
        L(&ScalarFloatForms<FloatDivide, float>.Register, Code.Divss_xmm_xmmm32, Code.VEX_Vdivss_xmm_xmm_xmmm32);
        L(&PackedFloatForms<FloatDivide, double, Vertical>.Register, Code.Divpd_xmm_xmmm128, Code.VEX_Vdivpd_xmm_xmm_xmmm128, Code.VEX_Vdivpd_ymm_ymm_ymmm256);
        L(&ScalarFloatForms<FloatDivide, double>.Register, Code.Divsd_xmm_xmmm64, Code.VEX_Vdivsd_xmm_xmm_xmmm64);
        L(&PackedFloatForms<FloatMinimum, float, Vertical>.Register, Code.Minps_xmm_xmmm128, Code.VEX_Vminps_xmm_xmm_xmmm128, Code.VEX_Vminps_ymm_ymm_ymmm256);
        L(&ScalarFloatForms<FloatMinimum, float>.Register, Code.Minss_xmm_xmmm32, Code.VEX_Vminss_xmm_xmm_xmmm32);
        L(&PackedFloatForms<FloatMinimum, double, Vertical>.Register, Code.Minpd_xmm_xmmm128, Code.VEX_Vminpd_xmm_xmm_xmmm128, Code.VEX_Vminpd_ymm_ymm_ymmm256);
        L(&ScalarFloatForms<FloatMinimum, double>.Register, Code.Minsd_xmm_xmmm64, Code.VEX_Vminsd_xmm_xmm_xmmm64);
        L(&PackedFloatForms<FloatMaximum, float, Vertical>.Register, Code.Maxps_xmm_xmmm128, Code.VEX_Vmaxps_xmm_xmm_xmmm128, Code.VEX_Vmaxps_ymm_ymm_ymmm256);
        L(&ScalarFloatForms<FloatMaximum, float>.Register, Code.Maxss_xmm_xmmm32, Code.VEX_Vmaxss_xmm_xmm_xmmm32);
        L(&PackedFloatForms<FloatMaximum, double, Vertical>.Register, Code.Maxpd_xmm_xmmm128, Code.VEX_Vmaxpd_xmm_xmm_xmmm128, Code.VEX_Vmaxpd_ymm_ymm_ymmm256);
        L(&ScalarFloatForms<FloatMaximum, double>.Register, Code.Maxsd_xmm_xmmm64, Code.VEX_Vmaxsd_xmm_xmm_xmmm64);
        L(&PackedFloatForms<FloatAddSubtract, float, Vertical>.Register, Code.Addsubps_xmm_xmmm128, Code.VEX_Vaddsubps_xmm_xmm_xmmm128, Code.VEX_Vaddsubps_ymm_ymm_ymmm256);
        L(&PackedFloatForms<FloatAddSubtract, double, Vertical>.Register, Code.Addsubpd_xmm_xmmm128, Code.VEX_Vaddsubpd_xmm_xmm_xmmm128, Code.VEX_Vaddsubpd_ymm_ymm_ymmm256);
        L(&PackedFloatForms<FloatAdd, float, Horizontal>.Register, Code.Haddps_xmm_xmmm128, Code.VEX_Vhaddps_xmm_xmm_xmmm128, Code.VEX_Vhaddps_ymm_ymm_ymmm256);
        L(&PackedFloatForms<FloatAdd, double, Horizontal>.Register, Code.Haddpd_xmm_xmmm128, Code.VEX_Vhaddpd_xmm_xmm_xmmm128, Code.VEX_Vhaddpd_ymm_ymm_ymmm256);
        L(&PackedFloatForms<FloatSubtract, float, Horizontal>.Register, Code.Hsubps_xmm_xmmm128, Code.VEX_Vhsubps_xmm_xmm_xmmm128, Code.VEX_Vhsubps_ymm_ymm_ymmm256);
        L(&PackedFloatForms<FloatSubtract, double, Horizontal>.Register, Code.Hsubpd_xmm_xmmm128, Code.VEX_Vhsubpd_xmm_xmm_xmmm128, Code.VEX_Vhsubpd_ymm_ymm_ymmm256);
        L(&PackedUnaryFloatForms<FloatSquareRoot, float>.Register, Code.Sqrtps_xmm_xmmm128, Code.VEX_Vsqrtps_xmm_xmmm128, Code.VEX_Vsqrtps_ymm_ymmm256);
        L(&ScalarFloatForms<FloatSquareRoot, float>.Register, Code.Sqrtss_xmm_xmmm32, Code.VEX_Vsqrtss_xmm_xmm_xmmm32);
        L(&FlagCompareForms<float, QuietNaNIsInvalid>.Register, Code.Comiss_xmm_xmmm32, Code.VEX_Vcomiss_xmm_xmmm32);
        L(&FlagCompareForms<float, QuietNaNIsAllowed>.Register, Code.Ucomiss_xmm_xmmm32, Code.VEX_Vucomiss_xmm_xmmm32);
        L(&PredicateCompareForms<float>.RegisterPacked, Code.Cmpps_xmm_xmmm128_imm8, Code.VEX_Vcmpps_xmm_xmm_xmmm128_imm8, Code.VEX_Vcmpps_ymm_ymm_ymmm256_imm8);
        L(&PredicateCompareForms<float>.RegisterScalar, Code.Cmpss_xmm_xmmm32_imm8, Code.VEX_Vcmpss_xmm_xmm_xmmm32_imm8);
        L(&PackedUnaryFloatForms<FloatSquareRoot, double>.Register, Code.Sqrtpd_xmm_xmmm128, Code.VEX_Vsqrtpd_xmm_xmmm128, Code.VEX_Vsqrtpd_ymm_ymmm256);
        L(&ScalarFloatForms<FloatSquareRoot, double>.Register, Code.Sqrtsd_xmm_xmmm64, Code.VEX_Vsqrtsd_xmm_xmm_xmmm64);
        L(&FlagCompareForms<double, QuietNaNIsInvalid>.Register, Code.Comisd_xmm_xmmm64, Code.VEX_Vcomisd_xmm_xmmm64);
        L(&FlagCompareForms<double, QuietNaNIsAllowed>.Register, Code.Ucomisd_xmm_xmmm64, Code.VEX_Vucomisd_xmm_xmmm64);
        L(&PredicateCompareForms<double>.RegisterPacked, Code.Cmppd_xmm_xmmm128_imm8, Code.VEX_Vcmppd_xmm_xmm_xmmm128_imm8, Code.VEX_Vcmppd_ymm_ymm_ymmm256_imm8);
        L(&PredicateCompareForms<double>.RegisterScalar, Code.Cmpsd_xmm_xmmm64_imm8, Code.VEX_Vcmpsd_xmm_xmm_xmmm64_imm8);
    }

    private static void L(delegate*<Code, Code, Code, void> registrar, Code legacy, Code vex128 = Code.INVALID, Code vex256 = Code.INVALID) =>
        SimdHandlers.List(registrar, legacy, vex128, vex256);
}
