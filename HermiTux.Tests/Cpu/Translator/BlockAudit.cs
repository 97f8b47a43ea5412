using System.Collections.Concurrent;
using HermiTux.Cpu.Translator;
using HermiTux.Memory;
using Xunit;

namespace HermiTux.Tests.Cpu.Translator;

/// <summary>Has <see cref="CodeVerifier"/> prove every block that an engine translates, and keeps what it refuses.</summary>
internal sealed unsafe class BlockAudit
{
    private const int Shown = 10;

    private readonly ConcurrentQueue<string> _refusals = new();
    private int _blocks;
    private int _refused;

    /// <summary>Audits an engine.</summary>
    /// <param name="windowBits">Size of its windows; a small one is always there.</param>
    /// <param name="shared">Whether code of files may be what an earlier machine translated: that isn't checked then.</param>
    public BlockAudit(int windowBits = WindowReservation.LargeBits, bool shared = false)
    {
        Engine = windowBits == WindowReservation.SmallBits
            ? new TranslatorEngine { Observer = Check, SharesTranslations = shared, DefaultMapWindow = 1UL << windowBits }
            : new TranslatorEngine { Observer = Check, SharesTranslations = shared };
    }

    public TranslatorEngine Engine { get; }

    /// <summary>Blocks proven or refused so far.</summary>
    public int Blocks => _blocks;

    /// <summary>Checks a space's blocks once more, with their branches as they lead now.</summary>
    public void CheckLinked(AddressSpace space)
    {
        TranslationCache cache = Engine.CacheOf(space)!;
        TranslatedBlock[] blocks = cache.Snapshot();
        HashSet<ulong> starts = [.. blocks.Select(block => (ulong)block.Entry)];
        foreach (TranslatedBlock block in blocks)
        {
            Check(cache, block, starts.Contains);
        }
    }

    /// <summary>Fails with the first refusals, if there are any.</summary>
    public void AssertAllProven()
    {
        Assert.True(_refused == 0, $"{_refused} of {_blocks} blocks can't be proven:\n{string.Join('\n', _refusals)}");
        Assert.True(_blocks > 0, "Nothing was translated.");
    }

    private void Check(TranslationCache cache, TranslatedBlock block) => Check(cache, block, static _ => false);

    private void Check(TranslationCache cache, TranslatedBlock block, Func<ulong, bool> isBlockStart)
    {
        GeneratedCode code = CodeOf(cache, block, isBlockStart);
        if (CodeVerifier.Verify(code) is { } refusal)
        {
            Interlocked.Increment(ref _refused);
            if (_refusals.Count < Shown)
            {
                _refusals.Enqueue($"{block.Rip:x}{(block.IsLoop ? " (loop)" : "")} {refusal}\n{Convert.ToHexString(code.Bytes)}");
            }
        }

        Interlocked.Increment(ref _blocks);
    }

    internal static GeneratedCode CodeOf(TranslationCache cache, TranslatedBlock block, Func<ulong, bool> isBlockStart)
    {
        Assert.True(TranslatorStubs.TryGet(out TranslatorStubs? stubs, out _));

        // SAFETY: the block's code and its boundary bits; the cache's lock is held, or the space's only vCPU isn't running.
        var boundaries = new HashSet<int>();
        for (int i = 0; i < block.Length; i++)
        {
            long bit = block.Code + i - stubs.Region.ExecBase;
            if ((stubs.Region.Boundaries[bit >> 3] >> (int)(bit & 7) & 1) != 0)
            {
                boundaries.Add(i);
            }
        }

        return new GeneratedCode
        {
            Address = (ulong)block.Code,
            Bytes = new ReadOnlySpan<byte>(block.Code, block.Length).ToArray(),
            Rip = block.Rip,
            Arrival = (int)(block.Arrival - block.Code),
            Entry = TranslatedBlock.EntryOffset,
            WindowBits = cache.Window.Bits,
            Probe = cache.Window.ProbeAddress,
            Exit = (ulong)stubs.Exit,
            IndirectMiss = (ulong)stubs.IndirectMiss,
            IsBlockStart = isBlockStart,
            OtherTargets = block.Exits.Where(exit => exit.Branch != null).ToDictionary(exit => (ulong)exit.Branch, exit => (ulong)exit.Stub),
            Boundaries = boundaries,
        };
    }
}
