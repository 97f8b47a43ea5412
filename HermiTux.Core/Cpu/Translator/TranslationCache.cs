using System.Diagnostics.CodeAnalysis;
using HermiTux.Memory;

namespace HermiTux.Cpu.Translator;

/// <summary>
/// The translated code of one address space, shared by its vCPUs: a store for what is the machine's own, and images for what it has from files
/// like other machines.
/// </summary>
/// <remarks>
/// <para>When guest code changes, the blocks made from it are taken out of the store: no branch and no jump table leads to them any more. A thread that is
/// inside goes on to the next transfer of control, as a processor does that has fetched ahead, and then finds the new code. The thread that made
/// the change sees it at once: its store faulted, and it comes back with the guest's state. An image that is no longer what the guest has mapped
/// is left as a whole: jump tables forget it, and threads inside are interrupted.</para>
/// <para>Memory is given back all at once: everything is taken out, the vCPUs are made to leave, and when none can be inside the
/// areas are freed. Lock order: <see cref="_translating"/>, an image's, the address space's, the own store's, an image's store's.</para>
/// </remarks>
internal sealed unsafe partial class TranslationCache : IAddressSpaceView, IDisposable
{
    private readonly AddressSpace _space;
    private readonly CpuModel _model;
    private readonly long _limit;
    private readonly TranslatorStubs _stubs;
    private readonly BlockTranslator _translator;
    private readonly CodeStore _own;
    private readonly Lock _translating = new();
    private readonly List<TranslatorVcpu> _vcpus = [];
    private readonly List<TranslatedBlock> _removed = [];
    private long _changes;

    public TranslationCache(AddressSpace space, CpuModel model, TranslatorStubs stubs, GuestWindow window, long limit)
    {
        _space = space;
        _model = model;
        _limit = limit;
        _stubs = stubs;
        _own = new CodeStore(stubs.Index, limit);
        Window = window;
        _translator = new BlockTranslator(space, model, new Translation(window.Bits, (ulong)window.ProbeAddress, stubs.Region.WriteDelta, stubs));
        space.Attach(this);
    }

    /// <summary>Sees each new block before anything can lead to it, under a lock. For tests.</summary>
    internal Action<TranslationCache, TranslatedBlock>? Observer { get; init; }

    /// <summary>The guest's memory as translated code sees it.</summary>
    public GuestWindow Window { get; }

    /// <summary>How the program uses memory beyond the window.</summary>
    public required DistantMemory Distant { get; init; }

    /// <summary>Bytes of the machine's own translated code.</summary>
    public long Bytes => _own.Bytes;

    /// <summary>Whether no vCPU runs from it.</summary>
    public bool IsUnused
    {
        get
        {
            lock (_own.Lock)
            {
                return _vcpus.Count == 0;
            }
        }
    }

    public void AddVcpu(TranslatorVcpu vcpu)
    {
        lock (_own.Lock)
        {
            _vcpus.Add(vcpu);
        }
    }

    /// <summary>True when that was the last one.</summary>
    public bool RemoveVcpu(TranslatorVcpu vcpu)
    {
        lock (_own.Lock)
        {
            _vcpus.Remove(vcpu);
            return _vcpus.Count == 0;
        }
    }

    /// <summary>The blocks that the guest's code leads to now. For tests.</summary>
    internal TranslatedBlock[] Snapshot()
    {
        lock (_own.Lock)
        {
            return [.. _own.Snapshot(), .. _images.SelectMany(image => image.Store.Snapshot())];
        }
    }

    /// <summary>The exit with a number.</summary>
    /// <remarks>Good as long as the caller keeps translations from being thrown away.</remarks>
    public ExitSite ExitAt(int id) => _stubs.Index.ExitAt(id);

    /// <summary>The block that a host address lies in, valid or not.</summary>
    public bool TryFindByHost(byte* host, [NotNullWhen(true)] out TranslatedBlock? block) => _stubs.Index.TryFind(host, out block);

    /// <summary>The block at a guest address, translated if need be. Null with the fault of its first instruction.</summary>
    /// <param name="rip">Guest address.</param>
    /// <param name="backwards">A branch leads back there: worth translating as a loop, even if it was translated otherwise before.</param>
    /// <param name="fault">What the first instruction raises.</param>
    public TranslatedBlock? Get(ulong rip, bool backwards, out VcpuExit fault)
    {
        fault = default;
        CodeImage? image = ImageAt(rip);
        TranslatedBlock? known = (image?.Store ?? _own).Find(rip);
        if (IsGoodEnough(known, backwards))
        {
            return known;
        }

        if (image == null && UsesImages && TryUseImage(rip, out image))
        {
            known = image.Store.Find(rip);
            if (IsGoodEnough(known, backwards))
            {
                return known;
            }
        }

        lock (_translating)
        {
            return (image != null ? TranslateShared(image, rip, backwards) : null) ?? TranslateOwn(rip, backwards, out fault);
        }
    }

    /// <summary>Makes an exit lead straight to a block, if that is good for all who may come by.</summary>
    public void Link(ExitSite exit, TranslatedBlock target)
    {
        if (exit.Owner.Store == target.Store)
        {
            target.Store.Link(exit, target);
        }
        else if (exit.Owner.Store == _own)
        {
            LinkIntoImage(exit, target);
        }
    }

