using System.Runtime.CompilerServices;
using Iced.Intel;

namespace HermiTux.Cpu.Interpreter.X87;

/// <summary>Control instructions: control and status word, environment, state, stack pointer, waiting.</summary>
internal static unsafe class X87Control
{
    public static void Register()
    {
        HandlerTable.Add(Code.Wait, &Wait, null);
        HandlerTable.Add(Code.Fnop, &NoOperation, null);
        HandlerTable.Add(Code.Fninit, &Initialize, null);
        HandlerTable.Add(Code.Fnclex, &ClearExceptions, null);
        HandlerTable.Add(Code.Fldcw_m2byte, null, &LoadControlWord);
        HandlerTable.Add(Code.Fnstcw_m2byte, null, &StoreControlWord);
        HandlerTable.Add(Code.Fnstsw_m2byte, null, &StoreStatusWord);
        HandlerTable.Add(Code.Fnstsw_AX, &StoreStatusWordToAx, null);
        HandlerTable.Add(Code.Fldenv_m14byte, null, &LoadEnvironment16);
        HandlerTable.Add(Code.Fldenv_m28byte, null, &LoadEnvironment32);
        HandlerTable.Add(Code.Fnstenv_m14byte, null, &StoreEnvironment16);
        HandlerTable.Add(Code.Fnstenv_m28byte, null, &StoreEnvironment32);
        HandlerTable.Add(Code.Frstor_m94byte, null, &Restore16);
        HandlerTable.Add(Code.Frstor_m108byte, null, &Restore32);
        HandlerTable.Add(Code.Fnsave_m94byte, null, &Save16);
        HandlerTable.Add(Code.Fnsave_m108byte, null, &Save32);
        HandlerTable.Add(Code.Fincstp, &IncrementStack, null);
        HandlerTable.Add(Code.Fdecstp, &DecrementStack, null);
        HandlerTable.Add(Code.Ffree_sti, &Free, null);
        HandlerTable.Add(Code.Ffreep_sti, &FreePop, null);

        // Left over from the 8087 and 80287; they do nothing.
        HandlerTable.Add(Code.Fneni, &Obsolete, null);
        HandlerTable.Add(Code.Fndisi, &Obsolete, null);
        HandlerTable.Add(Code.Fnsetpm, &Obsolete, null);
    }

    private static void Wait(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        X87Stack.Enter(cpu, s, op);
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void NoOperation(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        X87Stack.Enter(cpu, s, op);
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void Obsolete(InterpreterVcpu cpu, CpuState* s, Op* op) => InterpreterVcpu.Next(cpu, s, op);

    private static void Initialize(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        X87Stack.Initialize(s);
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void ClearExceptions(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        s->Fsw = (ushort)(s->Fsw & (Fsw.TopMask | Fsw.Conditions));
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void LoadControlWord(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        X87Stack.Enter(cpu, s, op);
        s->Fcw = X87Stack.LegalControlWord(cpu.Load<ushort>(op, InterpreterVcpu.EffectiveAddress(s, op)));
        X87Stack.UpdateErrorSummary(s);
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void StoreControlWord(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        cpu.Store(op, InterpreterVcpu.EffectiveAddress(s, op), s->Fcw);
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void StoreStatusWord(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        cpu.Store(op, InterpreterVcpu.EffectiveAddress(s, op), s->Fsw);
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void StoreStatusWordToAx(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        *(ushort*)&s->Rax = s->Fsw;
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void LoadEnvironment16(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        DoLoad(cpu, s, op, X87Environment.Size16, 0);
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void LoadEnvironment32(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        DoLoad(cpu, s, op, X87Environment.Size32, 0);
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void Restore16(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        DoLoad(cpu, s, op, X87Environment.Size16, X87Environment.RegistersSize);
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void Restore32(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        DoLoad(cpu, s, op, X87Environment.Size32, X87Environment.RegistersSize);
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void StoreEnvironment16(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        DoStore(cpu, s, op, X87Environment.Size16, 0);
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void StoreEnvironment32(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        DoStore(cpu, s, op, X87Environment.Size32, 0);
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void Save16(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        DoStore(cpu, s, op, X87Environment.Size16, X87Environment.RegistersSize);
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void Save32(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        DoStore(cpu, s, op, X87Environment.Size32, X87Environment.RegistersSize);
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void DoLoad(InterpreterVcpu cpu, CpuState* s, Op* op, int environment, int registers)
    {
        X87Stack.Enter(cpu, s, op);
        Span<byte> image = stackalloc byte[X87Environment.Size32 + X87Environment.RegistersSize];
        image = image[..(environment + registers)];
        ulong address = InterpreterVcpu.EffectiveAddress(s, op);
        cpu.RequireAligned(op, address, environment == X87Environment.Size32 ? 4 : 2);
        cpu.LoadBlock(op, address, image);
        X87Environment.Load(s, image[..environment]);
        if (registers != 0)
        {
            X87Environment.LoadRegisters(s, image[environment..]);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void DoStore(InterpreterVcpu cpu, CpuState* s, Op* op, int environment, int registers)
    {
        Span<byte> image = stackalloc byte[X87Environment.Size32 + X87Environment.RegistersSize];
        image = image[..(environment + registers)];
        X87Environment.Save(s, image[..environment]);
        if (registers != 0)
        {
            X87Environment.SaveRegisters(s, image[environment..]);
        }

        ulong address = InterpreterVcpu.EffectiveAddress(s, op);
        cpu.RequireAligned(op, address, environment == X87Environment.Size32 ? 4 : 2);
        cpu.StoreBlock(op, address, image);
        if (registers != 0)
        {
            X87Stack.Initialize(s);
        }
        else
        {
            s->Fcw |= (ushort)Fsw.Exceptions;
            X87Stack.UpdateErrorSummary(s);
        }
    }

    private static void IncrementStack(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        X87Stack.Enter(cpu, s, op);
        X87Stack.Commit(cpu, s, op, 0);
        X87Stack.IncrementTop(s, X87Stack.Top(s));
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void DecrementStack(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        X87Stack.Enter(cpu, s, op);
        X87Stack.Commit(cpu, s, op, 0);
        X87Stack.SetTop(s, (X87Stack.Top(s) - 1) & 7);
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void Free(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        X87Stack.Enter(cpu, s, op);
        s->Ftw &= (byte)~X87Stack.TagBit(s, op->R0);
        s->Fsw = (ushort)(s->Fsw & ~Fsw.C1);
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void FreePop(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        X87Stack.Enter(cpu, s, op);
        s->Ftw &= (byte)~X87Stack.TagBit(s, op->R0);
        s->Fsw = (ushort)(s->Fsw & ~Fsw.C1);
        X87Stack.Pop(s);
        InterpreterVcpu.Next(cpu, s, op);
    }
}
