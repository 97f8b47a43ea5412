using System.Runtime.InteropServices;
using HermiTux.Memory;

namespace HermiTux.Cpu.Interpreter.Decoding;

/// <summary>
/// The decoded code of one address space, shared by its vCPUs: basic blocks by guest address, in native memory.
/// </summary>
/// <remarks>
/// <para>A published block never moves. When code bytes change, the handlers of all its ops are replaced by one that looks the code
/// up again (<see cref="ControlFlow.Stale"/>): whoever executes the block, including the very store that changed it, notices at the next
/// instruction. Branches linked to it are unlinked.</para>
/// <para>Memory is only given back by retiring everything at once (<see cref="Generation"/> grows) and freeing it when no vCPU
/// can still be inside. Lock order: address space, then cache.</para>
/// </remarks>
internal sealed unsafe class DecodeCache : IAddressSpaceView, IDisposable
{
    /// <summary>The generation of a vCPU that isn't running.</summary>
    public const long NotInside = long.MaxValue;

    private const long FirstChunkBytes = 64 << 10;
    private const long MaxChunkBytes = 1 << 20;
    private const int HotSamples = 2;

    private readonly AddressSpace _space;
    private readonly long _limit;
    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, Block> _blocks = [];
    private readonly Dictionary<ulong, List<Block>> _pages = [];
    private readonly List<InterpreterVcpu> _vcpus = [];
    private readonly List<(nint Chunk, long Bytes)> _chunks = [];
    private readonly List<(long Generation, nint Chunk, long Bytes)> _retired = [];
    private byte* _next;
    private byte* _end;
    private long _bytes;
    private long _generation;
    private long _invalidations;

    /// <summary>Creates the cache of a space.</summary>
    /// <param name="space">The space.</param>
    /// <param name="limit">Bytes in use at which everything is thrown away; twice that may be allocated while vCPUs still use the old.</param>
    public DecodeCache(AddressSpace space, long limit)
    {
        _limit = limit;
        _space = space;
        space.Attach(this);
    }

    /// <summary>Grows whenever everything is thrown away.</summary>
    public long Generation => Volatile.Read(ref _generation);

    /// <summary>Grows whenever code is invalidated; lets a decoder see that what it read is no longer current.</summary>
    public long InvalidationCount => Volatile.Read(ref _invalidations);

    /// <summary>Bytes of native memory held.</summary>
    public long AllocatedBytes => Volatile.Read(ref _bytes);

    public void AddVcpu(InterpreterVcpu vcpu)
    {
        lock (_lock)
        {
            _vcpus.Add(vcpu);
        }
    }

    /// <summary>True when that was the last one.</summary>
    public bool RemoveVcpu(InterpreterVcpu vcpu)
    {
        lock (_lock)
        {
            _vcpus.Remove(vcpu);
            return _vcpus.Count == 0;
        }
    }

    /// <summary>The first op of the block at an address, or null.</summary>
    public Op* Find(ulong rip)
    {
        lock (_lock)
        {
            return _blocks.TryGetValue(rip, out Block? block) ? block.Ops : null;
        }
    }

    /// <summary>Adds a block.</summary>
    /// <param name="rip">Where it starts.</param>
    /// <param name="ops">Its ops, copied.</param>
    /// <param name="count">How many.</param>
    /// <param name="start">First byte of code that it was made from.</param>
    /// <param name="end">Address after the last byte.</param>
    /// <param name="invalidationCount">The count from before the bytes were read.</param>
    /// <returns>The block's first op, or null when it must be decoded again.</returns>
    public Op* TryPublish(ulong rip, Op* ops, int count, ulong start, ulong end, long invalidationCount)
    {
        lock (_lock)
        {
            if (_invalidations != invalidationCount)
            {
                return null;
            }

            if (_blocks.TryGetValue(rip, out Block? present))
            {
                return present.Ops;
            }

            long size = count * (long)sizeof(Op);
            if (_end - _next < size && !Grow())
            {
                return null;
            }

            Op* place = (Op*)_next;
            _next += size;
            NativeMemory.Copy(ops, place, (nuint)size);
            Block block = new(rip, place, count);
            _blocks.Add(rip, block);
            for (ulong page = Page.Floor(start); page < end; page += Page.Size)
            {
                if (!_pages.TryGetValue(page, out List<Block>? list))
                {
                    _pages.Add(page, list = []);
                }

                list.Add(block);
            }

            return place;
        }
    }

