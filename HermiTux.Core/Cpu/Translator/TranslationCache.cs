using System.Diagnostics.CodeAnalysis;
using HermiTux.Memory;

namespace HermiTux.Cpu.Translator;

/// <summary>
/// The translated code of one address space, shared by its vCPUs: blocks by guest address, and the branches between them.
/// </summary>
/// <remarks>
/// <para>When guest code changes, the blocks made from it are taken out: no branch and no jump table leads to them any more. A thread that is
/// inside goes on to the next transfer of control, as a processor does that has fetched ahead, and then finds the new code. The thread that made
/// the change sees it at once: its store faulted, and it comes back with the guest's state.</para>
/// <para>Memory is given back all at once: everything is taken out, the vCPUs are made to leave, and when none can be inside the
/// areas are freed. Lock order: <see cref="_translating"/>, address space, <see cref="_lock"/>.</para>
/// </remarks>
internal sealed unsafe class TranslationCache : IAddressSpaceView, IDisposable
{
    private readonly AddressSpace _space;
    private readonly TranslatorStubs _stubs;
    private readonly BlockTranslator _translator;
    private readonly long _limit;
    private readonly Lock _translating = new();
    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, TranslatedBlock> _blocks = [];
    private readonly Dictionary<ulong, List<TranslatedBlock>> _pages = [];
    private readonly List<Area> _areas = [];
    private ExitSite[] _exits = new ExitSite[256];
    private int _exitCount;
    private readonly List<TranslatorVcpu> _vcpus = [];
    private long _invalidations;
    private long _bytes;

    public TranslationCache(AddressSpace space, CpuModel model, TranslatorStubs stubs, GuestWindow window, long limit)
    {
        _space = space;
        _stubs = stubs;
        _limit = limit;
        Window = window;
        _translator = new BlockTranslator(space, model, new Translation(window.Bits, (ulong)window.ProbeAddress, stubs.Region.WriteDelta, stubs));
        space.Attach(this);
    }

    /// <summary>Sees each new block before anything can lead to it, under the cache's lock. For tests.</summary>
    internal Action<TranslationCache, TranslatedBlock>? Observer { get; init; }

    /// <summary>The guest's memory as translated code sees it.</summary>
    public GuestWindow Window { get; }

    /// <summary>Bytes of translated code.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    public void AddVcpu(TranslatorVcpu vcpu)
    {
        lock (_lock)
        {
            _vcpus.Add(vcpu);
        }
    }

    /// <summary>True when that was the last one.</summary>
    public bool RemoveVcpu(TranslatorVcpu vcpu)
    {
        lock (_lock)
        {
            _vcpus.Remove(vcpu);
            return _vcpus.Count == 0;
        }
    }

    /// <summary>Whether a block starts at an address.</summary>
    public bool Contains(ulong rip)
    {
        lock (_lock)
        {
            return _blocks.ContainsKey(rip);
        }
    }

    /// <summary>The blocks that code leads to now. For tests.</summary>
    internal TranslatedBlock[] Snapshot()
    {
        lock (_lock)
        {
            return [.. _blocks.Values];
        }
    }

    /// <summary>The exit with a number.</summary>
    /// <remarks>Good as long as the caller keeps translations from being thrown away.</remarks>
    public ExitSite ExitAt(int id) => Volatile.Read(ref _exits)[id];

    /// <summary>Numbers a new exit. Called while translating.</summary>
    public ExitSite AddExit(ulong source, ulong target, int stackDelta)
    {
        lock (_lock)
        {
            if (_exitCount == _exits.Length)
            {
                var grown = new ExitSite[_exitCount * 2];
                _exits.CopyTo(grown, 0);
                Volatile.Write(ref _exits, grown);
            }

            var exit = new ExitSite { Id = _exitCount, Source = source, Target = target, StackDelta = stackDelta };
            _exits[_exitCount++] = exit;
            return exit;
        }
    }

