using HermiTux.Memory;

namespace HermiTux.Kvm.Internal;

/// <summary>
/// A KVM virtual machine: its descriptor, its memory slots and the supervisor area that all its address spaces share. Thread-safe.
/// </summary>
/// <remarks>
/// Slots cover what is in use, growing in doubling steps, and not what is reserved: KVM keeps 8 bytes and more for each page of a slot
/// from its creation.
/// </remarks>
internal sealed unsafe class VirtualMachine : IDisposable
{
    private const long FirstFrames = 16L << 20 >> Page.Shift;
    private const uint SupervisorSlot = 0;

    private readonly Lock _lock = new();
    private readonly SafeDescriptor _descriptor;
    private readonly byte* _supervisor;
    private readonly byte* _frames;
    private readonly long _frameLimit;
    private readonly Stack<uint> _freeSlots = new();
    private readonly Dictionary<int, Stack<ulong>> _freeTables = [];
    private readonly uint _slotLimit;
    private uint _nextSlot = SupervisorSlot + 1;
    private ulong _nextTables = PhysicalLayout.TablesStart;
    private long _backedFrames;
    private int _vcpuCount;
    private bool _disposed;

    /// <summary>Creates the machine over the frames of a store.</summary>
    /// <exception cref="IOException">KVM refuses.</exception>
    public VirtualMachine(KvmDevice device, PageStore store)
    {
        Store = store;
        _frames = store.LinearBase;
        _frameLimit = (long)((1UL << device.PhysicalBits) - PhysicalLayout.FramesStart) >> Page.Shift;
        _slotLimit = (uint)device.SlotLimit;
        _descriptor = new SafeDescriptor(device.CreateVm());
        try
        {
            _supervisor = Reserve(PhysicalLayout.SupervisorPages);
            SetSlot(SupervisorSlot, 0, _supervisor, PhysicalLayout.SupervisorPages);
            WriteSupervisor();
            if (!EnsureBacked(FirstFrames - 1))
            {
                throw KvmError.Create("KVM_SET_USER_MEMORY_REGION");
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Where the frames are.</summary>
    public PageStore Store { get; }

    /// <summary>The entry of a top-level table for the supervisor's part of the address space.</summary>
    public static ulong SupervisorEntry => PhysicalLayout.UpperTable | (PhysicalLayout.Table & ~PhysicalLayout.User);

    /// <summary>Creates a vCPU and its page.</summary>
    /// <exception cref="IOException">KVM refuses, or there are too many.</exception>
    public SafeDescriptor CreateVcpu(out VcpuPage page)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_vcpuCount == PhysicalLayout.MaximumVcpus)
            {
                throw new IOException($"A machine can't have more than {PhysicalLayout.MaximumVcpus} vCPUs.");
            }

            var vcpu = new SafeDescriptor(KvmError.Check(KvmNative.ioctl(_descriptor.Value, KvmNative.KVM_CREATE_VCPU, _vcpuCount), "KVM_CREATE_VCPU"));
            page = new VcpuPage(_supervisor, _vcpuCount++);
            return vcpu;
        }
    }

    /// <summary>Whether the guest has this frame, which is added if need be. False beyond the processor's physical addresses or when KVM refuses.</summary>
    public bool EnsureBacked(long frame)
    {
        if (frame < Volatile.Read(ref _backedFrames))
        {
            return true;
        }

        lock (_lock)
        {
            while (frame >= _backedFrames)
            {
                long end = Math.Min(Math.Max(_backedFrames * 2, FirstFrames), _frameLimit);
                if (_disposed || end <= frame && end == _frameLimit || !TryTakeSlot(out uint slot))
                {
                    return false;
                }

                if (!TrySetSlot(slot, PhysicalLayout.FramesStart + ((ulong)_backedFrames << Page.Shift), _frames + (_backedFrames << Page.Shift), end - _backedFrames))
                {
                    _freeSlots.Push(slot);
                    return false;
                }

                Volatile.Write(ref _backedFrames, end);
            }

            return true;
        }
    }

    /// <summary>Gives memory for page tables: a power of two of pages. Null when there is no room.</summary>
    public TableChunk? AllocateTables(int pages)
    {
        lock (_lock)
        {
            if (_disposed || !TryTakeSlot(out uint slot))
            {
                return null;
            }

            ulong physical;
            if (_freeTables.TryGetValue(pages, out Stack<ulong>? free) && free.TryPop(out ulong reused))
            {
                physical = reused;
            }
            else if (_nextTables + ((ulong)pages << Page.Shift) <= PhysicalLayout.TablesEnd)
            {
                physical = _nextTables;
                _nextTables += (ulong)pages << Page.Shift;
            }
            else
            {
                _freeSlots.Push(slot);
                return null;
            }

            var chunk = new TableChunk(physical, Reserve(pages), pages, slot);
            if (!TrySetSlot(slot, physical, chunk.Host, pages))
            {
                Release(chunk);
                return null;
            }

            return chunk;
        }
    }

    /// <summary>
    /// Takes page tables back, which no vCPU uses any more. Removing the slot makes KVM forget what it derived from them, so the place can be used again.
    /// </summary>
    public void FreeTables(TableChunk chunk)
    {
        lock (_lock)
        {
            if (!_disposed)
            {
                _ = TrySetSlot(chunk.Slot, chunk.Physical, chunk.Host, 0);
            }

            Release(chunk);
        }
    }

