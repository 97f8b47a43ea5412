using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Iced.Intel;
using static HermiTux.Cpu.Interpreter.InterpreterVcpu;
using static HermiTux.Cpu.Interpreter.Simd.VectorOperand;
using V128 = System.Runtime.Intrinsics.Vector128<byte>;

namespace HermiTux.Cpu.Interpreter.Simd;

// The forms of vector instructions. Each class turns an operation on 16-byte lanes into the handlers of its legacy SSE,
// VEX.128 and VEX.256 encodings, with the last source in a register or in memory.
// Legacy operands are (destination and first source, second source), VEX operands (destination, first source, second source).

/// <summary>Instructions with two vector sources, such as PADDB.</summary>
internal static unsafe class BinaryForms<TOp>
    where TOp : struct, IBinaryOperation
{
    public static void Register(Code legacy, Code vex128, Code vex256)
    {
        SimdHandlers.Add(legacy, &LegacyRegister, &LegacyMemory);
        SimdHandlers.Add(vex128, &Vex128Register, &Vex128Memory);
        SimdHandlers.Add(vex256, &Vex256Register, &Vex256Memory);
    }

    /// <summary>For the SHA instructions, whose memory operand need not be aligned although they are legacy encoded.</summary>
    public static void RegisterUnaligned(Code legacy, Code vex128, Code vex256) => SimdHandlers.Add(legacy, &LegacyRegister, &LegacyUnaligned);

    [MethodImpl(HandlerMode.Threaded)]
    private static void LegacyUnaligned(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        V128 b = Load<V128>(cpu, s, op);
        Xmm(s, op->R0) = TOp.Apply(Xmm(s, op->R0), b);
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void LegacyRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Xmm(s, op->R0) = TOp.Apply(Xmm(s, op->R0), Xmm(s, op->R1));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void LegacyMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        V128 b = LoadAligned(cpu, s, op);
        Xmm(s, op->R0) = TOp.Apply(Xmm(s, op->R0), b);
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex128Register(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        SetXmm(s, op->R0, TOp.Apply(Xmm(s, op->R1), Xmm(s, op->R2)));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex128Memory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        V128 b = Load<V128>(cpu, s, op);
        SetXmm(s, op->R0, TOp.Apply(Xmm(s, op->R1), b));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex256Register(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        V128 low = TOp.Apply(Xmm(s, op->R1), Xmm(s, op->R2));
        V128 high = TOp.Apply(High(s, op->R1), High(s, op->R2));
        SetYmm(s, op->R0, low, high);
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex256Memory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Vector256<byte> b = Load<Vector256<byte>>(cpu, s, op);
        V128 low = TOp.Apply(Xmm(s, op->R1), b.Low());
        V128 high = TOp.Apply(High(s, op->R1), b.High());
        SetYmm(s, op->R0, low, high);
        Next(cpu, s, op);
    }
}

/// <summary>Instructions with one vector source, such as PABSB.</summary>
internal static unsafe class UnaryForms<TOp>
    where TOp : struct, IUnaryOperation
{
    public static void Register(Code legacy, Code vex128, Code vex256)
    {
        SimdHandlers.Add(legacy, &LegacyRegister, &LegacyMemory);
        SimdHandlers.Add(vex128, &Vex128Register, &Vex128Memory);
        SimdHandlers.Add(vex256, &Vex256Register, &Vex256Memory);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void LegacyRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Xmm(s, op->R0) = TOp.Apply(Xmm(s, op->R1));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void LegacyMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Xmm(s, op->R0) = TOp.Apply(LoadAligned(cpu, s, op));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex128Register(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        SetXmm(s, op->R0, TOp.Apply(Xmm(s, op->R1)));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex128Memory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        SetXmm(s, op->R0, TOp.Apply(Load<V128>(cpu, s, op)));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex256Register(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        SetYmm(s, op->R0, TOp.Apply(Xmm(s, op->R1)), TOp.Apply(High(s, op->R1)));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex256Memory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Vector256<byte> a = Load<Vector256<byte>>(cpu, s, op);
        SetYmm(s, op->R0, TOp.Apply(a.Low()), TOp.Apply(a.High()));
        Next(cpu, s, op);
    }
}

/// <summary>Instructions with two vector sources and an immediate, such as PALIGNR.</summary>
internal static unsafe class BinaryImmediateForms<TOp>
    where TOp : struct, IBinaryImmediateOperation
{
    public static void Register(Code legacy, Code vex128, Code vex256)
    {
        SimdHandlers.Add(legacy, &LegacyRegister, &LegacyMemory);
        SimdHandlers.Add(vex128, &Vex128Register, &Vex128Memory);
        SimdHandlers.Add(vex256, &Vex256Register, &Vex256Memory);
    }

    /// <summary>For the SHA instructions, whose memory operand need not be aligned although they are legacy encoded.</summary>
    public static void RegisterUnaligned(Code legacy, Code vex128, Code vex256) => SimdHandlers.Add(legacy, &LegacyRegister, &LegacyUnaligned);

    [MethodImpl(HandlerMode.Threaded)]
    private static void LegacyUnaligned(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        V128 b = Load<V128>(cpu, s, op);
        Xmm(s, op->R0) = TOp.Apply(Xmm(s, op->R0), b, (byte)op->Immediate);
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void LegacyRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Xmm(s, op->R0) = TOp.Apply(Xmm(s, op->R0), Xmm(s, op->R1), (byte)op->Immediate);
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void LegacyMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        V128 b = LoadAligned(cpu, s, op);
        Xmm(s, op->R0) = TOp.Apply(Xmm(s, op->R0), b, (byte)op->Immediate);
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex128Register(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        SetXmm(s, op->R0, TOp.Apply(Xmm(s, op->R1), Xmm(s, op->R2), (byte)op->Immediate));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex128Memory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        V128 b = Load<V128>(cpu, s, op);
        SetXmm(s, op->R0, TOp.Apply(Xmm(s, op->R1), b, (byte)op->Immediate));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex256Register(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        V128 low = TOp.Apply(Xmm(s, op->R1), Xmm(s, op->R2), (byte)op->Immediate);
        V128 high = TOp.Apply(High(s, op->R1), High(s, op->R2), (byte)op->Immediate);
        SetYmm(s, op->R0, low, high);
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex256Memory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Vector256<byte> b = Load<Vector256<byte>>(cpu, s, op);
        V128 low = TOp.Apply(Xmm(s, op->R1), b.Low(), (byte)op->Immediate);
        V128 high = TOp.Apply(High(s, op->R1), b.High(), (byte)op->Immediate);
        SetYmm(s, op->R0, low, high);
        Next(cpu, s, op);
    }
}

/// <summary>
/// Instructions with two vector sources and an immediate whose 256-bit form takes different bits of the immediate for the
/// two lanes: <typeparamref name="TShift"/> says by how much it is shifted right for the upper one.
/// </summary>
internal static unsafe class BinarySplitImmediateForms<TOp, TShift>
    where TOp : struct, IBinaryImmediateOperation
    where TShift : struct, ILaneShift
{
    public static void Register(Code legacy, Code vex128, Code vex256)
    {
        BinaryImmediateForms<TOp>.Register(legacy, vex128, Code.INVALID);
        SimdHandlers.Add(vex256, &Vex256Register, &Vex256Memory);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex256Register(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        V128 low = TOp.Apply(Xmm(s, op->R1), Xmm(s, op->R2), (byte)op->Immediate);
        V128 high = TOp.Apply(High(s, op->R1), High(s, op->R2), (byte)((byte)op->Immediate >> TShift.Bits));
        SetYmm(s, op->R0, low, high);
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex256Memory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Vector256<byte> b = Load<Vector256<byte>>(cpu, s, op);
        V128 low = TOp.Apply(Xmm(s, op->R1), b.Low(), (byte)op->Immediate);
        V128 high = TOp.Apply(High(s, op->R1), b.High(), (byte)((byte)op->Immediate >> TShift.Bits));
        SetYmm(s, op->R0, low, high);
        Next(cpu, s, op);
    }
}

/// <summary>How far the immediate is shifted for the upper lane.</summary>
internal interface ILaneShift
{
    static abstract int Bits { get; }
}

/// <summary>The upper lane uses the immediate shifted right by 2.</summary>
internal readonly struct LaneShift2 : ILaneShift
{
    public static int Bits => 2;
}

/// <summary>The upper lane uses the immediate shifted right by 3.</summary>
internal readonly struct LaneShift3 : ILaneShift
{
    public static int Bits => 3;
}

/// <summary>The upper lane uses the immediate shifted right by 4.</summary>
internal readonly struct LaneShift4 : ILaneShift
{
    public static int Bits => 4;
}

/// <summary>Instructions with one vector source and an immediate, such as PSHUFD.</summary>
internal static unsafe class UnaryImmediateForms<TOp>
    where TOp : struct, IUnaryImmediateOperation
{
    public static void Register(Code legacy, Code vex128, Code vex256)
    {
        SimdHandlers.Add(legacy, &LegacyRegister, &LegacyMemory);
        SimdHandlers.Add(vex128, &Vex128Register, &Vex128Memory);
        SimdHandlers.Add(vex256, &Vex256Register, &Vex256Memory);
    }

    /// <summary>For instructions whose legacy form has the source in the destination, such as PSLLDQ.</summary>
    public static void RegisterInPlace(Code legacy, Code vex128, Code vex256)
    {
        SimdHandlers.Add(legacy, &LegacyInPlace, null);
        SimdHandlers.Add(vex128, &Vex128Register, null);
        SimdHandlers.Add(vex256, &Vex256Register, null);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void LegacyInPlace(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Xmm(s, op->R0) = TOp.Apply(Xmm(s, op->R0), (byte)op->Immediate);
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void LegacyRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Xmm(s, op->R0) = TOp.Apply(Xmm(s, op->R1), (byte)op->Immediate);
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void LegacyMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Xmm(s, op->R0) = TOp.Apply(LoadAligned(cpu, s, op), (byte)op->Immediate);
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex128Register(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        SetXmm(s, op->R0, TOp.Apply(Xmm(s, op->R1), (byte)op->Immediate));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex128Memory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        SetXmm(s, op->R0, TOp.Apply(Load<V128>(cpu, s, op), (byte)op->Immediate));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex256Register(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        SetYmm(s, op->R0, TOp.Apply(Xmm(s, op->R1), (byte)op->Immediate), TOp.Apply(High(s, op->R1), (byte)op->Immediate));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex256Memory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Vector256<byte> a = Load<Vector256<byte>>(cpu, s, op);
        SetYmm(s, op->R0, TOp.Apply(a.Low(), (byte)op->Immediate), TOp.Apply(a.High(), (byte)op->Immediate));
        Next(cpu, s, op);
    }
}

/// <summary>
/// Shifts of all elements by one count: the count is an immediate, or the low quadword of an XMM register or 16-byte memory operand.
/// </summary>
internal static unsafe class ShiftForms<TOp>
    where TOp : struct, IShiftOperation
{
    public static void RegisterByVector(Code legacy, Code vex128, Code vex256)
    {
        SimdHandlers.Add(legacy, &LegacyRegister, &LegacyMemory);
        SimdHandlers.Add(vex128, &Vex128Register, &Vex128Memory);
        SimdHandlers.Add(vex256, &Vex256Register, &Vex256Memory);
    }

    public static void RegisterByImmediate(Code legacy, Code vex128, Code vex256)
    {
        SimdHandlers.Add(legacy, &LegacyImmediate, null);
        SimdHandlers.Add(vex128, &Vex128Immediate, null);
        SimdHandlers.Add(vex256, &Vex256Immediate, null);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void LegacyImmediate(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Xmm(s, op->R0) = TOp.Apply(Xmm(s, op->R0), (byte)op->Immediate);
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex128Immediate(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        SetXmm(s, op->R0, TOp.Apply(Xmm(s, op->R1), (byte)op->Immediate));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex256Immediate(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        SetYmm(s, op->R0, TOp.Apply(Xmm(s, op->R1), (byte)op->Immediate), TOp.Apply(High(s, op->R1), (byte)op->Immediate));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void LegacyRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Xmm(s, op->R0) = TOp.Apply(Xmm(s, op->R0), Reg<ulong>(s, op->R1));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void LegacyMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong count = LoadAligned(cpu, s, op).AsUInt64().ToScalar();
        Xmm(s, op->R0) = TOp.Apply(Xmm(s, op->R0), count);
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex128Register(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        SetXmm(s, op->R0, TOp.Apply(Xmm(s, op->R1), Reg<ulong>(s, op->R2)));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex128Memory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong count = Load<V128>(cpu, s, op).AsUInt64().ToScalar();
        SetXmm(s, op->R0, TOp.Apply(Xmm(s, op->R1), count));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex256Register(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong count = Reg<ulong>(s, op->R2);
        SetYmm(s, op->R0, TOp.Apply(Xmm(s, op->R1), count), TOp.Apply(High(s, op->R1), count));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex256Memory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong count = Load<V128>(cpu, s, op).AsUInt64().ToScalar();
        SetYmm(s, op->R0, TOp.Apply(Xmm(s, op->R1), count), TOp.Apply(High(s, op->R1), count));
        Next(cpu, s, op);
    }
}
