namespace HermiTux.Cpu;

/// <summary>User-visible x86-64 features that a CPU model may advertise. The names are the manuals'.</summary>
[Flags]
public enum X86Features : ulong
{
    /// <summary>x86-64 baseline only: CMOV, CX8, FPU, FXSR, MMX, SSE, SSE2, SYSCALL.</summary>
    None = 0,

    /// <summary>SSE3.</summary>
    Sse3 = 1UL << 0,

    /// <summary>SSSE3.</summary>
    Ssse3 = 1UL << 1,

    /// <summary>SSE4.1.</summary>
    Sse41 = 1UL << 2,

    /// <summary>SSE4.2.</summary>
    Sse42 = 1UL << 3,

    /// <summary>POPCNT.</summary>
    Popcnt = 1UL << 4,

    /// <summary>CMPXCHG16B.</summary>
    Cx16 = 1UL << 5,

    /// <summary>LAHF and SAHF in 64-bit mode.</summary>
    Lahf = 1UL << 6,

    /// <summary>MOVBE.</summary>
    Movbe = 1UL << 7,

    /// <summary>LZCNT.</summary>
    Lzcnt = 1UL << 8,

    /// <summary>BMI1.</summary>
    Bmi1 = 1UL << 9,

    /// <summary>BMI2.</summary>
    Bmi2 = 1UL << 10,

    /// <summary>XSAVE with OSXSAVE.</summary>
    Xsave = 1UL << 11,

    /// <summary>XSAVEOPT.</summary>
    Xsaveopt = 1UL << 12,

    /// <summary>XSAVEC.</summary>
    Xsavec = 1UL << 13,

    /// <summary>AVX.</summary>
    Avx = 1UL << 14,

    /// <summary>AVX2.</summary>
    Avx2 = 1UL << 15,

    /// <summary>FMA.</summary>
    Fma = 1UL << 16,

    /// <summary>F16C.</summary>
    F16c = 1UL << 17,

    /// <summary>AES.</summary>
    Aes = 1UL << 18,

    /// <summary>PCLMULQDQ.</summary>
    Pclmulqdq = 1UL << 19,

    /// <summary>SHA-1 and SHA-256.</summary>
    Sha = 1UL << 20,

    /// <summary>RDRAND.</summary>
    Rdrand = 1UL << 21,

    /// <summary>RDSEED.</summary>
    Rdseed = 1UL << 22,

    /// <summary>ADCX and ADOX.</summary>
    Adx = 1UL << 23,

    /// <summary>RDFSBASE and its relatives.</summary>
    Fsgsbase = 1UL << 24,

    /// <summary>CLFLUSHOPT.</summary>
    Clflushopt = 1UL << 25,

    /// <summary>RDTSCP.</summary>
    Rdtscp = 1UL << 26,

    /// <summary>PREFETCHW.</summary>
    Prefetchw = 1UL << 27,

    /// <summary>Enhanced REP MOVSB and STOSB.</summary>
    Erms = 1UL << 28,

    /// <summary>x86-64-v2 of the System V ABI.</summary>
    V2 = Sse3 | Ssse3 | Sse41 | Sse42 | Popcnt | Cx16 | Lahf,

    /// <summary>x86-64-v3 of the System V ABI.</summary>
    V3 = V2 | Movbe | Lzcnt | Bmi1 | Bmi2 | Xsave | Avx | Avx2 | Fma | F16c,
}
