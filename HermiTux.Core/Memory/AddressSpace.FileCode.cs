namespace HermiTux.Memory;

/// <remarks>Code that is a file's own, so that what is derived from it serves every space that maps the file alike.</remarks>
public sealed unsafe partial class AddressSpace
{
    /// <summary>
    /// Whether an address lies in code that is certainly what a file holds: a private mapping that may be executed and could never be written.
    /// </summary>
    internal bool TryGetFileCode(ulong address, out FileCode code)
    {
        lock (_lock)
        {
            if (FindFileCode(address) is { } vma && vma.Backing!.Identity is { } identity)
            {
                code = new FileCode(identity, vma.Start, vma.End, vma.Offset);
                return true;
            }
        }

        code = default;
        return false;
    }

    /// <summary>Reads a page of such code from the file itself, whatever is in memory. False when it isn't mapped like that any more, or the file has changed.</summary>
    internal bool TryReadFileCode(ulong page, in FileCode code, Span<byte> destination)
    {
        lock (_lock)
        {
            if (FindFileCode(page) is not { } vma || vma.Start != code.Start || vma.End != code.End || vma.Offset != code.Offset)
            {
                return false;
            }

            int read = vma.Backing!.ReadPage(vma.PageIndex(page), destination);
            if (read <= 0)
            {
                return false;
            }

            destination[read..].Clear();

            // Asked last: a change before the read would show.
            return vma.Backing.Identity == code.Identity;
        }
    }

    private Vma? FindFileCode(ulong address)
    {
        const MemoryProtection ReadExecute = MemoryProtection.Read | MemoryProtection.Execute;
        return _vmas.Find(address) is { Backing: not null, IsShared: false, WasWritable: false, Protection: ReadExecute } vma ? vma : null;
    }
}

/// <summary>A part of a file as it is mapped for execution.</summary>
/// <param name="Identity">The file's content.</param>
/// <param name="Start">First guest address.</param>
/// <param name="End">First guest address after it.</param>
/// <param name="Offset">Offset of <paramref name="Start"/> in the file, in bytes.</param>
internal readonly record struct FileCode(ContentIdentity Identity, ulong Start, ulong End, ulong Offset);
