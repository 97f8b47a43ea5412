using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HermiTux.Memory;

namespace HermiTux.Cpu.Interpreter;

/// <content>Guest memory as handlers see it: the software TLB, its fast path, and the slow path through the address space.</content>
internal sealed unsafe partial class InterpreterVcpu
{
    private const int TlbEntries = 4096;
    private const ulong TlbIndexMask = (TlbEntries - 1) << 4;
    private const ulong PageMask = ~Page.OffsetMask;

    /// <summary>A tag that no page has.</summary>
    private const ulong InvalidTag = 1;

    private readonly TlbEntry* _readTlb;
    private readonly TlbEntry* _writeTlb;

    /// <summary>One translation: guest page and what to add to a guest address for the host's.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct TlbEntry
    {
        public ulong Tag;
        public ulong Delta;
    }

    /// <summary>Loads from guest memory; any size up to 32 bytes, any alignment, also across pages.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Load<T>(Op* op, ulong address) where T : unmanaged
    {
        TlbEntry* entry = (TlbEntry*)((byte*)_readTlb + ((address >> (Page.Shift - 4)) & TlbIndexMask));

        // Comparing the page of the last byte makes page-crossing accesses miss.
        return entry->Tag == ((address + (ulong)(sizeof(T) - 1)) & PageMask)
            ? Unsafe.ReadUnaligned<T>((byte*)(address + entry->Delta))
            : LoadSlow<T>(op, address);
    }

    /// <summary>Stores to guest memory; all or nothing when it crosses pages.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store<T>(Op* op, ulong address, T value) where T : unmanaged
    {
        TlbEntry* entry = (TlbEntry*)((byte*)_writeTlb + ((address >> (Page.Shift - 4)) & TlbIndexMask));
        if (entry->Tag == ((address + (ulong)(sizeof(T) - 1)) & PageMask))
        {
            Unsafe.WriteUnaligned((byte*)(address + entry->Delta), value);
        }
        else
        {
            StoreSlow(op, address, value);
        }
    }

    /// <summary>
    /// The host address of an operand that is to be read, changed and written back, or null when it crosses a page
    /// (then: <see cref="CheckWrite"/>, <see cref="Load"/>, <see cref="Store"/>). Valid until the next access.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* WritePointer(Op* op, ulong address, int size)
    {
        TlbEntry* entry = (TlbEntry*)((byte*)_writeTlb + ((address >> (Page.Shift - 4)) & TlbIndexMask));
        return entry->Tag == ((address + (ulong)(uint)(size - 1)) & PageMask)
            ? (byte*)(address + entry->Delta)
            : WritePointerSlow(op, address, size);
    }

    /// <summary>Raises the fault that a store to the range would raise, if any.</summary>
    public void CheckWrite(Op* op, ulong address, int size)
    {
        if (_checksAlignment)
        {
            RequireAlignedAccess(op, address, size);
        }

        Check(op, address, size, MemoryAccess.Write);
    }

    /// <summary>
    /// Loads a block of any length (FXSAVE, XRSTOR). Faults before anything is stored.
    /// </summary>
    public void LoadBlock(Op* op, ulong address, Span<byte> destination)
    {
        RequireCanonicalEnd(op, address, destination.Length, MemoryAccess.Read);
        while (destination.Length > 0)
        {
            int part = (int)Math.Min((ulong)destination.Length, Page.Size - (address & Page.OffsetMask));
            byte* source = Translate(op, address, MemoryAccess.Read);
            new ReadOnlySpan<byte>(source, part).CopyTo(destination);
            destination = destination[part..];
            address += (ulong)part;
        }
    }

    /// <summary>Stores a block of any length; checks the whole range before it stores anything.</summary>
    public void StoreBlock(Op* op, ulong address, ReadOnlySpan<byte> source)
    {
        Check(op, address, source.Length, MemoryAccess.Write);
        while (source.Length > 0)
        {
            int part = (int)Math.Min((ulong)source.Length, Page.Size - (address & Page.OffsetMask));
            byte* destination = Translate(op, address, MemoryAccess.Write);
            source[..part].CopyTo(new Span<byte>(destination, part));
            source = source[part..];
            address += (ulong)part;
        }
    }

