using System.Runtime.CompilerServices;
using HermiTux.Cpu.Interpreter.X87;
using Iced.Intel;

namespace HermiTux.Cpu.Interpreter.Mmx;

/// <summary>Moves, inserts, extracts, shuffles by an immediate, masks, EMMS.</summary>
internal static unsafe class MmxTransfer
{
    public static void Register()
    {
        HandlerTable.Add(Code.Emms, &EmptyState, null);
        HandlerTable.Add(Code.Movd_mm_rm32, &FromGpr32, &FromMemory32);
        HandlerTable.Add(Code.Movq_mm_rm64, &FromGpr64, &FromMemory64);
        HandlerTable.Add(Code.Movq_mm_mmm64, &Copy, &FromMemory64);
        HandlerTable.Add(Code.Movd_rm32_mm, &ToGpr32, &ToMemory32);
        HandlerTable.Add(Code.Movq_rm64_mm, &ToGpr64, &ToMemory64);
        HandlerTable.Add(Code.Movq_mmm64_mm, &Copy, &ToMemory64);
        HandlerTable.Add(Code.Movntq_m64_mm, null, &ToMemory64);
        HandlerTable.Add(Code.Movq2dq_xmm_mm, &ToXmm, null);
        HandlerTable.Add(Code.Movdq2q_mm_xmm, &FromXmm, null);
        HandlerTable.Add(Code.Pshufw_mm_mmm64_imm8, &ShuffleWords, &ShuffleWordsMemory);
        HandlerTable.Add(Code.Palignr_mm_mmm64_imm8, &AlignRight, &AlignRightMemory);
        HandlerTable.Add(Code.Pinsrw_mm_r32m16_imm8, &InsertWord, &InsertWordMemory);
        HandlerTable.Add(Code.Pinsrw_mm_r64m16_imm8, &InsertWord, &InsertWordMemory);
        HandlerTable.Add(Code.Pextrw_r32_mm_imm8, &ExtractWord, null);
        HandlerTable.Add(Code.Pextrw_r64_mm_imm8, &ExtractWord, null);
        HandlerTable.Add(Code.Pmovmskb_r32_mm, &ByteMask, null);
        HandlerTable.Add(Code.Pmovmskb_r64_mm, &ByteMask, null);
        HandlerTable.Add(Code.Maskmovq_rDI_mm_mm, &MaskedStore, &MaskedStore);
    }