    /// <summary>
    /// Makes sure that no vCPU uses a translation to these frames any more: the entries in the guest's tables are gone already. Returns when that is so.
    /// </summary>
    /// <remarks>
    /// Dropping the host's own page-table entries is the one precise and synchronous way in which a host process makes every kind of KVM forget
    /// what it derived: it follows the host's page tables by its MMU notifier, whether it has tables of its own for the hardware to walk second, or shadows
    /// of the guest's. The memory itself stays in the memory file.
    /// </remarks>
    public void Forget(long firstFrame, long count)
    {
        // SAFETY: frames of the store, which maps a file: their content isn't the mapping's.
        if (KvmNative.madvise(_frames + (firstFrame << Page.Shift), (nuint)count << Page.Shift, KvmNative.MADV_DONTNEED) != 0)
        {
            throw KvmError.Create("madvise(MADV_DONTNEED) of guest memory");
        }
    }

    /// <summary>Gives frames host memory ahead of their first touch, as far as that works.</summary>
    public void Populate(long firstFrame, long count) =>
        // SAFETY: frames of the store; a failure changes nothing.
        _ = KvmNative.madvise(_frames + (firstFrame << Page.Shift), (nuint)count << Page.Shift, KvmNative.MADV_POPULATE_WRITE);

    /// <summary>Frees everything. No vCPU may run.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            _descriptor.Dispose();
            if (_supervisor != null)
            {
                // SAFETY: exactly what the constructor mapped; KVM no longer uses it.
                _ = KvmNative.munmap(_supervisor, PhysicalLayout.SupervisorPages << Page.Shift);
            }
        }
    }

    private static byte* Reserve(int pages)
    {
        // SAFETY: a new mapping at an address of the kernel's choice.
        void* memory = KvmNative.mmap(null, (nuint)pages << Page.Shift, KvmNative.PROT_READ | KvmNative.PROT_WRITE,
            KvmNative.MAP_PRIVATE | KvmNative.MAP_ANONYMOUS | KvmNative.MAP_NORESERVE, -1, 0);
        return memory != KvmNative.MAP_FAILED ? (byte*)memory : throw KvmError.Create("memory for page tables (mmap)");
    }

    private void WriteSupervisor()
    {
        SupervisorImage.Write(new Span<byte>(_supervisor, PhysicalLayout.SupervisorPages << Page.Shift));

        // SAFETY: pages of the supervisor area.
        const ulong TableEntry = PhysicalLayout.Table & ~PhysicalLayout.User;
        *(ulong*)(_supervisor + PhysicalLayout.UpperTable) = PhysicalLayout.MiddleTable | TableEntry;
        *(ulong*)(_supervisor + PhysicalLayout.MiddleTable) = PhysicalLayout.LeafTable | TableEntry;
        ulong* leaf = (ulong*)(_supervisor + PhysicalLayout.LeafTable);
        const ulong ReadOnly = PhysicalLayout.Present | PhysicalLayout.Accessed;
        leaf[PhysicalLayout.StubPage >> Page.Shift] = PhysicalLayout.StubPage | ReadOnly;
        leaf[PhysicalLayout.IdtPage >> Page.Shift] = PhysicalLayout.IdtPage | ReadOnly | PhysicalLayout.NoExecute;
        for (ulong page = PhysicalLayout.FirstVcpuPage >> Page.Shift; page < PhysicalLayout.SupervisorPages; page++)
        {
            leaf[page] = (page << Page.Shift) | ReadOnly | PhysicalLayout.Writable | PhysicalLayout.Dirty | PhysicalLayout.NoExecute;
        }
    }

    private void Release(TableChunk chunk)
    {
        // SAFETY: exactly what Reserve mapped; the slot is gone.
        _ = KvmNative.munmap(chunk.Host, (nuint)chunk.Pages << Page.Shift);
        _freeSlots.Push(chunk.Slot);
        if (!_freeTables.TryGetValue(chunk.Pages, out Stack<ulong>? free))
        {
            free = new Stack<ulong>();
            _freeTables.Add(chunk.Pages, free);
        }

        free.Push(chunk.Physical);
    }

    private bool TryTakeSlot(out uint slot)
    {
        if (_freeSlots.TryPop(out slot))
        {
            return true;
        }

        slot = _nextSlot;
        return _nextSlot < _slotLimit && ++_nextSlot > 0;
    }

    private void SetSlot(uint slot, ulong physical, byte* host, long pages)
    {
        if (!TrySetSlot(slot, physical, host, pages))
        {
            throw KvmError.Create("KVM_SET_USER_MEMORY_REGION");
        }
    }

    private bool TrySetSlot(uint slot, ulong physical, byte* host, long pages)
    {
        var region = new kvm_userspace_memory_region
        {
            slot = slot,
            guest_phys_addr = physical,
            memory_size = (ulong)pages << Page.Shift,
            userspace_addr = (ulong)host,
        };
        return KvmNative.ioctl(_descriptor.Value, KvmNative.KVM_SET_USER_MEMORY_REGION, &region) == 0;
    }
}

/// <summary>Memory for page tables: a slot of its own.</summary>
internal sealed unsafe class TableChunk
{
    public TableChunk(ulong physical, byte* host, int pages, uint slot)
    {
        Physical = physical;
        Host = host;
        Pages = pages;
        Slot = slot;
    }

    /// <summary>Guest-physical address.</summary>
    public ulong Physical { get; }

    /// <summary>Host address.</summary>
    public byte* Host { get; }

    /// <summary>Pages, a power of two.</summary>
    public int Pages { get; }

    /// <summary>The memory slot.</summary>
    public uint Slot { get; }

    /// <summary>Pages handed out.</summary>
    public int Used { get; set; }
}
