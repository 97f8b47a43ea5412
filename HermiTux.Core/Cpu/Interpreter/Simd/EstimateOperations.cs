using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using HermiTux.Cpu.Interpreter.SoftFloat;
using Iced.Intel;
using static HermiTux.Cpu.Interpreter.InterpreterVcpu;
using static HermiTux.Cpu.Interpreter.Simd.VectorOperand;
using V128 = System.Runtime.Intrinsics.Vector128<byte>;

namespace HermiTux.Cpu.Interpreter.Simd;

/// <summary>
/// RCPPS: estimates whose exact bits differ between CPU makes (relative error at most 1.5 * 2^-12). On x86 hosts they are the host's; elsewhere
/// the exact value with 12 significant bits. No exceptions; denormals are taken for zero and tiny results are zero.
/// </summary>
internal readonly struct Rcpps : IUnaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a) => Sse.IsSupported ? Sse.Reciprocal(a.AsSingle()).AsByte() : Estimate.Map(a, squareRoot: false);
}

/// <summary>RSQRTPS (see <see cref="Rcpps"/>).</summary>
internal readonly struct Rsqrtps : IUnaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a) => Sse.IsSupported ? Sse.ReciprocalSqrt(a.AsSingle()).AsByte() : Estimate.Map(a, squareRoot: true);
}

/// <summary>Estimates without the host's help.</summary>
internal static class Estimate
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static V128 Map(V128 a, bool squareRoot)
    {
        Vector128<float> result = default;
        for (int i = 0; i < 4; i++)
        {
            result = result.WithElement(i, Element(a.AsSingle().GetElement(i), squareRoot));
        }

        return result.AsByte();
    }

    private static float Element(float a, bool squareRoot)
    {
        uint bits = BitConverter.SingleToUInt32Bits(a);
        if (SoftFloat<float>.IsNaN(bits))
        {
            return BitConverter.UInt32BitsToSingle(bits | (uint)SoftFloat<float>.QuietBit);
        }

        if (!SoftFloat<float>.HasExponent(bits))
        {
            return BitConverter.UInt32BitsToSingle((bits & 0x8000_0000) | 0x7F80_0000);
        }

        if (squareRoot && a < 0)
        {
            return BitConverter.UInt32BitsToSingle((uint)SoftFloat<float>.DefaultNaN);
        }

        float exact = squareRoot ? (float)(1 / Math.Sqrt(a)) : (float)(1 / (double)a);
        uint rounded = (BitConverter.SingleToUInt32Bits(exact) + 0x400) & ~0x7FFu;
        return BitConverter.UInt32BitsToSingle(SoftFloat<float>.HasExponent(rounded) ? rounded : rounded & 0x8000_0000);
    }
}

/// <summary>RCPSS and RSQRTSS.</summary>
internal static unsafe class ScalarEstimateForms<TOp>
    where TOp : struct, IUnaryOperation
{
    public static void Register(Code legacy, Code vex, Code unused)
    {
        SimdHandlers.Add(legacy, &LegacyRegister, &LegacyMemory);
        SimdHandlers.Add(vex, &VexRegister, &VexMemory);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Compute(uint a) => TOp.Apply(Vector128.CreateScalar(a).AsByte()).AsUInt32().ToScalar();

    [MethodImpl(HandlerMode.Threaded)]
    private static void LegacyRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        SetLowest(s, op->R0, Compute(Reg<uint>(s, op->R1)));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void LegacyMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        SetLowest(s, op->R0, Compute(Load<uint>(cpu, s, op)));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void VexRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        uint r = Compute(Reg<uint>(s, op->R2));
        SetMerged(s, op->R0, op->R1, r);
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void VexMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        uint r = Compute(Load<uint>(cpu, s, op));
        SetMerged(s, op->R0, op->R1, r);
        Next(cpu, s, op);
    }
}