    private static void EmptyState(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        X87Stack.Enter(cpu, s, op);
        MmxState.Enter(s);
        s->Ftw = 0;
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void FromGpr32(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        X87Stack.Enter(cpu, s, op);
        MmxState.Enter(s);
        MmxState.Write(s, op->R0, InterpreterVcpu.Reg<uint>(s, op->R1));
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void FromGpr64(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        X87Stack.Enter(cpu, s, op);
        MmxState.Enter(s);
        MmxState.Write(s, op->R0, InterpreterVcpu.Reg<ulong>(s, op->R1));
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void FromMemory32(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        X87Stack.Enter(cpu, s, op);
        ulong value = cpu.Load<uint>(op, InterpreterVcpu.EffectiveAddress(s, op));
        MmxState.Enter(s);
        MmxState.Write(s, op->R0, value);
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void FromMemory64(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        X87Stack.Enter(cpu, s, op);
        ulong value = cpu.Load<ulong>(op, InterpreterVcpu.EffectiveAddress(s, op));
        MmxState.Enter(s);
        MmxState.Write(s, op->R0, value);
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void Copy(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        X87Stack.Enter(cpu, s, op);
        MmxState.Enter(s);
        MmxState.Write(s, op->R0, MmxState.Read(s, op->R1));
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void ToGpr32(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        X87Stack.Enter(cpu, s, op);
        MmxState.Enter(s);
        InterpreterVcpu.Reg<ulong>(s, op->R0) = (uint)MmxState.Read(s, op->R1);
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void ToGpr64(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        X87Stack.Enter(cpu, s, op);
        MmxState.Enter(s);
        InterpreterVcpu.Reg<ulong>(s, op->R0) = MmxState.Read(s, op->R1);
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void ToMemory32(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        X87Stack.Enter(cpu, s, op);
        cpu.Store(op, InterpreterVcpu.EffectiveAddress(s, op), (uint)MmxState.Read(s, op->R1));
        MmxState.Enter(s);
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void ToMemory64(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        X87Stack.Enter(cpu, s, op);
        cpu.Store(op, InterpreterVcpu.EffectiveAddress(s, op), MmxState.Read(s, op->R1));
        MmxState.Enter(s);
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void ToXmm(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        X87Stack.Enter(cpu, s, op);
        MmxState.Enter(s);
        InterpreterVcpu.Reg<ulong>(s, op->R0) = MmxState.Read(s, op->R1);
        InterpreterVcpu.Reg<ulong>(s, op->R0 + 8) = 0;
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void FromXmm(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        X87Stack.Enter(cpu, s, op);
        MmxState.Enter(s);
        MmxState.Write(s, op->R0, InterpreterVcpu.Reg<ulong>(s, op->R1));
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void ShuffleWords(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        X87Stack.Enter(cpu, s, op);
        MmxState.Enter(s);
        MmxState.Write(s, op->R0, MmxPacked.ShuffleWords(MmxState.Read(s, op->R1), (byte)op->Immediate));
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void ShuffleWordsMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        X87Stack.Enter(cpu, s, op);
        ulong source = cpu.Load<ulong>(op, InterpreterVcpu.EffectiveAddress(s, op));
        MmxState.Enter(s);
        MmxState.Write(s, op->R0, MmxPacked.ShuffleWords(source, (byte)op->Immediate));
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void AlignRight(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        X87Stack.Enter(cpu, s, op);
        MmxState.Enter(s);
        MmxState.Write(s, op->R0, MmxPacked.AlignRight(MmxState.Read(s, op->R0), MmxState.Read(s, op->R1), (byte)op->Immediate));
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void AlignRightMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        X87Stack.Enter(cpu, s, op);
        ulong source = cpu.Load<ulong>(op, InterpreterVcpu.EffectiveAddress(s, op));
        MmxState.Enter(s);
        MmxState.Write(s, op->R0, MmxPacked.AlignRight(MmxState.Read(s, op->R0), source, (byte)op->Immediate));
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void InsertWord(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        X87Stack.Enter(cpu, s, op);
        MmxState.Enter(s);
        Insert(s, op, InterpreterVcpu.Reg<ushort>(s, op->R1));
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void InsertWordMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        X87Stack.Enter(cpu, s, op);
        ushort value = cpu.Load<ushort>(op, InterpreterVcpu.EffectiveAddress(s, op));
        MmxState.Enter(s);
        Insert(s, op, value);
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Insert(CpuState* s, Op* op, ushort value)
    {
        int shift = ((int)op->Immediate & 3) * 16;
        MmxState.Write(s, op->R0, (MmxState.Read(s, op->R0) & ~(0xFFFFUL << shift)) | ((ulong)value << shift));
    }

    private static void ExtractWord(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        X87Stack.Enter(cpu, s, op);
        MmxState.Enter(s);
        InterpreterVcpu.Reg<ulong>(s, op->R0) = (ushort)(MmxState.Read(s, op->R1) >> (((int)op->Immediate & 3) * 16));
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void ByteMask(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        X87Stack.Enter(cpu, s, op);
        MmxState.Enter(s);
        InterpreterVcpu.Reg<ulong>(s, op->R0) = MmxPacked.ByteMask(MmxState.Read(s, op->R1));
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void MaskedStore(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        DoMaskedStore(cpu, s, op);
        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>MASKMOVQ: stores the bytes whose mask byte has its top bit set, at DS:(E/R)DI or an overriding segment.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void DoMaskedStore(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        X87Stack.Enter(cpu, s, op);

        // Base, index and segment describe [rDI] if the decoder filled them in; R1 and R2 are the data and the mask.
        ulong offset = (op->Flags & OpFlags.Address32) != 0 ? (uint)s->Rdi : s->Rdi;
        ulong address = offset + InterpreterVcpu.Reg<ulong>(s, op->Segment);
        ulong data = MmxState.Read(s, op->R1);
        ulong mask = MmxState.Read(s, op->R2);
        int first = -1;
        int last = -1;
        for (int i = 0; i < 8; i++)
        {
            if ((mask & (0x80UL << (i * 8))) != 0)
            {
                first = first < 0 ? i : first;
                last = i;
            }
        }

        if (first >= 0)
        {
            // One read-modify-write of the touched range keeps the store all or nothing.
            Span<byte> image = stackalloc byte[8];
            image = image[..(last - first + 1)];
            cpu.CheckWrite(op, address + (ulong)first, image.Length);
            cpu.LoadBlock(op, address + (ulong)first, image);
            for (int i = first; i <= last; i++)
            {
                if ((mask & (0x80UL << (i * 8))) != 0)
                {
                    image[i - first] = (byte)(data >> (i * 8));
                }
            }

            cpu.StoreBlock(op, address + (ulong)first, image);
        }

        MmxState.Enter(s);
    }
}
