namespace HermiTux.Memory;

/// <remarks>
/// Code is marked on the frame, not on the guest page, because a page may be mapped at two addresses (a just-in-time compiler
/// writes through one and executes through the other). Whoever is about to write asks <see cref="HasCode"/>, one bit test.
/// </remarks>
public sealed unsafe partial class FrameTable
{
    /// <summary>Guards the marks. Nothing else is locked while it is held.</summary>
    private readonly Lock _codeLock = new();
    private readonly Dictionary<long, CodeMark> _codeMarks = [];
    private AddressSpace[] _spaces = [];

    /// <summary>
    /// Reports that the kernel layer is about to write to a frame behind the mappings' back (write(2) to a mapped file). Takes
    /// no lock of an address space, so it may be called with any lock held that views don't take.
    /// </summary>
    public void BeforeWrite(long frame)
    {
        if (!HasCode(frame))
        {
            return;
        }

        CodeMark? marks;
        lock (_codeLock)
        {
            _codeMarks.Remove(frame, out marks);
            FrameBlock block = BlockOf(frame);
            int index = IndexOf(frame);
            Interlocked.And(ref block.Code[index >> 6], ~(1UL << (index & 63)));
        }

        for (; marks != null; marks = marks.Next)
        {
            marks.Space.ReportCodeChange(marks.Page);
        }
    }

    /// <summary>
    /// An object became shorter (ftruncate(2)): its pages from <paramref name="firstPage"/> on disappear from every mapping, so
    /// that the next access raises SIGBUS. Call it without a lock that <see cref="IMemoryObject.GetPage"/> takes.
    /// </summary>
    public void Truncated(IMemoryObject backing, long firstPage)
    {
        foreach (AddressSpace space in Volatile.Read(ref _spaces))
        {
            space.DropObjectPages(backing, firstPage, long.MaxValue, privateToo: true);
        }
    }

    /// <summary>
    /// A hole was made in an object (fallocate(2)): its pages from <paramref name="firstPage"/> up to <paramref name="endPage"/>
    /// disappear from shared mappings, which find zeros at the next access. Locks as for <see cref="Truncated"/>.
    /// </summary>
    public void Punched(IMemoryObject backing, long firstPage, long endPage)
    {
        foreach (AddressSpace space in Volatile.Read(ref _spaces))
        {
            space.DropObjectPages(backing, firstPage, endPage, privateToo: false);
        }
    }

    /// <summary>Whether a view derived code from the frame.</summary>
    internal bool HasCode(long frame)
    {
        int index = IndexOf(frame);
        return (BlockOf(frame).Code[index >> 6] >> (index & 63) & 1) != 0;
    }

    /// <summary>Remembers that a page holds code in this frame.</summary>
    internal void MarkCode(long frame, AddressSpace space, ulong page)
    {
        lock (_codeLock)
        {
            _codeMarks.TryGetValue(frame, out CodeMark? marks);
            for (CodeMark? mark = marks; mark != null; mark = mark.Next)
            {
                if (mark.Page == page && mark.Space == space)
                {
                    return;
                }
            }

            _codeMarks[frame] = new CodeMark(space, page, marks);
            FrameBlock block = BlockOf(frame);
            int index = IndexOf(frame);
            Interlocked.Or(ref block.Code[index >> 6], 1UL << (index & 63));
        }
    }

    /// <summary>A page no longer shows the frame. True if it was marked.</summary>
    internal bool ForgetCode(long frame, AddressSpace space, ulong page)
    {
        lock (_codeLock)
        {
            if (!_codeMarks.TryGetValue(frame, out CodeMark? marks))
            {
                return false;
            }

            bool found = false;
            CodeMark? kept = null;
            for (; marks != null; marks = marks.Next)
            {
                if (marks.Page == page && marks.Space == space)
                {
                    found = true;
                }
                else
                {
                    kept = new CodeMark(marks.Space, marks.Page, kept);
                }
            }

            if (kept != null)
            {
                _codeMarks[frame] = kept;
            }
            else
            {
                _codeMarks.Remove(frame);
                FrameBlock block = BlockOf(frame);
                int index = IndexOf(frame);
                Interlocked.And(ref block.Code[index >> 6], ~(1UL << (index & 63)));
            }

            return found;
        }
    }

    internal void Attach(AddressSpace space)
    {
        lock (_codeLock)
        {
            Volatile.Write(ref _spaces, [.. _spaces, space]);
        }
    }

    internal void Detach(AddressSpace space)
    {
        lock (_codeLock)
        {
            Volatile.Write(ref _spaces, Array.FindAll(_spaces, other => other != space));
        }
    }

    /// <summary>Makes every space's views drop the right to write to a page of an object. Call it with no space locked.</summary>
    internal void ProtectAliases(IMemoryObject backing, long index)
    {
        foreach (AddressSpace space in Volatile.Read(ref _spaces))
        {
            space.ProtectObjectPage(backing, index);
        }
    }

    private sealed record CodeMark(AddressSpace Space, ulong Page, CodeMark? Next);
}
