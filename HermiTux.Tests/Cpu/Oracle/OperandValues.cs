using Iced.Intel;

namespace HermiTux.Tests.Cpu.Oracle;

/// <summary>What a lane of an operand means, which decides its interesting values.</summary>
internal enum LaneKind
{
    Integer,
    Float16,
    Float32,
    Float64,
    Float80,
}

/// <summary>Random values with the corner cases of their type made frequent.</summary>
internal sealed unsafe class OperandValues
{
    private static readonly float[] s_singles =
    [
        0f, -0f, 1f, -1f, 0.5f, -0.5f, 1.5f, 2.5f, -2.5f, float.Epsilon, -float.Epsilon, float.MaxValue, float.MinValue, float.PositiveInfinity, float.NegativeInfinity,
        2147483647f, -2147483648f, 2147483648f, 4294967296f, 9223372036854775808f, -9223372036854775808f, 16777216f, 8388607.5f, 3.4e-39f, 1.17549435e-38f, -1.17549435e-38f,
        65504f, 65520f, 5.96e-8f, 6.1e-5f, 127f, 128f, 32767f, 32768f,
    ];

    private static readonly double[] s_doubles =
    [
        0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -2.5, double.Epsilon, -double.Epsilon, double.MaxValue, double.MinValue, double.PositiveInfinity, double.NegativeInfinity,
        2147483647.0, 2147483647.5, 2147483648.0, -2147483648.0, -2147483648.5, -2147483649.0, 9223372036854775807.0, -9223372036854775808.0, 4503599627370495.5, 9007199254740992.0,
        2.2250738585072014e-308, -2.2250738585072014e-308, 1.1e-308, 3.4028234663852886e38, 3.4028235677973366e38, 1.1754943508222875e-38, 1.4e-45, 7e-46, 1e-46,
    ];

    private static readonly uint[] s_singleNaNs = [0x7FC0_0000, 0xFFC0_0000, 0x7F80_0001, 0xFF80_0001, 0x7FA1_2345, 0x7FFF_FFFF, 0xFFD5_5555];

    private static readonly ulong[] s_doubleNaNs =
        [0x7FF8_0000_0000_0000, 0xFFF8_0000_0000_0000, 0x7FF0_0000_0000_0001, 0xFFF0_0000_0000_0001, 0x7FF4_1234_5678_9ABC, 0x7FFF_FFFF_FFFF_FFFF];

    private static readonly ushort[] s_halves = [0, 0x8000, 1, 0x3FF, 0x400, 0x3C00, 0xBC00, 0x7BFF, 0xFBFF, 0x7C00, 0xFC00, 0x7E00, 0x7D01, 0xFC01, 0x7FFF];

    private readonly OracleRandom _random;

    public OperandValues(OracleRandom random)
    {
        _random = random;
    }

    /// <summary>An integer, for every operand width: the corner cases of 8 to 64 bits.</summary>
    public ulong Integer()
    {
        switch (_random.Next(8))
        {
            case 0:
                return _random.Pick<ulong>([0, 1, ulong.MaxValue, 2, 0x8000_0000_0000_0000, 0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000, 0x7FFF_FFFF, 0xFFFF_FFFF, 0x8000, 0x7FFF, 0x80, 0x7F, 0xFF]);
            case 1:
                return (1UL << _random.Next(64)) + (ulong)(_random.Next(3) - 1);
            case 2:
                return (ulong)_random.Next(256);
            case 3:
                return (ulong)-_random.Next(256);
            case 4:
                return _random.NextUInt64() >> _random.Next(64);
            case 5:
                return (ulong)((long)_random.NextUInt64() >> _random.Next(64));
            default:
                return _random.NextUInt64();
        }
    }

    /// <summary>The bits of a float.</summary>
    public uint Single()
    {
        switch (_random.Next(8))
        {
            case 0 or 1:
                return BitConverter.SingleToUInt32Bits(_random.Pick<float>(s_singles));
            case 2 when _random.Percent(60):
                return _random.Pick<uint>(s_singleNaNs);
            case 3:
                return (uint)_random.NextUInt64();
            case 4:
                return BitConverter.SingleToUInt32Bits((_random.Next(200) - 100) * 0.5f);
            case 5:
                // A denormal or something near it.
                return (uint)_random.NextUInt64() & 0x81FF_FFFF;
            default:
                // Near 1, so that sums and products stay finite and inexact.
                return ((uint)_random.NextUInt64() & 0x807F_FFFF) | (uint)_random.Between(0x7F - 20, 0x7F + 20) << 23;
        }
    }

    /// <summary>The bits of a double.</summary>
    public ulong Double()
    {
        switch (_random.Next(8))
        {
            case 0 or 1:
                return BitConverter.DoubleToUInt64Bits(_random.Pick<double>(s_doubles));
            case 2 when _random.Percent(60):
                return _random.Pick<ulong>(s_doubleNaNs);
            case 3:
                return _random.NextUInt64();
            case 4:
                return BitConverter.DoubleToUInt64Bits((_random.Next(200) - 100) * 0.5);
            case 5:
                return _random.NextUInt64() & 0x801F_FFFF_FFFF_FFFF;
            case 6:
                // The range of floats and of 64-bit integers, which conversions care about.
                return (_random.NextUInt64() & 0x800F_FFFF_FFFF_FFFF) | (ulong)_random.Between(0x3FF - 150, 0x3FF + 130) << 52;
            default:
                return (_random.NextUInt64() & 0x800F_FFFF_FFFF_FFFF) | (ulong)_random.Between(0x3FF - 30, 0x3FF + 30) << 52;
        }
    }

