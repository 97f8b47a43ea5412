using HermiTux.Memory;

namespace HermiTux.Cpu.Translator;

/// <summary>Collects changes of what a window shows, page by page in ascending order, to as few host calls as possible.</summary>
internal unsafe ref struct WindowChange(WindowReservation reservation)
{
    private const ulong Writable = (ulong)MemoryAccess.Write;

    private Kind _kind;
    private ulong _start;
    private ulong _end;

    private enum Kind : byte
    {
        None,
        Hide,
        ReadOnly,
        Write,
    }

    /// <summary>Whether the host refused a part.</summary>
    public bool Failed { get; private set; }

    /// <summary>
    /// The next page that is shown; none may be left out. Its entries before and after differ in rights alone, unless it is to be hidden (0).
    /// </summary>
    public void Add(ulong page, ulong before, ulong after)
    {
        Kind kind = after == before ? Kind.None : after == 0 ? Kind.Hide : (after & Writable) != 0 ? Kind.Write : Kind.ReadOnly;

        // Pages between that aren't shown may be hidden once more.
        if (kind != _kind || (kind != Kind.Hide && page != _end))
        {
            Flush();
            _kind = kind;
            _start = page;
        }

        _end = page + Page.Size;
    }

    /// <summary>Does what is left to do.</summary>
    public void Flush()
    {
        switch (_kind)
        {
            case Kind.Hide:
                Failed |= !reservation.Hide(_start, _end);
                break;
            case Kind.ReadOnly or Kind.Write:
                int protection = LinuxMemory.PROT_READ | (_kind == Kind.Write ? LinuxMemory.PROT_WRITE : 0);

                // SAFETY: pages of the window that are mapped.
                Failed |= LinuxMemory.mprotect(reservation.Base + _start, (nuint)(_end - _start), protection) != 0;
                break;
            default:
                break;
        }

        _kind = Kind.None;
    }
}
