namespace HermiTux.Cpu;

/// <summary>Where CPUID says which features are there (Intel SDM vol. 2, CPUID; AMD APM vol. 3, appendix E).</summary>
public static class X86FeatureBits
{
    private enum Register
    {
        Eax,
        Ebx,
        Ecx,
        Edx,
    }

    private static readonly (X86Features Feature, uint Leaf, uint Subleaf, Register Register, int Bit)[] s_bits =
    [
        (X86Features.Sse3, 1, 0, Register.Ecx, 0), (X86Features.Pclmulqdq, 1, 0, Register.Ecx, 1), (X86Features.Ssse3, 1, 0, Register.Ecx, 9),
        (X86Features.Fma, 1, 0, Register.Ecx, 12), (X86Features.Cx16, 1, 0, Register.Ecx, 13), (X86Features.Sse41, 1, 0, Register.Ecx, 19),
        (X86Features.Sse42, 1, 0, Register.Ecx, 20), (X86Features.Movbe, 1, 0, Register.Ecx, 22), (X86Features.Popcnt, 1, 0, Register.Ecx, 23),
        (X86Features.Aes, 1, 0, Register.Ecx, 25), (X86Features.Xsave, 1, 0, Register.Ecx, 26), (X86Features.Avx, 1, 0, Register.Ecx, 28),
        (X86Features.F16c, 1, 0, Register.Ecx, 29), (X86Features.Rdrand, 1, 0, Register.Ecx, 30),
        (X86Features.Fsgsbase, 7, 0, Register.Ebx, 0), (X86Features.Bmi1, 7, 0, Register.Ebx, 3), (X86Features.Avx2, 7, 0, Register.Ebx, 5),
        (X86Features.Bmi2, 7, 0, Register.Ebx, 8), (X86Features.Erms, 7, 0, Register.Ebx, 9), (X86Features.Rdseed, 7, 0, Register.Ebx, 18),
        (X86Features.Adx, 7, 0, Register.Ebx, 19), (X86Features.Clflushopt, 7, 0, Register.Ebx, 23), (X86Features.Sha, 7, 0, Register.Ebx, 29),
        (X86Features.Xsaveopt, 0xD, 1, Register.Eax, 0), (X86Features.Xsavec, 0xD, 1, Register.Eax, 1),
        (X86Features.Lahf, 0x8000_0001, 0, Register.Ecx, 0), (X86Features.Lzcnt, 0x8000_0001, 0, Register.Ecx, 5),
        (X86Features.Prefetchw, 0x8000_0001, 0, Register.Ecx, 8), (X86Features.Rdtscp, 0x8000_0001, 0, Register.Edx, 27),
    ];

    /// <summary>The features that a CPUID advertises. Those that build on one that is missing are left out.</summary>
    /// <param name="query">Answers CPUID for a leaf and subleaf; all zero beyond what it has.</param>
    public static X86Features Read(Func<uint, uint, CpuidResult> query)
    {
        ArgumentNullException.ThrowIfNull(query);
        X86Features found = X86Features.None;
        foreach ((X86Features feature, uint leaf, uint subleaf, Register register, int bit) in s_bits)
        {
            CpuidResult result = query(leaf, subleaf);
            uint value = register switch
            {
                Register.Eax => result.Eax,
                Register.Ebx => result.Ebx,
                Register.Ecx => result.Ecx,
                _ => result.Edx,
            };
            found |= (value >> bit & 1) != 0 ? feature : 0;
        }

        if ((found & X86Features.Xsave) == 0)
        {
            found &= ~(X86Features.Avx | X86Features.Xsaveopt | X86Features.Xsavec);
        }

        return (found & X86Features.Avx) != 0 ? found : found & ~(X86Features.Avx2 | X86Features.Fma | X86Features.F16c);
    }
}
