using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Iced.Intel;
using static HermiTux.Cpu.Interpreter.InterpreterVcpu;
using static HermiTux.Cpu.Interpreter.Simd.VectorOperand;
using V128 = System.Runtime.Intrinsics.Vector128<byte>;

namespace HermiTux.Cpu.Interpreter.Simd;

/// <summary>Moves of whole vectors and of scalars between vector registers, general registers and memory, and the masks of sign bits.</summary>
internal static unsafe class MoveHandlers
{
    public static void List()
    {
        L(&AlignedLoad, Code.Movaps_xmm_xmmm128, Code.VEX_Vmovaps_xmm_xmmm128, Code.VEX_Vmovaps_ymm_ymmm256);
        L(&AlignedLoad, Code.Movapd_xmm_xmmm128, Code.VEX_Vmovapd_xmm_xmmm128, Code.VEX_Vmovapd_ymm_ymmm256);
        L(&AlignedLoad, Code.Movdqa_xmm_xmmm128, Code.VEX_Vmovdqa_xmm_xmmm128, Code.VEX_Vmovdqa_ymm_ymmm256);
        L(&AlignedLoad, Code.Movntdqa_xmm_m128, Code.VEX_Vmovntdqa_xmm_m128, Code.VEX_Vmovntdqa_ymm_m256);
        L(&AlignedStore, Code.Movaps_xmmm128_xmm, Code.VEX_Vmovaps_xmmm128_xmm, Code.VEX_Vmovaps_ymmm256_ymm);
        L(&AlignedStore, Code.Movapd_xmmm128_xmm, Code.VEX_Vmovapd_xmmm128_xmm, Code.VEX_Vmovapd_ymmm256_ymm);
        L(&AlignedStore, Code.Movdqa_xmmm128_xmm, Code.VEX_Vmovdqa_xmmm128_xmm, Code.VEX_Vmovdqa_ymmm256_ymm);
        L(&AlignedStore, Code.Movntps_m128_xmm, Code.VEX_Vmovntps_m128_xmm, Code.VEX_Vmovntps_m256_ymm);
        L(&AlignedStore, Code.Movntpd_m128_xmm, Code.VEX_Vmovntpd_m128_xmm, Code.VEX_Vmovntpd_m256_ymm);
        L(&AlignedStore, Code.Movntdq_m128_xmm, Code.VEX_Vmovntdq_m128_xmm, Code.VEX_Vmovntdq_m256_ymm);
        L(&UnalignedLoad, Code.Movups_xmm_xmmm128, Code.VEX_Vmovups_xmm_xmmm128, Code.VEX_Vmovups_ymm_ymmm256);
        L(&UnalignedLoad, Code.Movupd_xmm_xmmm128, Code.VEX_Vmovupd_xmm_xmmm128, Code.VEX_Vmovupd_ymm_ymmm256);
        L(&UnalignedLoad, Code.Movdqu_xmm_xmmm128, Code.VEX_Vmovdqu_xmm_xmmm128, Code.VEX_Vmovdqu_ymm_ymmm256);
        L(&UnalignedLoad, Code.Lddqu_xmm_m128, Code.VEX_Vlddqu_xmm_m128, Code.VEX_Vlddqu_ymm_m256);
        L(&UnalignedStore, Code.Movups_xmmm128_xmm, Code.VEX_Vmovups_xmmm128_xmm, Code.VEX_Vmovups_ymmm256_ymm);
        L(&UnalignedStore, Code.Movupd_xmmm128_xmm, Code.VEX_Vmovupd_xmmm128_xmm, Code.VEX_Vmovupd_ymmm256_ymm);
        L(&UnalignedStore, Code.Movdqu_xmmm128_xmm, Code.VEX_Vmovdqu_xmmm128_xmm, Code.VEX_Vmovdqu_ymmm256_ymm);

        L(&ScalarMoves<uint>.RegisterLoad, Code.Movss_xmm_xmmm32, Code.VEX_Vmovss_xmm_m32);
        L(&ScalarMoves<uint>.RegisterStore, Code.Movss_xmmm32_xmm, Code.VEX_Vmovss_m32_xmm);
        L(&ScalarMoves<uint>.RegisterMerge, Code.INVALID, Code.VEX_Vmovss_xmm_xmm_xmm, Code.VEX_Vmovss_xmm_xmm_xmm_0F11);
        L(&ScalarMoves<ulong>.RegisterLoad, Code.Movsd_xmm_xmmm64, Code.VEX_Vmovsd_xmm_m64);
        L(&ScalarMoves<ulong>.RegisterStore, Code.Movsd_xmmm64_xmm, Code.VEX_Vmovsd_m64_xmm);
        L(&ScalarMoves<ulong>.RegisterMerge, Code.INVALID, Code.VEX_Vmovsd_xmm_xmm_xmm, Code.VEX_Vmovsd_xmm_xmm_xmm_0F11);

        L(&ScalarMoves<uint>.RegisterZeroExtendingLoad, Code.Movd_xmm_rm32, Code.VEX_Vmovd_xmm_rm32);
        L(&ScalarMoves<ulong>.RegisterZeroExtendingLoad, Code.Movq_xmm_rm64, Code.VEX_Vmovq_xmm_rm64);
        L(&ScalarMoves<ulong>.RegisterZeroExtendingLoad, Code.Movq_xmm_xmmm64, Code.VEX_Vmovq_xmm_xmmm64);
        L(&ScalarMoves<uint>.RegisterToGeneral, Code.Movd_rm32_xmm, Code.VEX_Vmovd_rm32_xmm);
        L(&ScalarMoves<ulong>.RegisterToGeneral, Code.Movq_rm64_xmm, Code.VEX_Vmovq_rm64_xmm);
        L(&RegisterMovqStore, Code.Movq_xmmm64_xmm, Code.VEX_Vmovq_xmmm64_xmm);

        L(&RegisterLowLoad, Code.Movlps_xmm_m64, Code.VEX_Vmovlps_xmm_xmm_m64);
        L(&RegisterLowLoad, Code.Movlpd_xmm_m64, Code.VEX_Vmovlpd_xmm_xmm_m64);
        L(&RegisterHighLoad, Code.Movhps_xmm_m64, Code.VEX_Vmovhps_xmm_xmm_m64);
        L(&RegisterHighLoad, Code.Movhpd_xmm_m64, Code.VEX_Vmovhpd_xmm_xmm_m64);
        L(&RegisterLowStore, Code.Movlps_m64_xmm, Code.VEX_Vmovlps_m64_xmm);
        L(&RegisterLowStore, Code.Movlpd_m64_xmm, Code.VEX_Vmovlpd_m64_xmm);
        L(&RegisterHighStore, Code.Movhps_m64_xmm, Code.VEX_Vmovhps_m64_xmm);
        L(&RegisterHighStore, Code.Movhpd_m64_xmm, Code.VEX_Vmovhpd_m64_xmm);
        L(&BinaryForms<Movhlps>.Register, Code.Movhlps_xmm_xmm, Code.VEX_Vmovhlps_xmm_xmm_xmm);
        L(&BinaryForms<Punpcklqdq>.Register, Code.Movlhps_xmm_xmm, Code.VEX_Vmovlhps_xmm_xmm_xmm);

        L(&MaskMoves<byte>.Register, Code.Pmovmskb_r32_xmm, Code.VEX_Vpmovmskb_r32_xmm, Code.VEX_Vpmovmskb_r32_ymm);
        L(&MaskMoves<byte>.Register, Code.Pmovmskb_r64_xmm, Code.VEX_Vpmovmskb_r64_xmm, Code.VEX_Vpmovmskb_r64_ymm);
        L(&MaskMoves<uint>.Register, Code.Movmskps_r32_xmm, Code.VEX_Vmovmskps_r32_xmm, Code.VEX_Vmovmskps_r32_ymm);
        L(&MaskMoves<uint>.Register, Code.Movmskps_r64_xmm, Code.VEX_Vmovmskps_r64_xmm, Code.VEX_Vmovmskps_r64_ymm);
        L(&MaskMoves<ulong>.Register, Code.Movmskpd_r32_xmm, Code.VEX_Vmovmskpd_r32_xmm, Code.VEX_Vmovmskpd_r32_ymm);
        L(&MaskMoves<ulong>.Register, Code.Movmskpd_r64_xmm, Code.VEX_Vmovmskpd_r64_xmm, Code.VEX_Vmovmskpd_r64_ymm);
    }

