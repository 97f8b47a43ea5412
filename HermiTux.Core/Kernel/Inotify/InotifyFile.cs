using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using HermiTux.Abi;
using HermiTux.Kernel.FileSystems;
using HermiTux.Memory;

namespace HermiTux.Kernel.Inotify;

/// <summary>An inotify(7) instance: its watches, and the events that nobody has read.</summary>
internal sealed class InotifyFile : AnonymousFile
{
    /// <summary>/proc/sys/fs/inotify/max_queued_events.</summary>
    public const int MaximumQueuedEvents = 16384;

    /// <summary>/proc/sys/fs/inotify/max_user_watches.</summary>
    public const int MaximumWatches = 65536;

    private const uint RequestReadable = 0x541B;
    private const uint AlwaysTold = EventFdConstants.IN_UNMOUNT | EventFdConstants.IN_Q_OVERFLOW | EventFdConstants.IN_IGNORED;
    private const uint Shown = EventFdConstants.IN_ALL_EVENTS | EventFdConstants.IN_ISDIR | AlwaysTold;

    private readonly Lock _lock = new();
    private readonly FileNotifier _notifier;
    private readonly Dictionary<int, InotifyWatch> _watches = [];
    private readonly LinkedList<Event> _queue = new();
    private int _lastDescriptor;

    public InotifyFile(FileNotifier notifier, int flags)
        : base(Fcntl.O_RDONLY | (flags & Fcntl.O_NONBLOCK))
    {
        _notifier = notifier;
    }

    public override string Description => "anon_inode:inotify";

    public override WaitQueue WaitQueue { get; } = new() { GuestOnly = WaitQueue.ByGuestsOnly };

    internal override string FdInfo
    {
        get
        {
            var text = new StringBuilder();
            lock (_lock)
            {
                foreach (InotifyWatch watch in _watches.Values)
                {
                    text.Append(CultureInfo.InvariantCulture, $"inotify wd:{watch.Descriptor:x} ino:{watch.Place.Inode.Number:x} sdev:{watch.Place.Mount!.Device:x} mask:{watch.Mask & EventFdConstants.IN_ALL_EVENTS:x} ignored_mask:0 \n");
                }
            }

            return text.ToString();
        }
    }

    /// <summary>inotify_add_watch(2): the watch descriptor; EEXIST with IN_MASK_CREATE, ENOSPC when there are too many.</summary>
    public Result<int> Watch(Dentry place, uint mask)
    {
        if (place.Mount is null)
        {
            return Errno.EINVAL;
        }

        const uint Kept = EventFdConstants.IN_ALL_EVENTS | EventFdConstants.IN_ONESHOT | EventFdConstants.IN_EXCL_UNLINK;
        InotifyWatch watch;
        lock (_lock)
        {
            (IFileSystem, ulong) key = (place.Mount.FileSystem, place.Inode.Number);
            foreach (InotifyWatch known in _watches.Values)
            {
                if (known.Key == key)
                {
                    if ((mask & EventFdConstants.IN_MASK_CREATE) != 0)
                    {
                        return Errno.EEXIST;
                    }

                    known.Mask = ((mask & EventFdConstants.IN_MASK_ADD) != 0 ? known.Mask : 0) | (mask & Kept);
                    return known.Descriptor;
                }
            }

            if (_watches.Count >= MaximumWatches)
            {
                return Errno.ENOSPC;
            }

            watch = new InotifyWatch(this, ++_lastDescriptor, place, mask & Kept);
            _watches.Add(watch.Descriptor, watch);
        }

        _notifier.Add(watch);
        return watch.Descriptor;
    }

    /// <summary>inotify_rm_watch(2): EINVAL when there is no such watch.</summary>
    public Errno Remove(int descriptor)
    {
        InotifyWatch? watch;
        lock (_lock)
        {
            watch = _watches.GetValueOrDefault(descriptor);
        }

        if (watch is null)
        {
            return Errno.EINVAL;
        }

        End(watch);
        return Errno.None;
    }

    /// <summary>The watch is over, which is told as IN_IGNORED.</summary>
    public void End(InotifyWatch watch)
    {
        lock (_lock)
        {
            if (!_watches.Remove(watch.Descriptor))
            {
                return;
            }

            Enqueue(new Event(watch.Descriptor, EventFdConstants.IN_IGNORED, 0, []));
        }

        _notifier.Remove(watch);
        WaitQueue.Wake(PollEvents.In);
    }