    /// <summary>An 80-bit float: significand and sign with exponent. Includes pseudo-denormals, unnormals and pseudo-infinities.</summary>
    public (ulong Significand, ushort SignExponent) Extended()
    {
        ushort sign = (ushort)(_random.Next(2) << 15);
        ulong significand = _random.NextUInt64() | 1UL << 63;
        switch (_random.Next(16))
        {
            case 0:
                return (0, sign);
            case 1:
                return (1UL << 63, (ushort)(sign | 0x3FFF));
            case 2:
                return (1UL << 63, (ushort)(sign | 0x7FFF));
            case 3:
                return (_random.Pick<ulong>([0xC000_0000_0000_0000, 0x8000_0000_0000_0001, 0xA000_0000_0000_1234, ulong.MaxValue]), (ushort)(sign | 0x7FFF));
            case 4:
                return (_random.Percent(50) ? significand & ~(1UL << 63) : 1UL << _random.Next(63), sign);
            case 5 when _random.Percent(50):
                return (significand, sign);
            case 6 when _random.Percent(50):
                return (significand & ~(1UL << 63), (ushort)(sign | _random.Between(1, 0x7FFF)));
            case 7:
                return (_random.Percent(50) ? ulong.MaxValue : significand, (ushort)(sign | _random.Pick<int>([1, 2, 0x7FFE, 0x7FFD])));
            case 8:
                return (significand, (ushort)(sign | _random.Between(1, 0x7FFE)));
            case 9:
                return ((ulong)_random.Between(1, 200) << 56 | 1UL << 63, (ushort)(sign | _random.Between(0x3FFF - 2, 0x3FFF + 8)));
            case 10:
                return FromDouble(Double());
            case 11:
                // Integers of up to 64 bits and half-integers.
                return ((significand >> _random.Next(63) << _random.Next(30)) | 1UL << 63, (ushort)(sign | _random.Between(0x3FFF, 0x3FFF + 65)));
            default:
                return (significand, (ushort)(sign | _random.Between(0x3FFF - 20, 0x3FFF + 20)));
        }
    }

    /// <summary>Fills a register or memory operand with lanes of a kind; now and then with lanes that equal each other, or of another kind.</summary>
    public void Fill(Span<byte> destination, LaneKind kind)
    {
        if (_random.Percent(15))
        {
            kind = _random.Pick<LaneKind>([LaneKind.Integer, LaneKind.Float32, LaneKind.Float64]);
        }

        int size = kind switch { LaneKind.Float16 => 2, LaneKind.Float32 => 4, _ => 8 };
        if (kind == LaneKind.Integer && _random.Percent(30))
        {
            FillBytes(destination);
            return;
        }

        Span<byte> lane = stackalloc byte[16];
        for (int i = 0; i < destination.Length; i += kind == LaneKind.Float80 ? 10 : size)
        {
            if (i == 0 || !_random.Percent(10))
            {
                if (kind == LaneKind.Float80)
                {
                    (ulong significand, ushort high) = Extended();
                    BitConverter.TryWriteBytes(lane, significand);
                    BitConverter.TryWriteBytes(lane[8..], high);
                }
                else
                {
                    BitConverter.TryWriteBytes(lane, kind switch
                    {
                        LaneKind.Float16 => _random.Percent(40) ? _random.Pick<ushort>(s_halves) : _random.NextUInt64(),
                        LaneKind.Float32 => Single(),
                        LaneKind.Float64 => Double(),
                        _ => Integer(),
                    });
                }
            }

            int length = Math.Min(kind == LaneKind.Float80 ? 10 : size, destination.Length - i);
            lane[..length].CopyTo(destination[i..]);
        }
    }

    /// <summary>Fills with bytes from few values (for comparisons, shuffles and string instructions).</summary>
    public void FillBytes(Span<byte> destination)
    {
        int variety = _random.Pick<int>([2, 3, 16, 256]);
        byte offset = (byte)_random.Pick<int>([0, 0, 0x7E, 0xFE, 'a']);
        for (int i = 0; i < destination.Length; i++)
        {
            destination[i] = (byte)(offset + _random.Next(variety));
        }
    }

    /// <summary>The lanes that an instruction works on, from its memory operand or else its mnemonic.</summary>
    public static LaneKind KindOf(Code code)
    {
        OpCodeInfo info = code.ToOpCode();
        MemorySize element = info.MemorySize.GetElementType();
        switch (element)
        {
            case MemorySize.Float16:
                return LaneKind.Float16;
            case MemorySize.Float32:
                return LaneKind.Float32;
            case MemorySize.Float64:
                return LaneKind.Float64;
            case MemorySize.Float80:
                return LaneKind.Float80;
            case MemorySize.Unknown:
                break;
            default:
                return LaneKind.Integer;
        }

        string name = info.Mnemonic.ToString();
        return name.EndsWith("ps", StringComparison.Ordinal) || name.EndsWith("ss", StringComparison.Ordinal) ? LaneKind.Float32
            : name.EndsWith("pd", StringComparison.Ordinal) || name.EndsWith("sd", StringComparison.Ordinal) ? LaneKind.Float64
            : LaneKind.Integer;
    }

    private static (ulong Significand, ushort SignExponent) FromDouble(ulong bits)
    {
        ushort sign = (ushort)(bits >> 48 & 0x8000);
        int exponent = (int)(bits >> 52 & 0x7FF);
        ulong fraction = bits << 12 >> 1;
        return exponent switch
        {
            0 => (0, sign),
            0x7FF => (fraction | 1UL << 63, (ushort)(sign | 0x7FFF)),
            _ => (fraction | 1UL << 63, (ushort)(sign | exponent - 0x3FF + 0x3FFF)),
        };
    }
}
