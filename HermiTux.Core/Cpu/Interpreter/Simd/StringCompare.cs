using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Iced.Intel;
using static HermiTux.Cpu.Interpreter.InterpreterVcpu;
using static HermiTux.Cpu.Interpreter.Simd.VectorOperand;
using V128 = System.Runtime.Intrinsics.Vector128<byte>;

namespace HermiTux.Cpu.Interpreter.Simd;

/// <summary>
/// PCMPESTRI, PCMPESTRM, PCMPISTRI and PCMPISTRM (Intel SDM vol. 2, 4.1). The immediate: bits 1:0 element
/// format, 3:2 aggregation, 5:4 polarity, 6 output selection.
/// </summary>
internal static unsafe class StringCompare
{
    private const ulong Carry = 1;
    private const ulong Zero = 0x40;
    private const ulong Sign = 0x80;
    private const ulong Overflow = 0x800;

    public static void List()
    {
        SimdHandlers.List(&RegisterExplicitIndex, Code.Pcmpestri_xmm_xmmm128_imm8, Code.VEX_Vpcmpestri_xmm_xmmm128_imm8);
        SimdHandlers.List(&RegisterExplicitIndex64, Code.Pcmpestri64_xmm_xmmm128_imm8, Code.VEX_Vpcmpestri64_xmm_xmmm128_imm8);
        SimdHandlers.List(&RegisterExplicitMask, Code.Pcmpestrm_xmm_xmmm128_imm8, Code.VEX_Vpcmpestrm_xmm_xmmm128_imm8);
        SimdHandlers.List(&RegisterExplicitMask64, Code.Pcmpestrm64_xmm_xmmm128_imm8, Code.VEX_Vpcmpestrm64_xmm_xmmm128_imm8);
        SimdHandlers.List(&RegisterImplicitIndex, Code.Pcmpistri_xmm_xmmm128_imm8, Code.VEX_Vpcmpistri_xmm_xmmm128_imm8);
        SimdHandlers.List(&RegisterImplicitMask, Code.Pcmpistrm_xmm_xmmm128_imm8, Code.VEX_Vpcmpistrm_xmm_xmmm128_imm8);
    }

    private static void RegisterExplicitIndex(Code legacy, Code vex, Code unused)
    {
        SimdHandlers.Add(legacy, &ExplicitIndexRegister, &ExplicitIndexMemory);
        SimdHandlers.Add(vex, &ExplicitIndexRegister, &ExplicitIndexMemory);
    }

    private static void RegisterExplicitIndex64(Code legacy, Code vex, Code unused)
    {
        SimdHandlers.Add(legacy, &ExplicitIndex64Register, &ExplicitIndex64Memory);
        SimdHandlers.Add(vex, &ExplicitIndex64Register, &ExplicitIndex64Memory);
    }

    private static void RegisterExplicitMask(Code legacy, Code vex, Code unused)
    {
        SimdHandlers.Add(legacy, &ExplicitMaskRegister, &ExplicitMaskMemory);
        SimdHandlers.Add(vex, &VexExplicitMaskRegister, &VexExplicitMaskMemory);
    }

    private static void RegisterExplicitMask64(Code legacy, Code vex, Code unused)
    {
        SimdHandlers.Add(legacy, &ExplicitMask64Register, &ExplicitMask64Memory);
        SimdHandlers.Add(vex, &VexExplicitMask64Register, &VexExplicitMask64Memory);
    }

    private static void RegisterImplicitIndex(Code legacy, Code vex, Code unused)
    {
        SimdHandlers.Add(legacy, &ImplicitIndexRegister, &ImplicitIndexMemory);
        SimdHandlers.Add(vex, &ImplicitIndexRegister, &ImplicitIndexMemory);
    }

