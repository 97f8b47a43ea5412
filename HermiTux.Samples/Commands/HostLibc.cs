using System.Runtime.InteropServices;

namespace HermiTux.Samples.Commands;

/// <summary>The calls of the host's C library that the command needs (Linux only).</summary>
internal static unsafe partial class HostLibc
{
    public const short PollIn = 1;
    public const short PollOut = 4;

    private const nuint TIOCGWINSZ = 0x5413;
    private const int TermiosSize = 256;
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

    /// <summary>isatty(3).</summary>
    public static bool IsTerminal(int descriptor) => isatty(descriptor) == 1;

    /// <summary>Whether this process is in the foreground of a terminal: one in the background that changes it would be stopped.</summary>
    public static bool IsForeground(int descriptor) => tcgetpgrp(descriptor) == getpgrp();

    /// <summary>tcgetattr(3): the settings, opaque; null when there are none.</summary>
    public static byte[]? GetTerminal(int descriptor)
    {
        byte[] settings = new byte[TermiosSize];

        // SAFETY: no C library's structure is larger than the array, which is pinned for the length of the call.
        fixed (byte* bytes = settings)
        {
            return tcgetattr(descriptor, bytes) == 0 ? settings : null;
        }
    }

    /// <summary>tcsetattr(3) at once, output on its way included.</summary>
    public static void SetTerminal(int descriptor, byte[] settings)
    {
        // SAFETY: as in GetTerminal, which made the array.
        fixed (byte* bytes = settings)
        {
            _ = tcsetattr(descriptor, 0, bytes);
        }
    }

    /// <summary>The settings with nothing interpreted (cfmakeraw(3)).</summary>
    public static void SetTerminalRaw(int descriptor, byte[] settings)
    {
        byte[] raw = [.. settings];

        // SAFETY: as in GetTerminal.
        fixed (byte* bytes = raw)
        {
            cfmakeraw(bytes);
        }

        SetTerminal(descriptor, raw);
    }

    /// <summary>TIOCGWINSZ: columns and rows, 0 where they aren't known.</summary>
    public static (int Columns, int Rows) WindowSize(int descriptor)
    {
        // SAFETY: the structure's four fields, on the stack.
        ushort* window = stackalloc ushort[4];
        return ioctl(descriptor, TIOCGWINSZ, window) == 0 ? (window[1], window[0]) : (0, 0);
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

    [LibraryImport("libc")]
    private static partial int isatty(int descriptor);

    [LibraryImport("libc")]
    private static partial int tcgetpgrp(int descriptor);

    [LibraryImport("libc")]
    private static partial int getpgrp();

    [LibraryImport("libc")]
    private static partial int tcgetattr(int descriptor, byte* settings);

    [LibraryImport("libc")]
    private static partial int tcsetattr(int descriptor, int when, byte* settings);

    [LibraryImport("libc")]
    private static partial void cfmakeraw(byte* settings);

    [LibraryImport("libc")]
    private static partial int ioctl(int descriptor, nuint request, ushort* argument);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollFd
    {
        public int Descriptor;
        public short Events;
        public short ReturnedEvents;
    }
}