    /// <summary>Puts a block into a vCPU's jump table, unless it is no longer valid; and others of an image that are likely to be next.</summary>
    public void Remember(TranslatorVcpu vcpu, TranslatedBlock block)
    {
        lock (_own.Lock)
        {
            if (block.Store == _own)
            {
                if (block.IsValid)
                {
                    vcpu.SetJump(block.Rip, block.Arrival);
                }

                return;
            }

            if (ImageAt(block.Rip) is not { } image || image.Store != block.Store)
            {
                return;
            }

            vcpu.SetJump(block.Rip, block.Arrival);
            lock (image.Store.Lock)
            {
                if (image.AddTarget(block) is { } targets)
                {
                    vcpu.SetFreeJumps(Page.Floor(block.Rip), targets);
                }
            }
        }
    }

    /// <summary>Takes a block that another one has superseded out of a vCPU's jump table.</summary>
    public void Forget(TranslatorVcpu vcpu, TranslatedBlock block)
    {
        lock (_own.Lock)
        {
            vcpu.ClearJump(block.Rip);
        }
    }

    /// <summary>Whether the block may still be executed.</summary>
    public bool IsValid(TranslatedBlock block)
    {
        lock (_own.Lock)
        {
            return block.Store == _own ? block.IsValid : Array.Exists(_images, image => image.Store == block.Store);
        }
    }

    /// <inheritdoc/>
    public void Invalidate(ulong start, ulong length)
    {
        ulong end = length > ulong.MaxValue - start ? ulong.MaxValue : start + length;
        lock (_own.Lock)
        {
            _changes++;
            LeaveImages(start, end);
            foreach (ulong page in _own.PagesIn(Page.Floor(start), end))
            {
                InvalidatePage(page);
            }
        }
    }

    /// <inheritdoc/>
    public void InvalidateCode(ulong page)
    {
        lock (_own.Lock)
        {
            _changes++;
            LeaveImages(page, page + Page.Size);
            InvalidatePage(page);
        }
    }

    /// <inheritdoc/>
    public void Remap(ulong start, ulong length)
    {
        lock (_own.Lock)
        {
            _changes++;
            LeaveImages(start, start + length);
        }
    }

    /// <inheritdoc/>
    public void ProtectCode(ulong page)
    {
        // The window is a view of its own.
    }

    /// <summary>Frees everything. No vCPU is left.</summary>
    public void Dispose()
    {
        _space.Detach(this);
        Window.Dispose();
        lock (_own.Lock)
        {
            _own.Free();
            _images = [];
            foreach (CodeImage image in _used)
            {
                _stubs.Images.Release(image);
            }

            _used.Clear();
        }
    }

    private static bool IsGoodEnough([NotNullWhen(true)] TranslatedBlock? known, bool backwards) => known != null && (!backwards || known.WasLoopTarget);

    private void InvalidatePage(ulong page)
    {
        _removed.Clear();
        _own.Invalidate(page, _removed);
        foreach (TranslatedBlock block in _removed)
        {
            ClearJumps(block.Rip);
        }
    }

    private void ClearJumps(ulong rip)
    {
        foreach (TranslatorVcpu vcpu in _vcpus)
        {
            vcpu.ClearJump(rip);
        }
    }

    /// <summary>Translates the machine's own code. Under <see cref="_translating"/>.</summary>
    private TranslatedBlock? TranslateOwn(ulong rip, bool backwards, out VcpuExit fault)
    {
        fault = default;
        while (true)
        {
            byte* place = Reserve();
            long changes;
            int exits;
            TranslatedBlock? known;
            lock (_own.Lock)
            {
                known = _own.Find(rip);
                if (IsGoodEnough(known, backwards))
                {
                    return known;
                }

                changes = _changes;
                exits = _own.ExitCount;
            }

            TranslatedBlock? block = _translator.Translate(rip, backwards, known, place, new CodeSource(_own, null), out fault);
            if (block == null)
            {
                return null;
            }

            if (block == known)
            {
                known.WasLoopTarget = true;
                return known;
            }

            lock (_own.Lock)
            {
                if (changes == _changes)
                {
                    Publish(block);
                    return block;
                }

                // Code that changed while it was being read is read again.
                _own.ForgetExits(exits);
            }
        }
    }

    /// <summary>Puts a block that was just translated into its store. The own store's lock is held.</summary>
    private void Publish(TranslatedBlock block)
    {
        _translator.MarkBoundaries(_stubs.Region);
        Observer?.Invoke(this, block);
        block.Store.Publish(block);
        ClearJumps(block.Rip);
    }

    /// <summary>Room for a block of the machine's own.</summary>
    private byte* Reserve()
    {
        byte* place = _own.Reserve();
        if (place == null && !_own.IsFull && _stubs.Images.Trim())
        {
            place = _own.Reserve();
        }

        if (place == null)
        {
            StartAfresh();
            place = _own.Reserve();
        }

        return place != null ? place : throw new CodeMemoryException();
    }

    /// <summary>Throws the machine's own translations away, once no vCPU is inside. The caller translates, so it isn't itself.</summary>
    private void StartAfresh()
    {
        TranslatorVcpu[] vcpus;
        lock (_own.Lock)
        {
            _changes++;
            foreach (TranslatedBlock block in _own.Snapshot())
            {
                ClearJumps(block.Rip);
            }

            _own.DisconnectAll();
            _links.Clear();
            vcpus = [.. _vcpus];
        }

        foreach (TranslatorVcpu vcpu in vcpus)
        {
            vcpu.LeaveTranslations();
        }

        if (!_own.Free())
        {
            throw new CodeMemoryException();
        }
    }
}
