using Iced.Intel;

namespace HermiTux.Tests.Cpu.Oracle;

/// <summary>The instruction forms (Iced's codes) of 64-bit user mode, sorted into families, and how each is tested.</summary>
internal static class InstructionForms
{
    /// <summary>The families that the tests are split into.</summary>
    public static readonly string[] Families = ["integer", "bit-manipulation", "x87", "mmx", "sse", "sse2", "sse3-4", "crypto", "avx", "avx2", "fma-f16c", "state"];

    /// <summary>Every code that a CPU with these features executes in 64-bit user mode.</summary>
    public static IEnumerable<Code> Of(CpuFeatures features) =>
        Enum.GetValues<Code>().Where(code => code.ToOpCode() is { IsInstruction: true, Mode64: true, Cpl3: true, IsPrivileged: false, IsInputOutput: false } info &&
            info.Encoding is EncodingKind.Legacy or EncodingKind.VEX && features.Has(code) &&
            !code.CpuidFeatures().Any(feature => feature is CpuidFeature.AVX512F));

    /// <summary>The codes of a family.</summary>
    public static IEnumerable<Code> InFamily(CpuFeatures features, string family) =>
        Of(features).Where(code => FamilyOf(code) == family && ReasonNotGenerated(code) is null);

    /// <summary>Why the generator makes no random cases of a code; null when it does.</summary>
    public static string? ReasonNotGenerated(Code code)
    {
        switch (code.FlowControl())
        {
            case FlowControl.Next or FlowControl.Exception:
                break;
            case FlowControl.Interrupt:
                return "directed: ExceptionTests";
            case FlowControl.Call when code.ToInstructionMnemonic() is Mnemonic.Vmcall or Mnemonic.Vmmcall:
                return "a call to the hypervisor";
            default:
                return "directed: ControlTransferTests";
        }

        return code.ToInstructionMnemonic() switch
        {
            Mnemonic.Cpuid or Mnemonic.Rdtsc or Mnemonic.Rdtscp or Mnemonic.Rdrand or Mnemonic.Rdseed or Mnemonic.Rdpid or Mnemonic.Rdpru or Mnemonic.Xgetbv or
                Mnemonic.Rdpmc => "the result is the machine's, not the instruction's: CpuidTests",
            Mnemonic.Syscall or Mnemonic.Sysenter => "an exit, not an instruction",
            Mnemonic.Sgdt or Mnemonic.Sidt or Mnemonic.Sldt or Mnemonic.Str or Mnemonic.Smsw => "shows the host kernel's tables (UMIP)",
            Mnemonic.Lar or Mnemonic.Lsl or Mnemonic.Verr or Mnemonic.Verw => "shows the host kernel's descriptors",
            Mnemonic.Lss or Mnemonic.Lfs or Mnemonic.Lgs => "loads a selector: directed",
            Mnemonic.Mov when code is Code.Mov_Sreg_rm16 or Code.Mov_Sreg_r32m16 or Code.Mov_Sreg_r64m16 => "loads a selector: directed",
            Mnemonic.Pop when code is Code.Popw_FS or Code.Popq_FS or Code.Popw_GS or Code.Popq_GS or Code.Popd_FS or Code.Popd_GS => "loads a selector: directed",
            _ when code is Code.Reservednop_rm16_r16_0F0D or Code.Reservednop_rm32_r32_0F0D or Code.Reservednop_rm64_r64_0F0D =>
                "the register form is undefined on AMD and a no-operation on Intel",
            Mnemonic.Monitorx or Mnemonic.Mwaitx or Mnemonic.Monitor or Mnemonic.Mwait => "waits",
            _ => null,
        };
    }

    /// <summary>The mnemonic of a code.</summary>
    public static Mnemonic ToInstructionMnemonic(this Code code) => code.ToOpCode().Mnemonic;

    private static string FamilyOf(Code code)
    {
        if (StateComparer.IsX87(code))
        {
            return "x87";
        }

        CpuidFeature feature = code.CpuidFeatures()[^1];
        return feature switch
        {
            CpuidFeature.FPU or CpuidFeature.FPU287 or CpuidFeature.FPU387 => "x87",
            CpuidFeature.MMX => "mmx",
            CpuidFeature.SSE => "sse",
            CpuidFeature.SSE2 => "sse2",
            CpuidFeature.SSE3 or CpuidFeature.SSSE3 or CpuidFeature.SSE4_1 or CpuidFeature.SSE4_2 or CpuidFeature.SSE4A => "sse3-4",
            CpuidFeature.AES or CpuidFeature.PCLMULQDQ or CpuidFeature.SHA or CpuidFeature.VAES or CpuidFeature.VPCLMULQDQ or CpuidFeature.GFNI => "crypto",
            CpuidFeature.AVX => "avx",
            CpuidFeature.AVX2 => "avx2",
            CpuidFeature.FMA or CpuidFeature.F16C => "fma-f16c",
            CpuidFeature.BMI1 or CpuidFeature.BMI2 or CpuidFeature.LZCNT or CpuidFeature.POPCNT or CpuidFeature.MOVBE or CpuidFeature.ADX => "bit-manipulation",
            CpuidFeature.FXSR or CpuidFeature.XSAVE or CpuidFeature.XSAVEC or CpuidFeature.XSAVEOPT or CpuidFeature.FSGSBASE => "state",
            _ => "integer",
        };
    }
}
