using System.Collections.Concurrent;

namespace HermiTux.Cpu.Translator;

/// <summary>
/// A translation that can be written again elsewhere: for the same guest bytes at the same guest address. It depends on nothing of a machine;
/// numbers of exits and distances to the stubs are filled in.
/// </summary>
internal sealed class TranslationTemplate
{
    /// <summary>The guest code.</summary>
    public required byte[] Source { get; init; }

    /// <summary>The host code with its exits, as it was written.</summary>
    public required byte[] Code { get; init; }

    /// <summary>Host address modulo 64: branches that are changed while they run must stay within their cache lines.</summary>
    public required int Alignment { get; init; }

    /// <summary>Offsets at which the guest's state is exact.</summary>
    public required int[] Boundaries { get; init; }

    /// <summary>The exits.</summary>
    public required TemplateExit[] Exits { get; init; }

    /// <summary>The block that it was made from; its marks, fixups and maps are shared.</summary>
    public required TranslatedBlock Block { get; init; }
}

/// <summary>An exit of a template.</summary>
/// <param name="Source">See <see cref="ExitSite.Source"/>.</param>
/// <param name="Target">See <see cref="ExitSite.Target"/>.</param>
/// <param name="StackDelta">See <see cref="ExitSite.StackDelta"/>.</param>
/// <param name="Reason">Why it leaves.</param>
/// <param name="IsBack">See <see cref="ExitSite.IsBack"/>.</param>
/// <param name="Branch">Offset of the displacement of its branch; -1 if that is never changed.</param>
/// <param name="Stub">Offset of its code.</param>
/// <param name="Number">Offset of its number, which the distance to the stub for leaving follows a byte later.</param>
internal readonly record struct TemplateExit(ulong Source, ulong Target, int StackDelta, ExitReason Reason, bool IsBack, int Branch, int Stub, int Number);

/// <summary>
/// The translations of this process, for machines that run the same program again: start-up code is the same each time.
/// </summary>
/// <remarks>
/// What a template says is a function of guest bytes, guest address, CPU model and window size alone, and it is used for equal bytes only, so machines
/// can't influence each other through it. Thread-safe. When full, it starts anew.
/// </remarks>
internal sealed class TemplateStore
{
    private const long Limit = 64L << 20;

    private static readonly ConcurrentDictionary<(CpuModel Model, int WindowBits), TemplateStore> s_stores = new();

    private readonly ConcurrentDictionary<(ulong Rip, bool IsLoop), TranslationTemplate> _templates = new();
    private long _bytes;

    /// <summary>The store for a CPU model and a window size.</summary>
    public static TemplateStore For(CpuModel model, int windowBits) => s_stores.GetOrAdd((model, windowBits), static _ => new TemplateStore());

    /// <summary>The template for an address, if its guest code starts with these bytes.</summary>
    /// <param name="rip">Guest address.</param>
    /// <param name="isLoop">Whether it is to be a loop.</param>
    /// <param name="bytes">What is there.</param>
    public TranslationTemplate? Find(ulong rip, bool isLoop, ReadOnlySpan<byte> bytes) =>
        _templates.TryGetValue((rip, isLoop), out TranslationTemplate? template) && bytes.StartsWith(template.Source) ? template : null;

    /// <summary>Keeps a template.</summary>
    public void Add(ulong rip, TranslationTemplate template)
    {
        if (Interlocked.Add(ref _bytes, template.Code.Length + template.Source.Length + 256) > Limit)
        {
            _templates.Clear();
            Interlocked.Exchange(ref _bytes, 0);
        }

        _templates[(rip, template.Block.IsLoop)] = template;
    }
}
