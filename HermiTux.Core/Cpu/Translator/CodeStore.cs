using HermiTux.Memory;

namespace HermiTux.Cpu.Translator;

/// <summary>
/// Blocks by guest address, and the branches between them: those of one machine's own memory, or those of a file that machines share (<see cref="CodeImage"/>).
/// </summary>
/// <remarks>
/// Branches lead from block to block within a store only, so that what a store promises of its guest code holds for all that a block leads
/// to; <see cref="TranslationCache"/> makes exceptions. Members take <see cref="Lock"/> themselves; it may be held around several.
/// </remarks>
internal sealed unsafe class CodeStore(CodeIndex index, long limit)
{
    private readonly Dictionary<ulong, TranslatedBlock> _blocks = [];
    private readonly Dictionary<ulong, List<TranslatedBlock>> _pages = [];
    private readonly List<CodeArea> _areas = [];
    private readonly List<ExitChunk> _exits = [];
    private int _exitCount;
    private long _bytes;

    /// <summary>Guards everything. Nothing else is locked while it is held.</summary>
    public Lock Lock { get; } = new();

    /// <summary>Bytes of translated code, as they are taken from the region.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>The block that starts at an address.</summary>
    public TranslatedBlock? Find(ulong rip)
    {
        lock (Lock)
        {
            return _blocks.GetValueOrDefault(rip);
        }
    }

    /// <summary>The blocks that code leads to now. For tests.</summary>
    public TranslatedBlock[] Snapshot()
    {
        lock (Lock)
        {
            return [.. _blocks.Values];
        }
    }

    /// <summary>Whether it may take no more of the region.</summary>
    public bool IsFull => Bytes + CodeRegion.AreaUnit > limit;

    /// <summary>Whether a block fits without taking more of the region.</summary>
    public bool HasRoom
    {
        get
        {
            lock (Lock)
            {
                return _areas.Count > 0 && _areas[^1].End - _areas[^1].Next >= BlockTranslator.Room;
            }
        }
    }

    /// <summary>Room for a block. Null when the store is full, or the region is.</summary>
    public byte* Reserve()
    {
        lock (Lock)
        {
            if (HasRoom)
            {
                return _areas[^1].Next;
            }

            CodeArea? area = IsFull ? null : index.AllocateArea();
            if (area == null)
            {
                return null;
            }

            _areas.Add(area);
            _bytes += CodeRegion.AreaUnit;
            return area.Start;
        }
    }

    /// <summary>Numbers a new exit, of a block that is being written.</summary>
    /// <exception cref="CodeMemoryException">The process has no more numbers.</exception>
    public ExitSite AddExit(ulong source, ulong target, int stackDelta)
    {
        lock (Lock)
        {
            int place = _exitCount & (CodeIndex.ChunkSize - 1);
            int chunk = _exitCount / CodeIndex.ChunkSize;
            if (chunk == _exits.Count)
            {
                _exits.Add(index.TakeExits() ?? throw new CodeMemoryException());
            }

            var exit = new ExitSite { Id = _exits[chunk].First + place, Source = source, Target = target, StackDelta = stackDelta };
            _exits[chunk].Exits[place] = exit;
            _exitCount++;
            return exit;
        }
    }

    /// <summary>How many exits there are; with <see cref="ForgetExits"/>, to take back those of a block that isn't wanted after all.</summary>
    public int ExitCount => _exitCount;

    /// <summary>Takes back the exits that were numbered last.</summary>
    public void ForgetExits(int count) => _exitCount = count;

    /// <summary>Makes a block that was written where <see cref="Reserve"/> said the one for its address. What led to the former one leads to it now.</summary>
    public void Publish(TranslatedBlock block)
    {
        lock (Lock)
        {
            _areas[^1].Add(block);
            foreach (ExitSite exit in block.Exits)
            {
                if (exit.IsBack)
                {
                    AddIncoming(exit, block);
                }
            }

            if (_blocks.Remove(block.Rip, out TranslatedBlock? former))
            {
                Supersede(former, block);
            }

            _blocks.Add(block.Rip, block);
            for (ulong page = Page.Floor(block.SourceStart); page < block.SourceEnd; page += Page.Size)
            {
                if (!_pages.TryGetValue(page, out List<TranslatedBlock>? list))
                {
                    _pages.Add(page, list = []);
                }

                list.Add(block);
            }
        }
    }