    /// <summary>Translates one address through the TLB, raising a fault when the access isn't allowed. Good to the end of the page.</summary>
    public byte* Translate(Op* op, ulong address, MemoryAccess access)
    {
        TlbEntry* entry = TlbSlot(address, access);
        return entry->Tag == (address & PageMask) ? (byte*)(address + entry->Delta) : Fill(op, address, access);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private T LoadSlow<T>(Op* op, ulong address) where T : unmanaged
    {
        if (_checksAlignment)
        {
            RequireAlignedAccess(op, address, sizeof(T));
        }

        if ((address & Page.OffsetMask) + (ulong)sizeof(T) <= Page.Size)
        {
            return Unsafe.ReadUnaligned<T>(Fill(op, address, MemoryAccess.Read));
        }

        T value;
        LoadBlock(op, address, new Span<byte>(&value, sizeof(T)));
        return value;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void StoreSlow<T>(Op* op, ulong address, T value) where T : unmanaged
    {
        if (_checksAlignment)
        {
            RequireAlignedAccess(op, address, sizeof(T));
        }

        if ((address & Page.OffsetMask) + (ulong)sizeof(T) <= Page.Size)
        {
            Unsafe.WriteUnaligned(Fill(op, address, MemoryAccess.Write), value);
            return;
        }

        StoreBlock(op, address, new ReadOnlySpan<byte>(&value, sizeof(T)));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private byte* WritePointerSlow(Op* op, ulong address, int size)
    {
        if (_checksAlignment)
        {
            RequireAlignedAccess(op, address, size);
        }

        return (address & Page.OffsetMask) + (ulong)size <= Page.Size ? Fill(op, address, MemoryAccess.Write) : null;
    }

    private void Check(Op* op, ulong address, int length, MemoryAccess access)
    {
        RequireCanonicalEnd(op, address, length, access);
        ulong done = 0;
        while (done < (ulong)length)
        {
            Translate(op, address + done, access);
            done += Page.Size - ((address + done) & Page.OffsetMask);
        }
    }

    private TlbEntry* TlbSlot(ulong address, MemoryAccess access) =>
        (TlbEntry*)((byte*)(access == MemoryAccess.Write ? _writeTlb : _readTlb) + ((address >> (Page.Shift - 4)) & TlbIndexMask));

    /// <summary>Asks the address space and remembers the answer.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private byte* Fill(Op* op, ulong address, MemoryAccess access)
    {
        if (!IsCanonical(address))
        {
            RaiseNonCanonical(op, access);
        }

        TlbEntry* writable = TlbSlot(address, MemoryAccess.Write);
        if (access == MemoryAccess.Read && writable->Tag == (address & PageMask))
        {
            // What can be written can be read.
            *TlbSlot(address, MemoryAccess.Read) = *writable;
            return (byte*)(address + writable->Delta);
        }

        byte* pointer = TranslateOutside(address, access, out MemoryFault fault);
        if (pointer == null)
        {
            RaiseMemoryFault(op, fault);
        }

        if (!_checksAlignment)
        {
            TlbEntry* entry = TlbSlot(address, access);
            entry->Tag = address & PageMask;
            entry->Delta = (ulong)pointer - address;
        }

        return pointer;
    }

    /// <summary>
    /// Translates while not executing, so that a thread which changes the address space never waits for one that waits for the
    /// address space; repeats when a change came in between.
    /// </summary>
    private byte* TranslateOutside(ulong address, MemoryAccess access, out MemoryFault fault)
    {
        while (true)
        {
            LeaveGuest();
            bool ok = _space.TryTranslate(address, access, out byte* pointer, out fault);
            if (!EnterGuest())
            {
                return ok ? pointer : null;
            }
        }
    }

    /// <summary>Whether bits 63 to 47 are all alike.</summary>
    public static bool IsCanonical(ulong address) => (ulong)((long)(address << 16) >> 16) == address;

    [DoesNotReturn]
    private void RaiseMemoryFault(Op* op, MemoryFault fault)
    {
        if (fault.Kind == MemoryFaultKind.NonCanonical)
        {
            // Canonical, but above user space: to the CPU an ordinary page fault.
            fault = fault with { Kind = MemoryFaultKind.NotMapped };
        }

        RaiseExit(op, VcpuExit.PageFault(fault));
    }

    /// <summary>An access that leaves the canonical addresses faults as such before any of its pages does.</summary>
    private void RequireCanonicalEnd(Op* op, ulong address, int length, MemoryAccess access)
    {
        if (!IsCanonical(address + (uint)length - 1) && length > 0)
        {
            RaiseNonCanonical(op, access);
        }
    }

    /// <summary>#SS for stack accesses, #GP for others (Intel SDM vol. 1, 3.3.7.1).</summary>
    [DoesNotReturn]
    private void RaiseNonCanonical(Op* op, MemoryAccess access)
    {
        const int Rsp = 4 * 8;
        const int Rbp = 5 * 8;
        bool usesStack = Decoding.InstructionProperties.UsesStack(op->IcedCode);
        bool hasOperand = (op->Flags & OpFlags.Memory) != 0;

        // PUSH m and CALL m read their operand and write the stack, POP m the other way round.
        bool isPop = op->IcedCode is Iced.Intel.Code.Pop_rm16 or Iced.Intel.Code.Pop_rm64;
        bool stack = !hasOperand || (usesStack && access == (isPop ? MemoryAccess.Read : MemoryAccess.Write))
            ? usesStack
            : op->Base is Rsp or Rbp && op->Segment == EngineState.ZeroOffset;
        Raise(op, stack ? X86Exception.StackSegment : X86Exception.GeneralProtection);
    }

    private static TlbEntry* AllocateTlb()
    {
        // SAFETY: TlbEntries entries, freed in Dispose.
        TlbEntry* tlb = (TlbEntry*)NativeMemory.AlignedAlloc(TlbEntries * (nuint)sizeof(TlbEntry), 64);
        ClearTlb(tlb);
        return tlb;
    }

    private static void ClearTlb(TlbEntry* tlb)
    {
        for (int i = 0; i < TlbEntries; i++)
        {
            tlb[i].Tag = InvalidTag;
        }
    }

    private static void ClearTlbRange(TlbEntry* tlb, ulong start, ulong end)
    {
        for (ulong page = start; page < end; page += Page.Size)
        {
            TlbEntry* entry = (TlbEntry*)((byte*)tlb + ((page >> (Page.Shift - 4)) & TlbIndexMask));
            if (entry->Tag == page)
            {
                entry->Tag = InvalidTag;
            }
        }
    }
}
