using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Iced.Intel;

namespace HermiTux.Cpu.Interpreter.Xsave;

/// <summary>FXSAVE, FXRSTOR, XSAVE, XSAVEOPT, XSAVEC, XRSTOR (Intel SDM vol. 1, 10.5 and 13.7 to 13.10).</summary>
/// <remarks>
/// The modified optimisation of XSAVEOPT is never applied: a component that is in use is written. XSAVES and XRSTORS are
/// privileged.
/// </remarks>
internal static unsafe class XsaveInstructions
{
    public static void Register()
    {
        HandlerTable.Add(Code.Fxsave_m512byte, null, &Fxsave);
        HandlerTable.Add(Code.Fxsave64_m512byte, null, &Fxsave);
        HandlerTable.Add(Code.Fxrstor_m512byte, null, &Fxrstor);
        HandlerTable.Add(Code.Fxrstor64_m512byte, null, &Fxrstor);
        HandlerTable.Add(Code.Xsave_mem, null, &Xsave);
        HandlerTable.Add(Code.Xsave64_mem, null, &Xsave);
        HandlerTable.Add(Code.Xsaveopt_mem, null, &Xsaveopt);
        HandlerTable.Add(Code.Xsaveopt64_mem, null, &Xsaveopt);
        HandlerTable.Add(Code.Xsavec_mem, null, &Xsavec);
        HandlerTable.Add(Code.Xsavec64_mem, null, &Xsavec);
        HandlerTable.Add(Code.Xrstor_mem, null, &Xrstor);
        HandlerTable.Add(Code.Xrstor64_mem, null, &Xrstor);
        HandlerTable.Add(Code.Xsaves_mem, null, &Privileged);
        HandlerTable.Add(Code.Xsaves64_mem, null, &Privileged);
        HandlerTable.Add(Code.Xrstors_mem, null, &Privileged);
        HandlerTable.Add(Code.Xrstors64_mem, null, &Privileged);
    }

    private static void Privileged(InterpreterVcpu cpu, CpuState* s, Op* op) => cpu.Raise(op, X86Exception.GeneralProtection);

