using System.Runtime.CompilerServices;

namespace HermiTux.Memory;

/// <summary>The metadata of 512 consecutive frames (2 MiB): reference counts and one bit each for in use, dirty and has-code.</summary>
internal sealed class FrameBlock
{
    /// <summary>Frames in a block: as many as a page-table leaf has entries.</summary>
    public const int Frames = 512;

    /// <summary>log2 of <see cref="Frames"/>.</summary>
    public const int Shift = 9;

    /// <summary>References to each frame. Changed with interlocked operations.</summary>
    public Counts References;

    /// <summary>Frames that are handed out. Under the table's lock.</summary>
    public Bits Used;

    /// <summary>Free frames whose old content is still there: cleared at reuse, or given back to the host in a batch. Under the table's lock.</summary>
    public Bits Dirty;

    /// <summary>Frames from which a view derived code. Changed with interlocked operations.</summary>
    public Bits Code;

    /// <summary>Number of bits in <see cref="Used"/>.</summary>
    public int UsedCount;

    /// <summary>Number of bits in <see cref="Dirty"/>.</summary>
    public int DirtyCount;

    /// <summary>What the block is for.</summary>
    public FrameBlockRole Role;

    /// <summary>Whether the block is on the table's list of blocks that single frames are taken from.</summary>
    public bool Listed;

    public static bool Get(ref Bits bits, int index) => (bits[index >> 6] >> (index & 63) & 1) != 0;

    public static void Set(ref Bits bits, int index) => bits[index >> 6] |= 1UL << (index & 63);

    public static void Clear(ref Bits bits, int index) => bits[index >> 6] &= ~(1UL << (index & 63));

    /// <summary>The first free frame, or -1.</summary>
    public int FirstFree()
    {
        for (int word = 0; word < Frames / 64; word++)
        {
            ulong free = ~Used[word];
            if (free != 0)
            {
                return (word << 6) + System.Numerics.BitOperations.TrailingZeroCount(free);
            }
        }

        return -1;
    }

    [InlineArray(Frames)]
    internal struct Counts
    {
        private int _element;
    }

    [InlineArray(Frames / 64)]
    internal struct Bits
    {
        private ulong _element;
    }
}

/// <summary>Who takes frames from a block.</summary>
internal enum FrameBlockRole : byte
{
    /// <summary>Nobody: the block is on the free list.</summary>
    Free,

    /// <summary>A page-table leaf, each entry its own frame.</summary>
    Home,

    /// <summary>Whoever needs a single frame.</summary>
    Loose,
}
