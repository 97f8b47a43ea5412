using System.Text;

namespace HermiTux.Kernel.FileSystems;

/// <summary>A place in the tree: an inode with the name and parent by which it was reached, and the mount that it is in.</summary>
/// <remarks>
/// A dentry lives as long as somebody holds it (an open file, a working directory, a child): directories refer to their
/// children weakly, so that looking up millions of names keeps nothing. While it lives, there is one dentry for each place, which is why a
/// rename shows in getcwd(2) and /proc/self/fd at once.
/// </remarks>
public sealed class Dentry
{
    private readonly VirtualFileSystem? _owner;
    private Dictionary<string, WeakReference<Dentry>>? _children;
    private Dictionary<string, Dentry>? _pinned;
    private int _purgeAt = 32;
    private int _openCount;

    internal Dentry(VirtualFileSystem? owner, Mount? mount, Dentry? parent, string name, Inode inode)
    {
        _owner = owner;
        Mount = mount;
        Parent = parent ?? this;
        Name = name;
        Inode = inode;
    }

    /// <summary>The directory above; the root of a mount is its own parent.</summary>
    public Dentry Parent { get; internal set; }

    /// <summary>Name in the parent.</summary>
    public string Name { get; internal set; }

    /// <summary>The file.</summary>
    public Inode Inode { get; internal set; }

    /// <summary>The mount that the place belongs to; null for files that are nowhere in the tree (pipes, memfds).</summary>
    internal Mount? Mount { get; }

    /// <summary>What is mounted here, covering this place; null for nothing.</summary>
    internal Mount? MountedHere { get; set; }

    /// <summary>Whether the name was removed or never existed.</summary>
    internal bool IsDeleted { get; set; }

    /// <summary>How many files were opened by this name and are not closed.</summary>
    internal int OpenCount => Volatile.Read(ref _openCount);

    /// <summary>Who is told of changes here; null for files that are nowhere in the tree.</summary>
    internal Inotify.FileNotifier? Notifier => _owner?.Notifier;

    /// <summary>Counts an open file more or less; the number there are now.</summary>
    internal int ChangeOpenCount(int change) => Interlocked.Add(ref _openCount, change);

    /// <summary>Whether this is the root of its mount.</summary>
    internal bool IsMountRoot => ReferenceEquals(Parent, this);

    /// <summary>Whether the mount is read-only.</summary>
    internal bool IsReadOnly => Mount is { ReadOnly: true };

    /// <summary>What the path of a removed file ends with.</summary>
    internal const string DeletedMark = " (deleted)";

    /// <summary>The absolute path from the machine's root; ends in " (deleted)" when the file was removed.</summary>
    public string FullPath => PathFrom(null);

    /// <summary>Children that exist only as mount points.</summary>
    internal IReadOnlyList<Dentry>? PinnedChildren
    {
        get
        {
            if (_owner is null || _pinned is null)
            {
                return null;
            }

            lock (_owner.TreeLock)
            {
                return [.. _pinned.Values.Where(p => !Inode.Lookup(p.Name).IsSuccess)];
            }
        }
    }

    /// <inheritdoc/>
    public override string ToString() => FullPath;

    /// <summary>A dentry for a file that is nowhere in the tree; its path is the name.</summary>
    internal static Dentry CreateDetached(string name, Inode inode) => new(null, null, null, name, inode);

    /// <summary>
    /// The path as seen from a root (chroot(2)), as d_path() in the kernel forms it: a place outside the root is
    /// marked "(unreachable)", a removed one "(deleted)".
    /// </summary>
    internal string PathFrom(Dentry? root)
    {
        if (_owner is null)
        {
            return Name;
        }

        lock (_owner.TreeLock)
        {
            var names = new Stack<string>();
            Dentry at = this;
            bool reached = false;
            while (true)
            {
                if (root is not null && ReferenceEquals(at, root))
                {
                    reached = true;
                    break;
                }

                if (!at.IsMountRoot)
                {
                    names.Push(at.Name);
                    at = at.Parent;
                }
                else if (at.Mount!.MountPoint is { } point)
                {
                    at = point;
                }
                else
                {
                    break;
                }
            }

            var path = new StringBuilder();
            if (root is not null && !reached)
            {
                path.Append("(unreachable)");
            }

            if (names.Count == 0)
            {
                path.Append('/');
            }

            foreach (string name in names)
            {
                path.Append('/').Append(name);
            }

            return IsDeleted ? path.Append(DeletedMark).ToString() : path.ToString();
        }
    }

