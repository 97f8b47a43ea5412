namespace HermiTux.Memory;

/// <remarks>Who else sees a word of memory (futex(2)).</remarks>
public sealed unsafe partial class AddressSpace
{
    /// <summary>
    /// The object and the offset in it behind an address of a shared mapping: equal for every mapping of the same byte. False for
    /// private memory and holes.
    /// </summary>
    internal bool TryGetSharedLocation(ulong address, out object? backing, out ulong offset)
    {
        (backing, offset) = (null, 0);
        lock (_lock)
        {
            if (_vmas.Find(address) is not { IsShared: true, Backing: { } found } vma)
            {
                return false;
            }

            backing = found;
            offset = vma.Offset + (address - vma.Start);
            return true;
        }
    }
}
