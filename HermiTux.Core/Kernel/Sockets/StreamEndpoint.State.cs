using HermiTux.Abi;

namespace HermiTux.Kernel.Sockets;

// What getsockopt(2), ioctl(2), /proc/net/tcp and the collector of unreachable sockets ask of an end.
internal sealed partial class StreamEndpoint
{
    /// <summary>The state as TCP_INFO and /proc/net/tcp number it.</summary>
    public TcpState State
    {
        get
        {
            lock (_lock)
            {
                bool sent = (_shutdown & SendShutdown) != 0;
                return _isReset || (sent && _isDone) ? TcpState.Close
                    : sent ? TcpState.FinWait2
                    : _isDone ? TcpState.CloseWait
                    : TcpState.Established;
            }
        }
    }

    /// <summary>Whether the socket of the other end has SO_PASSCRED set.</summary>
    public bool PeerWantsCredentials => _peer.Options.PassCredentials;

    /// <summary>FIONREAD.</summary>
    public int ReadableBytes
    {
        get
        {
            lock (_lock)
            {
                // Up to the urgent byte, which isn't in line.
                int count = _urgency != Urgency.None && !Options.IsUrgentInline ? (int)Math.Min(_received.Count, _urgentPosition - _readPosition) : _received.Count;
                return _isTcp ? Math.Min(count, ReceiveWindow) : count;
            }
        }
    }

    /// <summary>SIOCOUTQ: of TCP the bytes not yet received, of a local stream what its packets take.</summary>
    public int UnsentBytes
    {
        get
        {
            lock (_lock)
            {
                return _isTcp ? Unsent : (int)(_peer._received.Count + _peer._overhead);
            }
        }
    }

    /// <summary>Whether both sides have ended, or a reset came.</summary>
    public bool IsDisconnected
    {
        get
        {
            lock (_lock)
            {
                return _isReset || (_shutdown == BothShutdown && _isDone);
            }
        }
    }

    /// <summary>SO_ERROR.</summary>
    public Errno TakeError()
    {
        lock (_lock)
        {
            Errno error = _error;
            _error = Errno.None;
            return error;
        }
    }

    /// <summary>The files in this end's queue, for the collector.</summary>
    public void AddQueuedFiles(List<OpenFile> files)
    {
        lock (_lock)
        {
            foreach (Mark mark in _marks)
            {
                files.AddRange(mark.Control.Files);
            }
        }
    }

    /// <summary>Takes the files out of the queue: nobody can receive them any more.</summary>
    public void TakeQueuedFiles(List<ControlData> taken)
    {
        lock (_lock)
        {
            foreach (Mark mark in _marks)
            {
                taken.Add(mark.Control);
                mark.Control = new ControlData { Credentials = mark.Control.Credentials };
            }
        }
    }
}

/// <summary>TCP_ESTABLISHED and its kin (linux/tcp_states.h).</summary>
internal enum TcpState
{
    Established = 1,
    SynSent = 2,
    SynReceived = 3,
    FinWait1 = 4,
    FinWait2 = 5,
    TimeWait = 6,
    Close = 7,
    CloseWait = 8,
    LastAck = 9,
    Listen = 10,
    Closing = 11,
}

/// <summary>How the kernel counts packets of local sockets against a buffer, and compares their senders.</summary>
internal static class PacketSize
{
    // sizeof(struct sk_buff) and of struct skb_shared_info, as slabs round them.
    private const int Header = 256;
    private const int SharedInfo = 320;
    private const int LinearLimit = 16384 - SharedInfo;

    /// <summary>Who sent what nobody said: pid 0 and the overflow ids.</summary>
    public static Ucred NoCredentials => new() { pid = 0, uid = 65534, gid = 65534 };

    /// <summary>skb->truesize for a payload.</summary>
    public static int Of(int payload)
    {
        int linear = Math.Min(payload, LinearLimit);
        int pages = (payload - linear + 4095) & ~4095;
        int wanted = ((linear + 63) & ~63) + SharedInfo;
        int slab = 512;
        while (slab < wanted)
        {
            slab <<= 1;
        }

        return slab + Header + pages;
    }

    /// <summary>Whether two senders are the same.</summary>
    public static bool AreEqual(in Ucred one, in Ucred other) => one.pid == other.pid && one.uid == other.uid && one.gid == other.gid;
}