    /// <summary>Whether this place is <paramref name="other"/> or below it in the same mount. Under the tree lock.</summary>
    internal bool IsBelowOrSame(Dentry other)
    {
        for (Dentry at = this; ; at = at.Parent)
        {
            if (ReferenceEquals(at, other))
            {
                return true;
            }

            if (at.IsMountRoot)
            {
                return false;
            }
        }
    }

    /// <summary>A live child by name, or null. Under the tree lock.</summary>
    internal Dentry? FindChild(string name)
    {
        if (_pinned is not null && _pinned.TryGetValue(name, out Dentry? pinned))
        {
            return pinned;
        }

        return _children is not null && _children.TryGetValue(name, out WeakReference<Dentry>? weak) && weak.TryGetTarget(out Dentry? child) ? child : null;
    }

    /// <summary>A child that exists only as a mount point, found by no look-up of the file system; or null. Under the tree lock.</summary>
    internal Dentry? FindPinned(string name) => _pinned?.GetValueOrDefault(name);

    /// <summary>The child for a file that was looked up: the live dentry if it still stands for that file, or a new one. Under the tree lock.</summary>
    internal Dentry GetOrAddChild(string name, Inode inode)
    {
        if (FindChild(name) is { } existing)
        {
            if (ReferenceEquals(existing.Inode, inode) || existing.MountedHere is not null)
            {
                return existing;
            }

            if (existing.Inode.Number == inode.Number && existing.Inode.Type == inode.Type)
            {
                existing.Inode = inode;
                return existing;
            }

            existing.IsDeleted = true;
        }

        var child = new Dentry(_owner, Mount, this, name, inode);
        Attach(child);
        return child;
    }

    /// <summary>Forgets a child whose name is gone. Under the tree lock.</summary>
    internal void Remove(string name)
    {
        if (FindChild(name) is { } child && _pinned?.ContainsKey(name) is not true)
        {
            child.IsDeleted = true;
        }

        _children?.Remove(name);
    }

    /// <summary>Moves a live child to a new name and parent. Under the tree lock.</summary>
    internal static void Move(Dentry oldParent, string oldName, Dentry newParent, string newName)
    {
        Dentry? moved = oldParent.FindChild(oldName);
        oldParent._children?.Remove(oldName);
        newParent.Remove(newName);
        if (moved is not null)
        {
            moved.Parent = newParent;
            moved.Name = newName;
            newParent.Attach(moved);
        }
    }

    /// <summary>Swaps two children (RENAME_EXCHANGE). Under the tree lock.</summary>
    internal static void Exchange(Dentry firstParent, string firstName, Dentry secondParent, string secondName)
    {
        Dentry? first = firstParent.FindChild(firstName);
        Dentry? second = secondParent.FindChild(secondName);
        firstParent._children?.Remove(firstName);
        secondParent._children?.Remove(secondName);
        if (first is not null)
        {
            (first.Parent, first.Name) = (secondParent, secondName);
            secondParent.Attach(first);
        }

        if (second is not null)
        {
            (second.Parent, second.Name) = (firstParent, firstName);
            firstParent.Attach(second);
        }
    }

    /// <summary>Adds a child that stays, for a mount point in a directory that has no such entry. Under the tree lock.</summary>
    internal Dentry Pin(string name, Inode inode)
    {
        var child = new Dentry(_owner, Mount, this, name, inode);
        (_pinned ??= new Dictionary<string, Dentry>(StringComparer.Ordinal))[name] = child;
        return child;
    }

    private void Attach(Dentry child)
    {
        _children ??= new Dictionary<string, WeakReference<Dentry>>(StringComparer.Ordinal);
        if (_children.Count >= _purgeAt)
        {
            foreach (string name in _children.Where(c => !c.Value.TryGetTarget(out _)).Select(c => c.Key).ToArray())
            {
                _children.Remove(name);
            }

            // Purging whenever the survivors double keeps the work per look-up constant.
            _purgeAt = Math.Max(32, _children.Count * 2);
        }

        _children[child.Name] = new WeakReference<Dentry>(child);
    }
}
