using Iced.Intel;

namespace HermiTux.Cpu.Translator;

/// <summary>Which instructions change the state of the x87 unit, MMX registers included.</summary>
internal static class X87Use
{
    /// <summary>0 unknown, 1 no, 2 yes.</summary>
    private static readonly byte[] s_known = new byte[5120];

    /// <summary>Whether the instruction uses the x87 unit.</summary>
    public static bool IsIn(in Instruction instruction)
    {
        ref byte known = ref s_known[(int)instruction.Code];
        if (known == 0)
        {
            known = (byte)(Find(instruction.Code) ? 2 : 1);
        }

        return known == 2;
    }

    private static bool Find(Code code)
    {
        foreach (CpuidFeature feature in code.CpuidFeatures())
        {
            if (feature is CpuidFeature.FPU or CpuidFeature.FPU287 or CpuidFeature.FPU387 or CpuidFeature.MMX)
            {
                return true;
            }
        }

        OpCodeInfo info = code.ToOpCode();
        for (int i = 0; i < info.OpCount; i++)
        {
            if (info.GetOpKind(i) is OpCodeOperandKind.mm_reg or OpCodeOperandKind.mm_rm or OpCodeOperandKind.mm_or_mem
                or OpCodeOperandKind.st0 or OpCodeOperandKind.sti_opcode)
            {
                return true;
            }
        }

        // FISTTP came with SSE3.
        return code.Mnemonic() == Mnemonic.Fisttp;
    }
}
