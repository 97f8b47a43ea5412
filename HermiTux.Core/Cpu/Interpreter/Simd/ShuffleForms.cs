using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Iced.Intel;
using static HermiTux.Cpu.Interpreter.InterpreterVcpu;
using static HermiTux.Cpu.Interpreter.Simd.VectorOperand;
using V128 = System.Runtime.Intrinsics.Vector128<byte>;

namespace HermiTux.Cpu.Interpreter.Simd;

/// <summary>Blends under a vector mask: XMM0 in the legacy forms, the fourth operand in the VEX forms.</summary>
internal static unsafe class VariableBlendForms<TOp>
    where TOp : struct, IVariableBlend
{
    public static void Register(Code legacy, Code vex128, Code vex256)
    {
        SimdHandlers.Add(legacy, &LegacyRegister, &LegacyMemory);
        SimdHandlers.Add(vex128, &Vex128Register, &Vex128Memory);
        SimdHandlers.Add(vex256, &Vex256Register, &Vex256Memory);
    }

    /// <summary>For SHA256RNDS2, whose memory operand need not be aligned.</summary>
    public static void RegisterUnaligned(Code legacy, Code vex128, Code vex256) => SimdHandlers.Add(legacy, &LegacyRegister, &LegacyUnaligned);

    [MethodImpl(HandlerMode.Threaded)]
    private static void LegacyUnaligned(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        V128 b = Load<V128>(cpu, s, op);
        Xmm(s, op->R0) = TOp.Apply(Xmm(s, op->R0), b, Xmm(s, CpuState.XmmOffset));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void LegacyRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Xmm(s, op->R0) = TOp.Apply(Xmm(s, op->R0), Xmm(s, op->R1), Xmm(s, CpuState.XmmOffset));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void LegacyMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        V128 b = LoadAligned(cpu, s, op);
        Xmm(s, op->R0) = TOp.Apply(Xmm(s, op->R0), b, Xmm(s, CpuState.XmmOffset));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex128Register(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        SetXmm(s, op->R0, TOp.Apply(Xmm(s, op->R1), Xmm(s, op->R2), Xmm(s, op->R3)));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex128Memory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        V128 b = Load<V128>(cpu, s, op);
        SetXmm(s, op->R0, TOp.Apply(Xmm(s, op->R1), b, Xmm(s, op->R3)));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex256Register(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        V128 low = TOp.Apply(Xmm(s, op->R1), Xmm(s, op->R2), Xmm(s, op->R3));
        V128 high = TOp.Apply(High(s, op->R1), High(s, op->R2), High(s, op->R3));
        SetYmm(s, op->R0, low, high);
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex256Memory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Vector256<byte> b = Load<Vector256<byte>>(cpu, s, op);
        V128 low = TOp.Apply(Xmm(s, op->R1), b.Low(), Xmm(s, op->R3));
        V128 high = TOp.Apply(High(s, op->R1), b.High(), High(s, op->R3));
        SetYmm(s, op->R0, low, high);
        Next(cpu, s, op);
    }
}

/// <summary>Sign and zero extensions of packed integers; the source is narrower than the destination.</summary>
internal static unsafe class WideningForms<TOp>
    where TOp : struct, IWidening
{
    public static void Register(Code legacy, Code vex128, Code vex256)
    {
        SimdHandlers.Add(legacy, &LegacyRegister, &LegacyMemory);
        SimdHandlers.Add(vex128, &Vex128Register, &Vex128Memory);
        SimdHandlers.Add(vex256, &Vex256Register, &Vex256Memory);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V128 LoadSource(InterpreterVcpu cpu, CpuState* s, Op* op, int bytes) => bytes switch
    {
        2 => Vector128.CreateScalar(Load<ushort>(cpu, s, op)).AsByte(),
        4 => Vector128.CreateScalar(Load<uint>(cpu, s, op)).AsByte(),
        8 => Vector128.CreateScalar(Load<ulong>(cpu, s, op)).AsByte(),
        _ => Load<V128>(cpu, s, op),
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V128 UpperSource(V128 a) => TOp.SourceBytes switch
    {
        2 => (a.AsUInt64() >>> 16).AsByte(),
        4 => (a.AsUInt64() >>> 32).AsByte(),
        _ => Vector128.Create(a.GetUpper(), a.GetUpper()),
    };

    [MethodImpl(HandlerMode.Threaded)]
    private static void LegacyRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Xmm(s, op->R0) = TOp.Apply(Xmm(s, op->R1));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void LegacyMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Xmm(s, op->R0) = TOp.Apply(LoadSource(cpu, s, op, TOp.SourceBytes));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex128Register(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        SetXmm(s, op->R0, TOp.Apply(Xmm(s, op->R1)));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex128Memory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        SetXmm(s, op->R0, TOp.Apply(LoadSource(cpu, s, op, TOp.SourceBytes)));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex256Register(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        V128 a = Xmm(s, op->R1);
        SetYmm(s, op->R0, TOp.Apply(a), TOp.Apply(UpperSource(a)));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex256Memory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        V128 a = LoadSource(cpu, s, op, 2 * TOp.SourceBytes);
        SetYmm(s, op->R0, TOp.Apply(a), TOp.Apply(UpperSource(a)));
        Next(cpu, s, op);
    }
}

/// <summary>PINSRB/W/D/Q: one element from a general register or memory.</summary>
internal static unsafe class InsertForms<T>
    where T : unmanaged
{
    public static void Register(Code legacy, Code vex128, Code vex256)
    {
        SimdHandlers.Add(legacy, &LegacyRegister, &LegacyMemory);
        SimdHandlers.Add(vex128, &VexRegister, &VexMemory);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Position(Op* op) => ((int)op->Immediate & (Vector128<T>.Count - 1)) * sizeof(T);

    [MethodImpl(HandlerMode.Threaded)]
    private static void LegacyRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Reg<T>(s, op->R0 + Position(op)) = Reg<T>(s, op->R1);
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void LegacyMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Reg<T>(s, op->R0 + Position(op)) = Load<T>(cpu, s, op);
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void VexRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        T value = Reg<T>(s, op->R2);
        SetXmm(s, op->R0, Xmm(s, op->R1));
        Reg<T>(s, op->R0 + Position(op)) = value;
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void VexMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        T value = Load<T>(cpu, s, op);
        SetXmm(s, op->R0, Xmm(s, op->R1));
        Reg<T>(s, op->R0 + Position(op)) = value;
        Next(cpu, s, op);
    }
}

/// <summary>PEXTRB/W/D/Q and EXTRACTPS: one element to a general register, zero-extended, or to memory.</summary>
internal static unsafe class ExtractForms<T>
    where T : unmanaged
{
    public static void Register(Code legacy, Code vex128, Code vex256)
    {
        SimdHandlers.Add(legacy, &ToRegister, &ToMemory);
        SimdHandlers.Add(vex128, &ToRegister, &ToMemory);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Element(CpuState* s, Op* op) =>
        Reg<T>(s, op->R1 + (((int)op->Immediate & (Vector128<T>.Count - 1)) * sizeof(T)));

    [MethodImpl(HandlerMode.Threaded)]
    private static void ToRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        T element = Element(s, op);
        Reg<ulong>(s, op->R0) = 0;
        Reg<T>(s, op->R0) = element;
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void ToMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Store(cpu, s, op, Element(s, op));
        Next(cpu, s, op);
    }
}

/// <summary>VBROADCASTSS/SD and VPBROADCASTB/W/D/Q.</summary>
internal static unsafe class BroadcastForms<T>
    where T : unmanaged
{
    public static void Register(Code legacy, Code vex128, Code vex256)
    {
        SimdHandlers.Add(vex128, &Register128, &Memory128);
        SimdHandlers.Add(vex256, &Register256, &Memory256);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Register128(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        SetXmm(s, op->R0, Vector128.Create(Reg<T>(s, op->R1)).AsByte());
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Memory128(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        SetXmm(s, op->R0, Vector128.Create(Load<T>(cpu, s, op)).AsByte());
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Register256(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        V128 value = Vector128.Create(Reg<T>(s, op->R1)).AsByte();
        SetYmm(s, op->R0, value, value);
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Memory256(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        V128 value = Vector128.Create(Load<T>(cpu, s, op)).AsByte();
        SetYmm(s, op->R0, value, value);
        Next(cpu, s, op);
    }
}
