using System.Globalization;
using System.Text;
using HermiTux.Abi;
using HermiTux.Kernel.FileSystems;

namespace HermiTux.Kernel.Epoll;

/// <summary>
/// An epoll(7) instance. Each watched file has an item that registers with the file's wait queue for as long as it is watched; a wake puts the
/// item on the list of what may be ready. Collecting takes items from the list and asks their files: those that are ready are reported, and
/// level-triggered ones go to the end of the list again, so every file gets its turn. Edge-triggered ones come back with the next wake only.
/// </summary>
/// <remarks>
/// Two locks: one for the items, held while files are asked (ep->mtx); one for the ready list, held for moments only and never while
/// anything else is called, because wakes come from under foreign locks (ep->lock).
/// </remarks>
internal sealed class EpollFile : AnonymousFile
{
    // EP_MAX_NESTS: instances that watch each other.
    private const int MaximumNesting = 4;

    // Serialises changes to who watches whom, so that no cycle can come about (epnested_mutex).
    private static readonly Lock s_nesting = new();

    private readonly Lock _lock = new();
    private readonly Dictionary<(OpenFile File, int Fd), EpollItem> _items = [];
    private readonly Lock _readyLock = new();
    private readonly LinkedList<EpollItem> _ready = new();

    public EpollFile()
        : base(Fcntl.O_RDWR)
    {
        WaitQueue = new WaitQueue { GuestOnly = WatchesGuestsOnly };
    }

    public override string Description => "anon_inode:[eventpoll]";

    public override WaitQueue WaitQueue { get; }

    internal override string FdInfo
    {
        get
        {
            var text = new StringBuilder();
            lock (_lock)
            {
                foreach (EpollItem item in _items.Values)
                {
                    InodeAttributes inode = item.File.GetAttributes() is { IsSuccess: true } attributes ? attributes.Value : default;
                    text.Append(CultureInfo.InvariantCulture, $"tfd: {item.Fd,8} events: {item.Settings.events,8:x} data: {item.Settings.data,16:x}  pos:{item.File.Position} ino:{inode.Inode:x} sdev:{inode.Device:x}\n");
                }
            }

            return text.ToString();
        }
    }

    public override PollEvents Poll()
    {
        lock (_lock)
        {
            while (TryTakeReady(out EpollItem? item))
            {
                if (item.Poll() != 0)
                {
                    Append(item, first: true);
                    return PollEvents.In | PollEvents.ReadNormal;
                }
            }
        }

        return PollEvents.None;
    }

    /// <summary>EPOLL_CTL_ADD: EEXIST when watched already, EPERM for files that are always ready, ELOOP for cycles and deep nesting.</summary>
    public Errno Add(int fd, OpenFile file, in EpollEvent settings)
    {
        if (file.WaitQueue is not { } queue)
        {
            return Errno.EPERM;
        }

        if (file is EpollFile inner)
        {
            lock (s_nesting)
            {
                return IsLoop(inner) ? Errno.ELOOP : Add(fd, file, queue, settings);
            }
        }

        return Add(fd, file, queue, settings);
    }

    /// <summary>EPOLL_CTL_MOD: ENOENT when not watched, EINVAL for exclusive watches.</summary>
    public Errno Modify(int fd, OpenFile file, in EpollEvent settings)
    {
        lock (_lock)
        {
            if (!_items.TryGetValue((file, fd), out EpollItem? item))
            {
                return Errno.ENOENT;
            }

            if (item.IsExclusive)
            {
                return Errno.EINVAL;
            }

            item.Settings = settings;
            if (item.Poll() == 0)
            {
                return Errno.None;
            }
        }

        WakeFor(file, fd);
        return Errno.None;
    }

    /// <summary>EPOLL_CTL_DEL.</summary>
    public Errno Remove(int fd, OpenFile file)
    {
        lock (_lock)
        {
            if (!_items.TryGetValue((file, fd), out EpollItem? item))
            {
                return Errno.ENOENT;
            }

            Drop(item);
            file.ForgetWatch(item);
            return Errno.None;
        }
    }

    /// <summary>The file's last descriptor is gone (eventpoll_release_file).</summary>
    public void OnFileClosed(EpollItem item)
    {
        lock (_lock)
        {
            Drop(item);
        }
    }

