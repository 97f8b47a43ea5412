using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Iced.Intel;
using static HermiTux.Cpu.Interpreter.InterpreterVcpu;
using static HermiTux.Cpu.Interpreter.Simd.VectorOperand;
using V128 = System.Runtime.Intrinsics.Vector128<byte>;

namespace HermiTux.Cpu.Interpreter.Simd;

/// <summary>Scalar floating-point instructions: the lowest element is computed, the others are those of the first source.</summary>
/// <remarks>
/// The slow path is a handler of its own, jumped to with nothing changed yet, so that the fast one has no call in it and needs no stack frame.
/// </remarks>
internal static unsafe class ScalarFloatForms<TOp, T>
    where TOp : struct, IFloatOperation
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public static void Register(Code legacy, Code vex, Code unused)
    {
        SimdHandlers.Add(legacy, &LegacyRegister, &LegacyMemory);
        SimdHandlers.Add(vex, &VexRegister, &VexMemory);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void LegacyRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        if (FloatEngine<TOp, T>.TryScalar(s, Reg<T>(s, op->R0), Reg<T>(s, op->R1), out T r))
        {
            SetLowest(s, op->R0, r);
            Next(cpu, s, op);
        }
        else
        {
            LegacyRegisterSlow(cpu, s, op);
        }
    }

    [MethodImpl(HandlerMode.Threaded | MethodImplOptions.NoInlining)]
    private static void LegacyRegisterSlow(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        T r = FloatEngine<TOp, T>.ScalarSlow(cpu, s, op, Reg<T>(s, op->R0), Reg<T>(s, op->R1));
        SetLowest(s, op->R0, r);
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void LegacyMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        T b = Load<T>(cpu, s, op);
        if (FloatEngine<TOp, T>.TryScalar(s, Reg<T>(s, op->R0), b, out T r))
        {
            SetLowest(s, op->R0, r);
            Next(cpu, s, op);
        }
        else
        {
            LegacyMemorySlow(cpu, s, op);
        }
    }

    [MethodImpl(HandlerMode.Threaded | MethodImplOptions.NoInlining)]
    private static void LegacyMemorySlow(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        T b = Load<T>(cpu, s, op);
        T r = FloatEngine<TOp, T>.ScalarSlow(cpu, s, op, Reg<T>(s, op->R0), b);
        SetLowest(s, op->R0, r);
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void VexRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        if (FloatEngine<TOp, T>.TryScalar(s, Reg<T>(s, op->R1), Reg<T>(s, op->R2), out T r))
        {
            SetMerged(s, op->R0, op->R1, r);
            Next(cpu, s, op);
        }
        else
        {
            VexRegisterSlow(cpu, s, op);
        }
    }

    [MethodImpl(HandlerMode.Threaded | MethodImplOptions.NoInlining)]
    private static void VexRegisterSlow(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        T r = FloatEngine<TOp, T>.ScalarSlow(cpu, s, op, Reg<T>(s, op->R1), Reg<T>(s, op->R2));
        SetMerged(s, op->R0, op->R1, r);
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void VexMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        T b = Load<T>(cpu, s, op);
        if (FloatEngine<TOp, T>.TryScalar(s, Reg<T>(s, op->R1), b, out T r))
        {
            SetMerged(s, op->R0, op->R1, r);
            Next(cpu, s, op);
        }
        else
        {
            VexMemorySlow(cpu, s, op);
        }
    }

    [MethodImpl(HandlerMode.Threaded | MethodImplOptions.NoInlining)]
    private static void VexMemorySlow(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        T b = Load<T>(cpu, s, op);
        T r = FloatEngine<TOp, T>.ScalarSlow(cpu, s, op, Reg<T>(s, op->R1), b);
        SetMerged(s, op->R0, op->R1, r);
        Next(cpu, s, op);
    }
}

/// <summary>Rearranges the two sources of a packed operation into its operands.</summary>
internal interface IFloatArrangement
{
    /// <summary>The first operand.</summary>
    static abstract Vector128<T> First<T>(Vector128<T> a, Vector128<T> b)
        where T : unmanaged;

    /// <summary>The second operand.</summary>
    static abstract Vector128<T> Second<T>(Vector128<T> a, Vector128<T> b)
        where T : unmanaged;
}

/// <summary>Element by element.</summary>
internal readonly struct Vertical : IFloatArrangement
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> First<T>(Vector128<T> a, Vector128<T> b)
        where T : unmanaged => a;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Second<T>(Vector128<T> a, Vector128<T> b)
        where T : unmanaged => b;
}

/// <summary>Even elements of both sources with their odd neighbours (HADDPS).</summary>
internal readonly struct Horizontal : IFloatArrangement
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> First<T>(Vector128<T> a, Vector128<T> b)
        where T : unmanaged => typeof(T) == typeof(double)
            ? Punpcklqdq.Apply(a.AsByte(), b.AsByte()).As<byte, T>()
            : Deinterleave.EvenDwords(a.AsByte(), b.AsByte()).As<int, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Second<T>(Vector128<T> a, Vector128<T> b)
        where T : unmanaged => typeof(T) == typeof(double)
            ? Punpckhqdq.Apply(a.AsByte(), b.AsByte()).As<byte, T>()
            : Deinterleave.OddDwords(a.AsByte(), b.AsByte()).As<int, T>();
}