    /// <summary>Makes an exit of a block lead straight to another block.</summary>
    public void Link(ExitSite exit, TranslatedBlock target)
    {
        lock (Lock)
        {
            if (exit.Branch != null && exit.LinkedTo == null && exit.Owner.IsValid && target.IsValid)
            {
                AddIncoming(exit, target);
                SetBranch(exit, target.Entry);
            }
        }
    }

    /// <summary>Takes out the blocks that were made from a page, and adds them to a list.</summary>
    public void Invalidate(ulong page, List<TranslatedBlock> removed)
    {
        lock (Lock)
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
                    removed.Add(block);
                }
            }
        }
    }

    /// <summary>The pages in a range that blocks were made from.</summary>
    public ulong[] PagesIn(ulong first, ulong end)
    {
        lock (Lock)
        {
            if ((end - first) / Page.Size > (ulong)_pages.Count)
            {
                return [.. _pages.Keys.Where(page => page >= first && page < end)];
            }

            var pages = new List<ulong>();
            for (ulong page = first; page < end; page += Page.Size)
            {
                if (_pages.ContainsKey(page))
                {
                    pages.Add(page);
                }
            }

            return [.. pages];
        }
    }

    /// <summary>Takes everything out, so that no block leads to another. The code stays for those that are inside.</summary>
    public void DisconnectAll()
    {
        lock (Lock)
        {
            foreach (TranslatedBlock block in _blocks.Values)
            {
                Disconnect(block);
            }

            _blocks.Clear();
            _pages.Clear();
        }
    }

    /// <summary>Frees all code. No vCPU is inside, nor will any come. False if there was none.</summary>
    public bool Free()
    {
        lock (Lock)
        {
            if (_areas.Count == 0)
            {
                return false;
            }

            foreach (CodeArea area in _areas)
            {
                index.FreeArea(area);
            }

            foreach (ExitChunk chunk in _exits)
            {
                index.ReturnExits(chunk);
            }

            _areas.Clear();
            _exits.Clear();
            _blocks.Clear();
            _pages.Clear();
            _exitCount = 0;
            _bytes = 0;
            return true;
        }
    }

    /// <summary>Changes where a branch leads. Other threads may be executing it: the displacement lies within one cache line.</summary>
    public void SetBranch(ExitSite exit, byte* target)
    {
        // SAFETY: the displacement of a branch of a block in an area that isn't freed yet.
        Volatile.Write(ref *(int*)(exit.Branch + index.Region.WriteDelta), (int)(target - (exit.Branch + 4)));
    }

    private static void AddIncoming(ExitSite exit, TranslatedBlock target)
    {
        exit.LinkedTo = target;
        exit.NextIncoming = target.Incoming;
        target.Incoming = exit;
    }

    /// <summary>Takes an exit out of the list of the block that it leads to.</summary>
    private static void RemoveIncoming(ExitSite exit)
    {
        TranslatedBlock target = exit.LinkedTo!;
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
    }

    /// <summary>
    /// Makes a block take over from another one of the same address. Whoever is in that one may go on in it: it says the same, only worse.
    /// </summary>
    private void Supersede(TranslatedBlock former, TranslatedBlock block)
    {
        former.IsValid = false;
        for (ExitSite? exit = former.Incoming; exit != null;)
        {
            ExitSite? next = exit.NextIncoming;
            if (exit.IsBack)
            {
                // Registers are where the former one's loop has them.
                Reset(exit);
            }
            else
            {
                AddIncoming(exit, block);
                SetBranch(exit, block.Entry);
            }

            exit = next;
        }

        former.Incoming = null;
    }

    /// <summary>Makes nothing lead to a block, and none of its own exits lead anywhere directly.</summary>
    private void Disconnect(TranslatedBlock block)
    {
        block.IsValid = false;
        for (ExitSite? exit = block.Incoming; exit != null;)
        {
            ExitSite? next = exit.NextIncoming;
            Reset(exit);
            exit = next;
        }

        block.Incoming = null;
        foreach (ExitSite exit in block.Exits)
        {
            if (exit.LinkedTo != null)
            {
                RemoveIncoming(exit);
                Reset(exit);
            }
        }
    }

    /// <summary>Makes an exit leave again. It is in no list of incoming ones any more.</summary>
    private void Reset(ExitSite exit)
    {
        SetBranch(exit, exit.Stub);
        exit.LinkedTo = null;
        exit.NextIncoming = null;
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
