using System.Globalization;
using System.Text;
using HermiTux.Abi;

namespace HermiTux.Kernel.Ipc;

/// <summary>A POSIX message queue (mq_overview(7)): messages by priority, and in order within one.</summary>
internal sealed class PosixQueue(string name, long maximumMessages, long maximumSize, uint mode, Credentials owner)
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<uint, Queue<byte[]>> _messages = new(Comparer<uint>.Create((a, b) => b.CompareTo(a)));
    private (Process Process, SignalEvent Event)? _notification;
    private int _count;
    private int _receivers;

    /// <summary>struct sigevent as mq_notify(2) takes it.</summary>
    public readonly record struct SignalEvent(int Notify, int Signo, ulong Value);

    public string Name { get; } = name;

    public long MaximumMessages { get; } = maximumMessages;

    public long MaximumSize { get; } = maximumSize;

    public uint Mode { get; } = mode;

    public uint Uid { get; } = owner.Fsuid;

    public uint Gid { get; } = owner.Fsgid;

    public WaitQueue WaitQueue { get; } = new() { GuestOnly = WaitQueue.ByGuestsOnly };

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _count;
            }
        }
    }

    public Errno Send(byte[] message, uint priority, Process sender)
    {
        (Process Process, SignalEvent Event)? told = null;
        lock (_lock)
        {
            if (_count >= MaximumMessages)
            {
                return Errno.EAGAIN;
            }

            if (!_messages.TryGetValue(priority, out Queue<byte[]>? queue))
            {
                _messages[priority] = queue = new Queue<byte[]>();
            }

            queue.Enqueue(message);

            // Who waits in mq_receive(3) gets the message; only if nobody does, the arrival in an empty queue is told, once.
            if (_count++ == 0 && _receivers == 0)
            {
                (told, _notification) = (_notification, null);
            }
        }

        WaitQueue.Wake(PollEvents.In);
        if (told is { Event.Notify: SignalConstants.SIGEV_SIGNAL } target)
        {
            _ = target.Process.Post(new SigInfo
            {
                Signo = target.Event.Signo,
                Code = SignalConstants.SI_MESGQ,
                Pid = sender.Pid,
                Uid = sender.Credentials.Uid,
                Value = target.Event.Value,
            });
        }

        return Errno.None;
    }

    public Errno Receive(out byte[] message, out uint priority)
    {
        lock (_lock)
        {
            (message, priority) = ([], 0);
            if (_count == 0)
            {
                return Errno.EAGAIN;
            }

            (priority, Queue<byte[]> queue) = _messages.First();
            message = queue.Dequeue();
            _count--;
            if (queue.Count == 0)
            {
                _messages.Remove(priority);
            }
        }

        WaitQueue.Wake(PollEvents.Out);
        return Errno.None;
    }

    /// <summary>A thread begins or ends to wait for a message.</summary>
    public void CountReceiver(int change)
    {
        lock (_lock)
        {
            _receivers += change;
        }
    }

    /// <summary>mq_notify(2): EBUSY when somebody is registered; null ends the process's own registration.</summary>
    public Errno Notify(Process process, SignalEvent? wanted)
    {
        lock (_lock)
        {
            if (wanted is not { } registration)
            {
                if (_notification?.Process == process)
                {
                    _notification = null;
                }

                return Errno.None;
            }

            if (_notification is not null)
            {
                return Errno.EBUSY;
            }

            _notification = (process, registration);
            return Errno.None;
        }
    }

    /// <summary>What read(2) shows of the queue.</summary>
    public byte[] Describe()
    {
        lock (_lock)
        {
            long bytes = _messages.Values.Sum(q => q.Sum(m => (long)m.Length));
            (int notify, int signo, int pid) = _notification is { } n ? (n.Event.Notify, n.Event.Notify == SignalConstants.SIGEV_SIGNAL ? n.Event.Signo : 0, n.Process.Pid) : (0, 0, 0);
            return Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"QSIZE:{bytes,-10} NOTIFY:{notify,-5} SIGNO:{signo,-5} NOTIFY_PID:{pid,-6}\n"));
        }
    }
}

/// <summary>The queues of a machine by name.</summary>
internal sealed class PosixQueues
{
    private readonly Dictionary<string, PosixQueue> _queues = new(StringComparer.Ordinal);

    /// <summary>Held while a queue is looked up and made.</summary>
    public Lock Lock { get; } = new();

    public PosixQueue? Find(string name) => _queues.GetValueOrDefault(name);

    public void Add(PosixQueue queue) => _queues.Add(queue.Name, queue);

    public bool Remove(string name) => _queues.Remove(name);
}

/// <summary>A descriptor of a POSIX message queue.</summary>
internal sealed class PosixQueueFile(PosixQueue queue, int flags) : AnonymousFile(flags)
{
    private const uint RegularFile = 0x8000;
    private const long DescriptionSize = 80;

    public PosixQueue Queue { get; } = queue;

    public override string Description => "/" + Queue.Name;

    public override WaitQueue WaitQueue => Queue.WaitQueue;

    public override bool IsSeekable => true;

    public override Result<FileSystems.InodeAttributes> GetAttributes() =>
        base.GetAttributes().Value with { Mode = RegularFile | Queue.Mode, Uid = Queue.Uid, Gid = Queue.Gid, Size = DescriptionSize };

    public override Result<int> Read(Span<byte> buffer, long position)
    {
        byte[] text = Queue.Describe();
        if (position >= text.Length)
        {
            return 0;
        }

        int count = Math.Min(buffer.Length, text.Length - (int)position);
        text.AsSpan((int)position, count).CopyTo(buffer);
        return count;
    }

    public override PollEvents Poll()
    {
        int count = Queue.Count;
        return (count > 0 ? PollEvents.In | PollEvents.ReadNormal : 0) | (count < Queue.MaximumMessages ? PollEvents.Out | PollEvents.WriteNormal : 0);
    }
}
