using HermiTux.Abi;

namespace HermiTux.Kernel.Ipc;

/// <summary>A System V message queue.</summary>
internal sealed class MessageQueue : IpcObject
{
    private readonly LinkedList<(long Type, byte[] Text)> _messages = new();
    private readonly Func<long> _now;
    private long _bytes;
    private long _sendTime;
    private long _receiveTime;
    private int _sender;
    private int _receiver;

    public MessageQueue(int key, uint mode, Process creator)
        : base(key, mode, creator.Credentials)
    {
        _now = () => creator.Machine.RealtimeNanoseconds / 1_000_000_000;
        ChangeTime = _now();
    }

    /// <summary>Who waits for room or for messages.</summary>
    public WaitQueue WaitQueue { get; } = new() { GuestOnly = WaitQueue.ByGuestsOnly };

    /// <summary>msg_qbytes.</summary>
    public ulong Limit { get; set; } = IpcConstants.MSGMNB;

    public (int Messages, long Bytes) Usage
    {
        get
        {
            lock (Lock)
            {
                return (_messages.Count, _bytes);
            }
        }
    }

    public MsqidDs Describe()
    {
        lock (Lock)
        {
            return new MsqidDs
            {
                msg_perm = Permissions,
                msg_stime = _sendTime,
                msg_rtime = _receiveTime,
                msg_ctime = ChangeTime,
                msg_cbytes = (ulong)_bytes,
                msg_qnum = (ulong)_messages.Count,
                msg_qbytes = Limit,
                msg_lspid = _sender,
                msg_lrpid = _receiver,
            };
        }
    }

    /// <summary>One attempt to send: EAGAIN when there is no room.</summary>
    public Errno Send(long type, byte[] text, int pid)
    {
        lock (Lock)
        {
            if (IsRemoved)
            {
                return Errno.EIDRM;
            }

            if ((ulong)(_bytes + text.Length) > Limit || (ulong)_messages.Count + 1 > Limit)
            {
                return Errno.EAGAIN;
            }

            _messages.AddLast((type, text));
            _bytes += text.Length;
            (_sender, _sendTime) = (pid, _now());
        }

        WaitQueue.Wake(PollEvents.In);
        return Errno.None;
    }

    /// <summary>One attempt to receive: ENOMSG when there is no such message, E2BIG when it is too long.</summary>
    public Errno Receive(long type, int flags, long size, int pid, out (long Type, byte[] Text) message)
    {
        lock (Lock)
        {
            message = default;
            if (IsRemoved)
            {
                return Errno.EIDRM;
            }

            if (Select(type, flags) is not { } node)
            {
                return Errno.ENOMSG;
            }

            if (node.Value.Text.Length > size && (flags & IpcConstants.MSG_NOERROR) == 0)
            {
                return Errno.E2BIG;
            }

            message = node.Value;
            if ((flags & IpcConstants.MSG_COPY) != 0)
            {
                return Errno.None;
            }

            _messages.Remove(node);
            _bytes -= message.Text.Length;
            (_receiver, _receiveTime) = (pid, _now());
        }

        WaitQueue.Wake(PollEvents.Out);
        return Errno.None;
    }

    public void Remove()
    {
        lock (Lock)
        {
            IsRemoved = true;
            _messages.Clear();
        }

        WaitQueue.Wake(PollEvents.In | PollEvents.Out);
    }

    private LinkedListNode<(long Type, byte[] Text)>? Select(long type, int flags)
    {
        LinkedListNode<(long Type, byte[] Text)>? best = null;
        long index = 0;
        for (LinkedListNode<(long Type, byte[] Text)>? node = _messages.First; node is not null; node = node.Next)
        {
            long of = node.Value.Type;
            if ((flags & IpcConstants.MSG_COPY) != 0)
            {
                if (index++ == type)
                {
                    return node;
                }
            }
            else if (type == 0 || (type > 0 && ((flags & IpcConstants.MSG_EXCEPT) != 0 ? of != type : of == type)))
            {
                return node;
            }
            else if (type < 0 && of <= (type == long.MinValue ? long.MaxValue : -type) && (best is null || of < best.Value.Type))
            {
                best = node;
            }
        }

        return best;
    }
}
