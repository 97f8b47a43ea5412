using Iced.Intel;

namespace HermiTux.Cpu.Interpreter.Simd;

/// <summary>Lists the conversions, roundings, dot products and estimates.</summary>
internal static unsafe class ConvertHandlers
{
    public static void List()
    {
        L(&FloatToIntegerForms<float, int, RoundByControl>.Register, Code.Cvtss2si_r32_xmmm32, Code.VEX_Vcvtss2si_r32_xmmm32);
        L(&FloatToIntegerForms<float, int, RoundTowardZero>.Register, Code.Cvttss2si_r32_xmmm32, Code.VEX_Vcvttss2si_r32_xmmm32);
        L(&IntegerToFloatForms<float, int>.Register, Code.Cvtsi2ss_xmm_rm32, Code.VEX_Vcvtsi2ss_xmm_xmm_rm32);
        L(&FloatToIntegerForms<float, long, RoundByControl>.Register, Code.Cvtss2si_r64_xmmm32, Code.VEX_Vcvtss2si_r64_xmmm32);
        L(&FloatToIntegerForms<float, long, RoundTowardZero>.Register, Code.Cvttss2si_r64_xmmm32, Code.VEX_Vcvttss2si_r64_xmmm32);
        L(&IntegerToFloatForms<float, long>.Register, Code.Cvtsi2ss_xmm_rm64, Code.VEX_Vcvtsi2ss_xmm_xmm_rm64);
        L(&RoundForms<float>.RegisterPacked, Code.Roundps_xmm_xmmm128_imm8, Code.VEX_Vroundps_xmm_xmmm128_imm8, Code.VEX_Vroundps_ymm_ymmm256_imm8);
        L(&RoundForms<float>.RegisterScalar, Code.Roundss_xmm_xmmm32_imm8, Code.VEX_Vroundss_xmm_xmm_xmmm32_imm8);
        L(&FloatToIntegerForms<double, int, RoundByControl>.Register, Code.Cvtsd2si_r32_xmmm64, Code.VEX_Vcvtsd2si_r32_xmmm64);
        L(&FloatToIntegerForms<double, int, RoundTowardZero>.Register, Code.Cvttsd2si_r32_xmmm64, Code.VEX_Vcvttsd2si_r32_xmmm64);
        L(&IntegerToFloatForms<double, int>.Register, Code.Cvtsi2sd_xmm_rm32, Code.VEX_Vcvtsi2sd_xmm_xmm_rm32);
        L(&FloatToIntegerForms<double, long, RoundByControl>.Register, Code.Cvtsd2si_r64_xmmm64, Code.VEX_Vcvtsd2si_r64_xmmm64);
        L(&FloatToIntegerForms<double, long, RoundTowardZero>.Register, Code.Cvttsd2si_r64_xmmm64, Code.VEX_Vcvttsd2si_r64_xmmm64);
        L(&IntegerToFloatForms<double, long>.Register, Code.Cvtsi2sd_xmm_rm64, Code.VEX_Vcvtsi2sd_xmm_xmm_rm64);
        L(&RoundForms<double>.RegisterPacked, Code.Roundpd_xmm_xmmm128_imm8, Code.VEX_Vroundpd_xmm_xmmm128_imm8, Code.VEX_Vroundpd_ymm_ymmm256_imm8);
        L(&RoundForms<double>.RegisterScalar, Code.Roundsd_xmm_xmmm64_imm8, Code.VEX_Vroundsd_xmm_xmm_xmmm64_imm8);
        L(&FloatToFloatForms<float, double>.Register, Code.Cvtss2sd_xmm_xmmm32, Code.VEX_Vcvtss2sd_xmm_xmm_xmmm32);
        L(&FloatToFloatForms<double, float>.Register, Code.Cvtsd2ss_xmm_xmmm64, Code.VEX_Vcvtsd2ss_xmm_xmm_xmmm64);
        L(&PackedConversionForms<Cvtdq2pd>.Register, Code.Cvtdq2pd_xmm_xmmm64, Code.VEX_Vcvtdq2pd_xmm_xmmm64, Code.VEX_Vcvtdq2pd_ymm_xmmm128);
        L(&PackedConversionForms<Cvtdq2ps>.Register, Code.Cvtdq2ps_xmm_xmmm128, Code.VEX_Vcvtdq2ps_xmm_xmmm128, Code.VEX_Vcvtdq2ps_ymm_ymmm256);
        L(&PackedConversionForms<Cvtps2pd>.Register, Code.Cvtps2pd_xmm_xmmm64, Code.VEX_Vcvtps2pd_xmm_xmmm64, Code.VEX_Vcvtps2pd_ymm_xmmm128);
        L(&PackedConversionForms<Cvtpd2ps>.Register, Code.Cvtpd2ps_xmm_xmmm128, Code.VEX_Vcvtpd2ps_xmm_xmmm128, Code.VEX_Vcvtpd2ps_xmm_ymmm256);
        L(&PackedConversionForms<Cvtps2dq<RoundByControl>>.Register, Code.Cvtps2dq_xmm_xmmm128, Code.VEX_Vcvtps2dq_xmm_xmmm128, Code.VEX_Vcvtps2dq_ymm_ymmm256);
        L(&PackedConversionForms<Cvtpd2dq<RoundByControl>>.Register, Code.Cvtpd2dq_xmm_xmmm128, Code.VEX_Vcvtpd2dq_xmm_xmmm128, Code.VEX_Vcvtpd2dq_xmm_ymmm256);
        L(&PackedConversionForms<Cvtps2dq<RoundTowardZero>>.Register, Code.Cvttps2dq_xmm_xmmm128, Code.VEX_Vcvttps2dq_xmm_xmmm128, Code.VEX_Vcvttps2dq_ymm_ymmm256);
        L(&PackedConversionForms<Cvtpd2dq<RoundTowardZero>>.Register, Code.Cvttpd2dq_xmm_xmmm128, Code.VEX_Vcvttpd2dq_xmm_xmmm128, Code.VEX_Vcvttpd2dq_xmm_ymmm256);
        L(&PackedConversionForms<Cvtph2ps>.Register, Code.INVALID, Code.VEX_Vcvtph2ps_xmm_xmmm64, Code.VEX_Vcvtph2ps_ymm_xmmm128);
        L(&PackedConversionForms<Cvtps2ph>.RegisterNarrowingStore, Code.INVALID, Code.VEX_Vcvtps2ph_xmmm64_xmm_imm8, Code.VEX_Vcvtps2ph_xmmm128_ymm_imm8);
        L(&DotProductForms<float>.Register, Code.Dpps_xmm_xmmm128_imm8, Code.VEX_Vdpps_xmm_xmm_xmmm128_imm8, Code.VEX_Vdpps_ymm_ymm_ymmm256_imm8);
        L(&DotProductForms<double>.Register, Code.Dppd_xmm_xmmm128_imm8, Code.VEX_Vdppd_xmm_xmm_xmmm128_imm8);
        L(&UnaryForms<Rcpps>.Register, Code.Rcpps_xmm_xmmm128, Code.VEX_Vrcpps_xmm_xmmm128, Code.VEX_Vrcpps_ymm_ymmm256);
        L(&ScalarEstimateForms<Rcpps>.Register, Code.Rcpss_xmm_xmmm32, Code.VEX_Vrcpss_xmm_xmm_xmmm32);
        L(&UnaryForms<Rsqrtps>.Register, Code.Rsqrtps_xmm_xmmm128, Code.VEX_Vrsqrtps_xmm_xmmm128, Code.VEX_Vrsqrtps_ymm_ymmm256);
        L(&ScalarEstimateForms<Rsqrtps>.Register, Code.Rsqrtss_xmm_xmmm32, Code.VEX_Vrsqrtss_xmm_xmm_xmmm32);
    }

    private static void L(delegate*<Code, Code, Code, void> registrar, Code legacy, Code vex128 = Code.INVALID, Code vex256 = Code.INVALID) =>
        SimdHandlers.List(registrar, legacy, vex128, vex256);
}