    private static void Fxsave(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        DoFxsave(cpu, s, op);
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void Fxrstor(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        DoFxrstor(cpu, s, op);
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void Xsave(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        DoXsave(cpu, s, op, optimise: false);
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void Xsaveopt(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        DoXsave(cpu, s, op, optimise: true);
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void Xsavec(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        DoXsavec(cpu, s, op);
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void Xrstor(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        DoXrstor(cpu, s, op);
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static bool IsWide(Op* op) => op->IcedCode is Code.Fxsave64_m512byte or Code.Fxrstor64_m512byte or Code.Xsave64_mem or
        Code.Xsaveopt64_mem or Code.Xsavec64_mem or Code.Xrstor64_mem;

    private static ulong AlignedAddress(InterpreterVcpu cpu, CpuState* s, Op* op, uint alignment)
    {
        ulong address = InterpreterVcpu.EffectiveAddress(s, op);
        if (alignment == 16)
        {
            // FXSAVE and FXRSTOR are checked for less first.
            cpu.RequireAligned(op, address, 4);
        }

        if ((address & (alignment - 1)) != 0)
        {
            cpu.Raise(op, X86Exception.GeneralProtection);
        }

        return address;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void DoFxsave(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong address = AlignedAddress(cpu, s, op, 16);

        // The rest of the area isn't written but must be writable.
        cpu.CheckWrite(op, address, XsaveImage.LegacySize);
        Span<byte> image = stackalloc byte[XsaveImage.XmmOffset + XsaveImage.XmmSize];
        XsaveImage.WriteX87(s, image, IsWide(op));
        XsaveImage.WriteMxcsr(s, image);
        XsaveImage.WriteXmm(s, image);
        cpu.StoreBlock(op, address, image);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void DoFxrstor(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong address = AlignedAddress(cpu, s, op, 16);
        Span<byte> image = stackalloc byte[XsaveImage.LegacySize];
        cpu.LoadBlock(op, address, image);
        if (!XsaveImage.IsLegalMxcsr(s, image))
        {
            cpu.Raise(op, X86Exception.GeneralProtection);
        }

        XsaveImage.ReadMxcsr(s, image);
        const XsaveComponents Legacy = XsaveComponents.X87 | XsaveComponents.Sse;
        XsaveImage.ReadComponents(s, Legacy, Legacy, image, IsWide(op));
    }

    /// <summary>The requested-feature bitmap: EDX:EAX of what XCR0 enables.</summary>
    private static XsaveComponents Requested(InterpreterVcpu cpu, CpuState* s) =>
        (XsaveComponents)((s->Rdx << 32) | (uint)s->Rax) & (XsaveComponents)cpu.Model.Xcr0 & XsaveComponents.All;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void DoXsave(InterpreterVcpu cpu, CpuState* s, Op* op, bool optimise)
    {
        ulong address = AlignedAddress(cpu, s, op, 64);
        XsaveComponents requested = Requested(cpu, s);
        XsaveComponents inUse = XsaveImage.InUse(s);

        // Everything that isn't written keeps its value, so the image is read, changed and written back in one piece.
        bool avx = (requested & XsaveComponents.Avx) != 0;
        Span<byte> image = stackalloc byte[XsaveImage.Size];
        image = image[..(avx ? XsaveImage.Size : XsaveImage.AvxOffset)];
        cpu.CheckWrite(op, address, image.Length);
        cpu.LoadBlock(op, address, image);
        XsaveComponents written = optimise ? requested & inUse : requested;
        if ((written & XsaveComponents.X87) != 0)
        {
            XsaveImage.WriteX87(s, image, IsWide(op));
        }

        if ((requested & (XsaveComponents.Sse | XsaveComponents.Avx)) != 0)
        {
            XsaveImage.WriteMxcsr(s, image);
        }

        if ((written & XsaveComponents.Sse) != 0)
        {
            XsaveImage.WriteXmm(s, image);
        }

        if ((written & XsaveComponents.Avx) != 0)
        {
            XsaveImage.WriteAvx(s, image[XsaveImage.AvxOffset..]);
        }

        Span<byte> header = image[XsaveImage.LegacySize..];
        ulong before = BinaryPrimitives.ReadUInt64LittleEndian(header);
        BinaryPrimitives.WriteUInt64LittleEndian(header, (before & ~(ulong)requested) | (ulong)(requested & inUse));
        cpu.StoreBlock(op, address, image);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void DoXsavec(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong address = AlignedAddress(cpu, s, op, 64);
        XsaveComponents requested = Requested(cpu, s);
        XsaveComponents inUse = XsaveImage.InUse(s);
        if (s->Mxcsr != XsaveImage.InitialMxcsr)
        {
            inUse |= XsaveComponents.Sse;
        }

        XsaveComponents written = requested & inUse;
        bool avx = (requested & XsaveComponents.Avx) != 0;
        Span<byte> image = stackalloc byte[XsaveImage.Size];
        image = image[..(avx ? XsaveImage.Size : XsaveImage.AvxOffset)];
        cpu.CheckWrite(op, address, image.Length);
        cpu.LoadBlock(op, address, image);
        if ((written & XsaveComponents.X87) != 0)
        {
            XsaveImage.WriteX87(s, image, IsWide(op));
        }

        if ((written & XsaveComponents.Sse) != 0)
        {
            XsaveImage.WriteMxcsr(s, image);
            XsaveImage.WriteXmm(s, image);
        }

        if ((written & XsaveComponents.Avx) != 0)
        {
            XsaveImage.WriteAvx(s, image[XsaveImage.AvxOffset..]);
        }

        Span<byte> header = image[XsaveImage.LegacySize..];
        BinaryPrimitives.WriteUInt64LittleEndian(header, (ulong)written);
        BinaryPrimitives.WriteUInt64LittleEndian(header[8..], (ulong)requested | (1UL << 63));
        cpu.StoreBlock(op, address, image);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void DoXrstor(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong address = AlignedAddress(cpu, s, op, 64);
        XsaveComponents requested = Requested(cpu, s);
        Span<byte> image = stackalloc byte[XsaveImage.Size];
        cpu.LoadBlock(op, address, image[..XsaveImage.AvxOffset]);
        Span<byte> header = image[XsaveImage.LegacySize..XsaveImage.AvxOffset];
        XsaveComponents present = (XsaveComponents)BinaryPrimitives.ReadUInt64LittleEndian(header);
        ulong layout = BinaryPrimitives.ReadUInt64LittleEndian(header[8..]);
        bool compacted = (layout & (1UL << 63)) != 0;
        XsaveComponents allowed = compacted ? (XsaveComponents)(layout & ~(1UL << 63)) : XsaveComponents.All;
        bool bad = (allowed & ~XsaveComponents.All) != 0 || (present & ~allowed) != 0 ||
            (!compacted && layout != 0) || header[16..(compacted ? 64 : 24)].ContainsAnyExcept((byte)0);
        if (bad)
        {
            cpu.Raise(op, X86Exception.GeneralProtection);
        }

        if ((requested & present & XsaveComponents.Avx) != 0)
        {
            cpu.LoadBlock(op, address + XsaveImage.AvxOffset, image[XsaveImage.AvxOffset..]);
        }

        // The standard format loads MXCSR whenever SSE or AVX is asked for, the compacted one together with SSE.
        bool loadMxcsr = compacted
            ? (requested & present & XsaveComponents.Sse) != 0
            : (requested & (XsaveComponents.Sse | XsaveComponents.Avx)) != 0;
        if (loadMxcsr && !XsaveImage.IsLegalMxcsr(s, image))
        {
            cpu.Raise(op, X86Exception.GeneralProtection);
        }

        if (loadMxcsr)
        {
            XsaveImage.ReadMxcsr(s, image);
        }
        else if ((requested & XsaveComponents.Sse) != 0)
        {
            s->Mxcsr = XsaveImage.InitialMxcsr;
        }

        XsaveImage.ReadComponents(s, requested, present, image, IsWide(op));
    }
}
