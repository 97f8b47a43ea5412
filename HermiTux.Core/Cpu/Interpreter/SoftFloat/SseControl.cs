namespace HermiTux.Cpu.Interpreter.SoftFloat;

/// <summary>Bits of MXCSR (Intel SDM vol. 1, 10.2.3).</summary>
internal static class SseControl
{
    /// <summary>Invalid operation.</summary>
    public const uint Invalid = 1;

    /// <summary>A source operand is denormal.</summary>
    public const uint Denormal = 2;

    /// <summary>Division of a finite number by zero.</summary>
    public const uint ZeroDivide = 4;

    /// <summary>Overflow.</summary>
    public const uint Overflow = 8;

    /// <summary>Underflow.</summary>
    public const uint Underflow = 16;

    /// <summary>The result was rounded.</summary>
    public const uint Precision = 32;

    /// <summary>The exceptions that are found before anything is computed.</summary>
    public const uint PreComputation = Invalid | Denormal | ZeroDivide;

    /// <summary>Denormal operands are taken as zero.</summary>
    public const uint DenormalsAreZero = 0x40;

    /// <summary>Distance from an exception's flag to its mask.</summary>
    public const int MaskShift = 7;

    /// <summary>All six exceptions are masked.</summary>
    public const uint AllMasked = 0x3F << MaskShift;

    /// <summary>The mask of the underflow exception.</summary>
    public const uint UnderflowMask = Underflow << MaskShift;

    /// <summary>The mask of the overflow exception.</summary>
    public const uint OverflowMask = Overflow << MaskShift;

    /// <summary>The rounding mode.</summary>
    public const uint RoundingMask = 0x6000;

    /// <summary>Position of the rounding mode.</summary>
    public const int RoundingShift = 13;

    /// <summary>Tiny results become zero while underflow is masked.</summary>
    public const uint FlushToZero = 0x8000;

    /// <summary>All bits that a program may set.</summary>
    public const uint Writable = 0xFFFF;

    /// <summary>What has to be looked at to know that only flags other than Precision can matter.</summary>
    public const uint FastMask = AllMasked | RoundingMask | Precision;

    /// <summary>
    /// All exceptions masked, rounding to nearest, and Precision raised already: regular operands with a regular result can't change MXCSR.
    /// </summary>
    public const uint FastValue = AllMasked | Precision;
}

/// <summary>Rounding modes, numbered as in MXCSR and in the immediate of ROUNDPS.</summary>
internal enum Rounding
{
    Nearest = 0,
    Down = 1,
    Up = 2,
    TowardZero = 3,
}
