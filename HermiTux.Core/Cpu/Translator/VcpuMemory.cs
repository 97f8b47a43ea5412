using System.Numerics;
using System.Runtime.InteropServices;
using HermiTux.Memory;

namespace HermiTux.Cpu.Translator;

/// <summary>
/// The host memory of one vCPU: a stack for host signal frames, the frame, and the jump tables. A few are kept for the next machine, so that it needn't
/// fault the tables in again page by page. Owned by one vCPU at a time.
/// </summary>
internal sealed unsafe class VcpuMemory
{
    private const int StackBytes = 64 << 10;
    private const int TableEntries = 65536;
    private const int TableBytes = 4 * TableEntries * 8;
    private const int Alignment = 64;
    private const int KeysInPage = Page.Size / 8;

    /// <summary>See <see cref="SecondIndex"/>.</summary>
    public const int SecondRotation = 12;

    private static readonly Lock s_lock = new();
    private static readonly Stack<VcpuMemory> s_spare = new();
    private static readonly int s_mostSpare = 2 * Environment.ProcessorCount;

    private readonly byte* _memory;
    private readonly nuint _length;
    private readonly int _windowBits;
    private readonly JumpTable _first;
    private readonly JumpTable _second;

    private VcpuMemory(int windowBits)
    {
        _windowBits = windowBits;
        _length = Page.Size + StackBytes + (2 * Alignment) + VcpuFrame.Size + TableBytes;
        const int Flags = LinuxMemory.MAP_PRIVATE | LinuxMemory.MAP_ANONYMOUS | LinuxMemory.MAP_NORESERVE;

        // SAFETY: a mapping of our own, zeroed, unmapped in Free. Its first page stays inaccessible, under the stack.
        _memory = (byte*)LinuxMemory.mmap(null, _length, LinuxMemory.PROT_READ | LinuxMemory.PROT_WRITE, Flags, -1, 0);
        if (_memory == LinuxMemory.MAP_FAILED)
        {
            throw new IOException($"The host refuses memory for a vCPU: error {Marshal.GetLastPInvokeError()}.");
        }

        _ = LinuxMemory.mprotect(_memory, Page.Size, LinuxMemory.PROT_NONE);
        ulong place = ((ulong)_memory + Page.Size + StackBytes + Alignment - 1) & ~(ulong)(Alignment - 1);
        Frame = (VcpuFrame*)(place + (ulong)(windowBits & (Alignment - 1)));
        _first = new JumpTable((ulong*)((byte*)Frame + FrameOffset.Keys), (ulong*)((byte*)Frame + FrameOffset.Hosts));
        _second = new JumpTable((ulong*)((byte*)Frame + FrameOffset.SecondKeys), (ulong*)((byte*)Frame + FrameOffset.SecondHosts));
    }

    /// <summary>The frame; all zero at first.</summary>
    public VcpuFrame* Frame { get; }

    /// <summary>Memory for a vCPU whose window is two to a power of bytes large.</summary>
    public static VcpuMemory Take(int windowBits)
    {
        lock (s_lock)
        {
            if (s_spare.TryPeek(out VcpuMemory? spare) && spare._windowBits == windowBits)
            {
                return s_spare.Pop();
            }
        }

        return new VcpuMemory(windowBits);
    }

    /// <summary>Gives it back. Nobody may use it any more.</summary>
    public void Return()
    {
        // SAFETY: the frame is this object's own.
        NativeMemory.Clear(Frame, VcpuFrame.Size);
        _first.Clear();
        _second.Clear();
        lock (s_lock)
        {
            if (s_spare.Count < s_mostSpare)
            {
                s_spare.Push(this);
                return;
            }
        }

        // SAFETY: mapped in the constructor.
        _ = LinuxMemory.munmap(_memory, _length);
    }

    /// <summary>The place of a guest address in the second table. Addresses that meet in the first one, 64 KiB apart, don't meet here.</summary>
    public static int SecondIndex(ulong rip) => (int)((rip + BitOperations.RotateRight(rip, SecondRotation)) & (TableEntries - 1));

    /// <summary>Puts code into the first table; what it displaces goes to the second.</summary>
    public void SetJump(ulong rip, byte* code)
    {
        int index = FirstIndex(rip);
        if (_first.TryGet(index, out ulong former, out ulong host) && former != rip)
        {
            _second.Set(SecondIndex(former), former, host);
        }

        _first.Set(index, rip, (ulong)code);
        _second.Remove(SecondIndex(rip), rip);
    }

    /// <summary>Whether nothing is in the first table's place for a guest address.</summary>
    public bool IsFree(ulong rip) => !_first.TryGet(FirstIndex(rip), out _, out _);

    /// <summary>Takes code out of the tables.</summary>
    public void ClearJump(ulong rip)
    {
        _first.Remove(FirstIndex(rip), rip);
        _second.Remove(SecondIndex(rip), rip);
    }

    private static int FirstIndex(ulong rip) => (int)(rip & (TableEntries - 1));

    /// <summary>Host code by guest address, one place for each: the key is minus the address. Read by translated code at any time.</summary>
    private sealed class JumpTable
    {
        private readonly ulong* _keys;
        private readonly ulong* _hosts;

        /// <summary>Pages of keys that may not be empty.</summary>
        private readonly bool[] _usedPages = new bool[TableEntries / KeysInPage];

        public JumpTable(ulong* keys, ulong* hosts)
        {
            _keys = keys;
            _hosts = hosts;
            _keys[0] = Empty(0);
        }

        public bool TryGet(int index, out ulong rip, out ulong host)
        {
            (rip, host) = ((ulong)-(long)_keys[index], _hosts[index]);
            return _keys[index] != Empty(index);
        }

        public void Set(int index, ulong rip, ulong host)
        {
            // The vCPU's own thread is the only one that fills its tables, and it isn't in translated code then: no reader sees a key with another's host.
            _usedPages[index / KeysInPage] = true;
            _hosts[index] = host;
            Volatile.Write(ref _keys[index], (ulong)-(long)rip);
        }

        public void Remove(int index, ulong rip)
        {
            if (_keys[index] == (ulong)-(long)rip)
            {
                Volatile.Write(ref _keys[index], Empty(index));
            }
        }

        public void Clear()
        {
            for (int page = 0; page < _usedPages.Length; page++)
            {
                if (_usedPages[page])
                {
                    // SAFETY: keys of the table; hosts without a key are never looked at.
                    NativeMemory.Clear(_keys + (page * KeysInPage), Page.Size);
                }
            }

            Array.Clear(_usedPages);
            _keys[0] = Empty(0);
        }

        /// <summary>A key that no address of its place has: 0 is minus address 0.</summary>
        private static ulong Empty(int index) => index == 0 ? 1u : 0u;
    }
}
