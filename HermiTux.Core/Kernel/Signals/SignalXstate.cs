using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HermiTux.Cpu;
using HermiTux.Memory;

namespace HermiTux.Kernel.Signals;

/// <summary>
/// The floating-point and vector part of a signal frame: a standard-format XSAVE image whose software-reserved bytes say how long it is
/// (arch/x86/kernel/fpu/signal.c, <c>struct _fpx_sw_bytes</c>). Without XSAVE it is the bare 512 bytes of FXSAVE.
/// </summary>
internal static unsafe class SignalXstate
{
    private const uint Magic1 = 0x46505853;
    private const uint Magic2 = 0x46505845;
    private const int SoftwareOffset = 464;
    private const int LegacySize = 512;
    private const int HeaderSize = 64;
    private const int MxcsrOffset = 24;
    private const int MaximumImage = CpuState.SizeInBytes - CpuState.XsaveOffset;

    /// <summary>_fpx_sw_bytes.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct SoftwareBytes
    {
        public uint Magic1;
        public uint ExtendedSize;
        public ulong Features;
        public uint StateSize;
        public fixed uint Padding[7];
    }

    /// <summary>Bytes of the image with its trailing magic.</summary>
    public static int Size(CpuModel model) => model.Xcr0 == 0 ? LegacySize : model.XsaveSize + sizeof(uint);

    /// <summary>Writes the image; the address is 64-byte aligned.</summary>
    public static bool TrySave(AddressSpace memory, ulong address, CpuState* state, CpuModel model)
    {
        Span<byte> image = stackalloc byte[MaximumImage];
        image = image[..Size(model)];
        Source(state, image.Length).CopyTo(image);
        if (model.Xcr0 != 0)
        {
            int size = model.XsaveSize;
            image[(LegacySize + 8)..(LegacySize + HeaderSize)].Clear();
            MemoryMarshal.Write(image[LegacySize..], state->XstateBv & model.Xcr0 | 3);
            MemoryMarshal.Write(image[SoftwareOffset..], new SoftwareBytes
            {
                Magic1 = Magic1,
                ExtendedSize = (uint)size + sizeof(uint),
                Features = model.Xcr0,
                StateSize = (uint)size,
            });
            MemoryMarshal.Write(image[size..], Magic2);
        }

        return memory.TryWrite(address, image);
    }

    /// <summary>
    /// Loads the image at <paramref name="address"/>; 0 means the initial state. Components that the frame doesn't have get their initial state. False for an image
    /// that XRSTOR would refuse.
    /// </summary>
    public static bool TryRestore(AddressSpace memory, ulong address, CpuState* state, CpuModel model)
    {
        if (address == 0)
        {
            Reset(state);
            return true;
        }

        Span<byte> image = stackalloc byte[MaximumImage];
        if (!memory.TryRead(address, image[..LegacySize]))
        {
            return false;
        }

        ulong features = 3;
        ulong present = 3;
        if (model.Xcr0 != 0 && DescribesXsave(memory, address, image, model, out SoftwareBytes software))
        {
            if ((address & 63) != 0 || !memory.TryRead(address, image[..(int)software.StateSize]))
            {
                return false;
            }

            present = MemoryMarshal.Read<ulong>(image[LegacySize..]);
            if ((present & ~model.Xcr0) != 0 || image[(LegacySize + 8)..(LegacySize + HeaderSize)].ContainsAnyExcept((byte)0))
            {
                return false;
            }

            features = software.Features & model.Xcr0;
            present &= features;
        }
        else if ((address & 15) != 0)
        {
            return false;
        }

        uint mxcsr = MemoryMarshal.Read<uint>(image[MxcsrOffset..]);
        if ((features & 6) != 0 && (mxcsr & ~0xFFFFu) != 0)
        {
            return false;
        }

        Reset(state);
        byte* target = (byte*)state + CpuState.XsaveOffset;
        if ((present & 1) != 0)
        {
            XsaveImage.ReadX87(state, image, wide: true);
        }

        if ((features & 6) != 0)
        {
            state->Mxcsr = mxcsr;
        }

        if ((present & 2) != 0)
        {
            Copy(image, target, 160, 256);
        }

        // AVX and what is beyond it: where each component lies is the processor's choice (CPUID leaf 0xD).
        for (ulong left = present & ~3UL; left != 0; left &= left - 1)
        {
            CpuidResult component = model.Query(0xD, (uint)System.Numerics.BitOperations.TrailingZeroCount(left));
            Copy(image, target, (int)component.Ebx, (int)component.Eax);
        }

        state->XstateBv |= present;

        return true;
    }

    /// <summary>fpu__clear_user_states(): the state that a handler starts with.</summary>
    public static void Reset(CpuState* state)
    {
        Unsafe.InitBlockUnaligned((byte*)state + CpuState.XsaveOffset, 0, MaximumImage);
        state->Fcw = 0x37F;
        state->Mxcsr = 0x1F80;
        state->MxcsrMask = 0xFFFF;
        state->XstateBv = 7;
    }

    /// <summary>check_xstate_in_sigframe(): whether the frame claims to be an XSAVE image, and both magics are there.</summary>
    private static bool DescribesXsave(AddressSpace memory, ulong address, ReadOnlySpan<byte> legacy, CpuModel model, out SoftwareBytes software)
    {
        software = MemoryMarshal.Read<SoftwareBytes>(legacy[SoftwareOffset..]);
        return software.Magic1 == Magic1 && software.StateSize >= LegacySize + HeaderSize && software.StateSize <= model.XsaveSize &&
            software.StateSize <= software.ExtendedSize && memory.TryRead(address + software.StateSize, out uint magic2) && magic2 == Magic2;
    }

    private static ReadOnlySpan<byte> Source(CpuState* state, int length) =>
        new((byte*)state + CpuState.XsaveOffset, Math.Min(length, MaximumImage));

    private static void Copy(ReadOnlySpan<byte> image, byte* target, int offset, int length) =>
        image.Slice(offset, length).CopyTo(new Span<byte>(target + offset, length));
}
