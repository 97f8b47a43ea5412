using System.Runtime.CompilerServices;

namespace HermiTux.Cpu.Interpreter.Integer;

/// <summary>
/// MOVS, STOS, LODS, CMPS, SCAS with and without REP. Registers are written back after every element (or run of elements), so that a fault or a
/// request to stop leaves them where the instruction can be restarted.
/// </summary>
internal static unsafe class Strings<W>
    where W : struct, IWidth
{
    /// <summary>Elements between two looks at pending requests.</summary>
    private const int Patience = 4096;

    [MethodImpl(HandlerMode.Threaded)]
    public static void Move(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        if ((op->Flags & (OpFlags.Rep | OpFlags.Repne)) == 0)
        {
            W.Store(cpu, op, Destination(s, op), W.Load(cpu, op, Source(s, op)));
            Advance(s, op, 6 * 8, Step(s));
            Advance(s, op, 7 * 8, Step(s));
            InterpreterVcpu.Next(cpu, s, op);
            return;
        }

        int patience = FirstPatience(s);
        while (Counter(s, op) != 0)
        {
            if (--patience < 0 && Interrupted(cpu, s, op, ref patience))
            {
                return;
            }

            if ((s->Rflags & (LazyFlags.DF | LazyFlags.TF | LazyFlags.AC)) == 0 && MoveRun(cpu, s, op))
            {
                continue;
            }

            W.Store(cpu, op, Destination(s, op), W.Load(cpu, op, Source(s, op)));
            Advance(s, op, 6 * 8, Step(s));
            Advance(s, op, 7 * 8, Step(s));
            Count(s, op, 1);
        }

        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void Store(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        if ((op->Flags & (OpFlags.Rep | OpFlags.Repne)) == 0)
        {
            W.Store(cpu, op, Destination(s, op), s->Rax);
            Advance(s, op, 7 * 8, Step(s));
            InterpreterVcpu.Next(cpu, s, op);
            return;
        }

        int patience = FirstPatience(s);
        while (Counter(s, op) != 0)
        {
            if (--patience < 0 && Interrupted(cpu, s, op, ref patience))
            {
                return;
            }

            if ((s->Rflags & (LazyFlags.DF | LazyFlags.TF | LazyFlags.AC)) == 0 && StoreRun(cpu, s, op))
            {
                continue;
            }

            W.Store(cpu, op, Destination(s, op), s->Rax);
            Advance(s, op, 7 * 8, Step(s));
            Count(s, op, 1);
        }

        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void Load(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        if ((op->Flags & (OpFlags.Rep | OpFlags.Repne)) == 0)
        {
            W.Write(s, 0, W.Load(cpu, op, Source(s, op)));
            Advance(s, op, 6 * 8, Step(s));
            InterpreterVcpu.Next(cpu, s, op);
            return;
        }

        int patience = FirstPatience(s);
        while (Counter(s, op) != 0)
        {
            if (--patience < 0 && Interrupted(cpu, s, op, ref patience))
            {
                return;
            }

            W.Write(s, 0, W.Load(cpu, op, Source(s, op)));
            Advance(s, op, 6 * 8, Step(s));
            Count(s, op, 1);
        }

        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void Compare(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        bool repeat = (op->Flags & (OpFlags.Rep | OpFlags.Repne)) != 0;
        int patience = FirstPatience(s);
        while (!repeat || Counter(s, op) != 0)
        {
            if (--patience < 0 && Interrupted(cpu, s, op, ref patience))
            {
                return;
            }

            ulong left = W.Load(cpu, op, Source(s, op));
            ulong right = W.Load(cpu, op, Destination(s, op));
            SubOp.Execute<W>(s, left, right);
            Advance(s, op, 6 * 8, Step(s));
            Advance(s, op, 7 * 8, Step(s));
            if (!repeat)
            {
                break;
            }

            Count(s, op, 1);
            if (left == right == ((op->Flags & OpFlags.Repne) != 0))
            {
                break;
            }
        }

        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void Scan(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        bool repeat = (op->Flags & (OpFlags.Rep | OpFlags.Repne)) != 0;
        ulong left = W.Read(s, 0);
        int patience = FirstPatience(s);
        while (!repeat || Counter(s, op) != 0)
        {
            if (--patience < 0 && Interrupted(cpu, s, op, ref patience))
            {
                return;
            }

            ulong right = W.Load(cpu, op, Destination(s, op));
            SubOp.Execute<W>(s, left, right);
            Advance(s, op, 7 * 8, Step(s));
            if (!repeat)
            {
                break;
            }

            Count(s, op, 1);
            if (left == right == ((op->Flags & OpFlags.Repne) != 0))
            {
                break;
            }
        }

        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>
    /// Copies as many whole elements as fit in both pages at once. False when not even one fits, or when the destination lies so
    /// close behind the source that elements would be read after they were written.
    /// </summary>
    private static bool MoveRun(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong source = Source(s, op);
        ulong destination = Destination(s, op);
        ulong room = Math.Min(Room(source), Room(destination));
        ulong elements = Math.Min(Counter(s, op), room >> (int)W.Log2);
        ulong bytes = elements << (int)W.Log2;
        if (elements < 2 || destination - source < bytes)
        {
            return false;
        }

        byte* from = cpu.Translate(op, source, Memory.MemoryAccess.Read);
        byte* to = cpu.Translate(op, destination, Memory.MemoryAccess.Write);

        // Two guest pages can be one host page. Taking the write path may also have replaced the frame that was read.
        from = cpu.Translate(op, source, Memory.MemoryAccess.Read);
        if ((ulong)(to - from) < bytes)
        {
            return false;
        }

        // SAFETY: both ranges lie within one translated page each.
        Buffer.MemoryCopy(from, to, bytes, bytes);
        Advance(s, op, 6 * 8, bytes);
        Advance(s, op, 7 * 8, bytes);
        Count(s, op, elements);
        return true;
    }

    private static bool StoreRun(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong destination = Destination(s, op);
        ulong elements = Math.Min(Counter(s, op), Room(destination) >> (int)W.Log2);
        if (elements < 2)
        {
            return false;
        }

        byte* to = cpu.Translate(op, destination, Memory.MemoryAccess.Write);
        int count = (int)elements;

        // SAFETY: the range lies within one translated page.
        switch (W.Bytes)
        {
            case 1:
                new Span<byte>(to, count).Fill((byte)s->Rax);
                break;

            case 2:
                new Span<ushort>(to, count).Fill((ushort)s->Rax);
                break;

            case 4:
                new Span<uint>(to, count).Fill((uint)s->Rax);
                break;

            default:
                new Span<ulong>(to, count).Fill(s->Rax);
                break;
        }

        Advance(s, op, 7 * 8, elements << (int)W.Log2);
        Count(s, op, elements);
        return true;
    }

    private static ulong Room(ulong address) => Memory.Page.Size - (address & Memory.Page.OffsetMask);

    private static bool Narrow(Op* op) => (op->Flags & OpFlags.Address32) != 0;

    private static ulong Counter(CpuState* s, Op* op) => Narrow(op) ? (uint)s->Rcx : s->Rcx;

    private static void Count(CpuState* s, Op* op, ulong elements) =>
        s->Rcx = Narrow(op) ? (uint)(s->Rcx - elements) : s->Rcx - elements;

    private static ulong Source(CpuState* s, Op* op) =>
        (Narrow(op) ? (uint)s->Rsi : s->Rsi) + InterpreterVcpu.Reg<ulong>(s, op->Segment);

    private static ulong Destination(CpuState* s, Op* op) => Narrow(op) ? (uint)s->Rdi : s->Rdi;

    private static ulong Step(CpuState* s) => (s->Rflags & LazyFlags.DF) == 0 ? (ulong)W.Bytes : 0 - (ulong)W.Bytes;

    private static void Advance(CpuState* s, Op* op, int register, ulong by)
    {
        ulong* r = (ulong*)((byte*)s + register);
        *r = Narrow(op) ? (uint)(*r + by) : *r + by;
    }

    /// <summary>With the trap flag set an iteration counts as an instruction: #DB follows each (Intel SDM vol. 3, 17.3.1.4).</summary>
    private static int FirstPatience(CpuState* s) => (s->Rflags & LazyFlags.TF) == 0 ? Patience : 1;

    /// <summary>Leaves the instruction half done, to be restarted, when somebody wants the vCPU or single steps are on.</summary>
    private static bool Interrupted(InterpreterVcpu cpu, CpuState* s, Op* op, ref int patience)
    {
        patience = Patience;
        if (!cpu.HasPending && (s->Rflags & LazyFlags.TF) == 0)
        {
            return false;
        }

        cpu.LeaveAt(s, op);
        return true;
    }
}
