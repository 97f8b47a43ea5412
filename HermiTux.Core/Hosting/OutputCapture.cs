using System.Text;

namespace HermiTux;

/// <summary>Collects a guest's output in memory, up to a limit. Thread-safe; may be read while the guest runs.</summary>
public sealed class OutputCapture
{
    private readonly Lock _lock = new();
    private readonly MemoryStream _bytes = new();
    private readonly int _limit;

    /// <summary>Creates an empty capture.</summary>
    /// <param name="limit">Most bytes to keep; what comes after them is dropped and <see cref="IsTruncated"/> is set.</param>
    public OutputCapture(int limit = 64 << 20)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(limit);
        _limit = limit;
    }

    /// <summary>Whether output was dropped because the limit was reached.</summary>
    public bool IsTruncated { get; private set; }

    /// <summary>The output so far, decoded as UTF-8.</summary>
    public string Text
    {
        get
        {
            lock (_lock)
            {
                return Encoding.UTF8.GetString(_bytes.GetBuffer(), 0, (int)_bytes.Length);
            }
        }
    }

    /// <summary>The output so far: a copy.</summary>
    public byte[] ToArray()
    {
        lock (_lock)
        {
            return _bytes.ToArray();
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Text;

    internal void Append(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            int room = _limit - (int)_bytes.Length;
            if (bytes.Length > room)
            {
                IsTruncated = true;
                bytes = bytes[..room];
            }

            _bytes.Write(bytes);
        }
    }
}
