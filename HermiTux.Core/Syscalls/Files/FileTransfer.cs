using System.Buffers;
using HermiTux.Abi;
using HermiTux.Kernel;
using HermiTux.Memory;

namespace HermiTux.Syscalls.Files;

/// <summary>
/// Moves bytes between files and guest memory. Where the guest's pages are contiguous in host memory the file works on them
/// directly; files that aren't seekable (pipes, terminals, eventfds) see each call as one operation, through a bounce buffer where needed.
/// </summary>
/// <remarks>
/// Linux's model: a fault after some bytes gives the bytes (read(2)), the count is cut to MAX_RW_COUNT, and an error after some
/// bytes is told by the next call.
/// </remarks>
internal static class FileTransfer
{
    /// <summary>MAX_RW_COUNT.</summary>
    public const long MaximumCount = 0x7FFF_F000;

    private const int ChunkSize = 1 << 20;

    // What a stream takes through a buffer in one piece although guest pages are scattered; more goes window by window.
    private const int SmallTransfer = 32768;

    /// <summary>One attempt to read; EAGAIN when nothing is there yet.</summary>
    public static SyscallResult Read(AddressSpace memory, OpenFile file, ulong address, long count, long position) =>
        Told(file, ReadOnce(memory, file, address, count, position), EventFdConstants.IN_ACCESS);

    /// <summary>One attempt to write; EAGAIN when there is no room.</summary>
    public static SyscallResult Write(AddressSpace memory, OpenFile file, ulong address, long count, long position) =>
        Told(file, WriteOnce(memory, file, address, count, position), EventFdConstants.IN_MODIFY);

    /// <summary>Reads into several buffers: as one operation for files that aren't seekable.</summary>
    public static SyscallResult ReadVector(AddressSpace memory, OpenFile file, ReadOnlySpan<Iovec> vector, long position) =>
        Told(file, ReadVectorOnce(memory, file, vector, position), EventFdConstants.IN_ACCESS);

    /// <summary>Writes from several buffers, from byte <paramref name="skip"/> of them on: as one operation for files that aren't seekable.</summary>
    public static SyscallResult WriteVector(AddressSpace memory, OpenFile file, ReadOnlySpan<Iovec> vector, long skip, long position) =>
        Told(file, WriteVectorOnce(memory, file, vector, skip, position), EventFdConstants.IN_MODIFY);

    // Who watches the file with inotify(7) is told of what was moved.
    private static SyscallResult Told(OpenFile file, SyscallResult result, uint mask)
    {
        if (result.Raw > 0)
        {
            file.Notify(mask);
        }

        return result;
    }

    private static SyscallResult ReadOnce(AddressSpace memory, OpenFile file, ulong address, long count, long position)
    {
        long total = 0;
        do
        {
            int chunk = (int)Math.Min(count - total, ChunkSize);
            Result<int> got;
            int wanted;
            if (chunk == 0)
            {
                return file.Read([], position) is { IsSuccess: false } empty ? empty.Error : 0;
            }

            if (!memory.TryGetSpan(address + (ulong)total, chunk, MemoryAccess.Write, out Span<byte> window))
            {
                return total > 0 ? total : FaultUnlessAtEnd(file, position);
            }

            if (window.Length == chunk || file.IsSeekable || (file.IsStream && chunk > SmallTransfer))
            {
                wanted = window.Length;
                got = total > 0 && file.IsStream ? file.ReadMore(window) : file.Read(window, position + total);
                memory.ReportWritten(address + (ulong)total, got.Value);
            }
            else if (total > 0 && file.IsStream)
            {
                wanted = window.Length;
                got = file.ReadMore(window);
                memory.ReportWritten(address + (ulong)total, got.Value);
            }
            else
            {
                wanted = Accessible(memory, address + (ulong)total, chunk, MemoryAccess.Write);
                got = ReadBounced(memory, file, address + (ulong)total, wanted, position + total);
            }

            if (!got.IsSuccess)
            {
                return total > 0 ? total : got.Error;
            }

            total += got.Value;
            if (got.Value < wanted || !(file.IsSeekable || file.IsStream))
            {
                break;
            }
        }
        while (total < count && !memory.IsEnding);
        return total;
    }

