using System.Numerics;
using System.Runtime.CompilerServices;

namespace HermiTux.Cpu.Interpreter.Integer;

/// <summary>A shift or rotate by a count that is masked and not 0.</summary>
internal unsafe interface IShiftOp
{
    /// <summary>Works out the result and sets the flags. <paramref name="value"/> is sign-extended.</summary>
    static abstract ulong Execute<W>(CpuState* s, ulong value, int count) where W : IWidth;
}

/// <summary>SHL. OF for counts above 1, which is undefined, follows the rule for 1 as hardware does.</summary>
internal readonly unsafe struct ShlOp : IShiftOp
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Execute<W>(CpuState* s, ulong value, int count) where W : IWidth
    {
        int bits = W.Bytes * 8;
        ulong result = W.Extend(value << count);
        ulong carry = bits == 64 ? value >> (64 - count) : (W.ZeroExtend(value) << count) >> bits;
        carry &= 1;
        LazyFlags.SetPartial(s, result, carry | ((carry ^ (result >> 63)) << 11));
        return result;
    }
}

/// <summary>SHR.</summary>
internal readonly unsafe struct ShrOp : IShiftOp
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Execute<W>(CpuState* s, ulong value, int count) where W : IWidth
    {
        value = W.ZeroExtend(value);
        ulong result = W.Extend(value >> count);
        ulong carry = (value >> (count - 1)) & 1;
        ulong overflow = ((result ^ W.Extend(result << 1)) >> 63) << 11;
        LazyFlags.SetPartial(s, result, carry | overflow);
        return result;
    }
}

/// <summary>SAR.</summary>
internal readonly unsafe struct SarOp : IShiftOp
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Execute<W>(CpuState* s, ulong value, int count) where W : IWidth
    {
        ulong result = (ulong)((long)value >> count);
        LazyFlags.SetPartial(s, result, (ulong)((long)value >> (count - 1)) & 1);
        return result;
    }
}

/// <summary>ROL: only CF and OF change.</summary>
internal readonly unsafe struct RolOp : IShiftOp
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Execute<W>(CpuState* s, ulong value, int count) where W : IWidth
    {
        int bits = W.Bytes * 8;
        ulong zero = W.ZeroExtend(value);
        int turn = count & (bits - 1);
        ulong result = bits == 64 ? BitOperations.RotateLeft(value, turn) : W.Extend((zero << turn) | (zero >> (bits - turn)));
        ulong carry = result & 1;
        LazyFlags.SetCarryOverflow(s, carry | ((carry ^ (result >> 63)) << 11));
        return result;
    }
}

/// <summary>ROR: only CF and OF change.</summary>
internal readonly unsafe struct RorOp : IShiftOp
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Execute<W>(CpuState* s, ulong value, int count) where W : IWidth
    {
        int bits = W.Bytes * 8;
        ulong zero = W.ZeroExtend(value);
        int turn = count & (bits - 1);
        ulong result = bits == 64 ? BitOperations.RotateRight(value, turn) : W.Extend((zero >> turn) | (zero << (bits - turn)));
        ulong overflow = ((result ^ W.Extend(result << 1)) >> 63) << 11;
        LazyFlags.SetCarryOverflow(s, (result >> 63) | overflow);
        return result;
    }
}

/// <summary>RCL: a rotate through CF, of width plus one bits.</summary>
internal readonly unsafe struct RclOp : IShiftOp
{
    public static ulong Execute<W>(CpuState* s, ulong value, int count) where W : IWidth
    {
        int bits = W.Bytes * 8;
        ulong zero = W.ZeroExtend(value);
        ulong carry = LazyFlags.Carry(s);
        int turn = bits < 32 ? count % (bits + 1) : count;
        for (; turn > 0; turn--)
        {
            ulong top = (zero >> (bits - 1)) & 1;
            zero = W.ZeroExtend((zero << 1) | carry);
            carry = top;
        }

        ulong result = W.Extend(zero);
        LazyFlags.SetCarryOverflow(s, carry | ((carry ^ (result >> 63)) << 11));
        return result;
    }
}

/// <summary>RCR.</summary>
internal readonly unsafe struct RcrOp : IShiftOp
{
    public static ulong Execute<W>(CpuState* s, ulong value, int count) where W : IWidth
    {
        int bits = W.Bytes * 8;
        ulong zero = W.ZeroExtend(value);
        ulong carry = LazyFlags.Carry(s);
        int turn = bits < 32 ? count % (bits + 1) : count;
        for (; turn > 0; turn--)
        {
            ulong low = zero & 1;
            zero = (zero >> 1) | (carry << (bits - 1));
            carry = low;
        }

        ulong result = W.Extend(zero);
        LazyFlags.SetCarryOverflow(s, carry | (((result ^ W.Extend(result << 1)) >> 63) << 11));
        return result;
    }
}

