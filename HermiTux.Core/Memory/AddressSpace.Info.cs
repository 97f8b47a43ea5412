namespace HermiTux.Memory;

/// <remarks>What /proc/self/{maps,statm,status} show.</remarks>
public sealed unsafe partial class AddressSpace
{
    /// <summary>A snapshot of the mappings in address order, adjacent alike ones merged, as /proc/self/maps shows them.</summary>
    public IReadOnlyList<VmaInfo> Mappings
    {
        get
        {
            lock (_lock)
            {
                var list = new VmaInfo[_vmas.Count];
                for (int i = 0; i < list.Length; i++)
                {
                    Vma vma = _vmas[i];
                    list[i] = new VmaInfo(vma.Start, vma.End, vma.Protection, vma.IsShared, vma.Offset, NameOf(vma), CountResident(vma));
                }

                return list;
            }
        }
    }

    /// <summary>Bytes mapped (VmSize).</summary>
    public ulong MappedBytes
    {
        get
        {
            lock (_lock)
            {
                return (ulong)_vmas.TotalPages << Page.Shift;
            }
        }
    }

    /// <summary>Bytes of private writable mappings and the heap (VmData).</summary>
    public ulong DataBytes
    {
        get
        {
            lock (_lock)
            {
                return (ulong)_vmas.DataPages << Page.Shift;
            }
        }
    }

    private static MemoryObjectName NameOf(Vma vma) =>
        vma.Name is { } name && vma.Backing is { } backing ? backing.Name with { Path = name }
        : vma.Name != null ? new MemoryObjectName(vma.Name, 0, 0)
        : vma.Backing?.Name ?? new MemoryObjectName((vma.Flags & VmaFlags.Heap) != 0 ? "[heap]" : "", 0, 0);

    private long CountResident(Vma vma)
    {
        long count = 0;
        ulong address = vma.Start;
        while (_pages.Next(ref address, vma.End) is { } leaf)
        {
            ulong leafEnd = Math.Min((address | (PageTable.LeafSize - 1)) + 1, vma.End);
            if (leaf.Count == 512 && leafEnd - address == PageTable.LeafSize)
            {
                count += 512;
                address = leafEnd;
                continue;
            }

            for (; address < leafEnd; address += Page.Size)
            {
                count += leaf.Entries[(int)(address >> Page.Shift) & 511] != 0 ? 1 : 0;
            }
        }

        return count;
    }
}
