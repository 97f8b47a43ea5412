using System.Runtime.CompilerServices;
using Iced.Intel;

namespace HermiTux.Cpu.Interpreter.X87;

/// <summary>FADD, FSUB, FMUL, FDIV and their reversed, popping and integer forms; FSQRT and the other operations on ST(0).</summary>
internal static unsafe class X87Arithmetic
{
    private interface IBinary
    {
        static abstract F80 Apply(F80 destination, F80 source, uint cw, ref uint sw);
    }

    private interface IUnary
    {
        static abstract F80 Apply(F80 value, uint cw, ref uint sw);
    }

    public static void Register()
    {
        Binary<AddOp>(Code.Fadd_m32fp, Code.Fadd_m64fp, Code.Fiadd_m32int, Code.Fiadd_m16int, Code.Fadd_st0_sti, Code.Fadd_sti_st0, Code.Faddp_sti_st0);
        Binary<MulOp>(Code.Fmul_m32fp, Code.Fmul_m64fp, Code.Fimul_m32int, Code.Fimul_m16int, Code.Fmul_st0_sti, Code.Fmul_sti_st0, Code.Fmulp_sti_st0);
        Binary<SubOp>(Code.Fsub_m32fp, Code.Fsub_m64fp, Code.Fisub_m32int, Code.Fisub_m16int, Code.Fsub_st0_sti, Code.Fsub_sti_st0, Code.Fsubp_sti_st0);
        Binary<SubrOp>(Code.Fsubr_m32fp, Code.Fsubr_m64fp, Code.Fisubr_m32int, Code.Fisubr_m16int, Code.Fsubr_st0_sti, Code.Fsubr_sti_st0, Code.Fsubrp_sti_st0);
        Binary<DivOp>(Code.Fdiv_m32fp, Code.Fdiv_m64fp, Code.Fidiv_m32int, Code.Fidiv_m16int, Code.Fdiv_st0_sti, Code.Fdiv_sti_st0, Code.Fdivp_sti_st0);
        Binary<DivrOp>(Code.Fdivr_m32fp, Code.Fdivr_m64fp, Code.Fidivr_m32int, Code.Fidivr_m16int, Code.Fdivr_st0_sti, Code.Fdivr_sti_st0, Code.Fdivrp_sti_st0);
        HandlerTable.Add(Code.Fsqrt, &Unary<SquareRootOp>, null);
        HandlerTable.Add(Code.Frndint, &Unary<RoundOp>, null);
        HandlerTable.Add(Code.Fabs, &Unary<AbsOp>, null);
        HandlerTable.Add(Code.Fchs, &Unary<ChangeSignOp>, null);
        HandlerTable.Add(Code.Fscale, &Scale, null);
        HandlerTable.Add(Code.Fprem, &PartialRemainder, null);
        HandlerTable.Add(Code.Fprem1, &PartialRemainder, null);
        HandlerTable.Add(Code.Fxtract, &Extract, null);
    }

    private static void Binary<T>(Code m32, Code m64, Code i32, Code i16, Code st0Sti, Code stiSt0, Code pop) where T : struct, IBinary
    {
        HandlerTable.Add(m32, null, &Memory<T, SingleOperand>);
        HandlerTable.Add(m64, null, &Memory<T, DoubleOperand>);
        HandlerTable.Add(i32, null, &Memory<T, Int32Operand>);
        HandlerTable.Add(i16, null, &Memory<T, Int16Operand>);
        HandlerTable.Add(st0Sti, &Registers<T>, null);
        HandlerTable.Add(stiSt0, &Registers<T>, null);
        HandlerTable.Add(pop, &RegistersPop<T>, null);
    }

