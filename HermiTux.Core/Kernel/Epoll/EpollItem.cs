using HermiTux.Abi;

namespace HermiTux.Kernel.Epoll;

/// <summary>One file that an epoll instance watches (struct epitem). Its settings change under the instance's lock.</summary>
internal sealed class EpollItem(EpollFile owner, int fd, OpenFile file, WaitQueue queue) : IWaiter
{
    // Not events: how they are reported.
    private const uint PrivateBits = EventPollConstants.EPOLLWAKEUP | EventPollConstants.EPOLLONESHOT | EventPollConstants.EPOLLET | EventPollConstants.EPOLLEXCLUSIVE;

    private EpollEvent _settings;
    private uint _wanted;

    public EpollFile Owner { get; } = owner;

    public int Fd { get; } = fd;

    /// <summary>Without a reference: the file tells when it is closed.</summary>
    public OpenFile File { get; } = file;

    public WaitQueue Queue { get; } = queue;

    /// <summary>Its place in the instance's list of what may be ready. Guarded by that list's lock.</summary>
    public LinkedListNode<EpollItem>? ReadyNode { get; set; }

    public EpollEvent Settings
    {
        get => _settings;
        set
        {
            _settings = value;
            Volatile.Write(ref _wanted, (value.events & ~PrivateBits) | EventPollConstants.EPOLLERR | EventPollConstants.EPOLLHUP);
        }
    }

    public bool IsEdgeTriggered => (_settings.events & EventPollConstants.EPOLLET) != 0;

    public bool IsOneShot => (_settings.events & EventPollConstants.EPOLLONESHOT) != 0;

    public bool IsExclusive => (_settings.events & EventPollConstants.EPOLLEXCLUSIVE) != 0;

    /// <summary>After a one-shot event: nothing is reported until EPOLL_CTL_MOD.</summary>
    public void Disable()
    {
        _settings.events &= PrivateBits;
        Volatile.Write(ref _wanted, 0);
    }

    /// <summary>What is ready of what is asked for.</summary>
    public uint Poll() => (uint)File.Poll() & Volatile.Read(ref _wanted) & 0xFFFF;

    /// <inheritdoc/>
    public void Wake(PollEvents events)
    {
        // Whoever wakes says why; an event that isn't watched must not look like an edge of one that is.
        if (events != PollEvents.None)
        {
            events |= (events & PollEvents.In) != 0 ? PollEvents.ReadNormal | PollEvents.ReadHangUp : 0;
            events |= (events & PollEvents.Out) != 0 ? PollEvents.WriteNormal : 0;
            if (((uint)events & Volatile.Read(ref _wanted)) == 0)
            {
                return;
            }
        }

        Owner.OnWoken(this);
    }
}
