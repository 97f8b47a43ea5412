using HermiTux.Memory;

namespace HermiTux.Kvm.Internal;

/// <summary>
/// The hardware page tables of one address space: derived from it, filled on faults, cleared when the space says that translations are no longer valid.
/// </summary>
/// <remarks>
/// <para>Two rules keep this right under every kind of KVM, also where KVM shadows the guest's tables and doesn't see that the host changes them:</para>
/// <para>Only entries of the last level ever change. A table, once linked, keeps its place until the whole set is replaced. Programs that touch and
/// unmap ever new places would pile tables up, so beyond <see cref="IdleLeaves"/> the set is built anew when most of it is empty
/// (<see cref="Rebuild"/>).</para>
/// <para>Where the hardware itself walks the guest's tables there is one exception: while a leaf table maps 2 MiB of consecutive frames with the same
/// rights, the entry above it is a large page that says the same. The leaf table is kept, and kept right, so that either of the two may be
/// used at any moment by whoever walks; before an entry of it is cleared, or when one gets more rights than the others, the entry above refers to it again.</para>
/// <para>An entry that took rights away from the guest is out of use only after <see cref="VirtualMachine.Forget"/> of its frame.</para>
/// <para>New and wider entries need nothing: neither the processor nor KVM remembers that something is not there.</para>
/// </remarks>
internal sealed unsafe class GuestPageTables : IAddressSpaceView, IDisposable
{
    private const int FirstChunk = 64;
    private const int LargestChunk = 4096;
    private const int LeafShift = 21;
    private const int Entries = 512;

    /// <summary>Leaf tables that may be there without being in use.</summary>
    private const int IdleLeaves = 1024;

    private readonly VirtualMachine _machine;
    private readonly AddressSpace _space;
    private readonly Lock _lock = new();
    private readonly List<KvmVcpu> _vcpus = [];
    private readonly bool _usesLargePages;
    private List<TableChunk> _chunks = [];
    private Dictionary<ulong, Leaf> _leaves = [];
    private ulong* _top;
    private ulong _root;
    private int _tables;
    private int _rebuildAt = IdleLeaves;
    private bool _disposed;

    /// <summary>Creates empty tables and attaches them to the space.</summary>
    /// <param name="machine">Whose memory they map.</param>
    /// <param name="space">What they follow.</param>
    /// <param name="usesLargePages">Whether nobody but the hardware walks them (<see cref="HostTraits.NestedPaging"/>).</param>
    /// <exception cref="IOException">KVM refuses the memory.</exception>
    public GuestPageTables(VirtualMachine machine, AddressSpace space, bool usesLargePages)
    {
        _machine = machine;
        _space = space;
        _usesLargePages = usesLargePages;
        if (!CreateRoot())
        {
            throw KvmError.Create("memory for page tables");
        }

        space.Attach(this);
    }

    /// <summary>CR3. Changes when the tables are built anew.</summary>
    public ulong Root => Volatile.Read(ref _root);

    /// <summary>Host memory that the tables take.</summary>
    public long Bytes => (long)_tables << Page.Shift;

    /// <summary>2 MiB of addresses that are one large page now. For tests.</summary>
    public int LargePages
    {
        get
        {
            lock (_lock)
            {
                return _leaves.Values.Count(leaf => leaf.IsLarge);
            }
        }
    }

    /// <summary>The entry of 4 KiB that a processor finds for an address; 0 when there is none. For tests.</summary>
    public ulong Walk(ulong address)
    {
        lock (_lock)
        {
            if (!_leaves.TryGetValue(address >> LeafShift, out Leaf leaf))
            {
                return 0;
            }

            // SAFETY: a table of 512 entries, indexed by 9 bits.
            ulong index = (address >> Page.Shift) & (Entries - 1);
            return leaf.IsLarge ? (*leaf.Above & ~PhysicalLayout.LargePage) + (index << Page.Shift) : leaf.Table[index];
        }
    }

    /// <summary>Counts a vCPU in.</summary>
    public void Add(KvmVcpu vcpu)
    {
        lock (_lock)
        {
            _vcpus.Add(vcpu);
        }
    }

    /// <summary>Counts a vCPU out. True when it was the last.</summary>
    public bool Remove(KvmVcpu vcpu)
    {
        lock (_lock)
        {
            _vcpus.Remove(vcpu);
            return _vcpus.Count == 0;
        }
    }

