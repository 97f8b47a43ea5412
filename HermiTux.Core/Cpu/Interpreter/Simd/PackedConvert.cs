using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using HermiTux.Cpu.Interpreter.SoftFloat;
using Iced.Intel;
using static HermiTux.Cpu.Interpreter.InterpreterVcpu;
using static HermiTux.Cpu.Interpreter.Simd.VectorOperand;
using V128 = System.Runtime.Intrinsics.Vector128<byte>;

namespace HermiTux.Cpu.Interpreter.Simd;

/// <summary>A packed conversion, element by element. Elements are passed as bit patterns.</summary>
internal interface IPackedConversion
{
    /// <summary>Bytes of a source element: 2, 4 or 8.</summary>
    static abstract int SourceSize { get; }

    /// <summary>Bytes of a result element: 2, 4 or 8.</summary>
    static abstract int ResultSize { get; }

    /// <summary>Converts one element.</summary>
    static abstract ulong Convert(ulong a, byte immediate, uint mxcsr, ref uint flags);

    /// <summary>Converts a whole vector (low or only half as far as sizes differ) by host arithmetic, if it can be done without raising flags.</summary>
    static abstract bool TryFast(V128 a, uint mxcsr, out V128 result);
}

/// <summary>
/// The forms of packed conversions. A vector of 16 bytes of the wider type is converted at a time; 8-byte results clear the upper
/// half of the destination, 8-byte sources are the lower half of the register.
/// </summary>
internal static unsafe class PackedConversionForms<TOp>
    where TOp : struct, IPackedConversion
{
    public static void Register(Code legacy, Code vex128, Code vex256)
    {
        SimdHandlers.Add(legacy, &LegacyRegister, &LegacyMemory);
        SimdHandlers.Add(vex128, &Vex128Register, &Vex128Memory);
        SimdHandlers.Add(vex256, &Vex256Register, &Vex256Memory);
    }

    /// <summary>For VCVTPS2PH, whose destination may be memory.</summary>
    public static void RegisterNarrowingStore(Code legacy, Code vex128, Code vex256)
    {
        SimdHandlers.Add(vex128, &Vex128Register, &StoreResult128);
        SimdHandlers.Add(vex256, &Vex256Register, &StoreResult256);
    }

    private static int Elements => 16 / Math.Max(TOp.SourceSize, TOp.ResultSize);

    /// <summary>Source elements are narrower than results.</summary>
    private static bool Widens => TOp.SourceSize < TOp.ResultSize;

    private static bool Narrows => TOp.SourceSize > TOp.ResultSize;

    [MethodImpl(HandlerMode.Threaded)]
    private static void LegacyRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Xmm(s, op->R0) = Compute128(cpu, s, op, Xmm(s, op->R1));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void LegacyMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Xmm(s, op->R0) = Compute128(cpu, s, op, Widens ? LoadPart(cpu, s, op) : LoadAligned(cpu, s, op));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex128Register(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        SetXmm(s, op->R0, Compute128(cpu, s, op, Xmm(s, op->R1)));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex128Memory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        SetXmm(s, op->R0, Compute128(cpu, s, op, Widens ? LoadPart(cpu, s, op) : Load<V128>(cpu, s, op)));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex256Register(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Compute256(cpu, s, op, Xmm(s, op->R1), Widens ? Upper(Xmm(s, op->R1)) : High(s, op->R1));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex256Memory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        if (Widens)
        {
            V128 a = Load<V128>(cpu, s, op);
            Compute256(cpu, s, op, a, Upper(a));
        }
        else
        {
            Vector256<byte> a = Load<Vector256<byte>>(cpu, s, op);
            Compute256(cpu, s, op, a.Low(), a.High());
        }

        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void StoreResult128(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        // The store may fault, and must then leave MXCSR alone.
        cpu.CheckWrite(op, EffectiveAddress(s, op), 8);
        Store(cpu, s, op, Compute128(cpu, s, op, Xmm(s, op->R1)).AsUInt64().ToScalar());
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void StoreResult256(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        cpu.CheckWrite(op, EffectiveAddress(s, op), 16);
        Store(cpu, s, op, Narrow256(cpu, s, op, Xmm(s, op->R1), High(s, op->R1)));
        Next(cpu, s, op);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V128 LoadPart(InterpreterVcpu cpu, CpuState* s, Op* op) => Vector128.CreateScalar(Load<ulong>(cpu, s, op)).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V128 Upper(V128 a) => Vector128.Create(a.GetUpper(), default);

    [MethodImpl(HandlerMode.OutOfLine)]
    private static V128 Compute128(InterpreterVcpu cpu, CpuState* s, Op* op, V128 a)
    {
        if (TOp.TryFast(a, s->Mxcsr, out V128 result))
        {
            return result;
        }

        uint flags = 0;
        result = ConvertElements(a, (byte)op->Immediate, s->Mxcsr, ref flags);
        FloatStatus.Commit(cpu, s, op, flags);
        return result;
    }

    [MethodImpl(HandlerMode.OutOfLine)]
    private static void Compute256(InterpreterVcpu cpu, CpuState* s, Op* op, V128 low, V128 high)
    {
        if (Narrows)
        {
            SetXmm(s, op->R0, Narrow256(cpu, s, op, low, high));
            return;
        }

        V128 r1 = default;
        if (!(TOp.TryFast(low, s->Mxcsr, out V128 r0) && TOp.TryFast(high, s->Mxcsr, out r1)))
        {
            uint flags = 0;
            r0 = ConvertElements(low, (byte)op->Immediate, s->Mxcsr, ref flags);
            r1 = ConvertElements(high, (byte)op->Immediate, s->Mxcsr, ref flags);
            FloatStatus.Commit(cpu, s, op, flags);
        }

        SetYmm(s, op->R0, r0, r1);
    }

    [MethodImpl(HandlerMode.OutOfLine)]
    private static V128 Narrow256(InterpreterVcpu cpu, CpuState* s, Op* op, V128 low, V128 high)
    {
        uint flags = 0;
        V128 r0 = ConvertElements(low, (byte)op->Immediate, s->Mxcsr, ref flags);
        V128 r1 = ConvertElements(high, (byte)op->Immediate, s->Mxcsr, ref flags);
        FloatStatus.Commit(cpu, s, op, flags);
        return Vector128.Create(r0.GetLower(), r1.GetLower());
    }

    private static V128 ConvertElements(V128 a, byte immediate, uint mxcsr, ref uint flags)
    {
        V128 result = default;
        for (int i = 0; i < Elements; i++)
        {
            ulong element = TOp.SourceSize switch
            {
                2 => a.AsUInt16().GetElement(i),
                4 => a.AsUInt32().GetElement(i),
                _ => a.AsUInt64().GetElement(i),
            };
            ulong converted = TOp.Convert(element, immediate, mxcsr, ref flags);
            result = TOp.ResultSize switch
            {
                2 => result.AsUInt16().WithElement(i, (ushort)converted).AsByte(),
                4 => result.AsUInt32().WithElement(i, (uint)converted).AsByte(),
                _ => result.AsUInt64().WithElement(i, converted).AsByte(),
            };
        }

        return result;
    }
}

/// <summary>CVTDQ2PD: always exact.</summary>
internal readonly struct Cvtdq2pd : IPackedConversion
{
    public static int SourceSize => 4;

    public static int ResultSize => 8;

    public static ulong Convert(ulong a, byte immediate, uint mxcsr, ref uint flags) => BitConverter.DoubleToUInt64Bits((int)a);

    public static bool TryFast(V128 a, uint mxcsr, out V128 result)
    {
        result = Vector128.Create((double)a.AsInt32().GetElement(0), a.AsInt32().GetElement(1)).AsByte();
        return true;
    }
}

/// <summary>CVTDQ2PS.</summary>
internal readonly struct Cvtdq2ps : IPackedConversion
{
    public static int SourceSize => 4;

    public static int ResultSize => 4;

    public static ulong Convert(ulong a, byte immediate, uint mxcsr, ref uint flags) => SoftFloat<float>.FromInteger((int)a, mxcsr, ref flags);

    public static bool TryFast(V128 a, uint mxcsr, out V128 result)
    {
        result = Vector128.ConvertToSingle(a.AsInt32()).AsByte();
        return (mxcsr & SseControl.FastMask) == SseControl.FastValue;
    }
}

/// <summary>CVTPS2PD.</summary>
internal readonly struct Cvtps2pd : IPackedConversion
{
    public static int SourceSize => 4;

    public static int ResultSize => 8;

    public static ulong Convert(ulong a, byte immediate, uint mxcsr, ref uint flags) =>
        SoftFloat<float>.ConvertTo<double>(a, mxcsr, ref flags);

    public static bool TryFast(V128 a, uint mxcsr, out V128 result)
    {
        float x = a.AsSingle().GetElement(0);
        float y = a.AsSingle().GetElement(1);
        result = Vector128.Create((double)x, y).AsByte();
        return FloatClass<float>.IsOrdinary(x) && FloatClass<float>.IsOrdinary(y);
    }
}

/// <summary>CVTPD2PS.</summary>
internal readonly struct Cvtpd2ps : IPackedConversion
{
    public static int SourceSize => 8;

    public static int ResultSize => 4;

    public static ulong Convert(ulong a, byte immediate, uint mxcsr, ref uint flags) =>
        SoftFloat<double>.ConvertTo<float>(a, mxcsr, ref flags);

    public static bool TryFast(V128 a, uint mxcsr, out V128 result)
    {
        float x = (float)a.AsDouble().GetElement(0);
        float y = (float)a.AsDouble().GetElement(1);
        result = Vector128.Create(x, y, 0, 0).AsByte();
        return (mxcsr & SseControl.FastMask) == SseControl.FastValue &&
            SoftFloat<float>.IsRegularResult(SoftFloat<float>.Bits(x)) && SoftFloat<float>.IsRegularResult(SoftFloat<float>.Bits(y));
    }
}

/// <summary>CVTPS2DQ, CVTTPS2DQ.</summary>
internal readonly struct Cvtps2dq<TRounding> : IPackedConversion
    where TRounding : struct, IIntegerRounding
{
    public static int SourceSize => 4;

    public static int ResultSize => 4;

    public static ulong Convert(ulong a, byte immediate, uint mxcsr, ref uint flags) =>
        (uint)SoftFloat<float>.ToInteger(a, 32, TRounding.Truncates ? Rounding.TowardZero : SoftFloat<float>.RoundingOf(mxcsr), mxcsr, ref flags);

    public static bool TryFast(V128 a, uint mxcsr, out V128 result)
    {
        Vector128<float> value = a.AsSingle();
        if (!Vector128.LessThanAll(Vector128.Abs(value), Vector128.Create(1073741824f)) ||
            (!TRounding.Truncates && (mxcsr & SseControl.RoundingMask) != 0))
        {
            result = default;
            return false;
        }

        Vector128<float> rounded = TRounding.Truncates ? Vector128.Truncate(value) : Vector128.Round(value);
        result = Vector128.ConvertToInt32(rounded).AsByte();
        return (mxcsr & SseControl.FastMask & ~SseControl.RoundingMask) == SseControl.FastValue || Vector128.EqualsAll(rounded, value);
    }
}

/// <summary>CVTPD2DQ, CVTTPD2DQ.</summary>
internal readonly struct Cvtpd2dq<TRounding> : IPackedConversion
    where TRounding : struct, IIntegerRounding
{
    public static int SourceSize => 8;

    public static int ResultSize => 4;

    public static ulong Convert(ulong a, byte immediate, uint mxcsr, ref uint flags) =>
        (uint)SoftFloat<double>.ToInteger(a, 32, TRounding.Truncates ? Rounding.TowardZero : SoftFloat<double>.RoundingOf(mxcsr), mxcsr, ref flags);

    public static bool TryFast(V128 a, uint mxcsr, out V128 result)
    {
        result = default;
        return false;
    }
}

/// <summary>VCVTPH2PS: denormal halves are converted whatever DAZ says, and raise nothing.</summary>
internal readonly struct Cvtph2ps : IPackedConversion
{
    public static int SourceSize => 2;

    public static int ResultSize => 4;

    public static ulong Convert(ulong a, byte immediate, uint mxcsr, ref uint flags) =>
        SoftFloat<Half>.ConvertTo<float>(a, mxcsr & ~SseControl.DenormalsAreZero, ref flags, denormalException: false);

    public static bool TryFast(V128 a, uint mxcsr, out V128 result)
    {
        result = default;
        return false;
    }
}

/// <summary>VCVTPS2PH: rounds as the immediate says (bit 2: by MXCSR); results are never flushed to zero.</summary>
internal readonly struct Cvtps2ph : IPackedConversion
{
    public static int SourceSize => 4;

    public static int ResultSize => 2;

    public static ulong Convert(ulong a, byte immediate, uint mxcsr, ref uint flags)
    {
        uint control = mxcsr & ~SseControl.FlushToZero;
        if ((immediate & 4) == 0)
        {
            control = (control & ~SseControl.RoundingMask) | ((immediate & 3u) << SseControl.RoundingShift);
        }

        return SoftFloat<float>.ConvertTo<Half>(a, control, ref flags);
    }

    public static bool TryFast(V128 a, uint mxcsr, out V128 result)
    {
        result = default;
        return false;
    }
}
