using System.Runtime.CompilerServices;

namespace HermiTux.Memory;

/// <summary>
/// From guest pages to frames: a radix tree of four levels with 512 entries each, as the processor has it, present only where pages
/// are. Any number of readers need no lock; changes are made under the address space's lock. Nodes are managed objects, so a
/// reader that was overtaken by a change reads an old node, never freed memory.
/// </summary>
internal sealed class PageTable
{
    /// <summary>Bytes that a leaf covers (2 MiB).</summary>
    public const ulong LeafSize = 1UL << LeafShift;
    private const int LeafShift = 21;
    private const int MiddleShift = 30;
    private const int UpperShift = 39;

    private readonly FrameTable _frames;
    private readonly Node _root = new();

    /// <summary>Leaves that became empty lately, kept for the next mapping there: programs map and unmap the same place over and over.</summary>
    private readonly ulong[] _retired = new ulong[8];
    private int _nextRetired;

    public PageTable(FrameTable frames)
    {
        _frames = frames;
    }

    /// <summary>The leaf that covers an address below 2^47, or null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Leaf? Find(ulong address)
    {
        // The three casts are to what the level holds by construction.
        object? upper = _root.Children[(int)(address >> UpperShift) & 511];
        if (upper == null)
        {
            return null;
        }

        object? middle = Unsafe.As<Node>(upper).Children[(int)(address >> MiddleShift) & 511];
        return middle == null ? null : Unsafe.As<Leaf>(Unsafe.As<Node>(middle).Children[(int)(address >> LeafShift) & 511]);
    }

    /// <summary>The entry of an address below 2^47; 0 when there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Read(ulong address)
    {
        Leaf? leaf = Find(address);
        return leaf == null ? 0 : Volatile.Read(ref leaf.Entries[(int)(address >> Page.Shift) & 511]);
    }

    /// <summary>The leaf that covers an address, made if it isn't there; null at the memory limit.</summary>
    public Leaf? GetOrAdd(ulong address)
    {
        Leaf? leaf = Find(address);
        if (leaf != null)
        {
            return leaf;
        }

        Node? upper = Child(_root, (int)(address >> UpperShift) & 511);
        Node? middle = upper == null ? null : Child(upper, (int)(address >> MiddleShift) & 511);
        if (middle == null || !_frames.TryCharge())
        {
            Prune(address);
            return null;
        }

        leaf = new Leaf();
        Volatile.Write(ref middle.Children[(int)(address >> LeafShift) & 511], leaf);
        middle.Count++;
        return leaf;
    }

    /// <summary>
    /// The first leaf that covers <paramref name="address"/> or anything after it below <paramref name="end"/>; the address is moved
    /// up to the leaf's start if it lies before. Null if there is none. Costs nothing for ranges that hold no pages.
    /// </summary>
    public Leaf? Next(ref ulong address, ulong end)
    {
        while (address < end)
        {
            if (_root.Children[(int)(address >> UpperShift) & 511] is not Node upper)
            {
                address = Skip(address, UpperShift);
            }
            else if (upper.Children[(int)(address >> MiddleShift) & 511] is not Node middle)
            {
                address = Skip(address, MiddleShift);
            }
            else if (middle.Children[(int)(address >> LeafShift) & 511] is not Leaf leaf)
            {
                address = Skip(address, LeafShift);
            }
            else
            {
                return leaf;
            }
        }

        return null;
    }

    /// <summary>Removes the leaf at an address some time later if it is empty then.</summary>
    public void Retire(ulong address)
    {
        ulong mark = (address & ~(LeafSize - 1)) | 1;
        if (Array.IndexOf(_retired, mark) >= 0)
        {
            return;
        }

        ulong oldest = _retired[_nextRetired];
        _retired[_nextRetired] = mark;
        _nextRetired = (_nextRetired + 1) % _retired.Length;
        if (oldest != 0)
        {
            Prune(oldest);
        }
    }

    /// <summary>Removes the empty leaves that are still kept.</summary>
    public void PruneRetired()
    {
        foreach (ulong mark in _retired)
        {
            if (mark != 0)
            {
                Prune(mark);
            }
        }

        Array.Clear(_retired);
    }

    /// <summary>Removes the leaf at an address if it has become empty, and the nodes above it that are empty then.</summary>
    public void Prune(ulong address)
    {
        if (_root.Children[(int)(address >> UpperShift) & 511] is not Node upper)
        {
            return;
        }

        if (upper.Children[(int)(address >> MiddleShift) & 511] is Node middle)
        {
            ref object? slot = ref middle.Children[(int)(address >> LeafShift) & 511];
            if (slot is Leaf { Count: 0 } leaf)
            {
                slot = null;
                middle.Count--;
                _frames.Uncharge();
                if (leaf.Home >= 0)
                {
                    _frames.ReleaseHome(leaf.Home);
                }
            }

            if (middle.Count == 0)
            {
                upper.Children[(int)(address >> MiddleShift) & 511] = null;
                upper.Count--;
                _frames.Uncharge();
            }
        }

        if (upper.Count == 0)
        {
            _root.Children[(int)(address >> UpperShift) & 511] = null;
            _frames.Uncharge();
        }
    }

    private static ulong Skip(ulong address, int shift) => ((address >> shift) + 1) << shift;

    private Node? Child(Node parent, int index)
    {
        if (parent.Children[index] is Node node)
        {
            return node;
        }

        if (!_frames.TryCharge())
        {
            return null;
        }

        node = new Node();
        Volatile.Write(ref parent.Children[index], node);
        parent.Count++;
        return node;
    }

    /// <summary>512 entries for 2 MiB of guest addresses.</summary>
    internal sealed class Leaf
    {
        /// <summary>See <see cref="PageEntry"/>.</summary>
        public EntryArray Entries;

        /// <summary>How many entries are present.</summary>
        public int Count;

        /// <summary>The block whose frame i is meant for page i, or -1.</summary>
        public long Home = -1;

        [InlineArray(512)]
        internal struct EntryArray
        {
            private ulong _element;
        }
    }

    private sealed class Node
    {
        public ChildArray Children;
        public int Count;

        [InlineArray(512)]
        internal struct ChildArray
        {
            private object? _element;
        }
    }
}
