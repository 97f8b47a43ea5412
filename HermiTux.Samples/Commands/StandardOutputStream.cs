using System.Runtime.InteropServices;

namespace HermiTux.Samples.Commands;

/// <summary>
/// Standard output or error without the console's courtesy of ignoring a broken pipe: the guest is to get EPIPE and SIGPIPE as it would natively.
/// </summary>
internal sealed partial class StandardOutputStream : Stream
{
    private const int Interrupted = 4;
    private const int WouldBlock = 11;

    private readonly int _descriptor;

    private StandardOutputStream(int descriptor)
    {
        _descriptor = descriptor;
    }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Standard output.</summary>
    public static Stream OpenOutput() => OperatingSystem.IsLinux() ? new StandardOutputStream(1) : Console.OpenStandardOutput();

    /// <summary>Standard error.</summary>
    public static Stream OpenError() => OperatingSystem.IsLinux() ? new StandardOutputStream(2) : Console.OpenStandardError();

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            nint written = NativeWrite(_descriptor, ref MemoryMarshal.GetReference(buffer), (nuint)buffer.Length);
            if (written >= 0)
            {
                buffer = buffer[(int)written..];
                continue;
            }

            int error = Marshal.GetLastPInvokeError();
            if (error == WouldBlock)
            {
                // Somebody made the shared description non-blocking.
                Thread.Sleep(1);
            }
            else if (error != Interrupted)
            {
                throw new IOException($"descriptor {_descriptor}: {Marshal.GetPInvokeErrorMessage(error)}", error);
            }
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint NativeWrite(int descriptor, ref byte buffer, nuint count);
}