    private static void Registers<T>(InterpreterVcpu cpu, CpuState* s, Op* op) where T : struct, IBinary
    {
        DoRegisters<T>(cpu, s, op);
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void RegistersPop<T>(InterpreterVcpu cpu, CpuState* s, Op* op) where T : struct, IBinary
    {
        if (DoRegisters<T>(cpu, s, op))
        {
            X87Stack.Pop(s);
        }

        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void Memory<T, TOperand>(InterpreterVcpu cpu, CpuState* s, Op* op)
        where T : struct, IBinary
        where TOperand : struct, IMemoryOperand
    {
        DoMemory<T, TOperand>(cpu, s, op);
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void Unary<T>(InterpreterVcpu cpu, CpuState* s, Op* op) where T : struct, IUnary
    {
        DoUnary<T>(cpu, s, op);
        InterpreterVcpu.Next(cpu, s, op);
    }

    // The bodies are kept out of the handlers, whose tail call would not survive the locals passed by reference here.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool DoRegisters<T>(InterpreterVcpu cpu, CpuState* s, Op* op) where T : struct, IBinary
    {
        X87Stack.Enter(cpu, s, op);
        int destination = op->R0;
        int source = op->R1;
        uint sw = 0;
        F80 result;
        if (X87Stack.IsEmpty(s, destination) || X87Stack.IsEmpty(s, source))
        {
            sw = Fsw.InvalidOperation | Fsw.StackFault;
            result = F80.Indefinite;
        }
        else
        {
            result = T.Apply(X87Stack.Read(s, destination), X87Stack.Read(s, source), s->Fcw, ref sw);
        }

        bool written = X87Stack.Commit(cpu, s, op, sw);
        if (written)
        {
            X87Stack.WriteValid(s, destination, result);
        }

        return written;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void DoMemory<T, TOperand>(InterpreterVcpu cpu, CpuState* s, Op* op)
        where T : struct, IBinary
        where TOperand : struct, IMemoryOperand
    {
        X87Stack.Enter(cpu, s, op);
        ulong address = InterpreterVcpu.EffectiveAddress(s, op);
        F80 source = TOperand.Load(cpu, op, address, out bool denormal);
        uint sw = 0;
        F80 result;
        if (X87Stack.IsEmpty(s, X87Stack.St0))
        {
            sw = Fsw.InvalidOperation | Fsw.StackFault;
            result = F80.Indefinite;
        }
        else
        {
            F80 destination = X87Stack.Read(s, X87Stack.St0);
            result = T.Apply(destination, source, s->Fcw, ref sw);
            if (denormal)
            {
                X87Memory.NoteDenormal(destination, ref sw);
            }
        }

        if (X87Stack.CommitMemory(cpu, s, op, address, sw))
        {
            X87Stack.WriteValid(s, X87Stack.St0, result);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void DoUnary<T>(InterpreterVcpu cpu, CpuState* s, Op* op) where T : struct, IUnary
    {
        X87Stack.Enter(cpu, s, op);
        uint sw = 0;
        F80 result;
        if (X87Stack.IsEmpty(s, X87Stack.St0))
        {
            sw = Fsw.InvalidOperation | Fsw.StackFault;
            result = F80.Indefinite;
        }
        else
        {
            result = T.Apply(X87Stack.Read(s, X87Stack.St0), s->Fcw, ref sw);
        }

        if (X87Stack.Commit(cpu, s, op, sw))
        {
            X87Stack.WriteValid(s, X87Stack.St0, result);
        }
    }

    private static void Scale(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        DoScale(cpu, s, op);
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void DoScale(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        X87Stack.Enter(cpu, s, op);
        uint sw = Fsw.InvalidOperation | Fsw.StackFault;
        F80 result = F80.Indefinite;
        if (!X87Stack.IsEmpty(s, X87Stack.St0) && !X87Stack.IsEmpty(s, X87Stack.St1))
        {
            sw = 0;
            result = F80Math.Scale(X87Stack.Read(s, X87Stack.St0), X87Stack.Read(s, X87Stack.St1), s->Fcw, ref sw);
        }

        if (X87Stack.Commit(cpu, s, op, sw))
        {
            X87Stack.WriteValid(s, X87Stack.St0, result);
        }
    }

    private static void PartialRemainder(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        DoPartialRemainder(cpu, s, op);
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void DoPartialRemainder(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        X87Stack.Enter(cpu, s, op);
        uint sw = Fsw.InvalidOperation | Fsw.StackFault;
        F80 result = F80.Indefinite;
        uint conditions = 0;
        if (!X87Stack.IsEmpty(s, X87Stack.St0) && !X87Stack.IsEmpty(s, X87Stack.St1))
        {
            sw = 0;
            result = F80Math.Remainder(X87Stack.Read(s, X87Stack.St0), X87Stack.Read(s, X87Stack.St1), op->IcedCode == Code.Fprem1, s->Fcw, ref sw, out conditions);
        }

        // An invalid operation or a NaN leaves the quotient bits C0 and C3 as they were, masked or not.
        bool noQuotient = (sw & Fsw.InvalidOperation) != 0 || result.IsNaN;
        bool written = X87Stack.Commit(cpu, s, op, sw);
        if (written)
        {
            X87Stack.WriteValid(s, X87Stack.St0, result);
            if (!noQuotient)
            {
                s->Fsw = (ushort)((s->Fsw & ~Fsw.Conditions) | conditions);
            }
        }

        if (noQuotient || !written)
        {
            s->Fsw = (ushort)(s->Fsw & ~Fsw.C2);
        }
    }

    private static void Extract(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        DoExtract(cpu, s, op);
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void DoExtract(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        X87Stack.Enter(cpu, s, op);
        uint sw = 0;
        F80 exponent;
        F80 significand;
        if (X87Stack.IsEmpty(s, X87Stack.St0))
        {
            sw = Fsw.InvalidOperation | Fsw.StackFault;
            exponent = significand = F80.Indefinite;
        }
        else if (!X87Stack.IsEmpty(s, X87Stack.St0 + (7 * 16)))
        {
            sw = Fsw.InvalidOperation | Fsw.StackFault | Fsw.C1;
            exponent = significand = F80.Indefinite;
        }
        else
        {
            exponent = F80Math.Extract(X87Stack.Read(s, X87Stack.St0), ref sw, out significand);
        }

        if (X87Stack.Commit(cpu, s, op, sw))
        {
            X87Stack.WriteValid(s, X87Stack.St0, exponent);
            X87Stack.Push(s, significand);
        }
    }

    private readonly struct AddOp : IBinary
    {
        public static F80 Apply(F80 destination, F80 source, uint cw, ref uint sw) => F80Math.Add(destination, source, cw, ref sw);
    }

    private readonly struct SubOp : IBinary
    {
        public static F80 Apply(F80 destination, F80 source, uint cw, ref uint sw) => F80Math.Subtract(destination, source, cw, ref sw);
    }

    private readonly struct SubrOp : IBinary
    {
        public static F80 Apply(F80 destination, F80 source, uint cw, ref uint sw) => F80Math.Subtract(source, destination, cw, ref sw);
    }

    private readonly struct MulOp : IBinary
    {
        public static F80 Apply(F80 destination, F80 source, uint cw, ref uint sw) => F80Math.Multiply(destination, source, cw, ref sw);
    }

    private readonly struct DivOp : IBinary
    {
        public static F80 Apply(F80 destination, F80 source, uint cw, ref uint sw) => F80Math.Divide(destination, source, cw, ref sw);
    }

    private readonly struct DivrOp : IBinary
    {
        public static F80 Apply(F80 destination, F80 source, uint cw, ref uint sw) => F80Math.Divide(source, destination, cw, ref sw);
    }

    private readonly struct SquareRootOp : IUnary
    {
        public static F80 Apply(F80 value, uint cw, ref uint sw) => F80Math.SquareRoot(value, cw, ref sw);
    }

    private readonly struct RoundOp : IUnary
    {
        public static F80 Apply(F80 value, uint cw, ref uint sw) => F80Math.RoundToInteger(value, cw, ref sw);
    }

    private readonly struct AbsOp : IUnary
    {
        public static F80 Apply(F80 value, uint cw, ref uint sw) => new(value.SignExponent & 0x7FFF, value.Mantissa);
    }

    private readonly struct ChangeSignOp : IUnary
    {
        public static F80 Apply(F80 value, uint cw, ref uint sw) => value.Negate();
    }
}
