using System.IO.Pipelines;
using System.Net.Sockets;
using HermiTux.Abi;
using HermiTux.Kernel;
using HermiTux.Kernel.Sockets;
using Socket = HermiTux.Kernel.Sockets.Socket;

namespace HermiTux;

/// <summary>
/// The embedder's end of a TCP connection with a guest: made by <see cref="Unikernel.ConnectAsync(int, CancellationToken)"/> or
/// <see cref="GuestListener.AcceptAsync"/>. The bytes go through buffers of the machine, never through the host's network.
/// </summary>
/// <remarks>
/// <para>One reader and one writer may be active at once, on any threads. A write waits while the guest doesn't read; a read waits while it doesn't
/// write; neither holds a thread. A read gives 0 when the guest has closed its sending side, or has ended.</para>
/// <para>Disposing closes the connection, as close(2) does: with bytes unread the guest sees ECONNRESET. <see cref="CloseWrite"/> ends only the sending side.</para>
/// </remarks>
public sealed class GuestStream : Stream
{
    private readonly TcpSocket _socket;
    private int _disposed;

    internal GuestStream(TcpSocket socket)
    {
        _socket = socket;
    }

    /// <summary>The embedder's port of the connection, as the guest sees it with getpeername(2).</summary>
    public int LocalPort => _socket.Local.Port;

    /// <summary>The guest's port.</summary>
    public int RemotePort { get; internal init; }

    /// <inheritdoc/>
    public override bool CanRead => Volatile.Read(ref _disposed) == 0;

    /// <inheritdoc/>
    public override bool CanWrite => Volatile.Read(ref _disposed) == 0;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>
    /// The connection as a pair of pipes. Completing the output flushes it and ends the sending side; the stream stays to be disposed.
    /// </summary>
    public IDuplexPipe AsPipe() => new DuplexPipe(this);

    /// <summary>Ends the sending side (shutdown(2) with SHUT_WR): the guest reads to the end and may still answer.</summary>
    public void CloseWrite()
    {
        ObjectDisposedException.ThrowIf(!CanWrite, this);
        _socket.Shutdown(SocketConstants.SHUT_WR);
    }

    /// <summary>Resets the connection and closes it: the guest sees ECONNRESET.</summary>
    public void Abort()
    {
        _socket.Options.Linger = true;
        _socket.Options.LingerSeconds = 0;
        Dispose();
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ObjectDisposedException.ThrowIf(!CanRead, this);
            if (buffer.IsEmpty)
            {
                return 0;
            }

            Result<int> got = TryReceive(buffer.Span);
            if (got.IsSuccess)
            {
                return got.Value;
            }

            if (got.Error != Errno.EAGAIN)
            {
                throw Failed(got.Error);
            }

            await AsyncWaiter.UntilAsync(_socket.WaitQueue, () => !CanRead || (_socket.Poll() & (Socket.Readable | PollEvents.HangUp | PollEvents.Error)) != 0, cancellationToken)
                .ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ObjectDisposedException.ThrowIf(!CanWrite, this);
            var message = default(OutgoingMessage);
            Result<int> put = _socket.Send(buffer.Span, 0, message);
            if (put.IsSuccess)
            {
                buffer = buffer[put.Value..];
                continue;
            }

            if (put.Error != Errno.EAGAIN)
            {
                ObjectDisposedException.ThrowIf(!CanWrite, this);
                throw Failed(put.Error);
            }

            await AsyncWaiter.UntilAsync(_socket.WaitQueue, () => !CanWrite || (_socket.Poll() & (PollEvents.Out | PollEvents.HangUp | PollEvents.Error)) != 0, cancellationToken)
                .ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => WriteAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    /// <summary>Does nothing: what is written is on its way.</summary>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _socket.Release();
        }

        base.Dispose(disposing);
    }

    private static IOException Failed(Errno error)
    {
        SocketError code = error == Errno.EPIPE ? SocketError.Shutdown : SocketError.ConnectionReset;
        return new IOException(
            error == Errno.EPIPE ? "The guest has closed the connection." : "The guest has reset the connection.", new SocketException((int)code));
    }

    private Result<int> TryReceive(Span<byte> buffer)
    {
        var message = default(IncomingMessage);
        Result<int> got = _socket.Receive(buffer, SocketConstants.MSG_DONTWAIT, ref message);
        return got.IsSuccess || CanRead ? got : Errno.EAGAIN;
    }

    private sealed class DuplexPipe(GuestStream stream) : IDuplexPipe
    {
        public PipeReader Input { get; } = PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true));

        public PipeWriter Output { get; } = PipeWriter.Create(new SendingSide(stream));
    }

    /// <summary>The sending side alone, which closing ends.</summary>
    private sealed class SendingSide(GuestStream stream) : Stream
    {
        public override bool CanRead => false;

        public override bool CanWrite => stream.CanWrite;

        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => stream.WriteAsync(buffer, cancellationToken);

        public override void Write(byte[] buffer, int offset, int count) => stream.Write(buffer, offset, count);

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing && stream.CanWrite)
            {
                stream.CloseWrite();
            }

            base.Dispose(disposing);
        }
    }
}
