using System.Buffers.Binary;
using System.Runtime.InteropServices;
using HermiTux.Cpu.Interpreter.X87;

namespace HermiTux.Cpu;

/// <summary>The state components of XCR0 that exist here (Intel SDM vol. 1, 13.1).</summary>
[Flags]
internal enum XsaveComponents : ulong
{
    None = 0,

    /// <summary>x87 and MMX.</summary>
    X87 = 1,

    /// <summary>XMM0 to XMM15; MXCSR goes with it or with AVX, depending on the instruction.</summary>
    Sse = 2,

    /// <summary>Bits 255:128 of YMM0 to YMM15.</summary>
    Avx = 4,

    /// <summary>All of them.</summary>
    All = 7,
}

/// <summary>
/// Reads and writes the standard-format XSAVE image of a register file, which <see cref="CpuState"/> holds as it is, and knows which
/// components are in use.
/// </summary>
internal static unsafe class XsaveImage
{
    /// <summary>The legacy region: what FXSAVE writes.</summary>
    public const int LegacySize = 512;

    /// <summary>XSTATE_BV, XCOMP_BV and reserved bytes.</summary>
    public const int HeaderSize = 64;

    /// <summary>Offset of the AVX component, in the standard format and, as it is the only one there, in the compacted one.</summary>
    public const int AvxOffset = LegacySize + HeaderSize;

    /// <summary>Size of the AVX component.</summary>
    public const int AvxSize = 256;

    /// <summary>Size of an image with every component.</summary>
    public const int Size = AvxOffset + AvxSize;

    /// <summary>Offset of MXCSR.</summary>
    public const int MxcsrOffset = 24;

    /// <summary>Offset of ST(0).</summary>
    public const int StOffset = 32;

    /// <summary>Offset of XMM0.</summary>
    public const int XmmOffset = 160;

    /// <summary>Size of the XMM registers.</summary>
    public const int XmmSize = 256;

    /// <summary>Bytes 464 to 511 are software's; Linux describes the image in them.</summary>
    public const int SoftwareReservedOffset = 464;

    /// <summary>MXCSR after reset and where XRSTOR initialises it.</summary>
    public const uint InitialMxcsr = 0x1F80;

    /// <summary>Which components aren't in their initial configuration (XINUSE; XGETBV with ECX = 1). MXCSR has no part in it.</summary>
    public static XsaveComponents InUse(CpuState* s)
    {
        byte* image = (byte*)s + CpuState.XsaveOffset;
        XsaveComponents inUse = XsaveComponents.None;
        bool x87 = s->Fcw != Fcw.Initial || s->Fsw != 0 || s->Ftw != 0 || s->Fop != 0 || s->Fip != 0 || s->Fdp != 0 ||
            new ReadOnlySpan<byte>(image + StOffset, 128).ContainsAnyExcept((byte)0);
        inUse |= x87 ? XsaveComponents.X87 : 0;
        inUse |= new ReadOnlySpan<byte>(image + XmmOffset, XmmSize).ContainsAnyExcept((byte)0) ? XsaveComponents.Sse : 0;
        inUse |= new ReadOnlySpan<byte>(image + AvxOffset, AvxSize).ContainsAnyExcept((byte)0) ? XsaveComponents.Avx : 0;
        return inUse;
    }

    /// <summary>
    /// Writes the standard-format image that XSAVE of <paramref name="components"/> would: legacy region, header and AVX.
    /// Bytes 464 to 511, which are software's, stay as they are.
    /// </summary>
    /// <param name="s">The registers.</param>
    /// <param name="components">What to save.</param>
    /// <param name="destination">At least <see cref="Size"/> bytes, or <see cref="LegacySize"/> for a bare FXSAVE image.</param>
    public static void Write(CpuState* s, XsaveComponents components, Span<byte> destination)
    {
        WriteX87(s, destination, wide: true);
        WriteMxcsr(s, destination);
        WriteXmm(s, destination);
        destination[(XmmOffset + XmmSize)..SoftwareReservedOffset].Clear();
        if (destination.Length >= Size)
        {
            destination[LegacySize..AvxOffset].Clear();
            BinaryPrimitives.WriteUInt64LittleEndian(destination[LegacySize..], (ulong)(InUse(s) & components));
            WriteAvx(s, destination[AvxOffset..]);
        }
    }

    /// <summary>
    /// Takes back a standard-format image as XRSTOR of <paramref name="components"/> does: what XSTATE_BV doesn't name is initialised.
    /// </summary>
    /// <returns>False, and nothing changed, where XRSTOR raises #GP: a bad header or reserved MXCSR bits.</returns>
    public static bool TryRead(CpuState* s, XsaveComponents components, ReadOnlySpan<byte> source)
    {
        ReadOnlySpan<byte> header = source.Slice(LegacySize, HeaderSize);
        XsaveComponents present = (XsaveComponents)BinaryPrimitives.ReadUInt64LittleEndian(header);
        if ((present & ~XsaveComponents.All) != 0 || header[8..24].ContainsAnyExcept((byte)0))
        {
            return false;
        }

        bool mxcsr = (components & (XsaveComponents.Sse | XsaveComponents.Avx)) != 0;
        if (mxcsr && !IsLegalMxcsr(s, source))
        {
            return false;
        }

        if (mxcsr)
        {
            ReadMxcsr(s, source);
        }

        ReadComponents(s, components, present, source);
        return true;
    }

