namespace HermiTux.Cpu.Interpreter.X87;

/// <content>Constants of the transcendental functions, to 128 bits.</content>
internal static partial class F80Transcendental
{
    private static readonly Wide s_pi = new(0xC90F_DAA2_2168_C234, 0xC4C6_628B_80DC_1CD1, 1);
    private static readonly Wide s_halfPi = new(0xC90F_DAA2_2168_C234, 0xC4C6_628B_80DC_1CD1, 0);
    private static readonly Wide s_quarterPi = new(0xC90F_DAA2_2168_C234, 0xC4C6_628B_80DC_1CD1, -1);
    private static readonly Wide s_threeQuarterPi = new(0x96CB_E3F9_990E_91A7, 0x9394_C9E8_A0A5_159D, 1);
    private static readonly Wide s_ln2 = new(0xB172_17F7_D1CF_79AB, 0xC9E3_B398_03F2_F6AF, -1);

    /// <summary>2 / ln 2.</summary>
    private static readonly Wide s_twoOverLn2 = new(0xB8AA_3B29_5C17_F0BB, 0xBE87_FED0_691D_3E89, 1);

    /// <summary>atan(k / 16), k from 1.</summary>
    private static readonly Wide[] s_arcTangents =
    [
        new(0xFFAA_DDB9_67EF_4E36, 0xCB27_92DC_0E2E_0D51, -5),
        new(0xFEAD_D4D5_617B_6E32, 0xC897_989F_3E88_8EF8, -4),
        new(0xBDCB_DA5E_72D8_1134, 0x7B0B_4F88_1C9C_7488, -3),
        new(0xFADB_AFC9_6406_EB15, 0x6DC7_9EF5_F7A2_17E6, -3),
        new(0x9B13_B9B8_3F5E_5E69, 0xC5AB_B498_D27A_F328, -2),
        new(0xB7B0_CA0F_26F7_8473, 0x8AA3_2122_DCFE_4483, -2),
        new(0xD327_761E_611F_E5B6, 0x427C_95E9_001E_7136, -2),
        new(0xED63_382B_0DDA_7B45, 0x6FE4_45EC_BC3A_8D03, -2),
        new(0x832B_F4A6_D986_7E2A, 0x4B6A_09CB_61A5_15C1, -1),
        new(0x8F00_5D5E_F7F5_9F9B, 0x5C83_5E16_65C4_3748, -1),
        new(0x9A2F_80E6_71BD_DA20, 0x4226_F8E2_204F_F3BD, -1),
        new(0xA4BC_7D19_34F7_0924, 0x19A8_7F2A_457D_AC9F, -1),
        new(0xAEAC_4C38_B4D8_C080, 0x1472_5E2F_3E52_070A, -1),
        new(0xB805_3E2B_C231_9E73, 0xCB2D_A552_10A4_443D, -1),
        new(0xC0CE_85B8_AC52_6640, 0x89DD_62C4_6E92_FA25, -1),
        new(0xC90F_DAA2_2168_C234, 0xC4C6_628B_80DC_1CD1, -1),
    ];
}