    private static void RegisterImplicitMask(Code legacy, Code vex, Code unused)
    {
        SimdHandlers.Add(legacy, &ImplicitMaskRegister, &ImplicitMaskMemory);
        SimdHandlers.Add(vex, &VexImplicitMaskRegister, &VexImplicitMaskMemory);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void ExplicitIndexRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        StoreIndex(s, op, Compare(s, op, Xmm(s, op->R1), (int)s->Rax, (int)s->Rdx));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void ExplicitIndexMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        StoreIndex(s, op, Compare(s, op, Load<V128>(cpu, s, op), (int)s->Rax, (int)s->Rdx));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void ExplicitIndex64Register(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        StoreIndex(s, op, Compare(s, op, Xmm(s, op->R1), (long)s->Rax, (long)s->Rdx));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void ExplicitIndex64Memory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        StoreIndex(s, op, Compare(s, op, Load<V128>(cpu, s, op), (long)s->Rax, (long)s->Rdx));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void ExplicitMaskRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        StoreMask(s, op, Compare(s, op, Xmm(s, op->R1), (int)s->Rax, (int)s->Rdx));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void ExplicitMaskMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        StoreMask(s, op, Compare(s, op, Load<V128>(cpu, s, op), (int)s->Rax, (int)s->Rdx));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void ExplicitMask64Register(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        StoreMask(s, op, Compare(s, op, Xmm(s, op->R1), (long)s->Rax, (long)s->Rdx));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void ExplicitMask64Memory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        StoreMask(s, op, Compare(s, op, Load<V128>(cpu, s, op), (long)s->Rax, (long)s->Rdx));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void VexExplicitMaskRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        StoreMask(s, op, Compare(s, op, Xmm(s, op->R1), (int)s->Rax, (int)s->Rdx));
        High(s, CpuState.XmmOffset) = default;
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void VexExplicitMaskMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        StoreMask(s, op, Compare(s, op, Load<V128>(cpu, s, op), (int)s->Rax, (int)s->Rdx));
        High(s, CpuState.XmmOffset) = default;
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void VexExplicitMask64Register(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        StoreMask(s, op, Compare(s, op, Xmm(s, op->R1), (long)s->Rax, (long)s->Rdx));
        High(s, CpuState.XmmOffset) = default;
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void VexExplicitMask64Memory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        StoreMask(s, op, Compare(s, op, Load<V128>(cpu, s, op), (long)s->Rax, (long)s->Rdx));
        High(s, CpuState.XmmOffset) = default;
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void ImplicitIndexRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        StoreIndex(s, op, Compare(s, op, Xmm(s, op->R1), -1, -1, terminated: true));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void ImplicitIndexMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        StoreIndex(s, op, Compare(s, op, Load<V128>(cpu, s, op), -1, -1, terminated: true));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void ImplicitMaskRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        StoreMask(s, op, Compare(s, op, Xmm(s, op->R1), -1, -1, terminated: true));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void ImplicitMaskMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        StoreMask(s, op, Compare(s, op, Load<V128>(cpu, s, op), -1, -1, terminated: true));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void VexImplicitMaskRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        StoreMask(s, op, Compare(s, op, Xmm(s, op->R1), -1, -1, terminated: true));
        High(s, CpuState.XmmOffset) = default;
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void VexImplicitMaskMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        StoreMask(s, op, Compare(s, op, Load<V128>(cpu, s, op), -1, -1, terminated: true));
        High(s, CpuState.XmmOffset) = default;
        Next(cpu, s, op);
    }

    private static void StoreIndex(CpuState* s, Op* op, uint result)
    {
        int count = (op->Immediate & 1) != 0 ? 8 : 16;
        s->Rcx = result == 0 ? (uint)count
            : (op->Immediate & 0x40) != 0 ? (uint)BitOperations.Log2(result) : (uint)BitOperations.TrailingZeroCount(result);
    }

    private static void StoreMask(CpuState* s, Op* op, uint result)
    {
        V128 mask;
        if ((op->Immediate & 0x40) == 0)
        {
            mask = Vector128.CreateScalar(result).AsByte();
        }
        else if ((op->Immediate & 1) != 0)
        {
            mask = ShuffleControl.MaskWords((byte)result).AsByte();
        }
        else
        {
            V128 select = Vector128.Create(0x8040_2010_0804_0201ul).AsByte();
            V128 spread = Vector128.Create(Vector64.Create((byte)result), Vector64.Create((byte)(result >> 8)));
            mask = Vector128.Equals(spread & select, select);
        }

        Xmm(s, CpuState.XmmOffset) = mask;
    }

    /// <summary>Compares the strings and sets the flags. Lengths are explicit, in elements, unless the strings are zero-terminated.</summary>
    /// <returns>IntRes2, a bit for each element.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static uint Compare(CpuState* s, Op* op, V128 second, long firstLength, long secondLength, bool terminated = false)
    {
        V128 first = Xmm(s, op->R0);
        int control = (int)op->Immediate;
        bool words = (control & 1) != 0;
        bool signed = (control & 2) != 0;
        int count = words ? 8 : 16;
        int n1 = terminated ? TerminatedLength(first, words) : Clamp(firstLength, count);
        int n2 = terminated ? TerminatedLength(second, words) : Clamp(secondLength, count);
        uint all = (1u << count) - 1;
        uint result = Aggregate(first, second, n1, n2, count, words, signed, (control >> 2) & 3);
        result = ((control >> 4) & 3) switch
        {
            1 => result ^ all,
            3 => result ^ ((1u << n2) - 1),
            _ => result,
        };
        SetFlags(s,
            (result != 0 ? Carry : 0) | (n2 < count ? Zero : 0) | (n1 < count ? Sign : 0) | ((result & 1) != 0 ? Overflow : 0));
        return result;
    }

    private static int Clamp(long length, int count) => (int)Math.Min(length == long.MinValue ? count : Math.Abs(length), count);

    private static int TerminatedLength(V128 value, bool words)
    {
        uint zeros = words
            ? Vector128.Equals(value.AsUInt16(), default).ExtractMostSignificantBits()
            : Vector128.Equals(value, default).ExtractMostSignificantBits();
        return Math.Min(BitOperations.TrailingZeroCount(zeros), words ? 8 : 16);
    }

    private static int Element(V128 value, int i, bool words, bool signed)
    {
        if (words)
        {
            ushort word = value.AsUInt16().GetElement(i);
            return signed ? (short)word : word;
        }

        byte b = value.GetElement(i);
        return signed ? (sbyte)b : b;
    }

    private static uint Aggregate(V128 first, V128 second, int n1, int n2, int count, bool words, bool signed, int mode)
    {
        uint result = 0;
        switch (mode)
        {
            case 0: // equal any: which elements of the second are in the set that the first is
                for (int j = 0; j < n2; j++)
                {
                    int b = Element(second, j, words, signed);
                    for (int i = 0; i < n1; i++)
                    {
                        if (Element(first, i, words, signed) == b)
                        {
                            result |= 1u << j;
                            break;
                        }
                    }
                }

                break;

            case 1: // ranges: the first holds pairs of bounds
                for (int j = 0; j < n2; j++)
                {
                    int b = Element(second, j, words, signed);
                    for (int i = 0; i + 1 < n1; i += 2)
                    {
                        if (Element(first, i, words, signed) <= b && b <= Element(first, i + 1, words, signed))
                        {
                            result |= 1u << j;
                            break;
                        }
                    }
                }

                break;

            case 2: // equal each: position by position; both past the end count as equal
                for (int j = 0; j < count; j++)
                {
                    bool inFirst = j < n1;
                    bool inSecond = j < n2;
                    if (inFirst && inSecond ? Element(first, j, words, signed) == Element(second, j, words, signed) : inFirst == inSecond)
                    {
                        result |= 1u << j;
                    }
                }

                break;

            default: // equal ordered: where the first occurs in the second, or begins to at its end
                for (int j = 0; j < count; j++)
                {
                    bool found = true;
                    for (int i = 0; found && i < n1 && i + j < count; i++)
                    {
                        found = i + j < n2 && Element(first, i, words, signed) == Element(second, i + j, words, signed);
                    }

                    result |= found ? 1u << j : 0;
                }

                break;
        }

        return result;
    }
}
