using System.Runtime.InteropServices;
using HermiTux.Memory;

namespace HermiTux.Cpu.Translator;

/// <summary>
/// The host memory of one vCPU: a stack for host signal frames, the frame, and the jump table. A few are kept for the next machine, so that it needn't
/// fault the table in again page by page. Owned by one vCPU at a time.
/// </summary>
internal sealed unsafe class VcpuMemory
{
    private const int StackBytes = 64 << 10;

    private static readonly Lock s_lock = new();
    private static readonly List<VcpuMemory> s_spare = [];
    private static readonly int s_mostSpare = 2 * Environment.ProcessorCount;

    private readonly byte* _memory;
    private readonly nuint _length;
    private readonly int _windowBits;

    private VcpuMemory(int windowBits, byte* miss)
    {
        _windowBits = windowBits;
        _length = Page.Size + StackBytes + JumpTable.BytesWithFrame;
        const int Flags = LinuxMemory.MAP_PRIVATE | LinuxMemory.MAP_ANONYMOUS | LinuxMemory.MAP_NORESERVE;

        // SAFETY: a mapping of our own, zeroed, unmapped in Return. Its first page stays inaccessible, under the stack.
        _memory = (byte*)LinuxMemory.mmap(null, _length, LinuxMemory.PROT_READ | LinuxMemory.PROT_WRITE, Flags, -1, 0);
        if (_memory == LinuxMemory.MAP_FAILED)
        {
            throw new IOException($"The host refuses memory for a vCPU: error {Marshal.GetLastPInvokeError()}.");
        }

        _ = LinuxMemory.mprotect(_memory, Page.Size, LinuxMemory.PROT_NONE);
        Frame = (VcpuFrame*)(_memory + Page.Size + StackBytes + (windowBits & 63));
        Jumps = new JumpTable(Frame, miss);
    }

    /// <summary>The frame; all zero at first.</summary>
    public VcpuFrame* Frame { get; }

    /// <summary>The jump table; empty at first.</summary>
    public JumpTable Jumps { get; }

    /// <summary>Memory for a vCPU whose window is two to a power of bytes large.</summary>
    /// <param name="windowBits">The power.</param>
    /// <param name="miss">See <see cref="TranslatorStubs.IndirectMiss"/>: the same for the whole process.</param>
    public static VcpuMemory Take(int windowBits, byte* miss)
    {
        lock (s_lock)
        {
            int index = s_spare.FindLastIndex(spare => spare._windowBits == windowBits);
            if (index >= 0)
            {
                VcpuMemory spare = s_spare[index];
                s_spare.RemoveAt(index);
                return spare;
            }
        }

        return new VcpuMemory(windowBits, miss);
    }

    /// <summary>Gives it back. Nobody may use it any more.</summary>
    public void Return()
    {
        // SAFETY: the frame is this object's own.
        NativeMemory.Clear(Frame, VcpuFrame.Size);
        Jumps.Clear();
        lock (s_lock)
        {
            if (s_spare.Count < s_mostSpare)
            {
                s_spare.Add(this);
                return;
            }
        }

        // SAFETY: mapped in the constructor.
        _ = LinuxMemory.munmap(_memory, _length);
    }
}
