namespace HermiTux.Cpu.Interpreter.X87;

/// <summary>Bits of the x87 status word (Intel SDM vol. 1, 8.1.3).</summary>
internal static class Fsw
{
    public const uint InvalidOperation = 1;
    public const uint DenormalOperand = 2;
    public const uint ZeroDivide = 4;
    public const uint Overflow = 8;
    public const uint Underflow = 0x10;
    public const uint Precision = 0x20;
    public const uint StackFault = 0x40;
    public const uint ErrorSummary = 0x80;
    public const uint C0 = 0x100;
    public const uint C1 = 0x200;
    public const uint C2 = 0x400;
    public const uint C3 = 0x4000;
    public const uint Busy = 0x8000;

    /// <summary>The six exception flags.</summary>
    public const uint Exceptions = 0x3F;

    /// <summary>TOP.</summary>
    public const uint TopMask = 0x3800;

    /// <summary>Where TOP starts.</summary>
    public const int TopShift = 11;

    /// <summary>The condition codes.</summary>
    public const uint Conditions = C0 | C1 | C2 | C3;

    /// <summary>The exceptions that are found before the operation: unmasked, they leave the destination and the stack alone.</summary>
    public const uint PreComputation = InvalidOperation | DenormalOperand | ZeroDivide;
}

/// <summary>Bits of the x87 control word (Intel SDM vol. 1, 8.1.5).</summary>
internal static class Fcw
{
    /// <summary>Precision control: 0 = 24 bits, 2 = 53 bits, 1 (reserved) and 3 = 64 bits.</summary>
    public const uint PrecisionMask = 0x300;

    /// <summary>64 bits.</summary>
    public const uint Precision64 = 0x300;

    /// <summary>Rounding control.</summary>
    public const uint RoundingMask = 0xC00;

    public const uint RoundNearest = 0;
    public const uint RoundDown = 0x400;
    public const uint RoundUp = 0x800;
    public const uint RoundTowardZero = 0xC00;

    /// <summary>What FNINIT loads: everything masked, 64 bits, to nearest.</summary>
    public const uint Initial = 0x37F;
}
