using System.Runtime.CompilerServices;

namespace HermiTux.Cpu.Interpreter.Integer;

/// <summary>XADD and CMPXCHG. With a host-atomic operand they are atomic whether or not LOCK is there, which nobody can observe.</summary>
internal static unsafe class Exchange<W>
    where W : struct, IWidth
{
    [MethodImpl(HandlerMode.Threaded)]
    public static void AddRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong left = W.Read(s, op->R0);
        ulong result = AddOp.Execute<W>(s, left, W.Read(s, op->R1));
        W.Write(s, op->R1, left);
        W.Write(s, op->R0, result);
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void AddMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong address = InterpreterVcpu.EffectiveAddress(s, op);
        ulong right = W.Read(s, op->R1);
        byte* p = cpu.WritePointer(op, address, W.Bytes);
        ulong left;
        if (Atomics.IsHostAtomic(p, W.Bytes))
        {
            left = W.ReadHost(p);
            ulong seen;
            while ((seen = W.CompareExchange(p, left + right, left)) != left)
            {
                left = seen;
            }
        }
        else
        {
            using (cpu.HoldSplitLock())
            {
                cpu.CheckWrite(op, address, W.Bytes);
                left = W.Load(cpu, op, address);
                W.Store(cpu, op, address, left + right);
            }
        }

        AddOp.Execute<W>(s, left, right);
        W.Write(s, op->R1, left);
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void CompareRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong accumulator = W.Read(s, 0);
        ulong left = W.Read(s, op->R0);
        SubOp.Execute<W>(s, accumulator, left);
        if (accumulator == left)
        {
            W.Write(s, op->R0, W.Read(s, op->R1));
        }
        else
        {
            W.Write(s, 0, left);
        }

        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void CompareMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong address = InterpreterVcpu.EffectiveAddress(s, op);
        ulong accumulator = W.Read(s, 0);
        ulong replacement = W.Read(s, op->R1);
        byte* p = cpu.WritePointer(op, address, W.Bytes);
        ulong seen;
        if (Atomics.IsHostAtomic(p, W.Bytes))
        {
            seen = W.CompareExchange(p, replacement, accumulator);
        }
        else
        {
            using (cpu.HoldSplitLock())
            {
                cpu.CheckWrite(op, address, W.Bytes);
                seen = W.Load(cpu, op, address);
                W.Store(cpu, op, address, seen == accumulator ? replacement : seen);
            }
        }

        SubOp.Execute<W>(s, accumulator, seen);
        if (accumulator != seen)
        {
            W.Write(s, 0, seen);
        }

        InterpreterVcpu.Next(cpu, s, op);
    }
}

/// <summary>CMPXCHG8B and CMPXCHG16B: only ZF changes.</summary>
internal static unsafe class ExchangeWide
{
    [MethodImpl(HandlerMode.Threaded)]
    public static void Compare8(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong address = InterpreterVcpu.EffectiveAddress(s, op);
        ulong expected = (uint)s->Rax | (s->Rdx << 32);
        ulong replacement = (uint)s->Rbx | (s->Rcx << 32);
        byte* p = cpu.WritePointer(op, address, 8);
        ulong seen;
        if (Atomics.IsHostAtomic(p, 8))
        {
            seen = W64.CompareExchange(p, replacement, expected);
        }
        else
        {
            using (cpu.HoldSplitLock())
            {
                cpu.CheckWrite(op, address, 8);
                seen = cpu.Load<ulong>(op, address);
                cpu.Store(op, address, seen == expected ? replacement : seen);
            }
        }

        bool equal = seen == expected;
        if (!equal)
        {
            s->Rax = (uint)seen;
            s->Rdx = seen >> 32;
        }

        SetZero(s, equal);
        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>#GP unless aligned to 16 bytes.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void Compare16(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong address = InterpreterVcpu.EffectiveAddress(s, op);
        if ((address & 15) != 0)
        {
            cpu.Raise(op, X86Exception.GeneralProtection);
        }

        ulong low = s->Rax;
        ulong high = s->Rdx;
        bool equal;
        using (cpu.HoldSplitLock())
        {
            byte* p = cpu.WritePointer(op, address, 16);
            equal = Atomics.CompareExchange16(p, ref low, ref high, s->Rbx, s->Rcx);
        }

        if (!equal)
        {
            s->Rax = low;
            s->Rdx = high;
        }

        SetZero(s, equal);
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void SetZero(CpuState* s, bool zero) =>
        LazyFlags.SetStatus(s, (LazyFlags.GetStatus(s) & ~LazyFlags.ZF) | (zero ? LazyFlags.ZF : 0));
}
