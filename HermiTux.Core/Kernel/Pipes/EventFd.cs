using System.Buffers.Binary;
using HermiTux.Abi;

namespace HermiTux.Kernel;

/// <summary>eventfd(2): a counter that writes add to and reads take from.</summary>
internal sealed class EventFd : AnonymousFile
{
    private const ulong MaxValue = ulong.MaxValue - 1;
    private readonly Lock _lock = new();
    private readonly bool _semaphore;
    private ulong _value;

    /// <summary>Creates the counter.</summary>
    /// <param name="initial">First value.</param>
    /// <param name="semaphore">EFD_SEMAPHORE: a read takes one, not all.</param>
    /// <param name="flags">O_NONBLOCK or 0.</param>
    public EventFd(uint initial, bool semaphore, int flags) : base(Fcntl.O_RDWR | (flags & Fcntl.O_NONBLOCK))
    {
        _value = initial;
        _semaphore = semaphore;
    }

    public override string Description => "anon_inode:[eventfd]";

    public override WaitQueue WaitQueue { get; } = new() { GuestOnly = WaitQueue.ByGuestsOnly };

    internal override string FdInfo
    {
        get
        {
            lock (_lock)
            {
                return string.Create(System.Globalization.CultureInfo.InvariantCulture, $"eventfd-count: {_value,16:x}\neventfd-semaphore: {(_semaphore ? 1 : 0)}\n");
            }
        }
    }

    public override Result<int> Read(Span<byte> buffer, long position)
    {
        if (buffer.Length < sizeof(ulong))
        {
            return Errno.EINVAL;
        }

        lock (_lock)
        {
            if (_value == 0)
            {
                return Errno.EAGAIN;
            }

            ulong taken = _semaphore ? 1 : _value;
            _value -= taken;
            BinaryPrimitives.WriteUInt64LittleEndian(buffer, taken);
        }

        WaitQueue.Wake(PollEvents.Out);
        return sizeof(ulong);
    }

    public override Result<int> Write(ReadOnlySpan<byte> buffer, long position)
    {
        if (buffer.Length < sizeof(ulong))
        {
            return Errno.EINVAL;
        }

        ulong added = BinaryPrimitives.ReadUInt64LittleEndian(buffer);
        if (added == ulong.MaxValue)
        {
            return Errno.EINVAL;
        }

        lock (_lock)
        {
            if (added > MaxValue - _value)
            {
                return Errno.EAGAIN;
            }

            _value += added;
        }

        WaitQueue.Wake(PollEvents.In);
        return sizeof(ulong);
    }

    public override PollEvents Poll()
    {
        lock (_lock)
        {
            return (_value > 0 ? PollEvents.In | PollEvents.ReadNormal : PollEvents.None)
                | (_value < MaxValue ? PollEvents.Out | PollEvents.WriteNormal : PollEvents.None);
        }
    }
}