    /// <summary>A file notices a bad buffer only when it has something to put there: at its end, and for its own errors, the address doesn't matter.</summary>
    private static SyscallResult FaultUnlessAtEnd(OpenFile file, long position)
    {
        if (!file.IsSeekable)
        {
            return Errno.EFAULT;
        }

        Span<byte> probe = stackalloc byte[1];
        Result<int> got = file.Read(probe, position);
        return !got.IsSuccess ? got.Error : got.Value == 0 ? 0 : Errno.EFAULT;
    }

    private static SyscallResult WriteOnce(AddressSpace memory, OpenFile file, ulong address, long count, long position)
    {
        long total = 0;
        do
        {
            int chunk = (int)Math.Min(count - total, ChunkSize);
            Result<int> put;
            int wanted;
            if (chunk == 0)
            {
                return file.Write([], position) is { IsSuccess: false } empty ? empty.Error : 0;
            }

            if (!memory.TryGetSpan(address + (ulong)total, chunk, MemoryAccess.Read, out Span<byte> window))
            {
                return total > 0 ? total : Errno.EFAULT;
            }

            if (window.Length == chunk || file.IsSeekable || (file.IsStream && chunk > SmallTransfer))
            {
                wanted = window.Length;
                put = file.Write(window, position + total);
            }
            else
            {
                put = WriteBounced(memory, file, address + (ulong)total, chunk, position + total, out wanted);
            }

            if (!put.IsSuccess)
            {
                return total > 0 ? total : put.Error;
            }

            total += put.Value;
            if (put.Value < wanted)
            {
                break;
            }
        }
        while (total < count && !memory.IsEnding);
        return total;
    }

