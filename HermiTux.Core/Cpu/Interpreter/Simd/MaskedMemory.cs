using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Iced.Intel;
using static HermiTux.Cpu.Interpreter.InterpreterVcpu;
using static HermiTux.Cpu.Interpreter.Simd.VectorOperand;
using V128 = System.Runtime.Intrinsics.Vector128<byte>;

namespace HermiTux.Cpu.Interpreter.Simd;

/// <summary>
/// VMASKMOVPS/PD and VPMASKMOVD/Q: elements whose mask's sign bit is clear are neither loaded nor stored, and cause no fault. A store
/// that faults in one element stores none.
/// </summary>
internal static unsafe class MaskedMoveForms<T>
    where T : unmanaged
{
    public static void RegisterLoad(Code unused, Code vex128, Code vex256)
    {
        SimdHandlers.Add(vex128, null, &Load128);
        SimdHandlers.Add(vex256, null, &Load256);
    }

    public static void RegisterStore(Code unused, Code vex128, Code vex256)
    {
        SimdHandlers.Add(vex128, null, &Store128);
        SimdHandlers.Add(vex256, null, &Store256);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Load128(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        SetXmm(s, op->R0, LoadElements(cpu, op, EffectiveAddress(s, op), Xmm(s, op->R1)));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Load256(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong address = EffectiveAddress(s, op);
        V128 low = LoadElements(cpu, op, address, Xmm(s, op->R1));
        V128 high = LoadElements(cpu, op, address + 16, High(s, op->R1));
        SetYmm(s, op->R0, low, high);
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Store128(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong address = EffectiveAddress(s, op);
        CheckElements(cpu, op, address, Xmm(s, op->R1));
        StoreElements(cpu, op, address, Xmm(s, op->R1), Xmm(s, op->R2));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Store256(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong address = EffectiveAddress(s, op);
        CheckElements(cpu, op, address, Xmm(s, op->R1));
        CheckElements(cpu, op, address + 16, High(s, op->R1));
        StoreElements(cpu, op, address, Xmm(s, op->R1), Xmm(s, op->R2));
        StoreElements(cpu, op, address + 16, High(s, op->R1), High(s, op->R2));
        Next(cpu, s, op);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static V128 LoadElements(InterpreterVcpu cpu, Op* op, ulong address, V128 mask)
    {
        uint bits = mask.As<byte, T>().ExtractMostSignificantBits();
        Vector128<T> result = default;
        for (int i = 0; i < Vector128<T>.Count; i++)
        {
            if ((bits & (1u << i)) != 0)
            {
                result = result.WithElement(i, cpu.Load<T>(op, address + ((ulong)i * (ulong)sizeof(T))));
            }
        }

        return result.AsByte();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void CheckElements(InterpreterVcpu cpu, Op* op, ulong address, V128 mask)
    {
        uint bits = mask.As<byte, T>().ExtractMostSignificantBits();
        for (int i = 0; i < Vector128<T>.Count; i++)
        {
            if ((bits & (1u << i)) != 0)
            {
                cpu.CheckWrite(op, address + ((ulong)i * (ulong)sizeof(T)), sizeof(T));
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void StoreElements(InterpreterVcpu cpu, Op* op, ulong address, V128 mask, V128 value)
    {
        uint bits = mask.As<byte, T>().ExtractMostSignificantBits();
        for (int i = 0; i < Vector128<T>.Count; i++)
        {
            if ((bits & (1u << i)) != 0)
            {
                cpu.Store(op, address + ((ulong)i * (ulong)sizeof(T)), value.As<byte, T>().GetElement(i));
            }
        }
    }
}

/// <summary>
/// The gathers. Elements are loaded in order; each one done clears its mask element, so that after a fault the instruction, restarted, goes on
/// where it stopped. In the end the mask is zero (Intel SDM vol. 2, VPGATHERDD).
/// </summary>
/// <typeparam name="T">The element: uint or ulong.</typeparam>
/// <typeparam name="TIndex">The index: int or long.</typeparam>
internal static unsafe class GatherForms<T, TIndex>
    where T : unmanaged
    where TIndex : unmanaged
{
    /// <summary>128 bits of indices or elements, whichever is wider.</summary>
    public static void Register(Code unused, Code narrow, Code wide)
    {
        SimdHandlers.Add(narrow, null, &Gather128);
        SimdHandlers.Add(wide, null, &Gather256);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Gather128(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Gather(cpu, s, op, 16 / Math.Max(sizeof(T), sizeof(TIndex)));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Gather256(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Gather(cpu, s, op, 32 / Math.Max(sizeof(T), sizeof(TIndex)));
        Next(cpu, s, op);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Gather(InterpreterVcpu cpu, CpuState* s, Op* op, int count)
    {
        if (op->R0 == op->R2 || op->R0 == op->Index || op->R2 == op->Index)
        {
            cpu.Raise(op, X86Exception.InvalidOpcode);
        }

        byte* r = (byte*)s;
        ulong start = *(ulong*)(r + op->Base) + (ulong)op->Displacement;
        ulong segment = *(ulong*)(r + op->Segment);
        for (int i = 0; i < count; i++)
        {
            // Bytes that are past the masked elements count as masked off as well, hence the clearing further down.
            T mask = Slot<T>(s, op->R2, i);
            if (IsSelected(mask))
            {
                long index = sizeof(TIndex) == 4 ? Slot<int>(s, op->Index, i) : Slot<long>(s, op->Index, i);
                ulong offset = start + ((ulong)index << op->Scale);
                if ((op->Flags & OpFlags.Address32) != 0)
                {
                    offset = (uint)offset;
                }

                Slot<T>(s, op->R0, i) = cpu.Load<T>(op, offset + segment);
            }

            Slot<T>(s, op->R2, i) = default;
        }

        // What the instruction doesn't gather into is cleared, in the destination and the mask.
        int used = count * sizeof(T);
        ClearFrom(s, op->R0, used);
        ClearFrom(s, op->R2, used);
    }

    private static bool IsSelected(T mask) => sizeof(T) == 4 ? Unsafe.As<T, int>(ref mask) < 0 : Unsafe.As<T, long>(ref mask) < 0;

    /// <summary>Element i of a YMM register whose halves lie apart.</summary>
    private static ref TElement Slot<TElement>(CpuState* s, int register, int i)
        where TElement : unmanaged
    {
        int position = i * sizeof(TElement);
        return ref Reg<TElement>(s, position < 16 ? register + position : register + YmmHigh + position - 16);
    }

    private static void ClearFrom(CpuState* s, int register, int used)
    {
        if (used < 16)
        {
            Unsafe.InitBlockUnaligned((byte*)s + register + used, 0, (uint)(16 - used));
        }

        if (used < 32)
        {
            High(s, register) = default;
        }
    }
}

/// <summary>MASKMOVDQU: stores the bytes whose mask's sign bit is set.</summary>
internal static unsafe class ByteMaskMoves
{
    public static void Register(Code legacy, Code vex, Code unused)
    {
        SimdHandlers.Add(legacy, null, &Maskmovdqu);
        SimdHandlers.Add(vex, null, &Maskmovdqu);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Maskmovdqu(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Store(cpu, op, EffectiveAddress(s, op), Xmm(s, op->R1), Xmm(s, op->R2).ExtractMostSignificantBits());
        Next(cpu, s, op);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Store(InterpreterVcpu cpu, Op* op, ulong address, V128 value, uint mask)
    {
        // CPUs may look only at the selected bytes or at the whole operand; AMD's do the latter, except when nothing is selected.
        if (mask == 0)
        {
            return;
        }

        cpu.CheckWrite(op, address, 16);
        for (int i = 0; i < 16; i++)
        {
            if ((mask & (1u << i)) != 0)
            {
                cpu.Store(op, address + (ulong)i, value.GetElement(i));
            }
        }
    }
}

/// <summary>Lists the masked moves and gathers.</summary>
internal static unsafe class MaskedMemoryHandlers
{
    public static void List()
    {
        L(&MaskedMoveForms<uint>.RegisterLoad, Code.VEX_Vmaskmovps_xmm_xmm_m128, Code.VEX_Vmaskmovps_ymm_ymm_m256);
        L(&MaskedMoveForms<ulong>.RegisterLoad, Code.VEX_Vmaskmovpd_xmm_xmm_m128, Code.VEX_Vmaskmovpd_ymm_ymm_m256);
        L(&MaskedMoveForms<uint>.RegisterStore, Code.VEX_Vmaskmovps_m128_xmm_xmm, Code.VEX_Vmaskmovps_m256_ymm_ymm);
        L(&MaskedMoveForms<ulong>.RegisterStore, Code.VEX_Vmaskmovpd_m128_xmm_xmm, Code.VEX_Vmaskmovpd_m256_ymm_ymm);
        L(&MaskedMoveForms<uint>.RegisterLoad, Code.VEX_Vpmaskmovd_xmm_xmm_m128, Code.VEX_Vpmaskmovd_ymm_ymm_m256);
        L(&MaskedMoveForms<ulong>.RegisterLoad, Code.VEX_Vpmaskmovq_xmm_xmm_m128, Code.VEX_Vpmaskmovq_ymm_ymm_m256);
        L(&MaskedMoveForms<uint>.RegisterStore, Code.VEX_Vpmaskmovd_m128_xmm_xmm, Code.VEX_Vpmaskmovd_m256_ymm_ymm);
        L(&MaskedMoveForms<ulong>.RegisterStore, Code.VEX_Vpmaskmovq_m128_xmm_xmm, Code.VEX_Vpmaskmovq_m256_ymm_ymm);

        L(&GatherForms<uint, int>.Register, Code.VEX_Vpgatherdd_xmm_vm32x_xmm, Code.VEX_Vpgatherdd_ymm_vm32y_ymm);
        L(&GatherForms<ulong, int>.Register, Code.VEX_Vpgatherdq_xmm_vm32x_xmm, Code.VEX_Vpgatherdq_ymm_vm32x_ymm);
        L(&GatherForms<uint, long>.Register, Code.VEX_Vpgatherqd_xmm_vm64x_xmm, Code.VEX_Vpgatherqd_xmm_vm64y_xmm);
        L(&GatherForms<ulong, long>.Register, Code.VEX_Vpgatherqq_xmm_vm64x_xmm, Code.VEX_Vpgatherqq_ymm_vm64y_ymm);
        L(&GatherForms<uint, int>.Register, Code.VEX_Vgatherdps_xmm_vm32x_xmm, Code.VEX_Vgatherdps_ymm_vm32y_ymm);
        L(&GatherForms<ulong, int>.Register, Code.VEX_Vgatherdpd_xmm_vm32x_xmm, Code.VEX_Vgatherdpd_ymm_vm32x_ymm);
        L(&GatherForms<uint, long>.Register, Code.VEX_Vgatherqps_xmm_vm64x_xmm, Code.VEX_Vgatherqps_xmm_vm64y_xmm);
        L(&GatherForms<ulong, long>.Register, Code.VEX_Vgatherqpd_xmm_vm64x_xmm, Code.VEX_Vgatherqpd_ymm_vm64y_ymm);
        SimdHandlers.List(&ByteMaskMoves.Register, Code.Maskmovdqu_rDI_xmm_xmm, Code.VEX_Vmaskmovdqu_rDI_xmm_xmm);
    }

    private static void L(delegate*<Code, Code, Code, void> registrar, Code vex128, Code vex256) =>
        SimdHandlers.List(registrar, Code.INVALID, vex128, vex256);
}
