using Iced.Intel;

namespace HermiTux.Cpu.Interpreter.Simd;

/// <summary>Lists AES, SHA and carry-less multiplication.</summary>
internal static unsafe class CryptoHandlers
{
    public static void List()
    {
        L(&BinaryForms<Aesenc>.Register, Code.Aesenc_xmm_xmmm128, Code.VEX_Vaesenc_xmm_xmm_xmmm128);
        L(&BinaryForms<Aesenclast>.Register, Code.Aesenclast_xmm_xmmm128, Code.VEX_Vaesenclast_xmm_xmm_xmmm128);
        L(&BinaryForms<Aesdec>.Register, Code.Aesdec_xmm_xmmm128, Code.VEX_Vaesdec_xmm_xmm_xmmm128);
        L(&BinaryForms<Aesdeclast>.Register, Code.Aesdeclast_xmm_xmmm128, Code.VEX_Vaesdeclast_xmm_xmm_xmmm128);
        L(&UnaryForms<Aesimc>.Register, Code.Aesimc_xmm_xmmm128, Code.VEX_Vaesimc_xmm_xmmm128);
        L(&UnaryImmediateForms<Aeskeygenassist>.Register, Code.Aeskeygenassist_xmm_xmmm128_imm8, Code.VEX_Vaeskeygenassist_xmm_xmmm128_imm8);
        L(&BinaryImmediateForms<Pclmulqdq>.Register, Code.Pclmulqdq_xmm_xmmm128_imm8, Code.VEX_Vpclmulqdq_xmm_xmm_xmmm128_imm8);
        L(&BinaryImmediateForms<Sha1rnds4>.RegisterUnaligned, Code.Sha1rnds4_xmm_xmmm128_imm8);
        L(&BinaryForms<Sha1nexte>.RegisterUnaligned, Code.Sha1nexte_xmm_xmmm128);
        L(&BinaryForms<Sha1msg1>.RegisterUnaligned, Code.Sha1msg1_xmm_xmmm128);
        L(&BinaryForms<Sha1msg2>.RegisterUnaligned, Code.Sha1msg2_xmm_xmmm128);
        L(&VariableBlendForms<Sha256rnds2>.RegisterUnaligned, Code.Sha256rnds2_xmm_xmmm128);
        L(&BinaryForms<Sha256msg1>.RegisterUnaligned, Code.Sha256msg1_xmm_xmmm128);
        L(&BinaryForms<Sha256msg2>.RegisterUnaligned, Code.Sha256msg2_xmm_xmmm128);
    }

    private static void L(delegate*<Code, Code, Code, void> registrar, Code legacy, Code vex128 = Code.INVALID) =>
        SimdHandlers.List(registrar, legacy, vex128);
}
