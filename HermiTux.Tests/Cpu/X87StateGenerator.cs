using System.Buffers.Binary;

namespace HermiTux.Tests.Cpu;

/// <summary>Seeded random and corner-case x87 states.</summary>
internal sealed class X87StateGenerator
{
    private static readonly ulong[] s_mantissas =
    [
        0x8000_0000_0000_0000, 0xFFFF_FFFF_FFFF_FFFF, 0xC000_0000_0000_0000, 0x8000_0000_0000_0001, 0xFFFF_FFFF_FFFF_FC00,
        0xFFFF_FF00_0000_0000, 0x8000_0000_0000_0400, 0x8000_0080_0000_0000, 0xBFFF_FFFF_FFFF_FFFF, 0xC000_0000_0000_0001,
        0xA000_0000_0000_0000, 0xC90F_DAA2_2168_C235,
    ];

    private readonly Random _random;

    public X87StateGenerator(int seed)
    {
        _random = new Random(seed);
    }

    public int Next(int limit) => _random.Next(limit);

    public ulong Next64() => (ulong)_random.NextInt64() ^ ((ulong)_random.NextInt64() << 1);

    /// <summary>A state with all exceptions masked most of the time, all registers valid most of the time.</summary>
    public X87Record State(bool tame = false)
    {
        var record = new X87Record();
        _random.NextBytes(record.Memory);
        BinaryPrimitives.WriteUInt64LittleEndian(record.State[512..], 7);
        int rounding = Next(3) == 0 ? Next(4) : 0;
        int precision = Next(3) == 0 ? Next(4) : 3;
        int masks = tame || Next(4) != 0 ? 0x3F : Next(64);
        record.Fcw = (ushort)(0x40 | masks | (precision << 8) | (rounding << 10));
        int flags = Next(3) == 0 ? Next(128) : 0;
        if (tame || Next(8) != 0)
        {
            flags &= masks | 0x40;
        }

        int conditions = Next(4) == 0 ? ((Next(8) << 8) | (Next(2) << 14)) : 0;
        int summary = (flags & ~masks & 0x3F) != 0 ? 0x8080 : 0;
        record.Fsw = (ushort)(flags | conditions | summary | (Next(8) << 11));
        record.Ftw = tame || Next(4) != 0 ? (byte)0xFF : (byte)Next(256);
        if (Next(3) == 0)
        {
            // Room for a push.
            int top = (record.Fsw >> 11) & 7;
            record.Ftw &= (byte)~(1 << ((top + 7) & 7));
        }

        for (int i = 0; i < 8; i++)
        {
            (ushort signExponent, ulong mantissa) = Value();
            record.SetSt(i, signExponent, mantissa);
        }

        record.Mxcsr = (uint)(0x1F80 | (Next(4) << 13));
        for (int i = 160; i < 416; i += 4)
        {
            BinaryPrimitives.WriteSingleLittleEndian(record.State[i..], (float)(_random.NextDouble() * 1000 - 500));
        }

        record.Rflags = 0x202 | ((ulong)Next(4096) & 0x8D5);
        record.Rax = Next64();
        record.Rcx = Next64();
        record.Rdx = Next64();
        return record;
    }

    /// <summary>An extended value: anything from plain numbers to unsupported encodings.</summary>
    public (ushort SignExponent, ulong Mantissa) Value()
    {
        ushort sign = (ushort)(Next(2) << 15);
        ulong mantissa = Next(3) == 0 ? s_mantissas[Next(s_mantissas.Length)] : Next64() | (1UL << 63);
        switch (Next(24))
        {
            case 0:
                return (sign, 0);
            case 1:
                return ((ushort)(sign | 0x7FFF), 1UL << 63);
            case 2:
                return ((ushort)(sign | 0x7FFF), mantissa | (3UL << 62));
            case 3:
                return ((ushort)(sign | 0x7FFF), (mantissa & ~(1UL << 62)) | 1);
            case 4:
                return (sign, mantissa >> (1 + Next(63)));
            case 5:
                return (sign, mantissa);
            case 6:
                return ((ushort)(sign | (1 + Next(0x7FFF))), mantissa >> 1);
            case 7:
                return ((ushort)(sign | Next(0x8000)), mantissa);
            case 8:
                return ((ushort)(sign | (1 + Next(70))), mantissa);
            case 9:
                return ((ushort)(sign | (0x7FFE - Next(70))), mantissa);
            case 10:
                return ((ushort)(sign | (16383 - 1023 - 54 + Next(110))), mantissa);
            case 11:
                return ((ushort)(sign | (16383 + 1020 + Next(8))), mantissa);
            case 12:
                return ((ushort)(sign | (16383 - 127 - 25 + Next(50))), mantissa);
            case 13:
                return ((ushort)(sign | (16383 + 125 + Next(5))), mantissa);
            case 14 or 15 or 16:
                // Integers and halves.
                int shift = Next(64);
                ulong whole = (mantissa >> shift << shift) | (1UL << 63);
                return ((ushort)(sign | (16383 - 2 + Next(68))), whole);
            case 17:
                return ((ushort)(sign | 16383), 1UL << 63);
            default:
                return ((ushort)(sign | (16383 - 40 + Next(80))), mantissa);
        }
    }

    /// <summary>Puts an interesting operand of some size at an offset of memory.</summary>
    public void Operand(X87Record record, int offset, int size)
    {
        Span<byte> target = record.Memory[offset..];
        (ushort signExponent, ulong mantissa) = Value();
        int exponent = signExponent & 0x7FFF;
        ulong sign = (ulong)signExponent >> 15;
        switch (size)
        {
            case 10:
                BinaryPrimitives.WriteUInt64LittleEndian(target, mantissa);
                BinaryPrimitives.WriteUInt16LittleEndian(target[8..], signExponent);
                break;
            case 8:
                ulong e64 = exponent == 0x7FFF ? 0x7FF : exponent < 16384 - 1023 ? 0 : (ulong)Math.Min(exponent - 16383 + 1023, 0x7FE);
                BinaryPrimitives.WriteUInt64LittleEndian(target, (sign << 63) | (e64 << 52) | ((mantissa << 1) >> 12));
                break;
            case 4:
                uint e32 = exponent == 0x7FFF ? 0xFF : exponent < 16384 - 127 ? 0 : (uint)Math.Min(exponent - 16383 + 127, 0xFE);
                BinaryPrimitives.WriteUInt32LittleEndian(target, ((uint)sign << 31) | (e32 << 23) | (uint)((mantissa << 1) >> 41));
                break;
        }
    }
}
