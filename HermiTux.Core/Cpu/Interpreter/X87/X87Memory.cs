using System.Runtime.CompilerServices;

namespace HermiTux.Cpu.Interpreter.X87;

/// <summary>A memory operand of an arithmetic, compare or load instruction.</summary>
internal unsafe interface IMemoryOperand
{
    /// <summary>Loads and widens, bit-exact. NaNs stay as they are.</summary>
    /// <param name="cpu">The vCPU.</param>
    /// <param name="op">The instruction.</param>
    /// <param name="address">Where.</param>
    /// <param name="denormal">The operand was a denormal of its own format.</param>
    static abstract F80 Load(InterpreterVcpu cpu, Op* op, ulong address, out bool denormal);
}

/// <summary>Shared rules of memory operands.</summary>
internal static class X87Memory
{
    /// <summary>A memory operand was a denormal, which its widened form no longer shows.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void NoteDenormal(F80 other, ref uint sw)
    {
        if (!other.IsNaN && !other.IsUnsupported && (sw & (Fsw.InvalidOperation | Fsw.ZeroDivide)) == 0)
        {
            sw |= Fsw.DenormalOperand;
        }
    }
}

internal readonly unsafe struct SingleOperand : IMemoryOperand
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F80 Load(InterpreterVcpu cpu, Op* op, ulong address, out bool denormal)
    {
        uint bits = cpu.Load<uint>(op, address);
        denormal = F80Math.IsDenormalSingle(bits);
        return F80Math.FromSingle(bits);
    }
}

internal readonly unsafe struct DoubleOperand : IMemoryOperand
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F80 Load(InterpreterVcpu cpu, Op* op, ulong address, out bool denormal)
    {
        ulong bits = cpu.Load<ulong>(op, address);
        denormal = F80Math.IsDenormalDouble(bits);
        return F80Math.FromDouble(bits);
    }
}

internal readonly unsafe struct Int16Operand : IMemoryOperand
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F80 Load(InterpreterVcpu cpu, Op* op, ulong address, out bool denormal)
    {
        denormal = false;
        return F80Math.FromInteger(cpu.Load<short>(op, address));
    }
}

internal readonly unsafe struct Int32Operand : IMemoryOperand
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F80 Load(InterpreterVcpu cpu, Op* op, ulong address, out bool denormal)
    {
        denormal = false;
        return F80Math.FromInteger(cpu.Load<int>(op, address));
    }
}

internal readonly unsafe struct Int64Operand : IMemoryOperand
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F80 Load(InterpreterVcpu cpu, Op* op, ulong address, out bool denormal)
    {
        denormal = false;
        return F80Math.FromInteger(cpu.Load<long>(op, address));
    }
}

internal readonly unsafe struct ExtendedOperand : IMemoryOperand
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F80 Load(InterpreterVcpu cpu, Op* op, ulong address, out bool denormal)
    {
        // Two loads would be torn by a fault between pages without harm, since nothing is changed before both are done.
        ulong mantissa = cpu.Load<ulong>(op, address);
        ushort signExponent = cpu.Load<ushort>(op, address + 8);
        denormal = false;
        return new F80(signExponent, mantissa);
    }
}

internal readonly unsafe struct BcdOperand : IMemoryOperand
{
    public static F80 Load(InterpreterVcpu cpu, Op* op, ulong address, out bool denormal)
    {
        ulong low = cpu.Load<ulong>(op, address);
        ushort high = cpu.Load<ushort>(op, address + 8);
        denormal = false;
        return F80Math.FromBcd(low, high);
    }
}
