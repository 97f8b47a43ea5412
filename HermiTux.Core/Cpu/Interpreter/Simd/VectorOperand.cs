using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using V128 = System.Runtime.Intrinsics.Vector128<byte>;

namespace HermiTux.Cpu.Interpreter.Simd;

/// <summary>Access to the vector operands of an instruction.</summary>
internal static unsafe class VectorOperand
{
    /// <summary>An XMM register.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref V128 Xmm(CpuState* s, int offset) => ref *(V128*)((byte*)s + offset);

    /// <summary>Bits 255:128 of a YMM register.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref V128 High(CpuState* s, int offset) => ref *(V128*)((byte*)s + offset + InterpreterVcpu.YmmHigh);

    /// <summary>A whole YMM register.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Ymm(CpuState* s, int offset) => Vector256.Create(Xmm(s, offset), High(s, offset));

    /// <summary>Writes the result of a VEX.128 instruction, which clears the upper half.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SetXmm(CpuState* s, int offset, V128 value)
    {
        Xmm(s, offset) = value;
        High(s, offset) = default;
    }

    /// <summary>Writes a whole YMM register.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SetYmm(CpuState* s, int offset, V128 low, V128 high)
    {
        Xmm(s, offset) = low;
        High(s, offset) = high;
    }

    /// <summary>
    /// Writes the lowest element of a register and keeps the others, by a store of the whole: a 16-byte load that follows a narrower store
    /// would have to wait until that has reached the cache.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SetLowest<T>(CpuState* s, int offset, T value)
        where T : unmanaged => Xmm(s, offset) = Xmm(s, offset).As<byte, T>().WithElement(0, value).AsByte();

    /// <summary>Writes the result of a scalar VEX instruction: the other elements come from a source, the upper half is cleared.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SetMerged<T>(CpuState* s, int offset, int source, T value)
        where T : unmanaged => SetXmm(s, offset, Xmm(s, source).As<byte, T>().WithElement(0, value).AsByte());

    /// <summary>Loads the memory operand, of any type and alignment.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Load<T>(InterpreterVcpu cpu, CpuState* s, Op* op)
        where T : unmanaged => cpu.Load<T>(op, InterpreterVcpu.EffectiveAddress(s, op));

    /// <summary>Loads the 16-byte memory operand of a legacy SSE instruction, which must be aligned.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 LoadAligned(InterpreterVcpu cpu, CpuState* s, Op* op) =>
        cpu.LoadAligned128(op, InterpreterVcpu.EffectiveAddress(s, op));

    /// <summary>Stores to the memory operand, of any type and alignment.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<T>(InterpreterVcpu cpu, CpuState* s, Op* op, T value)
        where T : unmanaged => cpu.Store(op, InterpreterVcpu.EffectiveAddress(s, op), value);

    /// <summary>The address of the memory operand, after the check that it is a multiple of <paramref name="alignment"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong AlignedAddress(InterpreterVcpu cpu, CpuState* s, Op* op, uint alignment)
    {
        ulong address = InterpreterVcpu.EffectiveAddress(s, op);
        if ((address & (alignment - 1)) != 0)
        {
            cpu.Raise(op, X86Exception.GeneralProtection);
        }

        return address;
    }

    /// <summary>The low half of the 256-bit vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Low(this Vector256<byte> value) => value.GetLower();

    /// <summary>The high half of the 256-bit vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 High(this Vector256<byte> value) => value.GetUpper();
}
