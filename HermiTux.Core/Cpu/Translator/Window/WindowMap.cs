using System.Runtime.CompilerServices;
using HermiTux.Memory;

namespace HermiTux.Cpu.Translator;

/// <summary>
/// What a window shows at the moment: for each page the frame and the rights, for ranges that show nothing nothing. Not thread-safe.
/// </summary>
internal sealed class WindowMap(int bits)
{
    private const int MiddleShift = 30;
    private const int MiddleLeaves = 1 << (MiddleShift - WindowLeaf.Shift);

    private readonly WindowLeaf?[]?[] _middles = new WindowLeaf?[1 << (bits - MiddleShift)][];

    /// <summary>How many host mappings all this takes.</summary>
    public int Regions { get; set; }

    /// <summary>The leaf that covers an address, made if it isn't there.</summary>
    public WindowLeaf GetOrAdd(ulong address)
    {
        WindowLeaf?[] middle = _middles[(int)(address >> MiddleShift)] ??= new WindowLeaf?[MiddleLeaves];
        return middle[(int)(address >> WindowLeaf.Shift) & (MiddleLeaves - 1)] ??= new WindowLeaf();
    }

    /// <summary>
    /// The first leaf from <paramref name="address"/> on, below <paramref name="end"/>, that shows anything; the address moves up to
    /// the leaf's start if it lies before. Null if there is none.
    /// </summary>
    public WindowLeaf? Next(ref ulong address, ulong end)
    {
        while (address < end)
        {
            if (_middles[(int)(address >> MiddleShift)] is not { } middle)
            {
                address = ((address >> MiddleShift) + 1) << MiddleShift;
            }
            else if (middle[(int)(address >> WindowLeaf.Shift) & (MiddleLeaves - 1)] is { Count: > 0 } leaf)
            {
                return leaf;
            }
            else
            {
                address = ((address >> WindowLeaf.Shift) + 1) << WindowLeaf.Shift;
            }
        }

        return null;
    }

    /// <summary>Nothing is shown any more.</summary>
    public void Clear()
    {
        Array.Clear(_middles);
        Regions = 0;
    }
}

/// <summary>What a window shows of 2 MiB of guest addresses.</summary>
internal sealed class WindowLeaf
{
    /// <summary>Bytes covered.</summary>
    public const ulong Size = 1UL << Shift;

    /// <summary>log2 of <see cref="Size"/>.</summary>
    public const int Shift = 21;

    /// <summary>Pages covered.</summary>
    public const int Pages = 1 << (Shift - Page.Shift);

    /// <summary>
    /// A page of a host file instead of a frame. Bits 62:12 are then a number that goes up from page to page of one host mapping, and nowhere else.
    /// </summary>
    public const ulong File = 1UL << 63;

    /// <summary>For each page the frame number in bits 63:12 and the rights in bits 1:0; 0 when it isn't accessible.</summary>
    public PageArray Shown;

    /// <summary>Pages that aren't 0.</summary>
    public int Count;

    /// <summary>
    /// How many host mappings begin at the pages from <paramref name="first"/> to <paramref name="end"/> inclusive, taken that each
    /// leaf begins with one.
    /// </summary>
    public int Regions(int first, int end)
    {
        int regions = 0;
        ulong before = first == 0 ? 0 : Shown[first - 1];
        for (int i = first; i <= end && i < Pages; i++)
        {
            ulong here = Shown[i];
            regions += here != 0 && (before == 0 || here != before + Page.Size) ? 1 : 0;
            before = here;
        }

        return regions;
    }

    [InlineArray(Pages)]
    internal struct PageArray
    {
        private ulong _element;
    }
}