    /// <summary>Queues an event if the watch wants it.</summary>
    public void Deliver(InotifyWatch watch, uint mask, uint cookie, string? name)
    {
        uint wanted = watch.Mask;
        if ((mask & wanted & EventFdConstants.IN_ALL_EVENTS) == 0)
        {
            return;
        }

        // Never told of the file itself, an oversight of Linux that programs may rely on.
        if ((mask & (EventFdConstants.IN_MOVE_SELF | EventFdConstants.IN_DELETE_SELF)) != 0)
        {
            mask &= ~EventFdConstants.IN_ISDIR;
        }

        lock (_lock)
        {
            if (!_watches.ContainsKey(watch.Descriptor))
            {
                return;
            }

            Enqueue(new Event(watch.Descriptor, mask & Shown, cookie, name is null ? [] : FileName.Encode(name)));
        }

        if ((wanted & EventFdConstants.IN_ONESHOT) != 0)
        {
            End(watch);
        }
        else
        {
            WaitQueue.Wake(PollEvents.In);
        }
    }

    public override Result<int> Read(Span<byte> buffer, long position)
    {
        int done = 0;
        lock (_lock)
        {
            while (_queue.First is { } first)
            {
                int size = first.Value.Size;
                if (size > buffer.Length - done)
                {
                    return done > 0 ? done : Errno.EINVAL;
                }

                first.Value.Write(buffer.Slice(done, size));
                done += size;
                _queue.RemoveFirst();
            }
        }

        return done > 0 ? done : Errno.EAGAIN;
    }

    public override PollEvents Poll()
    {
        lock (_lock)
        {
            return _queue.Count > 0 ? PollEvents.In | PollEvents.ReadNormal : PollEvents.None;
        }
    }

    public override Result<long> Ioctl(AddressSpace memory, uint request, ulong argument)
    {
        if (request != RequestReadable)
        {
            return Errno.ENOTTY;
        }

        int size;
        lock (_lock)
        {
            size = _queue.Sum(e => e.Size);
        }

        return memory.TryWrite(argument, size) ? 0L : Errno.EFAULT;
    }

    protected override void OnClose()
    {
        InotifyWatch[] watches;
        lock (_lock)
        {
            watches = [.. _watches.Values];
            _watches.Clear();
            _queue.Clear();
        }

        foreach (InotifyWatch watch in watches)
        {
            _notifier.Remove(watch);
        }
    }

    private void Enqueue(Event added)
    {
        // An event like the last one says nothing new (inotify_merge).
        if (_queue.Last is { } last && last.Value.Equals(added) && added.Mask != EventFdConstants.IN_IGNORED)
        {
            return;
        }

        if (_queue.Count >= MaximumQueuedEvents)
        {
            if (_queue.Last!.Value.Mask != EventFdConstants.IN_Q_OVERFLOW)
            {
                _queue.AddLast(new Event(-1, EventFdConstants.IN_Q_OVERFLOW, 0, []));
            }

            return;
        }

        _queue.AddLast(added);
    }

    private sealed record Event(int Descriptor, uint Mask, uint Cookie, byte[] Name)
    {
        private int NameLength => Name.Length == 0 ? 0 : (Name.Length + Unsafe.SizeOf<InotifyEvent>()) & -Unsafe.SizeOf<InotifyEvent>();

        public int Size => Unsafe.SizeOf<InotifyEvent>() + NameLength;

        public bool Equals(Event? other) => other is not null && Descriptor == other.Descriptor && Mask == other.Mask && Cookie == other.Cookie && Name.AsSpan().SequenceEqual(other.Name);

        public override int GetHashCode() => HashCode.Combine(Descriptor, Mask, Cookie);

        public void Write(Span<byte> target)
        {
            target.Clear();
            var header = new InotifyEvent { wd = Descriptor, mask = Mask, cookie = Cookie, len = (uint)NameLength };
            MemoryMarshal.Write(target, in header);
            Name.CopyTo(target[Unsafe.SizeOf<InotifyEvent>()..]);
        }
    }
}
