using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace HermiTux.Cpu.Translator;

/// <summary>What the translator needs of the host.</summary>
internal static class TranslatorHost
{
    /// <summary>Whether this host can run a model's instructions, and deliver its faults to us.</summary>
    /// <param name="model">The CPU model.</param>
    /// <param name="reason">Why not.</param>
    public static bool IsSupported(CpuModel model, out string? reason)
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            reason = "it needs Linux on x86-64";
            return false;
        }

        if (!Bmi2.X64.IsSupported || !Avx.IsSupported)
        {
            reason = "the processor lacks BMI2 or AVX";
            return false;
        }

        if (model is X86CpuModel x86 && Missing(x86.Features) is var missing and not X86Features.None)
        {
            reason = $"the processor lacks {missing} of the CPU model";
            return false;
        }

        return GuestWindow.IsSupported(out reason);
    }

    /// <summary>Features of a model that translated code would use and this processor doesn't have.</summary>
    private static X86Features Missing(X86Features features)
    {
        X86Features missing = X86Features.None;
        void Need(X86Features feature, bool has) => missing |= has ? X86Features.None : features & feature;

        (_, _, int ecx, _) = Leaf(1);
        (_, int ebx7, _, _) = Leaf(7);
        (_, _, int extended, _) = Leaf(unchecked((int)0x8000_0001));
        Need(X86Features.Sse3, Sse3.IsSupported);
        Need(X86Features.Ssse3, Ssse3.IsSupported);
        Need(X86Features.Sse41, Sse41.IsSupported);
        Need(X86Features.Sse42, Sse42.IsSupported);
        Need(X86Features.Popcnt, Popcnt.IsSupported);
        Need(X86Features.Cx16, (ecx >> 13 & 1) != 0);
        Need(X86Features.Movbe, (ecx >> 22 & 1) != 0);
        Need(X86Features.Lahf, (extended & 1) != 0);
        Need(X86Features.Lzcnt, Lzcnt.IsSupported);
        Need(X86Features.Bmi1, Bmi1.IsSupported);
        Need(X86Features.Bmi2, Bmi2.IsSupported);
        Need(X86Features.Avx, Avx.IsSupported);
        Need(X86Features.Avx2, Avx2.IsSupported);
        Need(X86Features.Fma, Fma.IsSupported);
        Need(X86Features.F16c, (ecx >> 29 & 1) != 0);
        Need(X86Features.Aes, Aes.IsSupported);
        Need(X86Features.Pclmulqdq, Pclmulqdq.IsSupported);
        Need(X86Features.Sha, (ebx7 >> 29 & 1) != 0);
        Need(X86Features.Adx, (ebx7 >> 19 & 1) != 0);
        Need(X86Features.Clflushopt, (ebx7 >> 23 & 1) != 0);
        return missing;
    }

    private static (int Eax, int Ebx, int Ecx, int Edx) Leaf(int leaf) => X86Base.CpuId(leaf, 0);
}
