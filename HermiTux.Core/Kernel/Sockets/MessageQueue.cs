namespace HermiTux.Kernel.Sockets;

/// <summary>
/// Messages on their way to one socket, each of them whole: the receive queue of datagram and sequenced-packet sockets. Payloads share one
/// <see cref="ByteQueue"/>, so that a message costs no allocation. Not thread-safe: its owner has a lock.
/// </summary>
internal sealed class MessageQueue(BufferBudget budget)
{
    private readonly ByteQueue _bytes = new(budget);
    private readonly Queue<QueuedMessage> _messages = new();

    /// <summary>Messages.</summary>
    public int Count => _messages.Count;

    /// <summary>What they count against a buffer.</summary>
    public long Size { get; private set; }

    /// <summary>Payload of the first message, 0 if there is none.</summary>
    public int FirstLength => _messages.TryPeek(out QueuedMessage first) ? first.Length : 0;

    /// <summary>The messages without their payload.</summary>
    public IEnumerable<QueuedMessage> Messages => _messages;

    /// <summary>Adds a message; false when there is no memory for it.</summary>
    public bool TryAdd(ReadOnlySpan<byte> payload, QueuedMessage message)
    {
        int before = _bytes.Count;
        if (_bytes.Append(payload) < payload.Length)
        {
            _bytes.Truncate(before);
            return false;
        }

        message.Length = payload.Length;
        _messages.Enqueue(message);
        Size += message.Size;
        return true;
    }

    /// <summary>Copies the start of the first message and, unless it is to stay, removes it. There must be one.</summary>
    public QueuedMessage Receive(Span<byte> destination, bool peeks, int offset, out int copied)
    {
        QueuedMessage first = _messages.Peek();
        int length = Math.Max(0, first.Length - offset);
        copied = _bytes.Peek(destination[..Math.Min(destination.Length, length)], Math.Min(offset, first.Length));
        if (!peeks)
        {
            _messages.Dequeue();
            _bytes.Skip(first.Length);
            Size -= first.Size;
        }

        return first;
    }

    /// <summary>Removes everything; the controls and senders are the caller's to release.</summary>
    public List<QueuedMessage> Clear()
    {
        List<QueuedMessage> all = [.. _messages];
        _messages.Clear();
        _bytes.Clear();
        Size = 0;
        return all;
    }
}

/// <summary>One message without its payload.</summary>
internal struct QueuedMessage
{
    /// <summary>Payload bytes.</summary>
    public int Length;

    /// <summary>What it counts against buffers.</summary>
    public int Size;

    /// <summary>Who sent it.</summary>
    public SocketName Source;

    /// <summary>Where to.</summary>
    public InetEndpoint Target;

    /// <summary>Whose send buffer it counts against.</summary>
    public UnixSocket? Sender;

    /// <summary>Descriptors and credentials.</summary>
    public ControlData? Control;

    /// <summary>When it was sent, nanoseconds since 1970.</summary>
    public long Time;
}