    /// <summary>Takes up to <paramref name="maximum"/> events that are ready; one-shot items are disabled by it.</summary>
    public List<EpollEvent> Collect(int maximum)
    {
        List<EpollEvent> events = [];
        lock (_lock)
        {
            // Once around: what is put back at the end comes next time.
            int left = ReadyCount;
            while (events.Count < maximum && left-- > 0 && TryTakeReady(out EpollItem? item))
            {
                uint ready = item.Poll();
                if (ready == 0)
                {
                    continue;
                }

                events.Add(new EpollEvent { events = ready, data = item.Settings.data });
                if (item.IsOneShot)
                {
                    item.Disable();
                }
                else if (!item.IsEdgeTriggered)
                {
                    Append(item, first: false);
                }
            }
        }

        return events;
    }

    /// <summary>A watched file may have become ready. Any thread, foreign locks may be held.</summary>
    public void OnWoken(EpollItem item)
    {
        Append(item, first: false);
        WaitQueue.Wake(PollEvents.In);
    }

    protected override void OnClose()
    {
        lock (_lock)
        {
            foreach (EpollItem item in _items.Values)
            {
                item.Queue.Unregister(item);
                item.File.ForgetWatch(item);
            }

            _items.Clear();
        }
    }

    private bool WatchesGuestsOnly()
    {
        lock (_lock)
        {
            return _items.Values.All(i => i.Queue.IsGuestOnly);
        }
    }

    private int ReadyCount
    {
        get
        {
            lock (_readyLock)
            {
                return _ready.Count;
            }
        }
    }

    private Errno Add(int fd, OpenFile file, WaitQueue queue, in EpollEvent settings)
    {
        lock (_lock)
        {
            var item = new EpollItem(this, fd, file, queue) { Settings = settings };
            if (!_items.TryAdd((file, fd), item))
            {
                return Errno.EEXIST;
            }

            file.RememberWatch(item);
            queue.Register(item);
            if (item.Poll() == 0)
            {
                return Errno.None;
            }
        }

        WakeFor(file, fd);
        return Errno.None;
    }

    private void WakeFor(OpenFile file, int fd)
    {
        EpollItem? item;
        lock (_lock)
        {
            item = _items.GetValueOrDefault((file, fd));
        }

        if (item is not null)
        {
            OnWoken(item);
        }
    }

    private void Drop(EpollItem item)
    {
        item.Queue.Unregister(item);
        _items.Remove((item.File, item.Fd));
        lock (_readyLock)
        {
            item.Disable();
            if (item.ReadyNode is { } node)
            {
                _ready.Remove(node);
                item.ReadyNode = null;
            }
        }
    }

    private void Append(EpollItem item, bool first)
    {
        lock (_readyLock)
        {
            if (item.ReadyNode is null)
            {
                item.ReadyNode = first ? _ready.AddFirst(item) : _ready.AddLast(item);
            }
        }
    }

    private bool TryTakeReady([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out EpollItem? item)
    {
        lock (_readyLock)
        {
            item = _ready.First?.Value;
            if (item is null)
            {
                return false;
            }

            _ready.RemoveFirst();
            item.ReadyNode = null;
            return true;
        }
    }

    /// <summary>ep_loop_check(): whether watching <paramref name="inner"/> would close a circle or nest too deeply. Under the nesting lock.</summary>
    private bool IsLoop(EpollFile inner)
    {
        int below = DepthBelow(inner, this, 0);
        return below > MaximumNesting || below + 1 + DepthAbove(this, 0) > MaximumNesting;
    }

    private static int DepthBelow(EpollFile at, EpollFile forbidden, int depth)
    {
        if (ReferenceEquals(at, forbidden) || depth > MaximumNesting)
        {
            return int.MaxValue >> 1;
        }

        EpollFile[] watched;
        lock (at._lock)
        {
            watched = [.. at._items.Values.Select(i => i.File).OfType<EpollFile>()];
        }

        return watched.Length == 0 ? 0 : watched.Max(w => DepthBelow(w, forbidden, depth + 1) + 1);
    }

    private static int DepthAbove(EpollFile at, int depth)
    {
        if (depth > MaximumNesting)
        {
            return int.MaxValue >> 1;
        }

        EpollItem[] watchers = at.Watches;
        return watchers.Length == 0 ? 0 : watchers.Max(w => DepthAbove(w.Owner, depth + 1) + 1);
    }
}