/// <summary>Handlers of the shifts and rotates.</summary>
internal static unsafe class Shift<TOp, W>
    where TOp : struct, IShiftOp
    where W : struct, IWidth
{
    private static int CountMask => W.Bytes == 8 ? 63 : 31;

    /// <summary>shift r, imm; the decoder has masked the count and a count of 0 is another handler.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void RegisterImmediate(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        W.Write(s, op->R0, TOp.Execute<W>(s, W.Read(s, op->R0), (int)op->Immediate));
        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>shift r, cl.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void RegisterCount(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        int count = (int)s->Rcx & CountMask;
        ulong value = W.Read(s, op->R0);
        W.Write(s, op->R0, count == 0 ? value : TOp.Execute<W>(s, value, count));
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void MemoryImmediate(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Modify(cpu, s, op, (int)op->Immediate & CountMask);
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void MemoryCount(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Modify(cpu, s, op, (int)s->Rcx & CountMask);
        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>A count of 0 still needs write access, as on hardware.</summary>
    private static void Modify(InterpreterVcpu cpu, CpuState* s, Op* op, int count)
    {
        ulong address = InterpreterVcpu.EffectiveAddress(s, op);
        byte* p = cpu.WritePointer(op, address, W.Bytes);
        if (p == null)
        {
            cpu.CheckWrite(op, address, W.Bytes);
        }

        if (count != 0)
        {
            ulong value = p != null ? W.ReadHost(p) : W.Load(cpu, op, address);
            value = TOp.Execute<W>(s, value, count);
            if (p != null)
            {
                W.WriteHost(p, value);
            }
            else
            {
                W.Store(cpu, op, address, value);
            }
        }
    }
}

/// <summary>SHLD and SHRD.</summary>
internal static unsafe class DoubleShift<W>
    where W : struct, IWidth
{
    private static int CountMask => W.Bytes == 8 ? 63 : 31;

    [MethodImpl(HandlerMode.Threaded)]
    public static void LeftRegisterImmediate(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        W.Write(s, op->R0, Left(s, W.Read(s, op->R0), W.Read(s, op->R1), (int)op->Immediate & CountMask));
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void LeftRegisterCount(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        W.Write(s, op->R0, Left(s, W.Read(s, op->R0), W.Read(s, op->R1), (int)s->Rcx & CountMask));
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void RightRegisterImmediate(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        W.Write(s, op->R0, Right(s, W.Read(s, op->R0), W.Read(s, op->R1), (int)op->Immediate & CountMask));
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void RightRegisterCount(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        W.Write(s, op->R0, Right(s, W.Read(s, op->R0), W.Read(s, op->R1), (int)s->Rcx & CountMask));
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void LeftMemoryImmediate(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ModifyMemory(cpu, s, op, (int)op->Immediate & CountMask, true);
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void LeftMemoryCount(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ModifyMemory(cpu, s, op, (int)s->Rcx & CountMask, true);
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void RightMemoryImmediate(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ModifyMemory(cpu, s, op, (int)op->Immediate & CountMask, false);
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void RightMemoryCount(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ModifyMemory(cpu, s, op, (int)s->Rcx & CountMask, false);
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void ModifyMemory(InterpreterVcpu cpu, CpuState* s, Op* op, int count, bool left)
    {
        ulong address = InterpreterVcpu.EffectiveAddress(s, op);
        cpu.CheckWrite(op, address, W.Bytes);
        ulong value = W.Load(cpu, op, address);
        ulong other = W.Read(s, op->R1);
        value = left ? Left(s, value, other, count) : Right(s, value, other, count);
        W.Store(cpu, op, address, value);
    }

    /// <summary>16-bit counts above 16 are undefined; there the operands are taken as value:other:value, as hardware does.</summary>
    private static ulong Left(CpuState* s, ulong value, ulong other, int count)
    {
        if (count == 0)
        {
            return value;
        }

        int bits = W.Bytes * 8;
        ulong result;
        ulong carry;
        if (bits == 64)
        {
            result = (value << count) | (other >> (64 - count));
            carry = value >> (64 - count);
        }
        else
        {
            ulong v = W.ZeroExtend(value);
            ulong o = W.ZeroExtend(other);
            UInt128 wide = ((UInt128)v << (2 * bits)) | (UInt128)((o << bits) | (bits == 16 ? v : 0));
            UInt128 shifted = wide << count;
            result = W.Extend((ulong)(shifted >> (2 * bits)));
            carry = (ulong)(shifted >> (3 * bits));
        }

        carry &= 1;
        ulong overflow = ((value ^ result) >> 63) << 11;
        LazyFlags.SetPartial(s, result, carry | overflow);
        return result;
    }

    private static ulong Right(CpuState* s, ulong value, ulong other, int count)
    {
        if (count == 0)
        {
            return value;
        }

        int bits = W.Bytes * 8;
        ulong v = W.ZeroExtend(value);
        ulong result;
        ulong carry;
        if (bits == 64)
        {
            result = (value >> count) | (other << (64 - count));
            carry = value >> (count - 1);
        }
        else
        {
            ulong o = W.ZeroExtend(other);
            UInt128 wide = ((UInt128)(bits == 16 ? v : 0) << (2 * bits)) | (UInt128)((o << bits) | v);
            result = W.Extend((ulong)(wide >> count));
            carry = (ulong)(wide >> (count - 1));
        }

        carry &= 1;
        ulong overflow = ((value ^ result) >> 63) << 11;
        LazyFlags.SetPartial(s, result, carry | overflow);
        return result;
    }
}