    /// <summary>The block at a guest address, translated if need be. Null with the fault of its first instruction.</summary>
    /// <param name="rip">Guest address.</param>
    /// <param name="backwards">A branch leads back there: worth translating as a loop, even if it was translated otherwise before.</param>
    /// <param name="fault">What the first instruction raises.</param>
    public TranslatedBlock? Get(ulong rip, bool backwards, out VcpuExit fault)
    {
        fault = default;
        lock (_lock)
        {
            if (_blocks.TryGetValue(rip, out TranslatedBlock? known) && (!backwards || known.WasLoopTarget))
            {
                return known;
            }
        }

        lock (_translating)
        {
            while (true)
            {
                byte* place = Reserve();
                long version;
                int exits;
                TranslatedBlock? known;
                lock (_lock)
                {
                    if (_blocks.TryGetValue(rip, out known) && (!backwards || known.WasLoopTarget))
                    {
                        return known;
                    }

                    version = _invalidations;
                    exits = _exitCount;
                }

                TranslatedBlock? block = _translator.Translate(rip, backwards, known, place, this, out fault);
                if (block == null)
                {
                    return null;
                }

                if (block == known)
                {
                    known.WasLoopTarget = true;
                    return known;
                }

                lock (_lock)
                {
                    if (version == _invalidations)
                    {
                        _translator.MarkBoundaries(_stubs.Region);
                        Observer?.Invoke(this, block);
                        Publish(block);
                        return block;
                    }

                    // Code that changed while it was being read is read again.
                    _exitCount = exits;
                }
            }
        }
    }

    /// <summary>Makes an exit lead straight to a block.</summary>
    public void Link(ExitSite exit, TranslatedBlock target)
    {
        lock (_lock)
        {
            if (exit.Branch == null || exit.LinkedTo != null || !exit.Owner.IsValid || !target.IsValid)
            {
                return;
            }

            AddIncoming(exit, target);
            SetBranch(exit, target.Code);
        }
    }

    private static void AddIncoming(ExitSite exit, TranslatedBlock target)
    {
        exit.LinkedTo = target;
        exit.NextIncoming = target.Incoming;
        target.Incoming = exit;
    }

    /// <summary>Puts a block into a vCPU's jump table, unless it is no longer valid.</summary>
    public void Remember(TranslatorVcpu vcpu, TranslatedBlock block)
    {
        lock (_lock)
        {
            if (block.IsValid)
            {
                vcpu.SetJump(block.Rip, block.Code);
            }
        }
    }