/// <summary>Packed floating-point instructions with two sources.</summary>
internal static unsafe class PackedFloatForms<TOp, T, TArrangement>
    where TOp : struct, IFloatOperation
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TArrangement : struct, IFloatArrangement
{
    public static void Register(Code legacy, Code vex128, Code vex256)
    {
        SimdHandlers.Add(legacy, &LegacyRegister, &LegacyMemory);
        SimdHandlers.Add(vex128, &Vex128Register, &Vex128Memory);
        SimdHandlers.Add(vex256, &Vex256Register, &Vex256Memory);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V128 Compute(InterpreterVcpu cpu, CpuState* s, Op* op, Vector128<T> a, Vector128<T> b) =>
        FloatEngine<TOp, T>.Packed(cpu, s, op, TArrangement.First(a, b), TArrangement.Second(a, b)).AsByte();

    [MethodImpl(HandlerMode.Threaded)]
    private static void LegacyRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Xmm(s, op->R0) = Compute(cpu, s, op, Reg<Vector128<T>>(s, op->R0), Reg<Vector128<T>>(s, op->R1));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void LegacyMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Vector128<T> b = LoadAligned(cpu, s, op).As<byte, T>();
        Xmm(s, op->R0) = Compute(cpu, s, op, Reg<Vector128<T>>(s, op->R0), b);
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex128Register(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        SetXmm(s, op->R0, Compute(cpu, s, op, Reg<Vector128<T>>(s, op->R1), Reg<Vector128<T>>(s, op->R2)));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex128Memory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Vector128<T> b = Load<Vector128<T>>(cpu, s, op);
        SetXmm(s, op->R0, Compute(cpu, s, op, Reg<Vector128<T>>(s, op->R1), b));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex256Register(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Vector128<T> a0 = Reg<Vector128<T>>(s, op->R1);
        Vector128<T> a1 = Reg<Vector128<T>>(s, op->R1 + YmmHigh);
        Vector128<T> b0 = Reg<Vector128<T>>(s, op->R2);
        Vector128<T> b1 = Reg<Vector128<T>>(s, op->R2 + YmmHigh);
        FloatEngine<TOp, T>.Packed256(cpu, s, op, TArrangement.First(a0, b0), TArrangement.First(a1, b1),
            TArrangement.Second(a0, b0), TArrangement.Second(a1, b1));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex256Memory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Vector256<byte> b = Load<Vector256<byte>>(cpu, s, op);
        Vector128<T> a0 = Reg<Vector128<T>>(s, op->R1);
        Vector128<T> a1 = Reg<Vector128<T>>(s, op->R1 + YmmHigh);
        Vector128<T> b0 = b.Low().As<byte, T>();
        Vector128<T> b1 = b.High().As<byte, T>();
        FloatEngine<TOp, T>.Packed256(cpu, s, op, TArrangement.First(a0, b0), TArrangement.First(a1, b1),
            TArrangement.Second(a0, b0), TArrangement.Second(a1, b1));
        Next(cpu, s, op);
    }
}

/// <summary>Packed floating-point instructions with one source (SQRTPS).</summary>
internal static unsafe class PackedUnaryFloatForms<TOp, T>
    where TOp : struct, IFloatOperation
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
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
        Vector128<T> a = Reg<Vector128<T>>(s, op->R1);
        Xmm(s, op->R0) = FloatEngine<TOp, T>.Packed(cpu, s, op, a, a).AsByte();
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void LegacyMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Vector128<T> a = LoadAligned(cpu, s, op).As<byte, T>();
        Xmm(s, op->R0) = FloatEngine<TOp, T>.Packed(cpu, s, op, a, a).AsByte();
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex128Register(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Vector128<T> a = Reg<Vector128<T>>(s, op->R1);
        SetXmm(s, op->R0, FloatEngine<TOp, T>.Packed(cpu, s, op, a, a).AsByte());
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex128Memory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Vector128<T> a = Load<Vector128<T>>(cpu, s, op);
        SetXmm(s, op->R0, FloatEngine<TOp, T>.Packed(cpu, s, op, a, a).AsByte());
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex256Register(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Vector128<T> low = Reg<Vector128<T>>(s, op->R1);
        Vector128<T> high = Reg<Vector128<T>>(s, op->R1 + YmmHigh);
        FloatEngine<TOp, T>.Packed256(cpu, s, op, low, high, low, high);
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex256Memory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Vector256<byte> a = Load<Vector256<byte>>(cpu, s, op);
        Vector128<T> low = a.Low().As<byte, T>();
        Vector128<T> high = a.High().As<byte, T>();
        FloatEngine<TOp, T>.Packed256(cpu, s, op, low, high, low, high);
        Next(cpu, s, op);
    }
}
