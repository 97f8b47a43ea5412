using System.Runtime.CompilerServices;
using HermiTux.Abi;

namespace HermiTux.Memory;

/// <remarks>The kernel layer's checked copies and windows. Any address and length may be asked for; wrap-around is a fault.</remarks>
public sealed unsafe partial class AddressSpace
{
    /// <summary>How many absent pages <see cref="TryGetSpan"/> brings in beyond the first, so that a huge buffer isn't touched for a small read.</summary>
    private const int SpanPopulatePages = 64;

    /// <summary>Copies guest memory to <paramref name="destination"/>; false (EFAULT) if any byte can't be read, nothing is promised of the copied part.</summary>
    public bool TryRead(ulong address, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            if (!TryTranslate(address, MemoryAccess.Read, out byte* pointer, out _))
            {
                return false;
            }

            int count = Math.Min(destination.Length, Page.Size - (int)(address & Page.OffsetMask));

            // SAFETY: TryTranslate vouches for the rest of the page.
            new ReadOnlySpan<byte>(pointer, count).CopyTo(destination);
            destination = destination[count..];
            address += (ulong)count;
        }

        return true;
    }

    /// <summary>Copies to guest memory; false (EFAULT) if any byte can't be written. Bytes before the fault may have been written.</summary>
    public bool TryWrite(ulong address, ReadOnlySpan<byte> source)
    {
        while (!source.IsEmpty)
        {
            if (!TryTranslate(address, MemoryAccess.Write, out byte* pointer, out _))
            {
                return false;
            }

            int count = Math.Min(source.Length, Page.Size - (int)(address & Page.OffsetMask));

            // SAFETY: TryTranslate vouches for the rest of the page.
            source[..count].CopyTo(new Span<byte>(pointer, count));

            // Another thread may have decoded the old bytes after the write was announced: announce it again.
            TryTranslate(address, MemoryAccess.Write, out _, out _);
            source = source[count..];
            address += (ulong)count;
        }

        return true;
    }

    /// <summary>Reads a blittable value.</summary>
    public bool TryRead<T>(ulong address, out T value) where T : unmanaged
    {
        if ((int)(address & Page.OffsetMask) + sizeof(T) <= Page.Size)
        {
            if (TryTranslate(address, MemoryAccess.Read, out byte* pointer, out _))
            {
                // SAFETY: the value lies within one translated page.
                value = Unsafe.ReadUnaligned<T>(pointer);
                return true;
            }

            value = default;
            return false;
        }

        value = default;

        // SAFETY: the bytes of a local of an unmanaged type.
        return TryRead(address, new Span<byte>(Unsafe.AsPointer(ref value), sizeof(T)));
    }

    /// <summary>Writes a blittable value.</summary>
    public bool TryWrite<T>(ulong address, in T value) where T : unmanaged
    {
        T copy = value;

        // SAFETY: the bytes of a local of an unmanaged type.
        return TryWrite(address, new ReadOnlySpan<byte>(&copy, sizeof(T)));
    }

    /// <summary>
    /// A direct window on guest memory from <paramref name="address"/>: a prefix of the range that is accessible and
    /// contiguous in host memory, as long as can be had without touching many new pages. Length 0 with a false result means
    /// the first byte faults. The guest may change the bytes meanwhile.
    /// </summary>
    public bool TryGetSpan(ulong address, int length, MemoryAccess access, out Span<byte> span)
    {
        if (length <= 0)
        {
            span = default;
            return length == 0;
        }

        if (!TryTranslate(address, access, out byte* first, out _))
        {
            span = default;
            return false;
        }

        long have = Page.Size - (long)(address & Page.OffsetMask);
        int populate = SpanPopulatePages;
        while (have < length)
        {
            ulong next = address + (ulong)have;
            if (!TryTranslatePresent(next, access, out byte* pointer)
                && (populate-- == 0 || !TryTranslate(next, access, out pointer, out _)))
            {
                break;
            }

            if (pointer != first + have)
            {
                break;
            }

            have += Page.Size;
        }

        // SAFETY: every page of the window was translated for this access, and each follows the one before in host memory.
        span = new Span<byte>(first, (int)Math.Min(have, length));
        return true;
    }

    /// <summary>
    /// Says that a window from <see cref="TryGetSpan"/> was written to: another thread may have decoded code there between the window's
    /// making and the write, and must not keep what it saw.
    /// </summary>
    public void ReportWritten(ulong address, int length)
    {
        for (ulong page = Page.Floor(address); length > 0 && page < address + (ulong)length && page < Page.UserEnd; page += Page.Size)
        {
            ulong entry = _pages.Read(page);
            if ((entry & PageEntry.Present) != 0)
            {
                Frames.BeforeWrite(PageEntry.Frame(entry));
            }
        }
    }

    /// <summary>
    /// Reads a NUL-terminated byte string (without the NUL).
    /// </summary>
    /// <returns>None, EFAULT, or ENAMETOOLONG when no NUL is within <paramref name="maxLength"/> bytes.</returns>
    public Errno TryReadCString(ulong address, int maxLength, out byte[] value)
    {
        value = [];
        int have = 0;
        while (have < maxLength)
        {
            if (!TryTranslate(address, MemoryAccess.Read, out byte* pointer, out _))
            {
                value = [];
                return Errno.EFAULT;
            }

            int count = Math.Min(maxLength - have, Page.Size - (int)(address & Page.OffsetMask));

            // SAFETY: TryTranslate vouches for the rest of the page. The guest may change it meanwhile, so the length found
            // is what is copied, whatever the bytes are by then.
            var part = new ReadOnlySpan<byte>(pointer, count);
            int end = part.IndexOf((byte)0);
            int take = end < 0 ? count : end;
            if (take > 0)
            {
                Array.Resize(ref value, have + take);
                part[..take].CopyTo(value.AsSpan(have));
                have += take;
            }

            if (end >= 0)
            {
                return Errno.None;
            }

            address += (ulong)count;
        }

        value = [];
        return Errno.ENAMETOOLONG;
    }

    /// <summary>
    /// Atomically compares and swaps an aligned 32-bit word (futex(2), robust lists). False on a fault or a misaligned address.
    /// </summary>
    public bool TryCompareExchange(ulong address, uint expected, uint replacement, out uint previous)
    {
        previous = 0;
        if ((address & 3) != 0 || !TryTranslate(address, MemoryAccess.Write, out byte* pointer, out _))
        {
            return false;
        }

        // SAFETY: aligned, hence within the translated page.
        previous = Interlocked.CompareExchange(ref *(uint*)pointer, replacement, expected);
        return true;
    }
}
