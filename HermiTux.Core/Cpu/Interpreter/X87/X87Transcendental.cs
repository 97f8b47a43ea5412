using System.Runtime.CompilerServices;
using Iced.Intel;

namespace HermiTux.Cpu.Interpreter.X87;

/// <summary>The handlers of the transcendental instructions.</summary>
internal static unsafe class X87Transcendental
{
    private const int St7 = X87Stack.St0 + (7 * 16);

    public static void Register()
    {
        HandlerTable.Add(Code.F2xm1, &PowerOfTwo, null);
        HandlerTable.Add(Code.Fyl2x, &TwoOperands, null);
        HandlerTable.Add(Code.Fyl2xp1, &TwoOperands, null);
        HandlerTable.Add(Code.Fpatan, &TwoOperands, null);
        HandlerTable.Add(Code.Fsin, &SineOrCosine, null);
        HandlerTable.Add(Code.Fcos, &SineOrCosine, null);
        HandlerTable.Add(Code.Fsincos, &Pair, null);
        HandlerTable.Add(Code.Fptan, &Pair, null);
    }

    private static void PowerOfTwo(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        DoPowerOfTwo(cpu, s, op);
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void DoPowerOfTwo(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        X87Stack.Enter(cpu, s, op);
        uint sw = Fsw.InvalidOperation | Fsw.StackFault;
        F80 result = F80.Indefinite;
        if (!X87Stack.IsEmpty(s, X87Stack.St0))
        {
            sw = 0;
            result = F80Transcendental.PowerOfTwoMinusOne(X87Stack.Read(s, X87Stack.St0), s->Fcw, ref sw);
        }

        if (X87Stack.Commit(cpu, s, op, sw))
        {
            X87Stack.WriteValid(s, X87Stack.St0, result);
        }
    }

    private static void TwoOperands(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        DoTwoOperands(cpu, s, op);
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void DoTwoOperands(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        X87Stack.Enter(cpu, s, op);
        uint sw = Fsw.InvalidOperation | Fsw.StackFault;
        F80 result = F80.Indefinite;
        if (!X87Stack.IsEmpty(s, X87Stack.St0) && !X87Stack.IsEmpty(s, X87Stack.St1))
        {
            sw = 0;
            F80 x = X87Stack.Read(s, X87Stack.St0);
            F80 y = X87Stack.Read(s, X87Stack.St1);
            result = op->IcedCode switch
            {
                Code.Fyl2x => F80Transcendental.YLog2X(x, y, s->Fcw, ref sw),
                Code.Fyl2xp1 => F80Transcendental.YLog2XPlusOne(x, y, s->Fcw, ref sw),
                _ => F80Transcendental.ArcTangent(x, y, s->Fcw, ref sw),
            };
        }

        if (X87Stack.Commit(cpu, s, op, sw))
        {
            X87Stack.WriteValid(s, X87Stack.St1, result);
            X87Stack.Pop(s);
        }
    }

    private static void SineOrCosine(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        DoSineOrCosine(cpu, s, op);
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void DoSineOrCosine(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        X87Stack.Enter(cpu, s, op);
        uint sw = Fsw.InvalidOperation | Fsw.StackFault;
        F80 result = F80.Indefinite;
        bool inRange = true;
        if (!X87Stack.IsEmpty(s, X87Stack.St0))
        {
            sw = 0;
            F80 x = X87Stack.Read(s, X87Stack.St0);
            inRange = op->IcedCode == Code.Fsin
                ? F80Transcendental.TrySine(x, s->Fcw, ref sw, out result)
                : F80Transcendental.TryCosine(x, s->Fcw, ref sw, out result);
        }

        if (X87Stack.Commit(cpu, s, op, sw) && inRange)
        {
            X87Stack.WriteValid(s, X87Stack.St0, result);
        }

        SetOutOfRange(s, inRange);
    }

    private static void Pair(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        DoPair(cpu, s, op);
        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>FSINCOS and FPTAN: the second result, the cosine or 1.0, is pushed.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void DoPair(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        X87Stack.Enter(cpu, s, op);
        uint sw = 0;
        F80 first = F80.Indefinite;
        F80 second = F80.Indefinite;
        bool inRange = true;
        if (X87Stack.IsEmpty(s, X87Stack.St0))
        {
            sw = Fsw.InvalidOperation | Fsw.StackFault;
        }
        else if (!X87Stack.IsEmpty(s, St7))
        {
            sw = Fsw.InvalidOperation | Fsw.StackFault | Fsw.C1;
        }
        else
        {
            F80 x = X87Stack.Read(s, X87Stack.St0);
            if (op->IcedCode == Code.Fsincos)
            {
                inRange = F80Transcendental.TrySineCosine(x, s->Fcw, ref sw, out first, out second);
            }
            else
            {
                inRange = F80Transcendental.TryTangent(x, s->Fcw, ref sw, out first);
                second = first.IsNaN ? first : F80.One;
            }
        }

        if (X87Stack.Commit(cpu, s, op, sw) && inRange)
        {
            X87Stack.WriteValid(s, X87Stack.St0, first);
            X87Stack.Push(s, second);
        }

        SetOutOfRange(s, inRange);
    }

    private static void SetOutOfRange(CpuState* s, bool inRange) =>
        s->Fsw = (ushort)(inRange ? s->Fsw & ~Fsw.C2 : s->Fsw | Fsw.C2);
}
