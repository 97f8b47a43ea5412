using System.Runtime.CompilerServices;
using Iced.Intel;

namespace HermiTux.Cpu.Interpreter.X87;

/// <summary>FCOM, FUCOM, FICOM, FTST with results in the status word, FCOMI and FUCOMI with results in RFLAGS, FXAM.</summary>
internal static unsafe class X87Compare
{
    private interface IPops
    {
        static abstract int Count { get; }
    }

    private interface IQuiet
    {
        static abstract bool Value { get; }
    }

    public static void Register()
    {
        HandlerTable.Add(Code.Fcom_m32fp, null, &Memory<SingleOperand, Pop0>);
        HandlerTable.Add(Code.Fcom_m64fp, null, &Memory<DoubleOperand, Pop0>);
        HandlerTable.Add(Code.Ficom_m16int, null, &Memory<Int16Operand, Pop0>);
        HandlerTable.Add(Code.Ficom_m32int, null, &Memory<Int32Operand, Pop0>);
        HandlerTable.Add(Code.Fcomp_m32fp, null, &Memory<SingleOperand, Pop1>);
        HandlerTable.Add(Code.Fcomp_m64fp, null, &Memory<DoubleOperand, Pop1>);
        HandlerTable.Add(Code.Ficomp_m16int, null, &Memory<Int16Operand, Pop1>);
        HandlerTable.Add(Code.Ficomp_m32int, null, &Memory<Int32Operand, Pop1>);
        HandlerTable.Add(Code.Fcom_st0_sti, &Registers<No, Pop0>, null);
        HandlerTable.Add(Code.Fcom_st0_sti_DCD0, &Registers<No, Pop0>, null);
        HandlerTable.Add(Code.Fcomp_st0_sti, &Registers<No, Pop1>, null);
        HandlerTable.Add(Code.Fcomp_st0_sti_DCD8, &Registers<No, Pop1>, null);
        HandlerTable.Add(Code.Fcomp_st0_sti_DED0, &Registers<No, Pop1>, null);
        HandlerTable.Add(Code.Fcompp, &Registers<No, Pop2>, null);
        HandlerTable.Add(Code.Fucom_st0_sti, &Registers<Yes, Pop0>, null);
        HandlerTable.Add(Code.Fucomp_st0_sti, &Registers<Yes, Pop1>, null);
        HandlerTable.Add(Code.Fucompp, &Registers<Yes, Pop2>, null);
        HandlerTable.Add(Code.Fcomi_st0_sti, &ToFlags<No, Pop0>, null);
        HandlerTable.Add(Code.Fcomip_st0_sti, &ToFlags<No, Pop1>, null);
        HandlerTable.Add(Code.Fucomi_st0_sti, &ToFlags<Yes, Pop0>, null);
        HandlerTable.Add(Code.Fucomip_st0_sti, &ToFlags<Yes, Pop1>, null);
        HandlerTable.Add(Code.Ftst, &Test, null);
        HandlerTable.Add(Code.Fxam, &Examine, null);
    }

