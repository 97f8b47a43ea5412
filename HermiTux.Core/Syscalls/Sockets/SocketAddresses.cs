using HermiTux.Abi;
using HermiTux.Kernel;
using HermiTux.Kernel.Sockets;

namespace HermiTux.Syscalls.Sockets;

/// <summary>Sockets by descriptor, and addresses in and out of guest memory.</summary>
internal static class SocketAddresses
{
    /// <summary>The socket behind a descriptor with a reference that the caller releases: EBADF, ENOTSOCK.</summary>
    public static bool TryGet(SyscallContext context, ulong fd, out Socket socket, out Errno error)
    {
        socket = null!;
        if (!context.TryGetFile(fd, out OpenFile? file, out error))
        {
            return false;
        }

        if (file is Socket found)
        {
            socket = found;
            return true;
        }

        file.Release();
        error = Errno.ENOTSOCK;
        return false;
    }

    /// <summary>move_addr_to_kernel(): EINVAL for an impossible length, EFAULT.</summary>
    /// <param name="context">Who calls.</param>
    /// <param name="address">Guest address.</param>
    /// <param name="length">int of the guest's.</param>
    /// <param name="buffer"><see cref="SocketName.MaximumSize"/> bytes.</param>
    /// <param name="name">The bytes.</param>
    public static Errno Read(SyscallContext context, ulong address, int length, Span<byte> buffer, out Span<byte> name)
    {
        name = default;
        if ((uint)length > SocketName.MaximumSize)
        {
            return Errno.EINVAL;
        }

        name = buffer[..length];
        return length == 0 || context.Memory.TryRead(address, name) ? Errno.None : Errno.EFAULT;
    }

    /// <summary>move_addr_to_user(): writes as much of the name as fits, and its whole length.</summary>
    public static Errno Write(SyscallContext context, ulong address, ulong lengthAddress, in SocketName name)
    {
        if (!context.Memory.TryRead(lengthAddress, out int room))
        {
            return Errno.EFAULT;
        }

        if (room < 0)
        {
            return Errno.EINVAL;
        }

        Span<byte> bytes = stackalloc byte[SocketName.MaximumSize];
        int length = name.Encode(bytes);
        room = Math.Min(room, length);
        return (room == 0 || context.Memory.TryWrite(address, bytes[..room])) && context.Memory.TryWrite(lengthAddress, length) ? Errno.None : Errno.EFAULT;
    }

    /// <summary>Who calls, for the kernel's side.</summary>
    public static SocketCaller Caller(SyscallContext context) => new(context.Process);

    /// <summary>Whether a call on the socket with these MSG_* flags waits.</summary>
    public static bool MayWait(Socket socket, int flags) => (socket.StatusFlags & Fcntl.O_NONBLOCK) == 0 && (flags & SocketConstants.MSG_DONTWAIT) == 0;

    /// <summary>A signal ended a wait: with a time limit the call isn't restarted (signal(7)).</summary>
    public static Errno Interrupted(long? timeout) => timeout is null ? Errno.ERESTARTSYS : Errno.EINTR;
}
