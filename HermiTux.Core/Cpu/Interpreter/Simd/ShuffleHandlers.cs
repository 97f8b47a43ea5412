using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Iced.Intel;
using static HermiTux.Cpu.Interpreter.InterpreterVcpu;
using static HermiTux.Cpu.Interpreter.Simd.VectorOperand;
using V128 = System.Runtime.Intrinsics.Vector128<byte>;

namespace HermiTux.Cpu.Interpreter.Simd;

/// <summary>Shuffles, blends, insertions, extractions, widenings, broadcasts and lane permutations.</summary>
internal static unsafe class ShuffleHandlers
{
    public static void List()
    {
        L(&BinaryForms<Pshufb>.Register, Code.Pshufb_xmm_xmmm128, Code.VEX_Vpshufb_xmm_xmm_xmmm128, Code.VEX_Vpshufb_ymm_ymm_ymmm256);
        L(&UnaryImmediateForms<Pshufd>.Register, Code.Pshufd_xmm_xmmm128_imm8, Code.VEX_Vpshufd_xmm_xmmm128_imm8, Code.VEX_Vpshufd_ymm_ymmm256_imm8);
        L(&UnaryImmediateForms<Pshuflw>.Register, Code.Pshuflw_xmm_xmmm128_imm8, Code.VEX_Vpshuflw_xmm_xmmm128_imm8, Code.VEX_Vpshuflw_ymm_ymmm256_imm8);
        L(&UnaryImmediateForms<Pshufhw>.Register, Code.Pshufhw_xmm_xmmm128_imm8, Code.VEX_Vpshufhw_xmm_xmmm128_imm8, Code.VEX_Vpshufhw_ymm_ymmm256_imm8);
        L(&BinaryImmediateForms<Shufps>.Register, Code.Shufps_xmm_xmmm128_imm8, Code.VEX_Vshufps_xmm_xmm_xmmm128_imm8, Code.VEX_Vshufps_ymm_ymm_ymmm256_imm8);
        L(&BinarySplitImmediateForms<Shufpd, LaneShift2>.Register, Code.Shufpd_xmm_xmmm128_imm8, Code.VEX_Vshufpd_xmm_xmm_xmmm128_imm8, Code.VEX_Vshufpd_ymm_ymm_ymmm256_imm8);
        L(&BinaryForms<Punpckldq>.Register, Code.Unpcklps_xmm_xmmm128, Code.VEX_Vunpcklps_xmm_xmm_xmmm128, Code.VEX_Vunpcklps_ymm_ymm_ymmm256);
        L(&BinaryForms<Punpckhdq>.Register, Code.Unpckhps_xmm_xmmm128, Code.VEX_Vunpckhps_xmm_xmm_xmmm128, Code.VEX_Vunpckhps_ymm_ymm_ymmm256);
        L(&BinaryForms<Punpcklqdq>.Register, Code.Unpcklpd_xmm_xmmm128, Code.VEX_Vunpcklpd_xmm_xmm_xmmm128, Code.VEX_Vunpcklpd_ymm_ymm_ymmm256);
        L(&BinaryForms<Punpckhqdq>.Register, Code.Unpckhpd_xmm_xmmm128, Code.VEX_Vunpckhpd_xmm_xmm_xmmm128, Code.VEX_Vunpckhpd_ymm_ymm_ymmm256);
        L(&UnaryForms<Movshdup>.Register, Code.Movshdup_xmm_xmmm128, Code.VEX_Vmovshdup_xmm_xmmm128, Code.VEX_Vmovshdup_ymm_ymmm256);
        L(&UnaryForms<Movsldup>.Register, Code.Movsldup_xmm_xmmm128, Code.VEX_Vmovsldup_xmm_xmmm128, Code.VEX_Vmovsldup_ymm_ymmm256);
        L(&RegisterMovddup, Code.Movddup_xmm_xmmm64, Code.VEX_Vmovddup_xmm_xmmm64, Code.VEX_Vmovddup_ymm_ymmm256);

        L(&BinarySplitImmediateForms<Blendps, LaneShift4>.Register, Code.Blendps_xmm_xmmm128_imm8, Code.VEX_Vblendps_xmm_xmm_xmmm128_imm8, Code.VEX_Vblendps_ymm_ymm_ymmm256_imm8);
        L(&BinarySplitImmediateForms<Blendps, LaneShift4>.Register, Code.INVALID, Code.VEX_Vpblendd_xmm_xmm_xmmm128_imm8, Code.VEX_Vpblendd_ymm_ymm_ymmm256_imm8);
        L(&BinarySplitImmediateForms<Blendpd, LaneShift2>.Register, Code.Blendpd_xmm_xmmm128_imm8, Code.VEX_Vblendpd_xmm_xmm_xmmm128_imm8, Code.VEX_Vblendpd_ymm_ymm_ymmm256_imm8);
        L(&BinaryImmediateForms<Pblendw>.Register, Code.Pblendw_xmm_xmmm128_imm8, Code.VEX_Vpblendw_xmm_xmm_xmmm128_imm8, Code.VEX_Vpblendw_ymm_ymm_ymmm256_imm8);
        L(&VariableBlendForms<Pblendvb>.Register, Code.Pblendvb_xmm_xmmm128, Code.VEX_Vpblendvb_xmm_xmm_xmmm128_xmm, Code.VEX_Vpblendvb_ymm_ymm_ymmm256_ymm);
        L(&VariableBlendForms<Blendvps>.Register, Code.Blendvps_xmm_xmmm128, Code.VEX_Vblendvps_xmm_xmm_xmmm128_xmm, Code.VEX_Vblendvps_ymm_ymm_ymmm256_ymm);
        L(&VariableBlendForms<Blendvpd>.Register, Code.Blendvpd_xmm_xmmm128, Code.VEX_Vblendvpd_xmm_xmm_xmmm128_xmm, Code.VEX_Vblendvpd_ymm_ymm_ymmm256_ymm);

        L(&InsertForms<byte>.Register, Code.Pinsrb_xmm_r32m8_imm8, Code.VEX_Vpinsrb_xmm_xmm_r32m8_imm8);
        L(&InsertForms<byte>.Register, Code.Pinsrb_xmm_r64m8_imm8, Code.VEX_Vpinsrb_xmm_xmm_r64m8_imm8);
        L(&InsertForms<ushort>.Register, Code.Pinsrw_xmm_r32m16_imm8, Code.VEX_Vpinsrw_xmm_xmm_r32m16_imm8);
        L(&InsertForms<ushort>.Register, Code.Pinsrw_xmm_r64m16_imm8, Code.VEX_Vpinsrw_xmm_xmm_r64m16_imm8);
        L(&InsertForms<uint>.Register, Code.Pinsrd_xmm_rm32_imm8, Code.VEX_Vpinsrd_xmm_xmm_rm32_imm8);
        L(&InsertForms<ulong>.Register, Code.Pinsrq_xmm_rm64_imm8, Code.VEX_Vpinsrq_xmm_xmm_rm64_imm8);
        L(&ExtractForms<byte>.Register, Code.Pextrb_r32m8_xmm_imm8, Code.VEX_Vpextrb_r32m8_xmm_imm8);
        L(&ExtractForms<byte>.Register, Code.Pextrb_r64m8_xmm_imm8, Code.VEX_Vpextrb_r64m8_xmm_imm8);
        L(&ExtractForms<ushort>.Register, Code.Pextrw_r32_xmm_imm8, Code.VEX_Vpextrw_r32_xmm_imm8);
        L(&ExtractForms<ushort>.Register, Code.Pextrw_r64_xmm_imm8, Code.VEX_Vpextrw_r64_xmm_imm8);
        L(&ExtractForms<ushort>.Register, Code.Pextrw_r32m16_xmm_imm8, Code.VEX_Vpextrw_r32m16_xmm_imm8);
        L(&ExtractForms<ushort>.Register, Code.Pextrw_r64m16_xmm_imm8, Code.VEX_Vpextrw_r64m16_xmm_imm8);
        L(&ExtractForms<uint>.Register, Code.Pextrd_rm32_xmm_imm8, Code.VEX_Vpextrd_rm32_xmm_imm8);
        L(&ExtractForms<ulong>.Register, Code.Pextrq_rm64_xmm_imm8, Code.VEX_Vpextrq_rm64_xmm_imm8);
        L(&ExtractForms<uint>.Register, Code.Extractps_rm32_xmm_imm8, Code.VEX_Vextractps_rm32_xmm_imm8);
        L(&ExtractForms<uint>.Register, Code.Extractps_r64m32_xmm_imm8, Code.VEX_Vextractps_r64m32_xmm_imm8);
        L(&RegisterInsertps, Code.Insertps_xmm_xmmm32_imm8, Code.VEX_Vinsertps_xmm_xmm_xmmm32_imm8);

        L(&WideningForms<Pmovsxbw>.Register, Code.Pmovsxbw_xmm_xmmm64, Code.VEX_Vpmovsxbw_xmm_xmmm64, Code.VEX_Vpmovsxbw_ymm_xmmm128);
        L(&WideningForms<Pmovsxbd>.Register, Code.Pmovsxbd_xmm_xmmm32, Code.VEX_Vpmovsxbd_xmm_xmmm32, Code.VEX_Vpmovsxbd_ymm_xmmm64);
        L(&WideningForms<Pmovsxbq>.Register, Code.Pmovsxbq_xmm_xmmm16, Code.VEX_Vpmovsxbq_xmm_xmmm16, Code.VEX_Vpmovsxbq_ymm_xmmm32);
        L(&WideningForms<Pmovsxwd>.Register, Code.Pmovsxwd_xmm_xmmm64, Code.VEX_Vpmovsxwd_xmm_xmmm64, Code.VEX_Vpmovsxwd_ymm_xmmm128);
        L(&WideningForms<Pmovsxwq>.Register, Code.Pmovsxwq_xmm_xmmm32, Code.VEX_Vpmovsxwq_xmm_xmmm32, Code.VEX_Vpmovsxwq_ymm_xmmm64);
        L(&WideningForms<Pmovsxdq>.Register, Code.Pmovsxdq_xmm_xmmm64, Code.VEX_Vpmovsxdq_xmm_xmmm64, Code.VEX_Vpmovsxdq_ymm_xmmm128);
        L(&WideningForms<Pmovzxbw>.Register, Code.Pmovzxbw_xmm_xmmm64, Code.VEX_Vpmovzxbw_xmm_xmmm64, Code.VEX_Vpmovzxbw_ymm_xmmm128);
        L(&WideningForms<Pmovzxbd>.Register, Code.Pmovzxbd_xmm_xmmm32, Code.VEX_Vpmovzxbd_xmm_xmmm32, Code.VEX_Vpmovzxbd_ymm_xmmm64);
        L(&WideningForms<Pmovzxbq>.Register, Code.Pmovzxbq_xmm_xmmm16, Code.VEX_Vpmovzxbq_xmm_xmmm16, Code.VEX_Vpmovzxbq_ymm_xmmm32);
        L(&WideningForms<Pmovzxwd>.Register, Code.Pmovzxwd_xmm_xmmm64, Code.VEX_Vpmovzxwd_xmm_xmmm64, Code.VEX_Vpmovzxwd_ymm_xmmm128);
        L(&WideningForms<Pmovzxwq>.Register, Code.Pmovzxwq_xmm_xmmm32, Code.VEX_Vpmovzxwq_xmm_xmmm32, Code.VEX_Vpmovzxwq_ymm_xmmm64);
        L(&WideningForms<Pmovzxdq>.Register, Code.Pmovzxdq_xmm_xmmm64, Code.VEX_Vpmovzxdq_xmm_xmmm64, Code.VEX_Vpmovzxdq_ymm_xmmm128);

        L(&BroadcastForms<byte>.Register, Code.INVALID, Code.VEX_Vpbroadcastb_xmm_xmmm8, Code.VEX_Vpbroadcastb_ymm_xmmm8);
        L(&BroadcastForms<ushort>.Register, Code.INVALID, Code.VEX_Vpbroadcastw_xmm_xmmm16, Code.VEX_Vpbroadcastw_ymm_xmmm16);
        L(&BroadcastForms<uint>.Register, Code.INVALID, Code.VEX_Vpbroadcastd_xmm_xmmm32, Code.VEX_Vpbroadcastd_ymm_xmmm32);
        L(&BroadcastForms<ulong>.Register, Code.INVALID, Code.VEX_Vpbroadcastq_xmm_xmmm64, Code.VEX_Vpbroadcastq_ymm_xmmm64);
        L(&BroadcastForms<uint>.Register, Code.INVALID, Code.VEX_Vbroadcastss_xmm_xmm, Code.VEX_Vbroadcastss_ymm_xmm);
        L(&BroadcastForms<uint>.Register, Code.INVALID, Code.VEX_Vbroadcastss_xmm_m32, Code.VEX_Vbroadcastss_ymm_m32);
        L(&BroadcastForms<ulong>.Register, Code.INVALID, Code.INVALID, Code.VEX_Vbroadcastsd_ymm_xmm);
        L(&BroadcastForms<ulong>.Register, Code.INVALID, Code.INVALID, Code.VEX_Vbroadcastsd_ymm_m64);
        L(&RegisterBroadcast128, Code.INVALID, Code.VEX_Vbroadcastf128_ymm_m128, Code.VEX_Vbroadcasti128_ymm_m128);

        L(&BinaryForms<Permilps>.Register, Code.INVALID, Code.VEX_Vpermilps_xmm_xmm_xmmm128, Code.VEX_Vpermilps_ymm_ymm_ymmm256);
        L(&BinaryForms<Permilpd>.Register, Code.INVALID, Code.VEX_Vpermilpd_xmm_xmm_xmmm128, Code.VEX_Vpermilpd_ymm_ymm_ymmm256);
        L(&UnaryImmediateForms<Pshufd>.Register, Code.INVALID, Code.VEX_Vpermilps_xmm_xmmm128_imm8, Code.VEX_Vpermilps_ymm_ymmm256_imm8);
        L(&RegisterPermilpdImmediate, Code.INVALID, Code.VEX_Vpermilpd_xmm_xmmm128_imm8, Code.VEX_Vpermilpd_ymm_ymmm256_imm8);
        L(&RegisterInsert128, Code.INVALID, Code.VEX_Vinsertf128_ymm_ymm_xmmm128_imm8, Code.VEX_Vinserti128_ymm_ymm_xmmm128_imm8);
        L(&RegisterExtract128, Code.INVALID, Code.VEX_Vextractf128_xmmm128_ymm_imm8, Code.VEX_Vextracti128_xmmm128_ymm_imm8);
        L(&RegisterPerm2X128, Code.INVALID, Code.VEX_Vperm2f128_ymm_ymm_ymmm256_imm8, Code.VEX_Vperm2i128_ymm_ymm_ymmm256_imm8);
        L(&RegisterPermd, Code.INVALID, Code.VEX_Vpermd_ymm_ymm_ymmm256, Code.VEX_Vpermps_ymm_ymm_ymmm256);
        L(&RegisterPermq, Code.INVALID, Code.VEX_Vpermq_ymm_ymmm256_imm8, Code.VEX_Vpermpd_ymm_ymmm256_imm8);
    }

