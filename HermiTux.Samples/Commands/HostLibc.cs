using System.Runtime.InteropServices;

namespace HermiTux.Samples.Commands;

/// <summary>The calls of the host's C library that the command needs (Linux only).</summary>
internal static unsafe partial class HostLibc
{
    public const short PollIn = 1;
    public const short PollOut = 4;

    private const int EINTR = 4;
    private const int EAGAIN = 11;

    /// <summary>read(2), begun again when a signal interrupts it; -1 with the error set.</summary>
    public static nint Read(int descriptor, Span<byte> buffer)
    {
        // SAFETY: the span is pinned for the length of the call and its length is passed.
        fixed (byte* bytes = buffer)
        {
            nint result;
            do
            {
                result = read(descriptor, bytes, (nuint)buffer.Length);
            }
            while (result < 0 && IsTransient(Marshal.GetLastPInvokeError()));

            return result;
        }
    }

    /// <summary>write(2), begun again when a signal interrupts it; -1 with the error set.</summary>
    public static nint Write(int descriptor, ReadOnlySpan<byte> buffer)
    {
        // SAFETY: the span is pinned for the length of the call and its length is passed.
        fixed (byte* bytes = buffer)
        {
            nint result;
            do
            {
                result = write(descriptor, bytes, (nuint)buffer.Length);
            }
            while (result < 0 && IsTransient(Marshal.GetLastPInvokeError()));

            return result;
        }
    }

    /// <summary>Whether poll(2) says that an operation wouldn't block.</summary>
    public static bool IsReady(int descriptor, short events)
    {
        var file = new PollFd { Descriptor = descriptor, Events = events };

        // SAFETY: one structure, on the stack, for the length of a call that doesn't wait.
        return poll(&file, 1, 0) == 1;
    }

    /// <summary>getrusage(2): processor time, user and system, of this process or of its children that have ended.</summary>
    public static TimeSpan ProcessorTime(bool children)
    {
        // SAFETY: one structure of the kernel's size (144 bytes on 64-bit hosts), on the stack.
        long* usage = stackalloc long[18];
        return getrusage(children ? -1 : 0, usage) == 0
            ? TimeSpan.FromSeconds(usage[0] + usage[2]) + TimeSpan.FromMicroseconds(usage[1] + usage[3])
            : TimeSpan.Zero;
    }

    // Somebody else may have made the open file non-blocking, which all of its descriptors share.
    private static bool IsTransient(int error)
    {
        if (error == EAGAIN)
        {
            Thread.Sleep(1);
        }

        return error is EINTR or EAGAIN;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(int descriptor, byte* buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(int descriptor, byte* buffer, nuint count);

    [LibraryImport("libc")]
    private static partial int poll(PollFd* files, nuint count, int timeout);

    [LibraryImport("libc")]
    private static partial int getrusage(int who, long* usage);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollFd
    {
        public int Descriptor;
        public short Events;
        public short ReturnedEvents;
    }
}
