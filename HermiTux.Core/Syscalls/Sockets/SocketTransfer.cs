using System.Buffers;
using HermiTux.Abi;
using HermiTux.Kernel;
using HermiTux.Kernel.Sockets;
using HermiTux.Memory;
using HermiTux.Syscalls.Files;

namespace HermiTux.Syscalls.Sockets;

/// <summary>
/// One attempt to move bytes between guest memory and a socket. A stream may pass through window by window; a message is put together first and
/// taken apart after, so that it stays whole.
/// </summary>
internal static class SocketTransfer
{
    private const int Largest = 1 << 20;

    /// <summary>Sends what is left of the buffers from byte <paramref name="skip"/> on.</summary>
    public static SyscallResult Send(AddressSpace memory, Socket socket, ReadOnlySpan<Iovec> vector, long skip, int flags, in OutgoingMessage message)
    {
        long total = FileTransfer.TotalOf(vector) - skip;
        if (total == 0)
        {
            return ToResult(socket.Send([], flags, message));
        }

        if (!socket.IsStream && total > socket.MaximumMessage)
        {
            return Errno.EMSGSIZE;
        }

        int size = (int)Math.Min(total, Largest);
        if (vector.Length == 1 && memory.TryGetSpan(vector[0].iov_base + (ulong)skip, size, MemoryAccess.Read, out Span<byte> window) &&
            (window.Length == size || (socket.IsStream && window.Length >= Page.Size && message.Control is null)))
        {
            return ToResult(socket.Send(window, flags, message));
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            int filled = 0;
            foreach (Iovec part in vector)
            {
                long length = (long)part.iov_len;
                if (skip >= length)
                {
                    skip -= length;
                    continue;
                }

                int wanted = (int)Math.Min(length - skip, size - filled);
                int copied = FileTransfer.CopyIn(memory, part.iov_base + (ulong)skip, buffer.AsSpan(filled, wanted));
                filled += copied;
                skip = 0;
                if (copied < wanted)
                {
                    if (filled == 0 || !socket.IsStream)
                    {
                        return Errno.EFAULT;
                    }

                    break;
                }

                if (filled == size)
                {
                    break;
                }
            }

            return ToResult(socket.Send(buffer.AsSpan(0, filled), flags, message));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Receives into the buffers from byte <paramref name="skip"/> on.</summary>
    public static SyscallResult Receive(AddressSpace memory, Socket socket, ReadOnlySpan<Iovec> vector, long skip, int flags, ref IncomingMessage message)
    {
        long total = FileTransfer.TotalOf(vector) - skip;
        if (total == 0)
        {
            return ToResult(socket.Receive([], flags, ref message));
        }

        if (socket is TcpSocket && (flags & SocketConstants.MSG_TRUNC) != 0 && (flags & SocketConstants.MSG_PEEK) == 0)
        {
            return Drop(socket, total, flags, ref message);
        }

        int size = (int)Math.Min(total, Largest);
        if (vector.Length == 1 && memory.TryGetSpan(vector[0].iov_base + (ulong)skip, size, MemoryAccess.Write, out Span<byte> window))
        {
            ulong start = vector[0].iov_base + (ulong)skip;
            if (window.Length == size)
            {
                return Reported(memory, start, socket.Receive(window, flags, ref message));
            }

            if (socket.IsStream && (flags & SocketConstants.MSG_PEEK) == 0 && window.Length >= Page.Size)
            {
                SyscallResult first = Reported(memory, start, socket.Receive(window, flags, ref message));
                return first.IsError || first.Raw < window.Length || message.Control is not null ? first
                    : first.Raw + ReceiveMore(memory, socket, vector[0].iov_base + (ulong)(skip + first.Raw), size - (int)first.Raw);
            }
        }

        if (socket.IsStream)
        {
            // A stream loses nothing to a bad address: what can't be put anywhere stays.
            size = Accessible(memory, vector, skip, size);
            if (size == 0)
            {
                return (socket.Poll() & Socket.Readable) != 0 ? Errno.EFAULT : Errno.EAGAIN;
            }
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            Result<int> got = socket.Receive(buffer.AsSpan(0, size), flags, ref message);
            if (!got.IsSuccess)
            {
                return got.Error;
            }

            Span<byte> rest = buffer.AsSpan(0, got.Value);
            foreach (Iovec part in vector)
            {
                long length = (long)part.iov_len;
                if (skip >= length)
                {
                    skip -= length;
                    continue;
                }

                int count = (int)Math.Min(rest.Length, length - skip);
                if (!memory.TryWrite(part.iov_base + (ulong)skip, rest[..count]))
                {
                    message.Control?.Release();
                    message.Control = null;
                    return Errno.EFAULT;
                }

                rest = rest[count..];
                skip = 0;
            }

            return got.Value;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static long ReceiveMore(AddressSpace memory, Socket socket, ulong address, int length)
    {
        long done = 0;
        while (done < length && memory.TryGetSpan(address + (ulong)done, length - (int)done, MemoryAccess.Write, out Span<byte> window) && window.Length > 0)
        {
            int count = socket.ReadMore(window);
            memory.ReportWritten(address + (ulong)done, count);
            done += count;
            if (count < window.Length)
            {
                break;
            }
        }

        return done;
    }

    private static int Accessible(AddressSpace memory, ReadOnlySpan<Iovec> vector, long skip, int wanted)
    {
        int done = 0;
        foreach (Iovec part in vector)
        {
            long length = (long)part.iov_len;
            if (skip >= length)
            {
                skip -= length;
                continue;
            }

            ulong at = part.iov_base + (ulong)skip;
            int left = (int)Math.Min(length - skip, wanted - done);
            skip = 0;
            while (left > 0)
            {
                if (!memory.TryGetSpan(at, left, MemoryAccess.Write, out Span<byte> window) || window.Length == 0)
                {
                    return done;
                }

                at += (ulong)window.Length;
                left -= window.Length;
                done += window.Length;
            }
        }

        return done;
    }

    /// <summary>MSG_TRUNC of TCP: the bytes go nowhere.</summary>
    private static SyscallResult Drop(Socket socket, long total, int flags, ref IncomingMessage message)
    {
        byte[] nowhere = ArrayPool<byte>.Shared.Rent((int)Math.Min(total, Largest));
        SyscallResult result = ToResult(socket.Receive(nowhere.AsSpan(0, (int)Math.Min(total, Largest)), flags, ref message));
        ArrayPool<byte>.Shared.Return(nowhere);
        return result;
    }

    private static SyscallResult Reported(AddressSpace memory, ulong address, Result<int> result)
    {
        memory.ReportWritten(address, result.Value);
        return ToResult(result);
    }

    private static SyscallResult ToResult(Result<int> result) => result.IsSuccess ? result.Value : result.Error;
}
