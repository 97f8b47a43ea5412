using System.Runtime.CompilerServices;
using HermiTux.Cpu.Interpreter.X87;
using Iced.Intel;

namespace HermiTux.Cpu.Interpreter.Mmx;

/// <summary>
/// The conversions between MMX integers and XMM floats: CVTPI2PS, CVTPI2PD, CVT(T)PS2PI, CVT(T)PD2PI. Rounding, masks and flags are MXCSR's,
/// whose bits line up with those of the x87 words.
/// </summary>
internal static unsafe class MmxConvert
{
    private const uint DenormalsAreZero = 0x40;

    public static void Register()
    {
        HandlerTable.Add(Code.Cvtpi2ps_xmm_mmm64, &IntegersToSingles, &IntegersToSinglesMemory);
        HandlerTable.Add(Code.Cvtpi2pd_xmm_mmm64, &IntegersToDoubles, &IntegersToDoublesMemory);
        HandlerTable.Add(Code.Cvtps2pi_mm_xmmm64, &SinglesToIntegers, &SinglesToIntegersMemory);
        HandlerTable.Add(Code.Cvttps2pi_mm_xmmm64, &SinglesToIntegers, &SinglesToIntegersMemory);
        HandlerTable.Add(Code.Cvtpd2pi_mm_xmmm128, &DoublesToIntegers, &DoublesToIntegersMemory);
        HandlerTable.Add(Code.Cvttpd2pi_mm_xmmm128, &DoublesToIntegers, &DoublesToIntegersMemory);
    }

    private static void IntegersToSingles(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        X87Stack.Enter(cpu, s, op);
        ToSingles(cpu, s, op, MmxState.Read(s, op->R1));
        MmxState.Enter(s);
        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>With a memory operand no MMX register is touched, and none of the x87 state.</summary>
    private static void IntegersToSinglesMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ToSingles(cpu, s, op, cpu.Load<ulong>(op, InterpreterVcpu.EffectiveAddress(s, op)));
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ToSingles(InterpreterVcpu cpu, CpuState* s, Op* op, ulong source)
    {
        uint cw = ControlWord(s);
        uint sw = 0;
        uint low = F80Math.ToSingle(F80Math.FromInteger((int)source), cw, ref sw);
        uint high = F80Math.ToSingle(F80Math.FromInteger((int)(source >> 32)), cw, ref sw);
        Finish(cpu, s, op, sw);
        InterpreterVcpu.Reg<ulong>(s, op->R0) = low | ((ulong)high << 32);
    }

    private static void IntegersToDoubles(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        X87Stack.Enter(cpu, s, op);
        ulong source = MmxState.Read(s, op->R1);
        MmxState.Enter(s);
        ToDoubles(s, op, source);
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void IntegersToDoublesMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ToDoubles(s, op, cpu.Load<ulong>(op, InterpreterVcpu.EffectiveAddress(s, op)));
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void ToDoubles(CpuState* s, Op* op, ulong source)
    {
        InterpreterVcpu.Reg<double>(s, op->R0) = (int)source;
        InterpreterVcpu.Reg<double>(s, op->R0 + 8) = (int)(source >> 32);
    }

    private static void SinglesToIntegers(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        X87Stack.Enter(cpu, s, op);
        FromSingles(cpu, s, op, InterpreterVcpu.Reg<ulong>(s, op->R1));
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void SinglesToIntegersMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        X87Stack.Enter(cpu, s, op);
        FromSingles(cpu, s, op, cpu.Load<ulong>(op, InterpreterVcpu.EffectiveAddress(s, op)));
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void DoublesToIntegers(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        X87Stack.Enter(cpu, s, op);
        FromDoubles(cpu, s, op, InterpreterVcpu.Reg<ulong>(s, op->R1), InterpreterVcpu.Reg<ulong>(s, op->R1 + 8));
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void DoublesToIntegersMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        X87Stack.Enter(cpu, s, op);
        System.Runtime.Intrinsics.Vector128<ulong> source =
            System.Runtime.Intrinsics.Vector128.AsUInt64(cpu.LoadAligned128(op, InterpreterVcpu.EffectiveAddress(s, op)));
        FromDoubles(cpu, s, op, source[0], source[1]);
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void FromSingles(InterpreterVcpu cpu, CpuState* s, Op* op, ulong source)
    {
        uint low = (uint)source;
        uint high = (uint)(source >> 32);
        if ((s->Mxcsr & DenormalsAreZero) != 0)
        {
            low = F80Math.IsDenormalSingle(low) ? 0 : low;
            high = F80Math.IsDenormalSingle(high) ? 0 : high;
        }

        FromExtended(cpu, s, op, F80Math.FromSingle(low), F80Math.FromSingle(high));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void FromDoubles(InterpreterVcpu cpu, CpuState* s, Op* op, ulong low, ulong high)
    {
        if ((s->Mxcsr & DenormalsAreZero) != 0)
        {
            low = F80Math.IsDenormalDouble(low) ? 0 : low;
            high = F80Math.IsDenormalDouble(high) ? 0 : high;
        }

        FromExtended(cpu, s, op, F80Math.FromDouble(low), F80Math.FromDouble(high));
    }

    private static void FromExtended(InterpreterVcpu cpu, CpuState* s, Op* op, F80 low, F80 high)
    {
        bool truncate = op->IcedCode is Code.Cvttps2pi_mm_xmmm64 or Code.Cvttpd2pi_mm_xmmm128;
        uint cw = ControlWord(s) | (truncate ? Fcw.RoundTowardZero : 0);
        uint sw = 0;
        uint first = (uint)F80Math.ToInteger(low, 32, cw, ref sw);
        uint second = (uint)F80Math.ToInteger(high, 32, cw, ref sw);
        if ((sw & Fsw.InvalidOperation & ~(s->Mxcsr >> 7)) != 0)
        {
            // An unmasked invalid operand in one lane stops the other before it rounds.
            sw &= Fsw.InvalidOperation;
        }

        Finish(cpu, s, op, sw);
        MmxState.Enter(s);
        MmxState.Write(s, op->R0, first | ((ulong)second << 32));
    }

    /// <summary>MXCSR's masks and rounding control where the x87 control word has them.</summary>
    private static uint ControlWord(CpuState* s) =>
        Fcw.Precision64 | ((s->Mxcsr >> 7) & Fsw.Exceptions) | ((s->Mxcsr >> 3) & Fcw.RoundingMask);

    private static void Finish(InterpreterVcpu cpu, CpuState* s, Op* op, uint sw)
    {
        sw &= Fsw.Exceptions;
        s->Mxcsr |= sw;
        if ((sw & ~(s->Mxcsr >> 7)) != 0)
        {
            cpu.Raise(op, X86Exception.SimdFloatingPoint);
        }
    }
}
