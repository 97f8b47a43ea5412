using HermiTux.Abi;
using HermiTux.Kernel.FileSystems;

namespace HermiTux.Kernel.Inotify;

/// <summary>
/// Who watches which files of a tree, and the places where changes are told (fsnotify in the kernel). A file is known by its file system and inode
/// number, since some file systems make a new object at each look-up.
/// </summary>
/// <remarks>Only what guests do is seen: changes that the host makes to mounted directories are not. Thread-safe; may be called with the tree lock held.</remarks>
internal sealed class FileNotifier
{
    // What is told to a directory of its entries, by the entry's name.
    private const uint EventsOnChildren = EventFdConstants.IN_ACCESS | EventFdConstants.IN_MODIFY | EventFdConstants.IN_ATTRIB | EventFdConstants.IN_CLOSE_WRITE |
        EventFdConstants.IN_CLOSE_NOWRITE | EventFdConstants.IN_OPEN;

    private readonly Lock _lock = new();
    private readonly Dictionary<(IFileSystem, ulong), List<InotifyWatch>> _watches = [];
    private int _count;
    private uint _cookie;

    /// <summary>Whether anything is watched at all.</summary>
    public bool IsActive => Volatile.Read(ref _count) != 0;

    public void Add(InotifyWatch watch)
    {
        lock (_lock)
        {
            if (!_watches.TryGetValue(watch.Key, out List<InotifyWatch>? list))
            {
                _watches[watch.Key] = list = [];
            }

            list.Add(watch);
            _count++;
        }
    }

    public void Remove(InotifyWatch watch)
    {
        lock (_lock)
        {
            if (_watches.TryGetValue(watch.Key, out List<InotifyWatch>? list) && list.Remove(watch))
            {
                _count--;
                if (list.Count == 0)
                {
                    _watches.Remove(watch.Key);
                }
            }
        }
    }

    /// <summary>An event of a file: its directory is told with the name, then the file's own watches.</summary>
    public void OnFile(Dentry? place, uint mask)
    {
        if (!IsActive || place?.Mount is not { } mount)
        {
            return;
        }

        mask |= place.Inode.Type == StatConstants.S_IFDIR ? EventFdConstants.IN_ISDIR : 0;
        if (!place.IsMountRoot && (mask & EventsOnChildren) != 0)
        {
            Tell(Find(mount, place.Parent.Inode), mask, 0, place.Name, place.IsDeleted);
        }

        Tell(Find(mount, place.Inode), mask, 0, null, false);
    }

    /// <summary>An event of a file alone, not told to its directory.</summary>
    public void OnSelf(Dentry place, uint mask)
    {
        if (IsActive && place.Mount is { } mount)
        {
            Tell(Find(mount, place.Inode), mask | (place.Inode.Type == StatConstants.S_IFDIR ? EventFdConstants.IN_ISDIR : 0), 0, null, false);
        }
    }

    /// <summary>An entry of a directory was made or removed.</summary>
    public void OnEntry(Dentry directory, string name, uint mask, bool isDirectory)
    {
        if (IsActive && directory.Mount is { } mount)
        {
            Tell(Find(mount, directory.Inode), mask | (isDirectory ? EventFdConstants.IN_ISDIR : 0), 0, name, false);
        }
    }

    /// <summary>fsnotify_move().</summary>
    public void OnMove(Dentry from, string oldName, Dentry to, string newName, Dentry moved, Dentry? replaced)
    {
        if (!IsActive || from.Mount is not { } mount)
        {
            return;
        }

        uint directory = moved.Inode.Type == StatConstants.S_IFDIR ? EventFdConstants.IN_ISDIR : 0;
        uint cookie = Interlocked.Increment(ref _cookie);
        Tell(Find(mount, from.Inode), EventFdConstants.IN_MOVED_FROM | directory, cookie, oldName, false);
        Tell(Find(mount, to.Inode), EventFdConstants.IN_MOVED_TO | directory, cookie, newName, false);
        if (replaced is not null)
        {
            OnSelf(replaced, EventFdConstants.IN_ATTRIB);
        }

        OnSelf(moved, EventFdConstants.IN_MOVE_SELF);
    }

    /// <summary>A name of a file was removed; if it was the last and nobody has the file open, the file is gone.</summary>
    public void OnNameRemoved(Dentry place)
    {
        if (!IsActive)
        {
            return;
        }

        bool lives = place.Inode.Type != StatConstants.S_IFDIR && place.Inode.GetAttributes() is { IsSuccess: true } attributes && attributes.Value.Links > 0;
        if (!lives && place.OpenCount == 0)
        {
            OnGone(place);
        }
    }

    /// <summary>The last open file of a place was closed.</summary>
    public void OnLastClose(Dentry place)
    {
        if (IsActive && place.IsDeleted)
        {
            OnNameRemoved(place);
        }
    }

    private void OnGone(Dentry place)
    {
        if (place.Mount is not { } mount)
        {
            return;
        }

        foreach (InotifyWatch watch in Find(mount, place.Inode))
        {
            watch.Owner.Deliver(watch, EventFdConstants.IN_DELETE_SELF, 0, null);
            watch.Owner.End(watch);
        }
    }

    private InotifyWatch[] Find(Mount mount, Inode inode)
    {
        lock (_lock)
        {
            return _watches.TryGetValue((mount.FileSystem, inode.Number), out List<InotifyWatch>? list) ? [.. list] : [];
        }
    }

    private static void Tell(InotifyWatch[] watches, uint mask, uint cookie, string? name, bool isUnlinked)
    {
        foreach (InotifyWatch watch in watches)
        {
            if (!isUnlinked || (watch.Mask & EventFdConstants.IN_EXCL_UNLINK) == 0)
            {
                watch.Owner.Deliver(watch, mask, cookie, name);
            }
        }
    }
}
