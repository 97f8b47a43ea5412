using System.Runtime.InteropServices;

namespace HermiTux.Cpu.Translator;

/// <content>Translations from earlier runs of the same code in this process.</content>
internal sealed unsafe partial class BlockTranslator
{
    private readonly TemplateStore _templates;

    /// <summary>Offset of the number in the code of each exit that was written last.</summary>
    private readonly List<int> _numbers = [];

    /// <summary>Writes a block from its template. Null if there is none for the code at the address.</summary>
    private TranslatedBlock? TryInstantiate(ulong rip, bool backwards, ref byte* code, TranslationCache cache, out VcpuExit fault)
    {
        if (!_fetcher.TryFetch(rip, out int available, out fault))
        {
            return null;
        }

        ReadOnlySpan<byte> bytes = _fetcher.Bytes[..available];
        TranslationTemplate? template = _templates.Find(rip, backwards, bytes);
        if (template == null)
        {
            return null;
        }

        // The place is a multiple of 32.
        if (((ulong)code & 63) != (ulong)template.Alignment)
        {
            code += 32;
        }

        _start = code;
        template.Code.CopyTo(new Span<byte>(code + _translation.WriteDelta, template.Code.Length));
        var sites = new ExitSite[template.Exits.Length];
        for (int i = 0; i < sites.Length; i++)
        {
            TemplateExit exit = template.Exits[i];
            ExitSite site = cache.AddExit(exit.Source, exit.Target, exit.StackDelta);
            site.Branch = exit.Branch < 0 ? null : code + exit.Branch;
            site.Stub = code + exit.Stub;
            site.IsBack = exit.IsBack;
            byte* number = code + exit.Number + _translation.WriteDelta;

            // SAFETY: inside the code just copied.
            *(int*)number = (site.Id << 3) | (int)exit.Reason;
            byte* leave = exit.Reason == ExitReason.Indirect ? _translation.Stubs.IndirectMiss : _translation.Stubs.Exit;
            *(int*)(number + 5) = (int)(leave - (code + exit.Number + 9));
            sites[i] = site;
        }

        _boundaries.Clear();
        _boundaries.AddRange(template.Boundaries);
        TranslatedBlock model = template.Block;
        return Own(new TranslatedBlock
        {
            Rip = rip,
            SourceStart = model.SourceStart,
            SourceEnd = model.SourceEnd,
            Code = code,
            Length = model.Length,
            Marks = model.Marks,
            Fixups = model.Fixups,
            Exits = sites,
            IsLoop = model.IsLoop,
            WasLoopTarget = backwards,
            SteadyFrom = model.SteadyFrom,
            SteadyTo = model.SteadyTo,
            SteadyMap = model.SteadyMap,
        });
    }

    /// <summary>Keeps what was just translated for later machines, if its guest code lies within one page.</summary>
    private void Keep(TranslatedBlock block, List<PendingExit> exits)
    {
        int length = (int)(block.SourceEnd - block.SourceStart);
        if (length > _fetcher.Bytes.Length || (block.SourceStart ^ (block.SourceEnd - 1)) >> 12 != 0)
        {
            return;
        }

        var kept = new TemplateExit[exits.Count];
        for (int i = 0; i < kept.Length; i++)
        {
            ExitSite site = block.Exits[i];
            kept[i] = new TemplateExit(site.Source, site.Target, site.StackDelta, exits[i].Reason, site.IsBack,
                site.Branch == null ? -1 : (int)(site.Branch - block.Code), (int)(site.Stub - block.Code), _numbers[i]);
        }

        _templates.Add(block.Rip, new TranslationTemplate
        {
            Source = _fetcher.Bytes[..length].ToArray(),
            Code = new ReadOnlySpan<byte>(block.Code, block.Length).ToArray(),
            Alignment = (int)((ulong)block.Code & 63),
            Boundaries = CollectionsMarshal.AsSpan(_boundaries).ToArray(),
            Exits = kept,
            Block = block,
        });
    }

    private static TranslatedBlock Own(TranslatedBlock block)
    {
        foreach (ExitSite exit in block.Exits)
        {
            exit.Owner = block;
        }

        return block;
    }
}