    /// <summary>The block that a host address lies in, valid or not.</summary>
    public bool TryFindByHost(byte* host, [NotNullWhen(true)] out TranslatedBlock? block)
    {
        block = null;
        lock (_lock)
        {
            foreach (Area area in _areas)
            {
                if (host < area.Start || host >= area.Next)
                {
                    continue;
                }

                int low = 0;
                int high = area.Blocks.Count - 1;
                while (low < high)
                {
                    int middle = (low + high + 1) / 2;
                    if (area.Blocks[middle].Code <= host)
                    {
                        low = middle;
                    }
                    else
                    {
                        high = middle - 1;
                    }
                }

                if (high >= 0 && host >= area.Blocks[low].Code && host < area.Blocks[low].Code + area.Blocks[low].Length)
                {
                    block = area.Blocks[low];
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>Whether the block may still be executed.</summary>
    public bool IsValid(TranslatedBlock block)
    {
        lock (_lock)
        {
            return block.IsValid;
        }
    }

    /// <inheritdoc/>
    public void Invalidate(ulong start, ulong length)
    {
        lock (_lock)
        {
            _invalidations++;
            ulong first = Page.Floor(start);
            ulong end = length > ulong.MaxValue - start ? ulong.MaxValue : start + length;
            if ((end - first) / Page.Size <= (ulong)_pages.Count)
            {
                for (ulong page = first; page < end; page += Page.Size)
                {
                    InvalidatePage(page);
                }

                return;
            }

            foreach (ulong page in _pages.Keys.Where(p => p >= first && p < end).ToArray())
            {
                InvalidatePage(page);
            }
        }
    }

    /// <inheritdoc/>
    public void InvalidateCode(ulong page)
    {
        lock (_lock)
        {
            _invalidations++;
            InvalidatePage(page);
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
        lock (_lock)
        {
            foreach (Area area in _areas)
            {
                _stubs.Region.FreeArea(area.Start, CodeRegion.AreaUnit);
            }

            _areas.Clear();
            _blocks.Clear();
            _pages.Clear();
            _exits = new ExitSite[256];
            _exitCount = 0;
            _bytes = 0;
        }
    }

    /// <summary>Room for a block at the end of the last area.</summary>
    private byte* Reserve()
    {
        lock (_lock)
        {
            if (_areas.Count > 0 && _areas[^1].End - _areas[^1].Next >= BlockTranslator.Room)
            {
                return _areas[^1].Next;
            }

            byte* start = _bytes + CodeRegion.AreaUnit > _limit ? null : _stubs.Region.AllocateArea(CodeRegion.AreaUnit);
            if (start != null)
            {
                _areas.Add(new Area(start));
                _bytes += CodeRegion.AreaUnit;
                return start;
            }
        }

        StartAfresh();
        return Reserve();
    }

    /// <summary>Throws all translations away, once no vCPU is inside. The caller translates, so it isn't itself.</summary>
    private void StartAfresh()
    {
        TranslatorVcpu[] vcpus;
        lock (_lock)
        {
            _invalidations++;
            foreach (TranslatedBlock block in _blocks.Values)
            {
                Disconnect(block);
            }

            _blocks.Clear();
            _pages.Clear();
            vcpus = [.. _vcpus];
        }

        foreach (TranslatorVcpu vcpu in vcpus)
        {
            vcpu.LeaveTranslations();
        }

        lock (_lock)
        {
            if (_areas.Count == 0)
            {
                throw new CodeMemoryException();
            }

            foreach (Area area in _areas)
            {
                _stubs.Region.FreeArea(area.Start, CodeRegion.AreaUnit);
            }

            _areas.Clear();
            _exits = new ExitSite[256];
            _exitCount = 0;
            _bytes = 0;
        }
    }

    private void Publish(TranslatedBlock block)
    {
        if (_blocks.Remove(block.Rip, out TranslatedBlock? former))
        {
            Disconnect(former);
        }

        Area area = _areas[^1];
        area.Blocks.Add(block);
        area.Next = (byte*)(((ulong)(block.Code + block.Length) + 31) & ~31UL);
        _blocks.Add(block.Rip, block);
        foreach (ExitSite exit in block.Exits)
        {
            if (exit.IsBack)
            {
                AddIncoming(exit, block);
            }
        }

        for (ulong page = Page.Floor(block.SourceStart); page < block.SourceEnd; page += Page.Size)
        {
            if (!_pages.TryGetValue(page, out List<TranslatedBlock>? list))
            {
                _pages.Add(page, list = []);
            }

            list.Add(block);
        }
    }

    private void InvalidatePage(ulong page)
    {
        if (!_pages.Remove(page, out List<TranslatedBlock>? blocks))
        {
            return;
        }

        foreach (TranslatedBlock block in blocks)
        {
            if (block.IsValid)
            {
                _blocks.Remove(block.Rip);
                Disconnect(block);
            }
        }
    }

    /// <summary>Makes nothing lead to a block, and none of its own exits lead anywhere directly.</summary>
    private void Disconnect(TranslatedBlock block)
    {
        block.IsValid = false;
        for (ExitSite? exit = block.Incoming; exit != null;)
        {
            ExitSite? next = exit.NextIncoming;
            SetBranch(exit, exit.Stub);
            exit.LinkedTo = null;
            exit.NextIncoming = null;
            exit = next;
        }

        block.Incoming = null;
        foreach (ExitSite exit in block.Exits)
        {
            if (exit.LinkedTo != null)
            {
                Unlink(exit);
            }
        }

        foreach (TranslatorVcpu vcpu in _vcpus)
        {
            vcpu.ClearJump(block.Rip);
        }
    }

    private void Unlink(ExitSite exit)
    {
        SetBranch(exit, exit.Stub);
        TranslatedBlock target = exit.LinkedTo!;
        exit.LinkedTo = null;
        if (target.Incoming == exit)
        {
            target.Incoming = exit.NextIncoming;
        }
        else
        {
            ExitSite before = target.Incoming!;
            while (before.NextIncoming != exit)
            {
                before = before.NextIncoming!;
            }

            before.NextIncoming = exit.NextIncoming;
        }

        exit.NextIncoming = null;
    }

    /// <summary>Changes where a branch leads. Other threads may be executing it: the displacement lies within one cache line.</summary>
    private void SetBranch(ExitSite exit, byte* target)
    {
        // SAFETY: the displacement of a branch of a block in an area that isn't freed yet.
        Volatile.Write(ref *(int*)(exit.Branch + _stubs.Region.WriteDelta), (int)(target - (exit.Branch + 4)));
    }

    private sealed class Area
    {
        public Area(byte* start)
        {
            Start = start;
            Next = start;
        }

        public byte* Start { get; }

        public byte* End => Start + CodeRegion.AreaUnit;

        public byte* Next { get; set; }

        public List<TranslatedBlock> Blocks { get; } = [];
    }
}

/// <summary>All memory for translated code is taken by other machines of the process.</summary>
internal sealed class CodeMemoryException : Exception
{
    public CodeMemoryException()
        : base("The process has no executable memory left for translated code.")
    {
    }
}
