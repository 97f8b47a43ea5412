using System.Buffers;
using System.IO.Pipelines;
using HermiTux.Abi;

namespace HermiTux.Devices;

/// <summary>
/// The guest's side of an input: gives what has arrived, or says EAGAIN and asks for more. The source is read only when the guest
/// reads or polls. Thread-safe.
/// </summary>
internal sealed class InputChannel : IDisposable
{
    private readonly Lock _lock = new();
    private readonly PipeReader _reader;
    private ReadOnlySequence<byte> _buffer;
    private bool _hasResult;
    private bool _isReading;
    private bool _isCompleted;
    private bool _isClosed;

    public InputChannel(PipeReader reader)
    {
        _reader = reader;
    }

    /// <summary>Bytes or the end arrived.</summary>
    public event Action? Changed;

    /// <summary>An exception of the source's; the guest sees EIO.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Whether a read now gives bytes, the end or an error. Asks the source for bytes if there are none.</summary>
    public bool IsReadable
    {
        get
        {
            lock (_lock)
            {
                Fill();
                return !_buffer.IsEmpty || _isCompleted;
            }
        }
    }

    /// <summary>Whether the end is reached and everything before it is read.</summary>
    public bool IsAtEnd
    {
        get
        {
            lock (_lock)
            {
                return _buffer.IsEmpty && _isCompleted;
            }
        }
    }

    /// <summary>Bytes that could be read now (FIONREAD).</summary>
    public long Available
    {
        get
        {
            lock (_lock)
            {
                Fill();
                return _buffer.Length;
            }
        }
    }

    /// <summary>Reads what is there: how much, 0 at the end, or minus EAGAIN or EIO.</summary>
    public int Read(Span<byte> destination)
    {
        lock (_lock)
        {
            if (destination.IsEmpty)
            {
                return 0;
            }

            Fill();
            if (_buffer.IsEmpty)
            {
                return !_isCompleted ? -(int)Errno.EAGAIN : Failure is null ? 0 : -(int)Errno.EIO;
            }

            int length = (int)Math.Min(destination.Length, _buffer.Length);
            _buffer.Slice(0, length).CopyTo(destination);
            _buffer = _buffer.Slice(length);
            return length;
        }
    }

    /// <summary>The guest reads no more.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_isClosed)
            {
                return;
            }

            _isClosed = true;
            _isCompleted = true;
            _buffer = default;
            if (_isReading)
            {
                _reader.CancelPendingRead();
                return;
            }
        }

        _reader.Complete();
    }

    /// <summary>Makes sure that bytes are in the buffer or on their way.</summary>
    private void Fill()
    {
        if (!_buffer.IsEmpty || _isCompleted || _isReading)
        {
            return;
        }

        try
        {
            if (_hasResult)
            {
                _hasResult = false;
                _reader.AdvanceTo(_buffer.End);
            }

            ValueTask<ReadResult> read = _reader.ReadAsync();
            if (read.IsCompletedSuccessfully)
            {
                Accept(read.Result);
                return;
            }

            _isReading = true;
            read.AsTask().ContinueWith(static (t, s) => ((InputChannel)s!).OnRead((Task<ReadResult>)t), this, CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Failure = e;
            _isCompleted = true;
        }
    }

    private void OnRead(Task<ReadResult> read)
    {
        bool closed;
        lock (_lock)
        {
            _isReading = false;
            closed = _isClosed;
            if (!closed)
            {
                if (read.IsCompletedSuccessfully)
                {
                    Accept(read.Result);
                }
                else
                {
                    Failure = read.Exception?.InnerException;
                    _isCompleted = true;
                }
            }
        }

        if (closed)
        {
            _reader.Complete();
            return;
        }

        Changed?.Invoke();
    }

    private void Accept(in ReadResult result)
    {
        _hasResult = true;
        _buffer = result.Buffer;
        _isCompleted = result.IsCompleted;
    }
}
