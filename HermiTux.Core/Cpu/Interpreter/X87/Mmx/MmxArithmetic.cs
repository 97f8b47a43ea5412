using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using HermiTux.Cpu.Interpreter.X87;
using Iced.Intel;
using static HermiTux.Cpu.Interpreter.Mmx.MmxPacked;

namespace HermiTux.Cpu.Interpreter.Mmx;

/// <summary>The packed instructions with two operands, <c>op mm, mm/m64</c>, of MMX, SSE, SSE2 and SSSE3.</summary>
internal static unsafe class MmxArithmetic
{
    private interface IPacked
    {
        static abstract ulong Apply(ulong a, ulong b);
    }

    public static void Register()
    {
        Add<Paddb>(Code.Paddb_mm_mmm64);
        Add<Paddw>(Code.Paddw_mm_mmm64);
        Add<Paddd>(Code.Paddd_mm_mmm64);
        Add<Paddq>(Code.Paddq_mm_mmm64);
        Add<Psubb>(Code.Psubb_mm_mmm64);
        Add<Psubw>(Code.Psubw_mm_mmm64);
        Add<Psubd>(Code.Psubd_mm_mmm64);
        Add<Psubq>(Code.Psubq_mm_mmm64);
        Add<Paddsb>(Code.Paddsb_mm_mmm64);
        Add<Paddsw>(Code.Paddsw_mm_mmm64);
        Add<Paddusb>(Code.Paddusb_mm_mmm64);
        Add<Paddusw>(Code.Paddusw_mm_mmm64);
        Add<Psubsb>(Code.Psubsb_mm_mmm64);
        Add<Psubsw>(Code.Psubsw_mm_mmm64);
        Add<Psubusb>(Code.Psubusb_mm_mmm64);
        Add<Psubusw>(Code.Psubusw_mm_mmm64);
        Add<Pmullw>(Code.Pmullw_mm_mmm64);
        Add<Pmulhw>(Code.Pmulhw_mm_mmm64);
        Add<Pmulhuw>(Code.Pmulhuw_mm_mmm64);
        Add<Pmulhrsw>(Code.Pmulhrsw_mm_mmm64);
        Add<Pmuludq>(Code.Pmuludq_mm_mmm64);
        Add<Pmaddwd>(Code.Pmaddwd_mm_mmm64);
        Add<Pmaddubsw>(Code.Pmaddubsw_mm_mmm64);
        Add<Pavgb>(Code.Pavgb_mm_mmm64);
        Add<Pavgw>(Code.Pavgw_mm_mmm64);
        Add<Pminub>(Code.Pminub_mm_mmm64);
        Add<Pmaxub>(Code.Pmaxub_mm_mmm64);
        Add<Pminsw>(Code.Pminsw_mm_mmm64);
        Add<Pmaxsw>(Code.Pmaxsw_mm_mmm64);
        Add<Psadbw>(Code.Psadbw_mm_mmm64);
        Add<Pcmpeqb>(Code.Pcmpeqb_mm_mmm64);
        Add<Pcmpeqw>(Code.Pcmpeqw_mm_mmm64);
        Add<Pcmpeqd>(Code.Pcmpeqd_mm_mmm64);
        Add<Pcmpgtb>(Code.Pcmpgtb_mm_mmm64);
        Add<Pcmpgtw>(Code.Pcmpgtw_mm_mmm64);
        Add<Pcmpgtd>(Code.Pcmpgtd_mm_mmm64);
        Add<Pand>(Code.Pand_mm_mmm64);
        Add<Pandn>(Code.Pandn_mm_mmm64);
        Add<Por>(Code.Por_mm_mmm64);
        Add<Pxor>(Code.Pxor_mm_mmm64);
        Add<Packsswb>(Code.Packsswb_mm_mmm64);
        Add<Packuswb>(Code.Packuswb_mm_mmm64);
        Add<Packssdw>(Code.Packssdw_mm_mmm64);
        Add<Punpckhbw>(Code.Punpckhbw_mm_mmm64);
        Add<Punpckhwd>(Code.Punpckhwd_mm_mmm64);
        Add<Punpckhdq>(Code.Punpckhdq_mm_mmm64);
        Add32<Punpcklbw>(Code.Punpcklbw_mm_mmm32);
        Add32<Punpcklwd>(Code.Punpcklwd_mm_mmm32);
        Add32<Punpckldq>(Code.Punpckldq_mm_mmm32);
        Add<Pshufb>(Code.Pshufb_mm_mmm64);
        Add<Pabsb>(Code.Pabsb_mm_mmm64);
        Add<Pabsw>(Code.Pabsw_mm_mmm64);
        Add<Pabsd>(Code.Pabsd_mm_mmm64);
        Add<Psignb>(Code.Psignb_mm_mmm64);
        Add<Psignw>(Code.Psignw_mm_mmm64);
        Add<Psignd>(Code.Psignd_mm_mmm64);
        Add<Phaddw>(Code.Phaddw_mm_mmm64);
        Add<Phaddd>(Code.Phaddd_mm_mmm64);
        Add<Phaddsw>(Code.Phaddsw_mm_mmm64);
        Add<Phsubw>(Code.Phsubw_mm_mmm64);
        Add<Phsubd>(Code.Phsubd_mm_mmm64);
        Add<Phsubsw>(Code.Phsubsw_mm_mmm64);
        AddShift<Psllw>(Code.Psllw_mm_mmm64, Code.Psllw_mm_imm8);
        AddShift<Pslld>(Code.Pslld_mm_mmm64, Code.Pslld_mm_imm8);
        AddShift<Psllq>(Code.Psllq_mm_mmm64, Code.Psllq_mm_imm8);
        AddShift<Psrlw>(Code.Psrlw_mm_mmm64, Code.Psrlw_mm_imm8);
        AddShift<Psrld>(Code.Psrld_mm_mmm64, Code.Psrld_mm_imm8);
        AddShift<Psrlq>(Code.Psrlq_mm_mmm64, Code.Psrlq_mm_imm8);
        AddShift<Psraw>(Code.Psraw_mm_mmm64, Code.Psraw_mm_imm8);
        AddShift<Psrad>(Code.Psrad_mm_mmm64, Code.Psrad_mm_imm8);
    }