    /// <summary>Makes a direct branch lead straight to its target.</summary>
    public void Link(Op* branch, Op* target)
    {
        lock (_lock)
        {
            // Either may have been invalidated since.
            if ((nint)branch->Handler != ControlFlow.StalePointer && branch->Link == 0 &&
                _blocks.TryGetValue((ulong)branch->Immediate, out Block? block) && block.Ops == target)
            {
                branch->Displacement = (nint)block.Incoming;
                block.Incoming = branch;
                Volatile.Write(ref branch->Link, (nint)target);
            }
        }
    }

    /// <summary>
    /// Tells that execution was seen at the start of a block. A block seen again and again gets the handlers that aren't worth their compilation
    /// elsewhere.
    /// </summary>
    public void Sample(ulong rip)
    {
        lock (_lock)
        {
            if (_blocks.TryGetValue(rip, out Block? block) && ++block.Samples == HotSamples)
            {
                // Other vCPUs may be executing the block: both handlers of an op do the same.
                Integer.Fusion.Apply(block.Ops, block.Count);
            }
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
        // Nothing to do for code.
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _space.Detach(this);
        foreach ((nint chunk, _) in _chunks)
        {
            NativeMemory.AlignedFree((void*)chunk);
        }

        foreach ((_, nint chunk, _) in _retired)
        {
            NativeMemory.AlignedFree((void*)chunk);
        }

        _chunks.Clear();
        _retired.Clear();
        _bytes = 0;
    }

    private void InvalidatePage(ulong page)
    {
        if (!_pages.Remove(page, out List<Block>? blocks))
        {
            return;
        }

        foreach (Block block in blocks)
        {
            if (block.Dead)
            {
                continue;
            }

            block.Dead = true;
            _blocks.Remove(block.Rip);
            for (int i = 0; i < block.Count; i++)
            {
                // A plain store of a pointer is atomic; on x86 hosts it is also seen in order.
                Volatile.Write(ref *(nint*)&block.Ops[i].Handler, ControlFlow.StalePointer);
            }

            for (Op* branch = block.Incoming; branch != null;)
            {
                Op* next = (Op*)(nint)branch->Displacement;
                Volatile.Write(ref branch->Link, 0);
                branch->Displacement = 0;
                branch = next;
            }

            block.Incoming = null;
        }
    }

    /// <summary>Gets more memory; false when instead everything was thrown away and the caller must start over.</summary>
    private bool Grow()
    {
        FreeRetired();
        bool flush = _chunks.Sum(c => c.Bytes) >= _limit;
        if (flush)
        {
            _blocks.Clear();
            _pages.Clear();
            _invalidations++;
            foreach ((nint chunk, long size) in _chunks)
            {
                _retired.Add((_generation, chunk, size));
            }

            _chunks.Clear();
            Volatile.Write(ref _generation, _generation + 1);
            Interlocked.MemoryBarrier();
        }

        // Small programs need little; each chunk is as large as all before it together.
        long bytes = _chunks.Count == 0 ? FirstChunkBytes : Math.Min(MaxChunkBytes, _chunks.Sum(c => c.Bytes));
        _next = (byte*)NativeMemory.AlignedAlloc((nuint)bytes, 64);
        _end = _next + bytes;
        _chunks.Add(((nint)_next, bytes));
        _bytes += bytes;
        return !flush;
    }

    private void FreeRetired()
    {
        long oldest = NotInside;
        foreach (InterpreterVcpu vcpu in _vcpus)
        {
            oldest = Math.Min(oldest, vcpu.Generation);
        }

        for (int i = _retired.Count - 1; i >= 0; i--)
        {
            if (_retired[i].Generation < oldest)
            {
                NativeMemory.AlignedFree((void*)_retired[i].Chunk);
                _bytes -= _retired[i].Bytes;
                _retired.RemoveAt(i);
            }
        }
    }

    private sealed class Block(ulong rip, Op* ops, int count)
    {
        public ulong Rip => rip;

        public Op* Ops => ops;

        public int Count => count;

        /// <summary>Branches that lead here, linked through their <see cref="Op.Displacement"/>.</summary>
        public Op* Incoming { get; set; }

        public bool Dead { get; set; }

        public int Samples { get; set; }
    }
}
