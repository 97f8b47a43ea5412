using HermiTux.Abi;

namespace HermiTux.Kernel.Sockets;

// TCP's urgent data (tcp(7), RFC 6093): one byte of the stream that has a mark, which the receiver can read out of order.
internal sealed partial class StreamEndpoint
{
    private Urgency _urgency;
    private long _urgentPosition;
    private byte _urgentByte;

    /// <summary>tcp_sock.urg_data.</summary>
    private enum Urgency
    {
        /// <summary>No mark, or everything up to it is read.</summary>
        None,

        /// <summary>The byte waits (TCP_URG_VALID).</summary>
        Waiting,

        /// <summary>It was read with MSG_OOB (TCP_URG_READ).</summary>
        Taken,
    }

    /// <summary>Called without locks when the other end has sent an urgent byte: SIGURG.</summary>
    public Action? UrgentArrived { get; set; }

    /// <summary>SIOCATMARK: whether the next byte in order is the urgent one.</summary>
    public bool IsAtMark
    {
        get
        {
            lock (_lock)
            {
                return IsMarkAt(_readPosition);
            }
        }
    }

    /// <summary>recv(2) with MSG_OOB: tcp_recv_urg().</summary>
    public Result<int> ReceiveUrgent(Span<byte> destination, int flags, ref IncomingMessage message)
    {
        lock (_lock)
        {
            // "Yes this is right!", the kernel says of EINVAL.
            if (Options.IsUrgentInline || _urgency != Urgency.Waiting)
            {
                return Errno.EINVAL;
            }

            if ((flags & SocketConstants.MSG_PEEK) == 0)
            {
                _urgency = Urgency.Taken;
            }

            message.Flags |= SocketConstants.MSG_OOB;
            if (destination.IsEmpty)
            {
                message.Flags |= SocketConstants.MSG_TRUNC;
                return 0;
            }

            if ((flags & SocketConstants.MSG_TRUNC) == 0)
            {
                destination[0] = _urgentByte;
            }

            return 1;
        }
    }

    /// <summary>tcp_check_urg(): the last byte that has just arrived is urgent. With the lock held.</summary>
    private void MarkUrgent(byte value)
    {
        // One that is next and was never read in order is gone now.
        if (IsMarkAt(_readPosition) && !Options.IsUrgentInline)
        {
            Consume(1);
        }

        (_urgency, _urgentByte, _urgentPosition) = (Urgency.Waiting, value, _writtenPosition - 1);
    }

    private bool IsMarkAt(long position) => _urgency != Urgency.None && _urgentPosition == position;

    /// <summary>Whether a read at a position passes over the urgent byte there.</summary>
    private bool SkipsAt(long position) => IsMarkAt(position) && !Options.IsUrgentInline;

    /// <summary>How far a read from a position goes: not over the mark.</summary>
    private int UpToMark(long position, int count) =>
        _urgency != Urgency.None && _urgentPosition > position && _urgentPosition - position < count ? (int)(_urgentPosition - position) : count;
}
