using System.Numerics;

namespace HermiTux.Memory;

/// <summary>Page tables that hardware walks, filled from an address space on demand.</summary>
public interface IPageMapper
{
    /// <summary>
    /// Takes over what is mapped in 2 MiB of guest addresses. Called with the address space locked, so no change can come between reading the
    /// entries and storing them; must not call back.
    /// </summary>
    /// <param name="start">The first address, a multiple of 2 MiB.</param>
    /// <param name="entries">One for each of the 512 pages, see <see cref="PageEntry"/>. Pages that hold code of a view aren't writable in it.</param>
    /// <param name="first">Index of the page that was touched.</param>
    /// <param name="count">How many pages from there on this call brought in for certain use, the touched one included.</param>
    /// <returns>False when there is no room; the access then counts as beyond the memory limit.</returns>
    bool Map(ulong start, ReadOnlySpan<ulong> entries, int first, int count);
}

/// <remarks>
/// Engines whose page tables are walked by hardware. A fault there costs microseconds, so each one brings in more than the page that was touched:
/// all that is present already in the 2 MiB around it, and some pages ahead.
/// </remarks>
public sealed unsafe partial class AddressSpace
{
    /// <summary>Pages of a private file mapping that a fault brings in, aligned (Linux's fault_around_bytes is 64 KiB too).</summary>
    private const int FaultAroundPages = 16;

    /// <summary>A first touch in anonymous memory brings in this part of what its 2 MiB hold already.</summary>
    private const int GuessedShare = 8;

    /// <summary>Handles a fault of hardware page tables: brings in the page and some beside it, and hands all 512 entries of its leaf over.</summary>
    /// <param name="address">Where.</param>
    /// <param name="access">What was to be done there.</param>
    /// <param name="ahead">
    /// How many pages of anonymous memory to bring in from the faulting one on. They count towards the memory limit like touched ones, so none are
    /// brought in where that might reach it. With 1 it is a few around the faulting one, and the more, the more of its 2 MiB is in use already.
    /// </param>
    /// <param name="mapper">Takes the entries.</param>
    /// <param name="fault">Why not, when the result is false.</param>
    public bool TryMap(ulong address, MemoryAccess access, int ahead, IPageMapper mapper, out MemoryFault fault)
    {
        ArgumentNullException.ThrowIfNull(mapper);
        MemoryFaultKind kind;
        if (address >= Page.UserEnd)
        {
            kind = address is >= LowHalfEnd and < HighHalfStart ? MemoryFaultKind.NonCanonical : MemoryFaultKind.NotMapped;
        }
        else
        {
            lock (_lock)
            {
                kind = Fault(address, access, out _);
                if (kind == MemoryFaultKind.None && !HandOver(address, access, ahead, mapper))
                {
                    kind = MemoryFaultKind.LimitReached;
                }
            }
        }

        fault = new MemoryFault(address, access, kind);
        return kind == MemoryFaultKind.None;
    }

    private bool HandOver(ulong address, MemoryAccess access, int ahead, IPageMapper mapper)
    {
        PageTable.Leaf leaf = _pages.Find(address)!;
        ulong start = address & ~(PageTable.LeafSize - 1);
        int index = (int)(address >> Page.Shift) & 511;
        ulong page = Page.Floor(address);
        Vma vma = _vmas.Find(address)!;
        int fresh = 1;
        if (vma.Backing is null or SharedAnonymousMemory)
        {
            if (ahead > 1)
            {
                fresh = Math.Max(1, BringIn(vma, leaf, address, page, page + ((ulong)ahead << Page.Shift), AheadReserve));
            }
            else
            {
                ulong around = page & ~(GuessedBytes(leaf.Count) - 1);
                _ = BringIn(vma, leaf, address, around, around + GuessedBytes(leaf.Count), GuessReserve);
            }
        }
        else if (!vma.IsShared)
        {
            ulong around = page & ~(FaultAroundBytes - 1);
            _ = BringIn(vma, leaf, address, around, around + FaultAroundBytes, AheadReserve);
        }

        Span<ulong> entries = stackalloc ulong[512];
        for (int i = 0; i < 512; i++)
        {
            ulong entry = leaf.Entries[i];
            if ((entry & (ulong)MemoryAccess.Write) != 0 && (i != index || access != MemoryAccess.Write) && Frames.HasCode(PageEntry.Frame(entry)))
            {
                entry &= ~(ulong)MemoryAccess.Write;
            }

            entries[i] = entry;
        }

        return mapper.Map(start, entries, index, fresh);
    }

    /// <summary>
    /// What comes with a touch that continues nothing, aligned. Programs that fill a large table in no order touch all of its pages in the end, and those
    /// that touch a few of it few of each 2 MiB.
    /// </summary>
    private static ulong GuessedBytes(int present) =>
        (ulong)Math.Clamp((1 << BitOperations.Log2((uint)present)) / GuessedShare, GuessedPages, FaultAroundPages) << Page.Shift;
}
