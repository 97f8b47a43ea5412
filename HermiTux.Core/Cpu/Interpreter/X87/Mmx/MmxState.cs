using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using HermiTux.Cpu.Interpreter.X87;

namespace HermiTux.Cpu.Interpreter.Mmx;

/// <summary>The MMX registers, which are the significands of the physical x87 registers (Intel SDM vol. 1, 9.5).</summary>
internal static unsafe class MmxState
{
    /// <summary>Slot of MM0 once <see cref="Enter"/> has set TOP to zero.</summary>
    public const int Mm0 = CpuState.StOffset;

    /// <summary>
    /// Switches to MMX: TOP becomes zero, so that slot n is MMn, and every register is tagged valid. To be called after
    /// the last access that can fault.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Enter(CpuState* s)
    {
        s->Ftw = 0xFF;
        if ((s->Fsw & Fsw.TopMask) != 0)
        {
            X87Stack.SetTop(s, 0);
        }
    }

    /// <summary>Reads a register. Also right before <see cref="Enter"/>, while TOP isn't zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Read(CpuState* s, int slot)
    {
        int index = (((slot - Mm0) >> 4) - X87Stack.Top(s)) & 7;
        return *(ulong*)((byte*)s + Mm0 + (index * 16));
    }

    /// <summary>Writes a register after <see cref="Enter"/>; sign and exponent become all ones.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write(CpuState* s, int slot, ulong value) =>
        *(Vector128<ulong>*)((byte*)s + slot) = Vector128.Create(value, 0xFFFFUL);
}
