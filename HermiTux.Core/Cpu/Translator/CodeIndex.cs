using System.Diagnostics.CodeAnalysis;

namespace HermiTux.Cpu.Translator;

/// <summary>What is where in the process's code region: blocks by host address, exits by number. Thread-safe.</summary>
internal sealed unsafe class CodeIndex(CodeRegion region)
{
    /// <summary>Exits in a range of numbers.</summary>
    public const int ChunkSize = 1 << ChunkShift;

    private const int ChunkShift = 8;
    private const int MaxChunks = 1 << (29 - ChunkShift);

    private readonly Lock _lock = new();
    private readonly CodeArea?[] _areas = new CodeArea?[region.Size / CodeRegion.AreaUnit];
    private readonly Stack<int> _freeChunks = new();
    private ExitSite[]?[] _chunks = new ExitSite[]?[64];
    private int _chunkCount;

    /// <summary>The region.</summary>
    public CodeRegion Region => region;

    /// <summary>Takes an area of the region for blocks; null when none is left.</summary>
    public CodeArea? AllocateArea()
    {
        byte* start = region.AllocateArea(CodeRegion.AreaUnit);
        if (start == null)
        {
            return null;
        }

        var area = new CodeArea(start);
        Volatile.Write(ref _areas[UnitOf(start)], area);
        return area;
    }

    /// <summary>Gives an area back. No thread may be in it, and no code lead there.</summary>
    public void FreeArea(CodeArea area)
    {
        Volatile.Write(ref _areas[UnitOf(area.Start)], null);
        region.FreeArea(area.Start, CodeRegion.AreaUnit);
    }

    /// <summary>The block that a host address lies in, valid or not.</summary>
    public bool TryFind(byte* host, [NotNullWhen(true)] out TranslatedBlock? block)
    {
        block = host >= region.BlockStart && host < region.BlockEnd ? Volatile.Read(ref _areas[UnitOf(host)])?.Find(host) : null;
        return block != null;
    }

    /// <summary>The exit with a number.</summary>
    /// <remarks>Good as long as the caller keeps the exit's translations from being thrown away.</remarks>
    public ExitSite ExitAt(int number) => Volatile.Read(ref _chunks)[number >> ChunkShift]![number & (ChunkSize - 1)];

    /// <summary>Takes a range of exit numbers. Null when there are no more.</summary>
    public ExitChunk? TakeExits()
    {
        lock (_lock)
        {
            if (!_freeChunks.TryPop(out int number))
            {
                if (_chunkCount == MaxChunks)
                {
                    return null;
                }

                number = _chunkCount++;
                if (number == _chunks.Length)
                {
                    var grown = new ExitSite[]?[number * 2];
                    _chunks.CopyTo(grown, 0);
                    Volatile.Write(ref _chunks, grown);
                }
            }

            var exits = new ExitSite[ChunkSize];
            Volatile.Write(ref _chunks[number], exits);
            return new ExitChunk(number << ChunkShift, exits);
        }
    }

    /// <summary>Gives a range of exit numbers back. No code that names them may run any more.</summary>
    public void ReturnExits(ExitChunk chunk)
    {
        lock (_lock)
        {
            int number = chunk.First >> ChunkShift;
            Volatile.Write(ref _chunks[number], null);
            _freeChunks.Push(number);
        }
    }

    private int UnitOf(byte* host) => (int)((host - region.ExecBase) / CodeRegion.AreaUnit);
}

/// <summary>A range of exit numbers.</summary>
/// <param name="First">The first number.</param>
/// <param name="Exits">The exits, from the first number on.</param>
internal sealed record ExitChunk(int First, ExitSite[] Exits);

/// <summary>A part of the code region that fills with blocks from its start on. Written by one thread at a time, read by any.</summary>
internal sealed unsafe class CodeArea
{
    private TranslatedBlock[] _blocks = new TranslatedBlock[64];
    private int _count;

    public CodeArea(byte* start)
    {
        Start = start;
        Next = start;
    }

    /// <summary>First byte.</summary>
    public byte* Start { get; }

    /// <summary>First byte after.</summary>
    public byte* End => Start + CodeRegion.AreaUnit;

    /// <summary>Where the next block goes.</summary>
    public byte* Next { get; private set; }

    /// <summary>Adds a block that was written at or after <see cref="Next"/>.</summary>
    public void Add(TranslatedBlock block)
    {
        if (_count == _blocks.Length)
        {
            var grown = new TranslatedBlock[_count * 2];
            _blocks.CopyTo(grown, 0);
            Volatile.Write(ref _blocks, grown);
        }

        _blocks[_count] = block;
        Volatile.Write(ref _count, _count + 1);
        Next = (byte*)(((ulong)(block.Code + block.Length) + 31) & ~31UL);
    }

    /// <summary>The block that a host address lies in.</summary>
    public TranslatedBlock? Find(byte* host)
    {
        int low = 0;
        int high = Volatile.Read(ref _count) - 1;
        TranslatedBlock[] blocks = Volatile.Read(ref _blocks);
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            if (blocks[middle].Code <= host)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return high >= 0 && host >= blocks[low].Code && host < blocks[low].Code + blocks[low].Length ? blocks[low] : null;
    }
}
