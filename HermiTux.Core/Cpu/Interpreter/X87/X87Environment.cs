using System.Buffers.Binary;

namespace HermiTux.Cpu.Interpreter.X87;

/// <summary>
/// The environment and state images of FLDENV, FNSTENV, FRSTOR and FNSAVE in protected-mode format (Intel SDM vol. 1, 8.1.10).
/// </summary>
internal static unsafe class X87Environment
{
    /// <summary>Environment with 16-bit operand size.</summary>
    public const int Size16 = 14;

    /// <summary>Environment with 32-bit operand size.</summary>
    public const int Size32 = 28;

    /// <summary>The eight registers after the environment.</summary>
    public const int RegistersSize = 80;

    /// <summary>The two-bit-per-register tag word that the abridged one and the registers' content amount to.</summary>
    public static ushort FullTagWord(CpuState* s)
    {
        int top = X87Stack.Top(s);
        uint tags = 0;
        for (int i = 0; i < 8; i++)
        {
            int physical = (i + top) & 7;
            uint tag = 3;
            if ((s->Ftw & (1 << physical)) != 0)
            {
                F80 value = X87Stack.Read(s, X87Stack.St0 + (i * 16));
                tag = value.IsNormal ? 0u : value.IsZero ? 1u : 2u;
            }

            tags |= tag << (physical * 2);
        }

        return (ushort)tags;
    }

    /// <summary>Writes the environment; the length of <paramref name="image"/> tells the format.</summary>
    public static void Save(CpuState* s, Span<byte> image)
    {
        if (image.Length == Size16)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(image, s->Fcw);
            BinaryPrimitives.WriteUInt16LittleEndian(image[2..], s->Fsw);
            BinaryPrimitives.WriteUInt16LittleEndian(image[4..], FullTagWord(s));
            BinaryPrimitives.WriteUInt16LittleEndian(image[6..], (ushort)s->Fip);
            BinaryPrimitives.WriteUInt16LittleEndian(image[8..], 0);
            BinaryPrimitives.WriteUInt16LittleEndian(image[10..], (ushort)s->Fdp);
            BinaryPrimitives.WriteUInt16LittleEndian(image[12..], 0);
            return;
        }

        BinaryPrimitives.WriteUInt32LittleEndian(image, 0xFFFF_0000 | s->Fcw);
        BinaryPrimitives.WriteUInt32LittleEndian(image[4..], 0xFFFF_0000 | s->Fsw);
        BinaryPrimitives.WriteUInt32LittleEndian(image[8..], 0xFFFF_0000 | FullTagWord(s));
        BinaryPrimitives.WriteUInt32LittleEndian(image[12..], (uint)s->Fip);
        BinaryPrimitives.WriteUInt32LittleEndian(image[16..], (uint)(s->Fop & 0x7FF) << 16);
        BinaryPrimitives.WriteUInt32LittleEndian(image[20..], (uint)s->Fdp);
        BinaryPrimitives.WriteUInt32LittleEndian(image[24..], 0xFFFF_0000);
    }

    /// <summary>Loads the environment.</summary>
    public static void Load(CpuState* s, ReadOnlySpan<byte> image)
    {
        int stride = image.Length == Size16 ? 2 : 4;
        ushort fsw = BinaryPrimitives.ReadUInt16LittleEndian(image[stride..]);
        ushort tags = BinaryPrimitives.ReadUInt16LittleEndian(image[(2 * stride)..]);
        X87Stack.SetTop(s, (fsw >> Fsw.TopShift) & 7);
        s->Fcw = X87Stack.LegalControlWord(BinaryPrimitives.ReadUInt16LittleEndian(image));
        s->Fsw = fsw;
        int abridged = 0;
        for (int i = 0; i < 8; i++)
        {
            abridged |= ((tags >> (2 * i)) & 3) != 3 ? 1 << i : 0;
        }

        s->Ftw = (byte)abridged;
        if (stride == 2)
        {
            s->Fip = BinaryPrimitives.ReadUInt16LittleEndian(image[6..]);
            s->Fdp = BinaryPrimitives.ReadUInt16LittleEndian(image[10..]);
            s->Fop = 0;
        }
        else
        {
            s->Fip = BinaryPrimitives.ReadUInt32LittleEndian(image[12..]);
            s->Fop = (ushort)(BinaryPrimitives.ReadUInt32LittleEndian(image[16..]) >> 16 & 0x7FF);
            s->Fdp = BinaryPrimitives.ReadUInt32LittleEndian(image[20..]);
        }

        X87Stack.UpdateErrorSummary(s);
    }

    /// <summary>Writes ST(0) to ST(7), ten bytes each.</summary>
    public static void SaveRegisters(CpuState* s, Span<byte> image)
    {
        for (int i = 0; i < 8; i++)
        {
            new ReadOnlySpan<byte>((byte*)s + X87Stack.St0 + (i * 16), 10).CopyTo(image[(i * 10)..]);
        }
    }

    /// <summary>Loads ST(0) to ST(7).</summary>
    public static void LoadRegisters(CpuState* s, ReadOnlySpan<byte> image)
    {
        for (int i = 0; i < 8; i++)
        {
            ulong mantissa = BinaryPrimitives.ReadUInt64LittleEndian(image[(i * 10)..]);
            ushort signExponent = BinaryPrimitives.ReadUInt16LittleEndian(image[((i * 10) + 8)..]);
            X87Stack.Write(s, X87Stack.St0 + (i * 16), new F80(signExponent, mantissa));
        }
    }
}