    private static void Add<T>(Code code) where T : struct, IPacked => HandlerTable.Add(code, &Registers<T>, &Memory<T>);

    private static void Add32<T>(Code code) where T : struct, IPacked => HandlerTable.Add(code, &Registers<T>, &Memory32<T>);

    private static void AddShift<T>(Code code, Code immediate) where T : struct, IPacked
    {
        Add<T>(code);
        HandlerTable.Add(immediate, &Immediate<T>, null);
    }

    private static void Registers<T>(InterpreterVcpu cpu, CpuState* s, Op* op) where T : struct, IPacked
    {
        X87Stack.Enter(cpu, s, op);
        MmxState.Enter(s);
        MmxState.Write(s, op->R0, T.Apply(Mm(s, op->R0), Mm(s, op->R1)));
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void Memory<T>(InterpreterVcpu cpu, CpuState* s, Op* op) where T : struct, IPacked
    {
        X87Stack.Enter(cpu, s, op);
        ulong source = cpu.Load<ulong>(op, InterpreterVcpu.EffectiveAddress(s, op));
        MmxState.Enter(s);
        MmxState.Write(s, op->R0, T.Apply(Mm(s, op->R0), source));
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void Memory32<T>(InterpreterVcpu cpu, CpuState* s, Op* op) where T : struct, IPacked
    {
        X87Stack.Enter(cpu, s, op);
        ulong source = cpu.Load<uint>(op, InterpreterVcpu.EffectiveAddress(s, op));
        MmxState.Enter(s);
        MmxState.Write(s, op->R0, T.Apply(Mm(s, op->R0), source));
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void Immediate<T>(InterpreterVcpu cpu, CpuState* s, Op* op) where T : struct, IPacked
    {
        X87Stack.Enter(cpu, s, op);
        MmxState.Enter(s);
        MmxState.Write(s, op->R0, T.Apply(Mm(s, op->R0), (byte)op->Immediate));
        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>A register after <see cref="MmxState.Enter"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mm(CpuState* s, int slot) => *(ulong*)((byte*)s + slot);

    private readonly struct Paddb : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => Low(V(a).AsByte() + V(b).AsByte());
    }

    private readonly struct Psubb : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => Low(V(a).AsByte() - V(b).AsByte());
    }

    private readonly struct Paddw : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => Low(V(a).AsUInt16() + V(b).AsUInt16());
    }

    private readonly struct Psubw : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => Low(V(a).AsUInt16() - V(b).AsUInt16());
    }