    private static void L(delegate*<Code, Code, Code, void> registrar, Code legacy, Code vex128 = Code.INVALID, Code vex256 = Code.INVALID) =>
        SimdHandlers.List(registrar, legacy, vex128, vex256);

    private static void RegisterMovddup(Code legacy, Code vex128, Code vex256)
    {
        SimdHandlers.Add(legacy, &MovddupLegacyRegister, &MovddupLegacyMemory);
        SimdHandlers.Add(vex128, &MovddupVex128Register, &MovddupVex128Memory);
        UnaryForms<Movddup>.Register(Code.INVALID, Code.INVALID, vex256);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void MovddupLegacyRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Xmm(s, op->R0) = Vector128.Create(Reg<ulong>(s, op->R1)).AsByte();
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void MovddupLegacyMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Xmm(s, op->R0) = Vector128.Create(Load<ulong>(cpu, s, op)).AsByte();
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void MovddupVex128Register(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        SetXmm(s, op->R0, Vector128.Create(Reg<ulong>(s, op->R1)).AsByte());
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void MovddupVex128Memory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        SetXmm(s, op->R0, Vector128.Create(Load<ulong>(cpu, s, op)).AsByte());
        Next(cpu, s, op);
    }

    private static void RegisterInsertps(Code legacy, Code vex128, Code vex256)
    {
        SimdHandlers.Add(legacy, &InsertpsLegacyRegister, &InsertpsLegacyMemory);
        SimdHandlers.Add(vex128, &InsertpsVexRegister, &InsertpsVexMemory);
    }

    /// <summary>INSERTPS: immediate bits 5:4 are the position, bits 3:0 say which elements become zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V128 Insertps(V128 a, uint value, byte immediate)
    {
        Vector128<uint> result = a.AsUInt32();
        Vector128<uint> position = Vector128.Equals(Vector128.Create(0u, 1u, 2u, 3u), Vector128.Create(((uint)immediate >> 4) & 3));
        result = Vector128.ConditionalSelect(position, Vector128.Create(value), result);
        return Vector128.AndNot(result, ShuffleControl.MaskDwords(immediate).AsUInt32()).AsByte();
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void InsertpsLegacyRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        uint value = Reg<uint>(s, op->R1 + (((int)op->Immediate >> 4) & 12));
        Xmm(s, op->R0) = Insertps(Xmm(s, op->R0), value, (byte)op->Immediate);
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void InsertpsLegacyMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        uint value = Load<uint>(cpu, s, op);
        Xmm(s, op->R0) = Insertps(Xmm(s, op->R0), value, (byte)op->Immediate);
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void InsertpsVexRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        uint value = Reg<uint>(s, op->R2 + (((int)op->Immediate >> 4) & 12));
        SetXmm(s, op->R0, Insertps(Xmm(s, op->R1), value, (byte)op->Immediate));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void InsertpsVexMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        uint value = Load<uint>(cpu, s, op);
        SetXmm(s, op->R0, Insertps(Xmm(s, op->R1), value, (byte)op->Immediate));
        Next(cpu, s, op);
    }

    private static void RegisterBroadcast128(Code legacy, Code vex128, Code vex256)
    {
        SimdHandlers.Add(vex128, null, &Broadcast128);
        SimdHandlers.Add(vex256, null, &Broadcast128);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Broadcast128(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        V128 value = Load<V128>(cpu, s, op);
        SetYmm(s, op->R0, value, value);
        Next(cpu, s, op);
    }

    private static void RegisterPermilpdImmediate(Code legacy, Code vex128, Code vex256)
    {
        UnaryImmediateForms<PermilpdImmediate>.Register(Code.INVALID, vex128, Code.INVALID);
        SimdHandlers.Add(vex256, &Permilpd256Register, &Permilpd256Memory);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Permilpd256Register(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        SetYmm(s, op->R0, PermilpdImmediate.Apply(Xmm(s, op->R1), (byte)op->Immediate),
            PermilpdImmediate.Apply(High(s, op->R1), (byte)((byte)op->Immediate >> 2)));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Permilpd256Memory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Vector256<byte> a = Load<Vector256<byte>>(cpu, s, op);
        SetYmm(s, op->R0, PermilpdImmediate.Apply(a.Low(), (byte)op->Immediate),
            PermilpdImmediate.Apply(a.High(), (byte)((byte)op->Immediate >> 2)));
        Next(cpu, s, op);
    }

    private static void RegisterInsert128(Code legacy, Code vex128, Code vex256)
    {
        SimdHandlers.Add(vex128, &Insert128Register, &Insert128Memory);
        SimdHandlers.Add(vex256, &Insert128Register, &Insert128Memory);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Insert128Register(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        V128 value = Xmm(s, op->R2);
        InsertLane(s, op, value);
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Insert128Memory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        V128 value = Load<V128>(cpu, s, op);
        InsertLane(s, op, value);
        Next(cpu, s, op);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void InsertLane(CpuState* s, Op* op, V128 value)
    {
        if ((op->Immediate & 1) == 0)
        {
            SetYmm(s, op->R0, value, High(s, op->R1));
        }
        else
        {
            SetYmm(s, op->R0, Xmm(s, op->R1), value);
        }
    }

    private static void RegisterExtract128(Code legacy, Code vex128, Code vex256)
    {
        SimdHandlers.Add(vex128, &Extract128Register, &Extract128Memory);
        SimdHandlers.Add(vex256, &Extract128Register, &Extract128Memory);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Extract128Register(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        SetXmm(s, op->R0, (op->Immediate & 1) == 0 ? Xmm(s, op->R1) : High(s, op->R1));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Extract128Memory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Store(cpu, s, op, (op->Immediate & 1) == 0 ? Xmm(s, op->R1) : High(s, op->R1));
        Next(cpu, s, op);
    }

    private static void RegisterPerm2X128(Code legacy, Code vex128, Code vex256)
    {
        SimdHandlers.Add(vex128, &Perm2X128Register, &Perm2X128Memory);
        SimdHandlers.Add(vex256, &Perm2X128Register, &Perm2X128Memory);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Perm2X128Register(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        V128 b0 = Xmm(s, op->R2);
        V128 b1 = High(s, op->R2);
        Perm2X128(s, op, b0, b1);
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Perm2X128Memory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Vector256<byte> b = Load<Vector256<byte>>(cpu, s, op);
        Perm2X128(s, op, b.Low(), b.High());
        Next(cpu, s, op);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Perm2X128(CpuState* s, Op* op, V128 b0, V128 b1)
    {
        V128 a0 = Xmm(s, op->R1);
        V128 a1 = High(s, op->R1);
        int immediate = (int)op->Immediate;
        SetYmm(s, op->R0, Select(immediate), Select(immediate >> 4));

        V128 Select(int control) => (control & 8) != 0 ? default : (control & 3) switch
        {
            0 => a0,
            1 => a1,
            2 => b0,
            _ => b1,
        };
    }

    private static void RegisterPermd(Code legacy, Code vex128, Code vex256)
    {
        SimdHandlers.Add(vex128, &PermdRegister, &PermdMemory);
        SimdHandlers.Add(vex256, &PermdRegister, &PermdMemory);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void PermdRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Vector256<int> value = Ymm(s, op->R2).AsInt32();
        Permd(s, op, value);
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void PermdMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Vector256<int> value = Load<Vector256<byte>>(cpu, s, op).AsInt32();
        Permd(s, op, value);
        Next(cpu, s, op);
    }

    /// <summary>VPERMD, VPERMPS: the first source holds the indices, the second the values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Permd(CpuState* s, Op* op, Vector256<int> value)
    {
        Vector256<byte> result = Vector256.Shuffle(value, Ymm(s, op->R1).AsInt32() & Vector256.Create(7)).AsByte();
        SetYmm(s, op->R0, result.Low(), result.High());
    }

    private static void RegisterPermq(Code legacy, Code vex128, Code vex256)
    {
        SimdHandlers.Add(vex128, &PermqRegister, &PermqMemory);
        SimdHandlers.Add(vex256, &PermqRegister, &PermqMemory);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void PermqRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Vector256<ulong> value = Ymm(s, op->R1).AsUInt64();
        Permq(s, op, value);
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void PermqMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Vector256<ulong> value = Load<Vector256<byte>>(cpu, s, op).AsUInt64();
        Permq(s, op, value);
        Next(cpu, s, op);
    }

    [MethodImpl(MethodImplOptions.NoInlining)] // a local whose address is taken would keep the handler from ending in a jump
    private static void Permq(CpuState* s, Op* op, Vector256<ulong> value)
    {
        // SAFETY: the indices are two bits each, within the vector's four quadwords.
        ulong* elements = (ulong*)&value;
        int immediate = (int)op->Immediate;
        SetYmm(s, op->R0,
            Vector128.Create(elements[immediate & 3], elements[(immediate >> 2) & 3]).AsByte(),
            Vector128.Create(elements[(immediate >> 4) & 3], elements[(immediate >> 6) & 3]).AsByte());
    }
}

/// <summary>MOVDDUP for whole vectors.</summary>
internal readonly struct Movddup : IUnaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a) => Vector128.Create(a.GetLower(), a.GetLower());
}
