using HermiTux.Abi;
using HermiTux.Kernel.FileSystems;

namespace HermiTux.Kernel.Epoll;

/// <summary>
/// An epoll(7) instance. Each watched file has an item that registers with the file's wait queue for as long as it is watched: a wake
/// marks the item (which is what edge-triggering reports) and wakes who waits for the instance. Readiness itself is always asked of the file.
/// </summary>
internal sealed class EpollFile : OpenFile
{
    private readonly Lock _lock = new();
    private readonly Dictionary<int, Item> _items = [];
    private readonly FdTable _descriptors;

    public EpollFile(FdTable descriptors)
        : base(Fcntl.O_RDWR)
    {
        _descriptors = descriptors;
    }

    public override string Description => "anon_inode:[eventpoll]";

    public override WaitQueue WaitQueue { get; } = new();

    public override Result<InodeAttributes> GetAttributes() => AnonymousInode.Attributes;

    public override PollEvents Poll() => Collect(1, consume: false).Count > 0 ? PollEvents.In | PollEvents.ReadNormal : PollEvents.None;

    /// <summary>EPOLL_CTL_ADD: EEXIST when watched already, EPERM for files that are always ready.</summary>
    public Errno Add(int fd, OpenFile file, in EpollEvent settings)
    {
        if (file.WaitQueue is not { } queue)
        {
            return Errno.EPERM;
        }

        lock (_lock)
        {
            if (_items.TryGetValue(fd, out Item? old))
            {
                if (IsCurrent(old))
                {
                    return Errno.EEXIST;
                }

                Drop(old);
            }

            var item = new Item(this, fd, file, queue) { Settings = settings };
            _items.Add(fd, item);
            queue.Register(item);
        }

        WaitQueue.Wake(PollEvents.In);
        return Errno.None;
    }

    /// <summary>EPOLL_CTL_MOD.</summary>
    public Errno Modify(int fd, OpenFile file, in EpollEvent settings)
    {
        lock (_lock)
        {
            if (!_items.TryGetValue(fd, out Item? item) || !ReferenceEquals(item.File, file))
            {
                return Errno.ENOENT;
            }

            item.Settings = settings;
            item.IsMarked = true;
        }

        WaitQueue.Wake(PollEvents.In);
        return Errno.None;
    }

    /// <summary>EPOLL_CTL_DEL.</summary>
    public Errno Remove(int fd, OpenFile file)
    {
        lock (_lock)
        {
            if (!_items.TryGetValue(fd, out Item? item) || !ReferenceEquals(item.File, file))
            {
                return Errno.ENOENT;
            }

            Drop(item);
            return Errno.None;
        }
    }

    /// <summary>Up to <paramref name="maximum"/> events that are ready; edge-triggered and one-shot items are used up if asked.</summary>
    public List<EpollEvent> Collect(int maximum, bool consume)
    {
        List<EpollEvent> ready = [];
        lock (_lock)
        {
            List<Item>? closed = null;
            foreach (Item item in _items.Values)
            {
                if (ready.Count == maximum)
                {
                    break;
                }

                if (!IsCurrent(item))
                {
                    (closed ??= []).Add(item);
                    continue;
                }

                uint wanted = item.Settings.events;
                bool edge = (wanted & EventPollConstants.EPOLLET) != 0;
                if (item.IsDisabled || (edge && !item.IsMarked))
                {
                    continue;
                }

                // The mark goes before the look: a wake in between marks it again.
                if (edge && consume)
                {
                    item.IsMarked = false;
                }

                uint events = (uint)item.File.Poll() & (wanted | EventPollConstants.EPOLLERR | EventPollConstants.EPOLLHUP) & 0xFFFF;
                if (events == 0)
                {
                    continue;
                }

                ready.Add(new EpollEvent { events = events, data = item.Settings.data });
                if (consume && (wanted & EventPollConstants.EPOLLONESHOT) != 0)
                {
                    item.IsDisabled = true;
                }
            }

            closed?.ForEach(Drop);
        }

        return ready;
    }

    protected override void OnClose()
    {
        lock (_lock)
        {
            foreach (Item item in _items.Values)
            {
                item.Queue.Unregister(item);
            }

            _items.Clear();
        }
    }

    // Closing the descriptor ends the watch.
    private bool IsCurrent(Item item)
    {
        Result<OpenFile> now = _descriptors.Get(item.Fd);
        if (!now.IsSuccess)
        {
            return false;
        }

        bool same = ReferenceEquals(now.Value, item.File);
        now.Value.Release();
        return same;
    }

    private void Drop(Item item)
    {
        item.Queue.Unregister(item);
        _items.Remove(item.Fd);
    }

    private sealed class Item(EpollFile owner, int fd, OpenFile file, WaitQueue queue) : IWaiter
    {
        private EpollEvent _settings;
        private int _isMarked = 1;

        public int Fd { get; } = fd;

        public OpenFile File { get; } = file;

        public WaitQueue Queue { get; } = queue;

        public bool IsDisabled { get; set; }

        public EpollEvent Settings
        {
            get => _settings;
            set
            {
                _settings = value;
                IsDisabled = false;
            }
        }

        public bool IsMarked
        {
            get => Volatile.Read(ref _isMarked) != 0;
            set => Interlocked.Exchange(ref _isMarked, value ? 1 : 0);
        }

        public void Wake(PollEvents events)
        {
            IsMarked = true;
            owner.WaitQueue.Wake(PollEvents.In);
        }
    }
}