    private static SyscallResult ReadVectorOnce(AddressSpace memory, OpenFile file, ReadOnlySpan<Iovec> vector, long position)
    {
        long total = 0;
        if (file.IsSeekable || vector.Length == 1)
        {
            foreach (Iovec part in vector)
            {
                if (part.iov_len == 0)
                {
                    continue;
                }

                SyscallResult result = ReadOnce(memory, file, part.iov_base, (long)part.iov_len, position + total);
                if (result.IsError)
                {
                    return total > 0 ? total : result;
                }

                total += result.Raw;
                if (result.Raw < (long)part.iov_len)
                {
                    break;
                }
            }

            return total;
        }

        int size = (int)Math.Min(TotalOf(vector), ChunkSize);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Math.Max(size, 1));
        try
        {
            Result<int> got = file.Read(buffer.AsSpan(0, size), position);
            if (!got.IsSuccess)
            {
                return got.Error;
            }

            Span<byte> rest = buffer.AsSpan(0, got.Value);
            foreach (Iovec part in vector)
            {
                int length = (int)Math.Min((ulong)rest.Length, part.iov_len);
                if (!memory.TryWrite(part.iov_base, rest[..length]))
                {
                    return total > 0 ? total : Errno.EFAULT;
                }

                total += length;
                rest = rest[length..];
            }

            return total;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static SyscallResult WriteVectorOnce(AddressSpace memory, OpenFile file, ReadOnlySpan<Iovec> vector, long skip, long position)
    {
        long total = 0;
        if (file.IsSeekable || vector.Length == 1)
        {
            foreach (Iovec part in vector)
            {
                long length = (long)part.iov_len;
                if (skip >= length)
                {
                    skip -= length;
                    continue;
                }

                SyscallResult result = WriteOnce(memory, file, part.iov_base + (ulong)skip, length - skip, position + total);
                if (result.IsError)
                {
                    return total > 0 ? total : result;
                }

                total += result.Raw;
                if (result.Raw < length - skip)
                {
                    break;
                }

                skip = 0;
            }

            return total;
        }

        int size = (int)Math.Min(TotalOf(vector) - skip, ChunkSize);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Math.Max(size, 1));
        try
        {
            int filled = 0;
            bool fault = false;
            foreach (Iovec part in vector)
            {
                long length = (long)part.iov_len;
                if (skip >= length)
                {
                    skip -= length;
                    continue;
                }

                int wanted = (int)Math.Min(length - skip, size - filled);
                int copied = CopyIn(memory, part.iov_base + (ulong)skip, buffer.AsSpan(filled, wanted));
                filled += copied;
                skip = 0;
                fault = copied < wanted;
                if (fault || filled == size)
                {
                    break;
                }
            }

            if (fault && filled == 0)
            {
                return Errno.EFAULT;
            }

            Result<int> put = file.Write(buffer.AsSpan(0, filled), position);
            return put.IsSuccess ? put.Value : put.Error;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Bytes in a vector; the sum was checked when it was read.</summary>
    public static long TotalOf(ReadOnlySpan<Iovec> vector)
    {
        long total = 0;
        foreach (Iovec part in vector)
        {
            total += (long)part.iov_len;
        }

        return total;
    }

    /// <summary>
    /// import_iovec(): copies the array in, checks it, and cuts it so that the total is at most MAX_RW_COUNT.
    /// </summary>
    public static Errno ReadIovecs(AddressSpace memory, ulong address, ulong count, out Iovec[] vector)
    {
        vector = [];
        if (count > Iovec.UIO_MAXIOV)
        {
            return Errno.EINVAL;
        }

        if (count == 0)
        {
            return Errno.None;
        }

        vector = new Iovec[count];
        if (!memory.TryRead(address, System.Runtime.InteropServices.MemoryMarshal.AsBytes(vector.AsSpan())))
        {
            return Errno.EFAULT;
        }

        long total = 0;
        for (int i = 0; i < vector.Length; i++)
        {
            if ((long)vector[i].iov_len < 0)
            {
                return Errno.EINVAL;
            }

            if (vector[i].iov_len > 0 && (vector[i].iov_base >= Page.UserEnd || vector[i].iov_len > Page.UserEnd - vector[i].iov_base))
            {
                return Errno.EFAULT;
            }

            long length = Math.Min((long)vector[i].iov_len, MaximumCount - total);
            vector[i].iov_len = (ulong)length;
            total += length;
        }

        return Errno.None;
    }

    /// <summary>Copies in as much as can be read.</summary>
    public static int CopyIn(AddressSpace memory, ulong address, Span<byte> destination)
    {
        int done = 0;
        while (done < destination.Length &&
            memory.TryGetSpan(address + (ulong)done, destination.Length - done, MemoryAccess.Read, out Span<byte> window) && window.Length > 0)
        {
            window.CopyTo(destination[done..]);
            done += window.Length;
        }

        return done;
    }

    // How far the guest may be written to: what comes after it is left in the file.
    private static int Accessible(AddressSpace memory, ulong address, int length, MemoryAccess access)
    {
        int done = 0;
        while (done < length && memory.TryGetSpan(address + (ulong)done, length - done, access, out Span<byte> window) && window.Length > 0)
        {
            done += window.Length;
        }

        return done;
    }

    private static Result<int> ReadBounced(AddressSpace memory, OpenFile file, ulong address, int count, long position)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(count);
        try
        {
            Result<int> got = file.Read(buffer.AsSpan(0, count), position);
            return !got.IsSuccess || memory.TryWrite(address, buffer.AsSpan(0, got.Value)) ? got : Errno.EFAULT;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static Result<int> WriteBounced(AddressSpace memory, OpenFile file, ulong address, int count, long position, out int wanted)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(count);
        try
        {
            wanted = CopyIn(memory, address, buffer.AsSpan(0, count));
            Result<int> put = file.Write(buffer.AsSpan(0, wanted), position);

            // A fault within the chunk ends the call with what was written.
            wanted = count;
            return put;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
