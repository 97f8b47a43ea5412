using System.Runtime.InteropServices;

namespace HermiTux.Samples.Commands;

/// <summary>
/// The command's own standard input, output and error as streams that say when the other end is gone. The console streams of
/// .NET keep that to themselves, and file streams would write at an offset of their own instead of sharing the descriptor's.
/// </summary>
internal static class StandardStreams
{
    public static Stream OpenInput() => OperatingSystem.IsLinux() ? new DescriptorStream(0, FileAccess.Read) : Console.OpenStandardInput();

    public static Stream OpenOutput() => OperatingSystem.IsLinux() ? new DescriptorStream(1, FileAccess.Write) : Console.OpenStandardOutput();

    public static Stream OpenError() => OperatingSystem.IsLinux() ? new DescriptorStream(2, FileAccess.Write) : Console.OpenStandardError();

    /// <summary>
    /// A descriptor of the process. What can be done at once is done on the calling thread, what would block on one of the pool.
    /// </summary>
    private sealed class DescriptorStream(int descriptor, FileAccess access) : Stream
    {
        // As much as a pipe that poll(2) calls writable takes without blocking.
        private const int AtomicWrite = 4096;

        public override bool CanRead => access == FileAccess.Read;

        public override bool CanWrite => access == FileAccess.Write;

        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer) => (int)Check(HostLibc.Read(descriptor, buffer));

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            HostLibc.IsReady(descriptor, HostLibc.PollIn) ? new(Read(buffer.Span)) : new(Task.Run(() => Read(buffer.Span), cancellationToken));

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            while (!buffer.IsEmpty)
            {
                buffer = buffer[(int)Check(HostLibc.Write(descriptor, buffer))..];
            }
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            while (!buffer.IsEmpty && HostLibc.IsReady(descriptor, HostLibc.PollOut))
            {
                int length = Math.Min(buffer.Length, AtomicWrite);
                Write(buffer.Span[..length]);
                buffer = buffer[length..];
            }

            return buffer.IsEmpty ? ValueTask.CompletedTask : new(Task.Run(() => Write(buffer.Span), cancellationToken));
        }

        public override void Flush()
        {
        }

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        private static nint Check(nint result) =>
            result >= 0 ? result : throw new IOException(Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError()));
    }
}
