using System.Runtime.CompilerServices;

namespace HermiTux.Cpu.Interpreter.Integer;

/// <summary>MUL, IMUL, DIV and IDIV. CF and OF are defined after a multiplication, the other flags follow the low result.</summary>
internal static unsafe class MultiplyDivide<W>
    where W : struct, IWidth
{
    private const int Rax = 0;
    private const int Rdx = 16;

    [MethodImpl(HandlerMode.Threaded)]
    public static void MulRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Multiply(s, W.Read(s, op->R0));
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void MulMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Multiply(s, W.Load(cpu, op, InterpreterVcpu.EffectiveAddress(s, op)));
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void SignedMulRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        MultiplySigned(s, W.Read(s, op->R0));
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void SignedMulMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        MultiplySigned(s, W.Load(cpu, op, InterpreterVcpu.EffectiveAddress(s, op)));
        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>IMUL r, r.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void ProductRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        W.Write(s, op->R0, Product(s, W.Read(s, op->R0), W.Read(s, op->R1)));
        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>IMUL r, m.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void ProductMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong right = W.Load(cpu, op, InterpreterVcpu.EffectiveAddress(s, op));
        W.Write(s, op->R0, Product(s, W.Read(s, op->R0), right));
        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>IMUL r, r, imm.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void ProductRegisterImmediate(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        W.Write(s, op->R0, Product(s, W.Read(s, op->R1), (ulong)op->Immediate));
        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>IMUL r, m, imm.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void ProductMemoryImmediate(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong left = W.Load(cpu, op, InterpreterVcpu.EffectiveAddress(s, op));
        W.Write(s, op->R0, Product(s, left, (ulong)op->Immediate));
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void DivRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Divide(cpu, s, op, W.Read(s, op->R0));
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void DivMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Divide(cpu, s, op, W.Load(cpu, op, InterpreterVcpu.EffectiveAddress(s, op)));
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void SignedDivRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        DivideSigned(cpu, s, op, W.Read(s, op->R0));
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void SignedDivMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        DivideSigned(cpu, s, op, W.Load(cpu, op, InterpreterVcpu.EffectiveAddress(s, op)));
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void SetMultiplyFlags(CpuState* s, ulong low, bool overflow) =>
        LazyFlags.SetPartial(s, low, overflow ? LazyFlags.CF | LazyFlags.OF : 0);

    private static void Multiply(CpuState* s, ulong right)
    {
        ulong left = W.ZeroExtend(W.Read(s, Rax));
        right = W.ZeroExtend(right);
        if (W.Bytes == 8)
        {
            ulong high = Math.BigMul(left, right, out ulong low);
            s->Rax = low;
            s->Rdx = high;
            SetMultiplyFlags(s, low, high != 0);
            return;
        }

        ulong product = left * right;
        WriteProduct(s, product);
        SetMultiplyFlags(s, W.Extend(product), product >> (W.Bytes * 8) != 0);
    }

    private static void MultiplySigned(CpuState* s, ulong right)
    {
        ulong left = W.Read(s, Rax);
        if (W.Bytes == 8)
        {
            long high = Math.BigMul((long)left, (long)right, out long low);
            s->Rax = (ulong)low;
            s->Rdx = (ulong)high;
            SetMultiplyFlags(s, (ulong)low, high != low >> 63);
            return;
        }

        ulong product = left * right;
        WriteProduct(s, product);
        SetMultiplyFlags(s, W.Extend(product), W.Extend(product) != product);
    }

    private static void WriteProduct(CpuState* s, ulong product)
    {
        if (W.Bytes == 1)
        {
            W16.Write(s, Rax, product);
            return;
        }

        W.Write(s, Rax, product);
        W.Write(s, Rdx, product >> (W.Bytes * 8));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Product(CpuState* s, ulong left, ulong right)
    {
        ulong low = left * right;
        ulong result = W.Extend(low);
        bool overflow = W.Bytes == 8 ? Math.BigMul((long)left, (long)right, out long _) != (long)low >> 63 : result != low;
        SetMultiplyFlags(s, result, overflow);
        return result;
    }

    private static void Divide(InterpreterVcpu cpu, CpuState* s, Op* op, ulong divisor)
    {
        divisor = W.ZeroExtend(divisor);
        if (divisor == 0)
        {
            cpu.Raise(op, X86Exception.DivideError);
        }

        if (W.Bytes == 8)
        {
            ulong high = s->Rdx;
            ulong low = s->Rax;
            if (high >= divisor)
            {
                cpu.Raise(op, X86Exception.DivideError);
            }

            if (high == 0)
            {
                (s->Rax, s->Rdx) = Math.DivRem(low, divisor);
                return;
            }

            UInt128 dividend = new(high, low);
            UInt128 wide = dividend / divisor;
            s->Rax = (ulong)wide;
            s->Rdx = low - ((ulong)wide * divisor);
            return;
        }

        ulong value = W.Bytes == 1
            ? (ushort)s->Rax
            : W.ZeroExtend(s->Rax) | (W.ZeroExtend(s->Rdx) << (W.Bytes * 8));
        (ulong quotient, ulong remainder) = Math.DivRem(value, divisor);
        if (quotient >> (W.Bytes * 8) != 0)
        {
            cpu.Raise(op, X86Exception.DivideError);
        }

        WriteQuotient(s, quotient, remainder);
    }

    private static void DivideSigned(InterpreterVcpu cpu, CpuState* s, Op* op, ulong divisor)
    {
        if (divisor == 0)
        {
            cpu.Raise(op, X86Exception.DivideError);
        }

        if (W.Bytes == 8)
        {
            Divide128(cpu, s, op, (long)divisor);
            return;
        }

        long value = W.Bytes switch
        {
            1 => (short)s->Rax,
            2 => (int)((uint)(ushort)s->Rax | ((uint)s->Rdx << 16)),
            _ => (long)((uint)s->Rax | (s->Rdx << 32)),
        };

        // long.MinValue / -1 overflows in C# as well.
        if (value == long.MinValue && divisor == ulong.MaxValue)
        {
            cpu.Raise(op, X86Exception.DivideError);
        }

        (long quotient, long remainder) = Math.DivRem(value, (long)divisor);
        if (W.Extend((ulong)quotient) != (ulong)quotient)
        {
            cpu.Raise(op, X86Exception.DivideError);
        }

        WriteQuotient(s, (ulong)quotient, (ulong)remainder);
    }

    private static void Divide128(InterpreterVcpu cpu, CpuState* s, Op* op, long divisor)
    {
        long high = (long)s->Rdx;
        long low = (long)s->Rax;
        if (high == low >> 63 && !(low == long.MinValue && divisor == -1))
        {
            (long q, long r) = Math.DivRem(low, divisor);
            s->Rax = (ulong)q;
            s->Rdx = (ulong)r;
            return;
        }

        UInt128 magnitude = new((ulong)high, (ulong)low);
        bool negative = high < 0;
        if (negative)
        {
            magnitude = ~magnitude + 1;
        }

        ulong divisorMagnitude = divisor < 0 ? (ulong)-divisor : (ulong)divisor;
        UInt128 quotient = magnitude / divisorMagnitude;
        ulong limit = negative != divisor < 0 ? 1UL << 63 : (1UL << 63) - 1;
        if (quotient > limit)
        {
            cpu.Raise(op, X86Exception.DivideError);
        }

        ulong remainder = (ulong)magnitude - ((ulong)quotient * divisorMagnitude);
        s->Rax = negative != divisor < 0 ? (ulong)-(long)(ulong)quotient : (ulong)quotient;
        s->Rdx = negative ? (ulong)-(long)remainder : remainder;
    }

    private static void WriteQuotient(CpuState* s, ulong quotient, ulong remainder)
    {
        if (W.Bytes == 1)
        {
            *(byte*)s = (byte)quotient;
            *((byte*)s + 1) = (byte)remainder;
            return;
        }

        W.Write(s, Rax, quotient);
        W.Write(s, Rdx, remainder);
    }
}
