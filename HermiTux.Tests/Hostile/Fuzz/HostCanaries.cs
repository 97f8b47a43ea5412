using System.Runtime.InteropServices;
using Xunit;

namespace HermiTux.Tests.Hostile.Fuzz;

/// <summary>Memory of the host, native and managed, full of a pattern that nothing has any business to change.</summary>
internal sealed unsafe class HostCanaries : IDisposable
{
    private const int Size = 1 << 20;
    private const ulong Pattern = 0xC0DE_CAFE_F00D_BEEF;

    private readonly ulong*[] _native = new ulong*[16];
    private readonly ulong[][] _managed = new ulong[16][];

    public HostCanaries()
    {
        for (int i = 0; i < _native.Length; i++)
        {
            // SAFETY: freed by Dispose.
            _native[i] = (ulong*)NativeMemory.AlignedAlloc(Size, 4096);
            new Span<ulong>(_native[i], Size / 8).Fill(Pattern);
            _managed[i] = new ulong[Size / 8];
            _managed[i].AsSpan().Fill(Pattern);
        }
    }

    public void Check()
    {
        for (int i = 0; i < _native.Length; i++)
        {
            Assert.True(new ReadOnlySpan<ulong>(_native[i], Size / 8).IndexOfAnyExcept(Pattern) < 0, "native memory of the host changed");
            Assert.True(_managed[i].AsSpan().IndexOfAnyExcept(Pattern) < 0, "managed memory of the host changed");
        }
    }

    public void Dispose()
    {
        foreach (ulong* block in _native)
        {
            NativeMemory.AlignedFree(block);
        }
    }
}