    private static void L(delegate*<Code, Code, Code, void> registrar, Code legacy, Code vex128 = Code.INVALID, Code vex256 = Code.INVALID) =>
        SimdHandlers.List(registrar, legacy, vex128, vex256);

    private static void AlignedLoad(Code legacy, Code vex128, Code vex256)
    {
        SimdHandlers.Add(legacy, &CopyLegacy, &LoadAlignedLegacy);
        SimdHandlers.Add(vex128, &CopyVex128, &LoadAlignedVex128);
        SimdHandlers.Add(vex256, &CopyVex256, &LoadAlignedVex256);
    }

    private static void UnalignedLoad(Code legacy, Code vex128, Code vex256)
    {
        SimdHandlers.Add(legacy, &CopyLegacy, &LoadLegacy);
        SimdHandlers.Add(vex128, &CopyVex128, &LoadVex128);
        SimdHandlers.Add(vex256, &CopyVex256, &LoadVex256);
    }

    private static void AlignedStore(Code legacy, Code vex128, Code vex256)
    {
        SimdHandlers.Add(legacy, &CopyLegacy, &StoreAligned128);
        SimdHandlers.Add(vex128, &CopyVex128, &StoreAligned128);
        SimdHandlers.Add(vex256, &CopyVex256, &StoreAligned256);
    }