    private static void Memory<TOperand, TPops>(InterpreterVcpu cpu, CpuState* s, Op* op)
        where TOperand : struct, IMemoryOperand
        where TPops : struct, IPops
    {
        DoMemory<TOperand, TPops>(cpu, s, op);
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void DoMemory<TOperand, TPops>(InterpreterVcpu cpu, CpuState* s, Op* op)
        where TOperand : struct, IMemoryOperand
        where TPops : struct, IPops
    {
        X87Stack.Enter(cpu, s, op);
        ulong address = InterpreterVcpu.EffectiveAddress(s, op);
        F80 source = TOperand.Load(cpu, op, address, out bool denormal);
        uint sw = 0;
        uint conditions = Fsw.C3 | Fsw.C2 | Fsw.C0;
        if (X87Stack.IsEmpty(s, X87Stack.St0))
        {
            sw = Fsw.InvalidOperation | Fsw.StackFault;
        }
        else
        {
            F80 value = X87Stack.Read(s, X87Stack.St0);
            conditions = F80Math.Compare(value, source, quiet: false, ref sw);
            if (denormal)
            {
                X87Memory.NoteDenormal(value, ref sw);
            }
        }

        Finish<TPops>(s, conditions, X87Stack.CommitMemory(cpu, s, op, address, sw));
    }

    private static void Registers<TQuiet, TPops>(InterpreterVcpu cpu, CpuState* s, Op* op)
        where TQuiet : struct, IQuiet
        where TPops : struct, IPops
    {
        DoRegisters<TQuiet, TPops>(cpu, s, op);
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void DoRegisters<TQuiet, TPops>(InterpreterVcpu cpu, CpuState* s, Op* op)
        where TQuiet : struct, IQuiet
        where TPops : struct, IPops
    {
        X87Stack.Enter(cpu, s, op);
        uint sw = 0;
        uint conditions = CompareRegisters(s, TPops.Count == 2 ? X87Stack.St1 : op->R1, TQuiet.Value, ref sw);
        Finish<TPops>(s, conditions, X87Stack.Commit(cpu, s, op, sw));
    }

    private static uint CompareRegisters(CpuState* s, int other, bool quiet, ref uint sw)
    {
        if (X87Stack.IsEmpty(s, X87Stack.St0) || X87Stack.IsEmpty(s, other))
        {
            sw = Fsw.InvalidOperation | Fsw.StackFault;
            return Fsw.C3 | Fsw.C2 | Fsw.C0;
        }

        return F80Math.Compare(X87Stack.Read(s, X87Stack.St0), X87Stack.Read(s, other), quiet, ref sw);
    }

    /// <summary>Sets the condition codes, also after an unmasked exception (as AMD does), which forbids popping only.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish<TPops>(CpuState* s, uint conditions, bool pop) where TPops : struct, IPops
    {
        s->Fsw = (ushort)((s->Fsw & ~(Fsw.C3 | Fsw.C2 | Fsw.C0)) | conditions);
        if (!pop)
        {
            return;
        }

        if (TPops.Count > 0)
        {
            X87Stack.Pop(s);
        }

        if (TPops.Count > 1)
        {
            X87Stack.Pop(s);
        }
    }

    private static void ToFlags<TQuiet, TPops>(InterpreterVcpu cpu, CpuState* s, Op* op)
        where TQuiet : struct, IQuiet
        where TPops : struct, IPops
    {
        DoToFlags<TQuiet, TPops>(cpu, s, op);
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void DoToFlags<TQuiet, TPops>(InterpreterVcpu cpu, CpuState* s, Op* op)
        where TQuiet : struct, IQuiet
        where TPops : struct, IPops
    {
        X87Stack.Enter(cpu, s, op);
        uint sw = 0;
        uint conditions = CompareRegisters(s, op->R1, TQuiet.Value, ref sw);

        // C0, C2, C3 sit in the status word's upper byte where CF, PF, ZF sit in RFLAGS.
        InterpreterVcpu.SetFlags(s, conditions >> 8);
        if (X87Stack.CommitKeepingC1(cpu, s, op, sw) && TPops.Count > 0)
        {
            X87Stack.Pop(s);
        }
    }

    private static void Test(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        DoTest(cpu, s, op);
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void DoTest(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        X87Stack.Enter(cpu, s, op);
        uint sw = Fsw.InvalidOperation | Fsw.StackFault;
        uint conditions = Fsw.C3 | Fsw.C2 | Fsw.C0;
        if (!X87Stack.IsEmpty(s, X87Stack.St0))
        {
            sw = 0;
            conditions = F80Math.Compare(X87Stack.Read(s, X87Stack.St0), F80.Zero, quiet: false, ref sw);
        }

        Finish<Pop0>(s, conditions, X87Stack.Commit(cpu, s, op, sw));
    }

    private static void Examine(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        X87Stack.Enter(cpu, s, op);
        X87Stack.Commit(cpu, s, op, 0);
        F80 value = X87Stack.Read(s, X87Stack.St0);
        uint conditions = X87Stack.IsEmpty(s, X87Stack.St0)
            ? Fsw.C3 | Fsw.C0 | (value.IsNegative ? Fsw.C1 : 0)
            : F80Math.Examine(value);
        s->Fsw = (ushort)((s->Fsw & ~Fsw.Conditions) | conditions);
        InterpreterVcpu.Next(cpu, s, op);
    }

    private readonly struct Pop0 : IPops
    {
        public static int Count => 0;
    }

    private readonly struct Pop1 : IPops
    {
        public static int Count => 1;
    }

    private readonly struct Pop2 : IPops
    {
        public static int Count => 2;
    }

    private readonly struct Yes : IQuiet
    {
        public static bool Value => true;
    }

    private readonly struct No : IQuiet
    {
        public static bool Value => false;
    }
}