    /// <summary>See <see cref="IPageMapper.Map"/>.</summary>
    public bool Map(ulong start, ReadOnlySpan<ulong> entries, int first, int count)
    {
        lock (_lock)
        {
            if (_leaves.Count >= _rebuildAt)
            {
                RebuildIfEmpty();
            }

            if (!TryGetLeaf(start, out Leaf found))
            {
                return false;
            }

            ulong* leaf = found.Table;
            if (count > 1)
            {
                PopulateFresh(entries.Slice(first, count));
            }

            for (int i = 0; i < Entries; i++)
            {
                ulong entry = Translate(entries[i]);
                if (entry != 0 && leaf[i] != entry)
                {
                    if (!_machine.EnsureBacked(PageEntry.Frame(entries[i])))
                    {
                        if (i == first)
                        {
                            return false;
                        }

                        continue;
                    }

                    Volatile.Write(ref leaf[i], entry);
                }
            }

            if (_usesLargePages)
            {
                // Either says what the leaf table says, so nothing is to be forgotten.
                Volatile.Write(ref *found.Above, IsOneRun(leaf) ? leaf[0] | PhysicalLayout.LargePage : found.Link);
            }

            return true;
        }
    }

    /// <inheritdoc/>
    public void Invalidate(ulong start, ulong length)
    {
        ulong end = Math.Min(start + length, Page.UserEnd);
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            ulong firstLeaf = start >> LeafShift;
            ulong lastLeaf = (end - 1) >> LeafShift;
            if (lastLeaf - firstLeaf < (ulong)_leaves.Count)
            {
                for (ulong number = firstLeaf; number <= lastLeaf; number++)
                {
                    if (_leaves.TryGetValue(number, out Leaf leaf))
                    {
                        Clear(leaf, number, start, end);
                    }
                }
            }
            else
            {
                foreach ((ulong number, Leaf leaf) in _leaves)
                {
                    if (number >= firstLeaf && number <= lastLeaf)
                    {
                        Clear(leaf, number, start, end);
                    }
                }
            }
        }
    }

    /// <inheritdoc/>
    public void InvalidateCode(ulong page)
    {
        // The processor itself keeps its instruction caches coherent.
    }

    /// <inheritdoc/>
    public void ProtectCode(ulong page) => Invalidate(page, Page.Size);

    /// <summary>Lets go of the space and frees the tables. No vCPU of the space may be left.</summary>
    public void Dispose()
    {
        _space.Detach(this);
        lock (_lock)
        {
            if (!_disposed)
            {
                _disposed = true;
                _leaves = [];
                FreeChunks(_chunks);
            }
        }
    }

    /// <summary>What an entry of the address space is for the processor; 0 where nothing may be done.</summary>
    private static ulong Translate(ulong entry)
    {
        if ((entry & PageEntry.Rights) == 0)
        {
            return 0;
        }

        // Accessed and dirty are set ahead: nobody looks at them, and KVM's shadow tables take over several pages at once only if they are.
        ulong bits = PhysicalLayout.Present | PhysicalLayout.User | PhysicalLayout.Accessed;
        bits |= (entry & (ulong)MemoryAccess.Write) != 0 ? PhysicalLayout.Writable | PhysicalLayout.Dirty : 0;
        bits |= (entry & (ulong)MemoryAccess.Execute) == 0 ? PhysicalLayout.NoExecute : 0;
        return (PhysicalLayout.FramesStart + ((ulong)PageEntry.Frame(entry) << Page.Shift)) | bits;
    }

    private static long FrameOf(ulong entry) => (long)(((entry & PhysicalLayout.AddressMask) - PhysicalLayout.FramesStart) >> Page.Shift);

    private void PopulateFresh(ReadOnlySpan<ulong> entries)
    {
        long first = PageEntry.Frame(entries[0]);
        int run = 1;
        while (run < entries.Length && PageEntry.Frame(entries[run]) == first + run)
        {
            run++;
        }

        if (run > 1)
        {
            _machine.Populate(first, run);
        }
    }

    /// <summary>Whether all entries together are what one entry for 2 MiB can say.</summary>
    private static bool IsOneRun(ulong* leaf)
    {
        ulong expected = leaf[0];
        if ((expected & (PhysicalLayout.Present | PhysicalLayout.LargePageOffset)) != PhysicalLayout.Present)
        {
            return false;
        }

        // SAFETY: a table of 512 entries.
        foreach (ulong entry in new ReadOnlySpan<ulong>(leaf, Entries))
        {
            if (entry != expected)
            {
                return false;
            }

            expected += Page.Size;
        }

        return true;
    }

    private void Clear(in Leaf place, ulong number, ulong start, ulong end)
    {
        ulong* leaf = place.Table;
        ulong leafStart = number << LeafShift;
        if (place.IsLarge)
        {
            Volatile.Write(ref *place.Above, place.Link);
        }

        int from = (int)((Math.Max(start, leafStart) - leafStart) >> Page.Shift);
        int to = (int)((Math.Min(end, leafStart + (1UL << LeafShift)) - leafStart + Page.Size - 1) >> Page.Shift);
        for (int i = from; i < to;)
        {
            if (leaf[i] == 0)
            {
                i++;
                continue;
            }

            // All entries of a run first, then one call for its frames, which mostly follow each other.
            long first = FrameOf(leaf[i]);
            int run = 0;
            while (i + run < to && leaf[i + run] != 0 && FrameOf(leaf[i + run]) == first + run)
            {
                Volatile.Write(ref leaf[i + run], 0);
                run++;
            }

            Interlocked.MemoryBarrier();
            _machine.Forget(first, run);
            i += run;
        }
    }

    /// <summary>The last table for 2 MiB of addresses, made if it isn't there; false when there is no memory.</summary>
    private bool TryGetLeaf(ulong start, out Leaf leaf)
    {
        ulong number = start >> LeafShift;
        if (_leaves.TryGetValue(number, out leaf))
        {
            return true;
        }

        ulong* table = _top;
        for (int shift = 39; shift >= LeafShift; shift -= 9)
        {
            // SAFETY: a table of 512 entries, indexed by 9 bits.
            ulong* entry = &table[(start >> shift) & 511];
            if (*entry == 0)
            {
                if (!TryAllocate(out ulong physical, out table))
                {
                    return false;
                }

                Volatile.Write(ref *entry, physical | PhysicalLayout.Table);
            }
            else
            {
                table = HostAddress(*entry & PhysicalLayout.AddressMask);
            }

            leaf = new Leaf(table, entry, *entry);
        }

        _leaves.Add(number, leaf);
        return true;
    }

    private ulong* HostAddress(ulong physical)
    {
        foreach (TableChunk chunk in _chunks)
        {
            ulong offset = physical - chunk.Physical;
            if (offset < (ulong)chunk.Pages << Page.Shift)
            {
                return (ulong*)(chunk.Host + offset);
            }
        }

        throw new InvalidOperationException("A page table lies outside the memory for page tables.");
    }

    private bool TryAllocate(out ulong physical, out ulong* host)
    {
        TableChunk? chunk = _chunks.Count > 0 ? _chunks[^1] : null;
        if (chunk == null || chunk.Used == chunk.Pages)
        {
            chunk = _machine.AllocateTables(chunk == null ? FirstChunk : Math.Min(chunk.Pages * 2, LargestChunk));
            if (chunk == null)
            {
                physical = 0;
                host = null;
                return false;
            }

            _chunks.Add(chunk);
        }

        ulong offset = (ulong)chunk.Used++ << Page.Shift;
        physical = chunk.Physical + offset;
        host = (ulong*)(chunk.Host + offset);
        _tables++;
        return true;
    }

    private bool CreateRoot()
    {
        _tables = 0;
        if (!TryAllocate(out ulong root, out ulong* top))
        {
            return false;
        }

        _top = top;
        top[(PhysicalLayout.SupervisorVirtual >> 39) & 511] = VirtualMachine.SupervisorEntry;
        Volatile.Write(ref _root, root);
        return true;
    }

    private void RebuildIfEmpty()
    {
        int used = 0;
        foreach ((_, Leaf leaf) in _leaves)
        {
            // SAFETY: a table of 512 entries.
            used += new ReadOnlySpan<ulong>(leaf.Table, Entries).ContainsAnyExcept(0UL) ? 1 : 0;
        }

        if (used <= _leaves.Count / 2)
        {
            Rebuild();
        }

        _rebuildAt = Math.Max(IdleLeaves, used * 2);
    }

    /// <summary>Starts with empty tables in new memory. The vCPUs move over before this returns; what is in use comes back by faults.</summary>
    private void Rebuild()
    {
        (List<TableChunk> oldChunks, Dictionary<ulong, Leaf> oldLeaves, int oldTables) = (_chunks, _leaves, _tables);
        ulong oldRoot = _root;
        ulong* oldTop = _top;
        (_chunks, _leaves) = ([], []);
        if (!CreateRoot())
        {
            (_chunks, _leaves, _tables) = (oldChunks, oldLeaves, oldTables);
            _top = oldTop;
            return;
        }

        foreach (KvmVcpu vcpu in _vcpus)
        {
            vcpu.LeaveTables(oldRoot);
        }

        FreeChunks(oldChunks);
    }

    private void FreeChunks(List<TableChunk> chunks)
    {
        foreach (TableChunk chunk in chunks)
        {
            _machine.FreeTables(chunk);
        }
    }

    /// <summary>A table of the last level.</summary>
    private readonly struct Leaf
    {
        public Leaf(ulong* table, ulong* above, ulong link)
        {
            Table = table;
            Above = above;
            Link = link;
        }

        /// <summary>Its entries.</summary>
        public ulong* Table { get; }

        /// <summary>The entry above, which refers to the table or is a large page instead of it.</summary>
        public ulong* Above { get; }

        /// <summary>The entry above when it refers to the table.</summary>
        public ulong Link { get; }

        public bool IsLarge => *Above != Link;
    }
}