    /// <summary>Loads or initialises components, MXCSR aside.</summary>
    public static void ReadComponents(CpuState* s, XsaveComponents components, XsaveComponents present, ReadOnlySpan<byte> source, bool wide = true)
    {
        if ((components & XsaveComponents.X87) != 0)
        {
            if ((present & XsaveComponents.X87) != 0)
            {
                ReadX87(s, source, wide);
            }
            else
            {
                ResetX87(s);
            }
        }

        byte* image = (byte*)s + CpuState.XsaveOffset;
        if ((components & XsaveComponents.Sse) != 0)
        {
            Span<byte> xmm = new(image + XmmOffset, XmmSize);
            if ((present & XsaveComponents.Sse) != 0)
            {
                source.Slice(XmmOffset, XmmSize).CopyTo(xmm);
            }
            else
            {
                xmm.Clear();
            }
        }

        if ((components & XsaveComponents.Avx) != 0)
        {
            Span<byte> avx = new(image + AvxOffset, AvxSize);
            if ((present & XsaveComponents.Avx) != 0)
            {
                source.Slice(AvxOffset, AvxSize).CopyTo(avx);
            }
            else
            {
                avx.Clear();
            }
        }
    }

    /// <summary>The x87 part of the legacy region.</summary>
    /// <param name="s">The registers.</param>
    /// <param name="image">The image.</param>
    /// <param name="wide">64-bit pointers (REX.W); else 32-bit offsets and selectors, which are zero.</param>
    public static void WriteX87(CpuState* s, Span<byte> image, bool wide)
    {
        new ReadOnlySpan<byte>((byte*)s + CpuState.XsaveOffset, MxcsrOffset).CopyTo(image);
        image[5] = 0;
        if ((s->Fsw & Fsw.ErrorSummary) == 0)
        {
            image[6..24].Clear();
        }
        else if (!wide)
        {
            image[12..16].Clear();
            image[20..24].Clear();
        }

        new ReadOnlySpan<byte>((byte*)s + CpuState.StOffset, 128).CopyTo(image[StOffset..]);
    }

    /// <summary>MXCSR and its mask.</summary>
    public static void WriteMxcsr(CpuState* s, Span<byte> image)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(image[MxcsrOffset..], s->Mxcsr);
        BinaryPrimitives.WriteUInt32LittleEndian(image[(MxcsrOffset + 4)..], s->MxcsrMask);
    }

    /// <summary>The XMM registers.</summary>
    public static void WriteXmm(CpuState* s, Span<byte> image) =>
        new ReadOnlySpan<byte>((byte*)s + CpuState.XmmOffset, XmmSize).CopyTo(image[XmmOffset..]);

    /// <summary>The AVX component.</summary>
    public static void WriteAvx(CpuState* s, Span<byte> component) =>
        new ReadOnlySpan<byte>((byte*)s + CpuState.YmmHighOffset, AvxSize).CopyTo(component);

    /// <summary>Loads the x87 part of a legacy region; reserved bits are dropped and the error summary follows flags and masks.</summary>
    public static void ReadX87(CpuState* s, ReadOnlySpan<byte> image, bool wide)
    {
        s->Fcw = X87Stack.LegalControlWord(BinaryPrimitives.ReadUInt16LittleEndian(image));
        s->Fsw = BinaryPrimitives.ReadUInt16LittleEndian(image[2..]);
        s->Ftw = image[4];
        s->Fop = (ushort)(BinaryPrimitives.ReadUInt16LittleEndian(image[6..]) & 0x7FF);
        s->Fip = wide ? BinaryPrimitives.ReadUInt64LittleEndian(image[8..]) : BinaryPrimitives.ReadUInt32LittleEndian(image[8..]);
        s->Fdp = wide ? BinaryPrimitives.ReadUInt64LittleEndian(image[16..]) : BinaryPrimitives.ReadUInt32LittleEndian(image[16..]);
        for (int i = 0; i < 8; i++)
        {
            ReadOnlySpan<byte> register = image[(StOffset + (i * 16))..];
            X87Stack.Write(s, CpuState.StOffset + (i * 16),
                new F80(BinaryPrimitives.ReadUInt16LittleEndian(register[8..]), BinaryPrimitives.ReadUInt64LittleEndian(register)));
        }

        X87Stack.UpdateErrorSummary(s);
    }

    /// <summary>The initial configuration of the x87 component, registers included.</summary>
    public static void ResetX87(CpuState* s)
    {
        X87Stack.Initialize(s);
        new Span<byte>((byte*)s + CpuState.StOffset, 128).Clear();
    }

    /// <summary>True when the image's MXCSR sets no reserved bit.</summary>
    public static bool IsLegalMxcsr(CpuState* s, ReadOnlySpan<byte> image) =>
        (BinaryPrimitives.ReadUInt32LittleEndian(image[MxcsrOffset..]) & ~s->MxcsrMask) == 0;

    /// <summary>Loads MXCSR, which must be legal.</summary>
    public static void ReadMxcsr(CpuState* s, ReadOnlySpan<byte> image) =>
        s->Mxcsr = MemoryMarshal.Read<uint>(image[MxcsrOffset..]);
}
