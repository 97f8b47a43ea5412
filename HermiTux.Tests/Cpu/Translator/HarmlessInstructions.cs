using Iced.Intel;

namespace HermiTux.Tests.Cpu.Translator;

/// <summary>
/// Instructions that do nothing but compute: registers, status flags, MXCSR, x87 and their memory operands. Decided by what Iced knows of
/// instructions, not by the translator's list of names.
/// </summary>
internal static class HarmlessInstructions
{
    private static readonly HashSet<CpuidFeature> s_features =
    [
        CpuidFeature.INTEL8086, CpuidFeature.INTEL186, CpuidFeature.INTEL386, CpuidFeature.INTEL486, CpuidFeature.X64, CpuidFeature.CMOV, CpuidFeature.CX8,
        CpuidFeature.CMPXCHG16B, CpuidFeature.FPU, CpuidFeature.FPU287, CpuidFeature.FPU387, CpuidFeature.MMX, CpuidFeature.SSE, CpuidFeature.SSE2,
        CpuidFeature.SSE3, CpuidFeature.SSSE3, CpuidFeature.SSE4_1, CpuidFeature.SSE4_2, CpuidFeature.AVX, CpuidFeature.AVX2, CpuidFeature.BMI1,
        CpuidFeature.BMI2, CpuidFeature.ADX, CpuidFeature.LZCNT, CpuidFeature.POPCNT, CpuidFeature.MOVBE, CpuidFeature.FMA, CpuidFeature.F16C,
        CpuidFeature.AES, CpuidFeature.PCLMULQDQ, CpuidFeature.VAES, CpuidFeature.VPCLMULQDQ, CpuidFeature.GFNI, CpuidFeature.SHA, CpuidFeature.AVX_VNNI,
        CpuidFeature.PAUSE, CpuidFeature.MULTIBYTENOP,
    ];

    /// <summary>Members of those features that show or change more than the guest's own state, or reach memory in ways that aren't modelled.</summary>
    private static readonly HashSet<Mnemonic> s_denied =
    [
        Mnemonic.Sgdt, Mnemonic.Sidt, Mnemonic.Sldt, Mnemonic.Str, Mnemonic.Smsw, Mnemonic.Lmsw, Mnemonic.Lar, Mnemonic.Lsl, Mnemonic.Verr, Mnemonic.Verw,
        Mnemonic.Lgdt, Mnemonic.Lidt, Mnemonic.Lldt, Mnemonic.Ltr, Mnemonic.Clts, Mnemonic.Invd, Mnemonic.Wbinvd, Mnemonic.Invlpg, Mnemonic.Hlt,
        Mnemonic.Pushf, Mnemonic.Pushfd, Mnemonic.Pushfq, Mnemonic.Popf, Mnemonic.Popfd, Mnemonic.Popfq, Mnemonic.In, Mnemonic.Out, Mnemonic.Insb, Mnemonic.Insw,
        Mnemonic.Insd, Mnemonic.Outsb, Mnemonic.Outsw, Mnemonic.Outsd, Mnemonic.Cli, Mnemonic.Sti, Mnemonic.Cpuid, Mnemonic.Rdtsc, Mnemonic.Rdpmc, Mnemonic.Rdmsr,
        Mnemonic.Wrmsr, Mnemonic.Lfs, Mnemonic.Lgs, Mnemonic.Lss, Mnemonic.Lds, Mnemonic.Les, Mnemonic.Fldenv, Mnemonic.Fstenv, Mnemonic.Fnstenv, Mnemonic.Fsave,
        Mnemonic.Fnsave, Mnemonic.Frstor, Mnemonic.Fxsave, Mnemonic.Fxsave64, Mnemonic.Fxrstor, Mnemonic.Fxrstor64, Mnemonic.Swapgs, Mnemonic.Arpl, Mnemonic.Bound,
        Mnemonic.Monitor, Mnemonic.Mwait, Mnemonic.Clflush, Mnemonic.Salc,
    ];

    /// <summary>Whether the instruction is one of them; control transfers aren't.</summary>
    public static bool Contains(in Instruction instruction)
    {
        if (instruction.FlowControl != FlowControl.Next || instruction.IsPrivileged || instruction.IsSaveRestoreInstruction || instruction.IsStackInstruction
            || s_denied.Contains(instruction.Mnemonic))
        {
            return false;
        }

        foreach (CpuidFeature feature in instruction.CpuidFeatures)
        {
            if (!s_features.Contains(feature))
            {
                return false;
            }
        }

        bool hasMemory = false;
        for (int i = 0; i < instruction.OpCount; i++)
        {
            OpKind kind = instruction.GetOpKind(i);
            hasMemory |= kind == OpKind.Memory;
            if (kind == OpKind.Register && (instruction.GetOpRegister(i).IsSegmentRegister() || instruction.GetOpRegister(i).IsCR() || instruction.GetOpRegister(i).IsDR()
                || instruction.GetOpRegister(i).IsTR() || instruction.GetOpRegister(i).IsZMM() || instruction.GetOpRegister(i).IsK()))
            {
                return false;
            }
        }

        bool isBitString = hasMemory && instruction.Mnemonic is Mnemonic.Bt or Mnemonic.Bts or Mnemonic.Btr or Mnemonic.Btc && instruction.Op1Kind == OpKind.Register;
        return !isBitString;
    }

    /// <summary>Whether it uses the x87 unit's state, which MMX shares.</summary>
    public static bool UsesX87(in Instruction instruction)
    {
        foreach (CpuidFeature feature in instruction.CpuidFeatures)
        {
            if (feature is CpuidFeature.FPU or CpuidFeature.FPU287 or CpuidFeature.FPU387 or CpuidFeature.MMX)
            {
                return true;
            }
        }

        for (int i = 0; i < instruction.OpCount; i++)
        {
            if (instruction.GetOpKind(i) == OpKind.Register && (instruction.GetOpRegister(i).IsMM() || instruction.GetOpRegister(i).IsST()))
            {
                return true;
            }
        }

        return instruction.Mnemonic == Mnemonic.Fisttp;
    }
}