    private readonly struct Paddd : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => Low(V(a).AsUInt32() + V(b).AsUInt32());
    }

    private readonly struct Psubd : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => Low(V(a).AsUInt32() - V(b).AsUInt32());
    }

    private readonly struct Paddq : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => a + b;
    }

    private readonly struct Psubq : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => a - b;
    }

    private readonly struct Paddsb : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => Low(Vector128.AddSaturate(V(a).AsSByte(), V(b).AsSByte()));
    }

    private readonly struct Psubsb : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => Low(Vector128.SubtractSaturate(V(a).AsSByte(), V(b).AsSByte()));
    }

    private readonly struct Paddsw : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => Low(Vector128.AddSaturate(V(a).AsInt16(), V(b).AsInt16()));
    }

    private readonly struct Psubsw : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => Low(Vector128.SubtractSaturate(V(a).AsInt16(), V(b).AsInt16()));
    }

    private readonly struct Paddusb : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => Low(Vector128.AddSaturate(V(a).AsByte(), V(b).AsByte()));
    }

    private readonly struct Psubusb : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => Low(Vector128.SubtractSaturate(V(a).AsByte(), V(b).AsByte()));
    }

    private readonly struct Paddusw : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => Low(Vector128.AddSaturate(V(a).AsUInt16(), V(b).AsUInt16()));
    }

    private readonly struct Psubusw : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => Low(Vector128.SubtractSaturate(V(a).AsUInt16(), V(b).AsUInt16()));
    }

    private readonly struct Pmullw : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => Low(V(a).AsInt16() * V(b).AsInt16());
    }

    private readonly struct Pmulhw : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => MultiplyHigh(a, b);
    }

    private readonly struct Pmulhuw : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => MultiplyHighUnsigned(a, b);
    }

    private readonly struct Pmulhrsw : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => MultiplyHighRounded(a, b);
    }

    private readonly struct Pmaddwd : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => MultiplyAdd(a, b);
    }

    private readonly struct Pmaddubsw : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => MultiplyAddBytes(a, b);
    }

    private readonly struct Pavgb : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => AverageBytes(a, b);
    }

    private readonly struct Pavgw : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => AverageWords(a, b);
    }

    private readonly struct Psadbw : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => SumOfDifferences(a, b);
    }

    private readonly struct Packsswb : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => PackWordsSigned(a, b);
    }

    private readonly struct Packuswb : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => PackWordsUnsigned(a, b);
    }

    private readonly struct Packssdw : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => PackDwords(a, b);
    }

    private readonly struct Pshufb : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => ShuffleBytes(a, b);
    }

    private readonly struct Pmuludq : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => (ulong)(uint)a * (uint)b;
    }

    private readonly struct Pminub : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => Low(Vector128.Min(V(a).AsByte(), V(b).AsByte()));
    }

    private readonly struct Pmaxub : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => Low(Vector128.Max(V(a).AsByte(), V(b).AsByte()));
    }

    private readonly struct Pminsw : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => Low(Vector128.Min(V(a).AsInt16(), V(b).AsInt16()));
    }

    private readonly struct Pmaxsw : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => Low(Vector128.Max(V(a).AsInt16(), V(b).AsInt16()));
    }

    private readonly struct Pcmpeqb : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => Low(Vector128.Equals(V(a).AsSByte(), V(b).AsSByte()));
    }

    private readonly struct Pcmpgtb : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => Low(Vector128.GreaterThan(V(a).AsSByte(), V(b).AsSByte()));
    }

    private readonly struct Pabsb : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => Low(Vector128.Abs(V(b).AsSByte()));
    }

    private readonly struct Psignb : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => ApplySign<sbyte>(a, b);
    }

    private readonly struct Pcmpeqw : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => Low(Vector128.Equals(V(a).AsInt16(), V(b).AsInt16()));
    }

    private readonly struct Pcmpgtw : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => Low(Vector128.GreaterThan(V(a).AsInt16(), V(b).AsInt16()));
    }

    private readonly struct Pabsw : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => Low(Vector128.Abs(V(b).AsInt16()));
    }

    private readonly struct Psignw : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => ApplySign<short>(a, b);
    }

    private readonly struct Pcmpeqd : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => Low(Vector128.Equals(V(a).AsInt32(), V(b).AsInt32()));
    }

    private readonly struct Pcmpgtd : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => Low(Vector128.GreaterThan(V(a).AsInt32(), V(b).AsInt32()));
    }

    private readonly struct Pabsd : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => Low(Vector128.Abs(V(b).AsInt32()));
    }

    private readonly struct Psignd : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => ApplySign<int>(a, b);
    }

    private readonly struct Pand : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => a & b;
    }

    private readonly struct Pandn : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => ~a & b;
    }

    private readonly struct Por : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => a | b;
    }

    private readonly struct Pxor : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => a ^ b;
    }

    private readonly struct Punpcklbw : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => Low(Vector128.Shuffle(Pair(a, b).AsByte(), Vector128.Create((byte)0, 8, 1, 9, 2, 10, 3, 11, 0, 0, 0, 0, 0, 0, 0, 0)));
    }

    private readonly struct Punpckhbw : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => Low(Vector128.Shuffle(Pair(a, b).AsByte(), Vector128.Create((byte)4, 12, 5, 13, 6, 14, 7, 15, 0, 0, 0, 0, 0, 0, 0, 0)));
    }

    private readonly struct Punpcklwd : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => Low(Vector128.Shuffle(Pair(a, b).AsUInt16(), Vector128.Create((ushort)0, 4, 1, 5, 0, 0, 0, 0)));
    }

    private readonly struct Punpckhwd : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => Low(Vector128.Shuffle(Pair(a, b).AsUInt16(), Vector128.Create((ushort)2, 6, 3, 7, 0, 0, 0, 0)));
    }

    private readonly struct Punpckldq : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => (uint)a | (b << 32);
    }

    private readonly struct Punpckhdq : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => (a >> 32) | (b & 0xFFFF_FFFF_0000_0000);
    }

    private readonly struct Phaddw : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => Words(Word(a, 0) + Word(a, 1), Word(a, 2) + Word(a, 3), Word(b, 0) + Word(b, 1), Word(b, 2) + Word(b, 3));
    }

    private readonly struct Phaddsw : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => Words(Saturate16(Word(a, 0) + Word(a, 1)), Saturate16(Word(a, 2) + Word(a, 3)), Saturate16(Word(b, 0) + Word(b, 1)), Saturate16(Word(b, 2) + Word(b, 3)));
    }

    private readonly struct Phaddd : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => Dwords(Dword(a, 0) + Dword(a, 1), Dword(b, 0) + Dword(b, 1));
    }

    private readonly struct Phsubw : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => Words(Word(a, 0) - Word(a, 1), Word(a, 2) - Word(a, 3), Word(b, 0) - Word(b, 1), Word(b, 2) - Word(b, 3));
    }

    private readonly struct Phsubsw : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => Words(Saturate16(Word(a, 0) - Word(a, 1)), Saturate16(Word(a, 2) - Word(a, 3)), Saturate16(Word(b, 0) - Word(b, 1)), Saturate16(Word(b, 2) - Word(b, 3)));
    }

    private readonly struct Phsubd : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => Dwords(Dword(a, 0) - Dword(a, 1), Dword(b, 0) - Dword(b, 1));
    }

    private readonly struct Psllw : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => b < 16 ? Low(V(a).AsUInt16() << (int)b) : 0;
    }

    private readonly struct Psrlw : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => b < 16 ? Low(V(a).AsUInt16() >> (int)b) : 0;
    }

    private readonly struct Pslld : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => b < 32 ? Low(V(a).AsUInt32() << (int)b) : 0;
    }

    private readonly struct Psrld : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => b < 32 ? Low(V(a).AsUInt32() >> (int)b) : 0;
    }

    private readonly struct Psllq : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => b < 64 ? a << (int)b : 0;
    }

    private readonly struct Psrlq : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => b < 64 ? a >> (int)b : 0;
    }

    private readonly struct Psraw : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => Low(V(a).AsInt16() >> (int)Math.Min(b, 15));
    }

    private readonly struct Psrad : IPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply(ulong a, ulong b) => Low(V(a).AsInt32() >> (int)Math.Min(b, 31));
    }
}