    private static void UnalignedStore(Code legacy, Code vex128, Code vex256)
    {
        SimdHandlers.Add(legacy, &CopyLegacy, &Store128);
        SimdHandlers.Add(vex128, &CopyVex128, &Store128);
        SimdHandlers.Add(vex256, &CopyVex256, &Store256);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void CopyLegacy(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Xmm(s, op->R0) = Xmm(s, op->R1);
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void CopyVex128(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        SetXmm(s, op->R0, Xmm(s, op->R1));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void CopyVex256(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        SetYmm(s, op->R0, Xmm(s, op->R1), High(s, op->R1));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void LoadAlignedLegacy(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Xmm(s, op->R0) = LoadAligned(cpu, s, op);
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void LoadAlignedVex128(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        SetXmm(s, op->R0, LoadAligned(cpu, s, op));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void LoadAlignedVex256(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Vector256<byte> value = cpu.Load<Vector256<byte>>(op, AlignedAddress(cpu, s, op, 32));
        SetYmm(s, op->R0, value.Low(), value.High());
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void LoadLegacy(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Xmm(s, op->R0) = Load<V128>(cpu, s, op);
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void LoadVex128(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        SetXmm(s, op->R0, Load<V128>(cpu, s, op));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void LoadVex256(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Vector256<byte> value = Load<Vector256<byte>>(cpu, s, op);
        SetYmm(s, op->R0, value.Low(), value.High());
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void StoreAligned128(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        cpu.Store(op, AlignedAddress(cpu, s, op, 16), Xmm(s, op->R1));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void StoreAligned256(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        cpu.Store(op, AlignedAddress(cpu, s, op, 32), Ymm(s, op->R1));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Store128(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Store(cpu, s, op, Xmm(s, op->R1));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Store256(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Store(cpu, s, op, Ymm(s, op->R1));
        Next(cpu, s, op);
    }

    private static void RegisterMovqStore(Code legacy, Code vex128, Code vex256)
    {
        SimdHandlers.Add(legacy, &ScalarMoves<ulong>.ZeroExtendLegacy, &ScalarMoves<ulong>.StoreScalar);
        SimdHandlers.Add(vex128, &ScalarMoves<ulong>.ZeroExtendVex, &ScalarMoves<ulong>.StoreScalar);
    }

    private static void RegisterLowLoad(Code legacy, Code vex128, Code vex256)
    {
        SimdHandlers.Add(legacy, null, &LowLoadLegacy);
        SimdHandlers.Add(vex128, null, &LowLoadVex);
    }

    private static void RegisterHighLoad(Code legacy, Code vex128, Code vex256)
    {
        SimdHandlers.Add(legacy, null, &HighLoadLegacy);
        SimdHandlers.Add(vex128, null, &HighLoadVex);
    }

    private static void RegisterLowStore(Code legacy, Code vex128, Code vex256)
    {
        SimdHandlers.Add(legacy, null, &ScalarMoves<ulong>.StoreScalar);
        SimdHandlers.Add(vex128, null, &ScalarMoves<ulong>.StoreScalar);
    }

    private static void RegisterHighStore(Code legacy, Code vex128, Code vex256)
    {
        SimdHandlers.Add(legacy, null, &HighStore);
        SimdHandlers.Add(vex128, null, &HighStore);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void LowLoadLegacy(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        SetLowest(s, op->R0, Load<ulong>(cpu, s, op));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void LowLoadVex(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong value = Load<ulong>(cpu, s, op);
        SetXmm(s, op->R0, Vector128.Create(value, Reg<ulong>(s, op->R1 + 8)).AsByte());
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void HighLoadLegacy(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong value = Load<ulong>(cpu, s, op);
        Xmm(s, op->R0) = Xmm(s, op->R0).AsUInt64().WithElement(1, value).AsByte();
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void HighLoadVex(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong value = Load<ulong>(cpu, s, op);
        SetXmm(s, op->R0, Vector128.Create(Reg<ulong>(s, op->R1), value).AsByte());
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void HighStore(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Store(cpu, s, op, Reg<ulong>(s, op->R1 + 8));
        Next(cpu, s, op);
    }
}

/// <summary>MOVHLPS: the upper quadword of the second source below the upper quadword of the first.</summary>
internal readonly struct Movhlps : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => Punpckhqdq.Apply(b, a);
}

/// <summary>Moves of one 32- or 64-bit element; <typeparamref name="T"/> is uint or ulong.</summary>
internal static unsafe class ScalarMoves<T>
    where T : unmanaged
{
    /// <summary>MOVSS and MOVSD to a register: the register form keeps the other elements, the memory form clears them.</summary>
    public static void RegisterLoad(Code legacy, Code vex128, Code vex256)
    {
        SimdHandlers.Add(legacy, &MergeLegacy, &LoadLegacy);
        SimdHandlers.Add(vex128, null, &LoadVex);
    }

    /// <summary>MOVSS and MOVSD with the register-or-memory operand as the destination.</summary>
    public static void RegisterStore(Code legacy, Code vex128, Code vex256)
    {
        SimdHandlers.Add(legacy, &MergeLegacy, &StoreScalar);
        SimdHandlers.Add(vex128, null, &StoreScalar);
    }

    /// <summary>VMOVSS and VMOVSD with three registers; both encodings.</summary>
    public static void RegisterMerge(Code legacy, Code vex128, Code vex256)
    {
        SimdHandlers.Add(vex128, &MergeVex, null);
        SimdHandlers.Add(vex256, &MergeVex, null);
    }

    /// <summary>MOVD and MOVQ to a vector register, which clear the other elements.</summary>
    public static void RegisterZeroExtendingLoad(Code legacy, Code vex128, Code vex256)
    {
        SimdHandlers.Add(legacy, &ZeroExtendLegacy, &LoadLegacy);
        SimdHandlers.Add(vex128, &ZeroExtendVex, &LoadVex);
    }

    /// <summary>MOVD and MOVQ from a vector register to a general register or memory.</summary>
    public static void RegisterToGeneral(Code legacy, Code vex128, Code vex256)
    {
        SimdHandlers.Add(legacy, &ToGeneral, &StoreScalar);
        SimdHandlers.Add(vex128, &ToGeneral, &StoreScalar);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void ZeroExtendLegacy(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Xmm(s, op->R0) = Vector128.CreateScalar(Reg<T>(s, op->R1)).AsByte();
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void ZeroExtendVex(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        SetXmm(s, op->R0, Vector128.CreateScalar(Reg<T>(s, op->R1)).AsByte());
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void StoreScalar(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Store(cpu, s, op, Reg<T>(s, op->R1));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void MergeLegacy(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        SetLowest(s, op->R0, Reg<T>(s, op->R1));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void MergeVex(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        T low = Reg<T>(s, op->R2);
        SetXmm(s, op->R0, Xmm(s, op->R1).As<byte, T>().WithElement(0, low).AsByte());
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void LoadLegacy(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Xmm(s, op->R0) = Vector128.CreateScalar(Load<T>(cpu, s, op)).AsByte();
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void LoadVex(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        SetXmm(s, op->R0, Vector128.CreateScalar(Load<T>(cpu, s, op)).AsByte());
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void ToGeneral(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        // 32-bit results clear the upper half of the general register.
        Reg<ulong>(s, op->R0) = typeof(T) == typeof(uint) ? Reg<uint>(s, op->R1) : Reg<ulong>(s, op->R1);
        Next(cpu, s, op);
    }
}

/// <summary>Sign bits of all elements to a general register: PMOVMSKB, MOVMSKPS, MOVMSKPD.</summary>
internal static unsafe class MaskMoves<T>
    where T : unmanaged
{
    public static void Register(Code legacy, Code vex128, Code vex256)
    {
        SimdHandlers.Add(legacy, &Mask128, null);
        SimdHandlers.Add(vex128, &Mask128, null);
        SimdHandlers.Add(vex256, &Mask256, null);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Mask128(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Reg<ulong>(s, op->R0) = Xmm(s, op->R1).As<byte, T>().ExtractMostSignificantBits();
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Mask256(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Reg<ulong>(s, op->R0) = Xmm(s, op->R1).As<byte, T>().ExtractMostSignificantBits() |
            (High(s, op->R1).As<byte, T>().ExtractMostSignificantBits() << Vector128<T>.Count);
        Next(cpu, s, op);
    }
}
