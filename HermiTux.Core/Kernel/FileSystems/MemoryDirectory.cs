using System.Runtime.InteropServices;
using HermiTux.Abi;

namespace HermiTux.Kernel.FileSystems;

/// <summary>
/// A directory. Each entry gets a position when it is made and keeps it, so that a reader who comes back (getdents64(2), seekdir(3)) neither misses
/// nor repeats entries that were there all the time, whatever is added and removed meanwhile.
/// </summary>
internal sealed class MemoryDirectory : MemoryInode
{
    private const long FirstPosition = 3;
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly List<Entry?> _order = [];
    private long _nextPosition = FirstPosition;
    private bool _removed;

    public MemoryDirectory(MemoryFileSystem owner, in NewInode attributes, MemoryDirectory? parent) : base(owner, attributes)
    {
        Parent = parent ?? this;
        Links = 2;
    }

    public MemoryDirectory Parent { get; private set; }

    public bool IsEmpty => _entries.Count == 0;

    protected override long Size => _entries.Count * 20;

    public override Result<Inode> Lookup(string name)
    {
        lock (Owner.NameLock)
        {
            return _entries.TryGetValue(name, out Entry? entry) ? entry.Inode : Errno.ENOENT;
        }
    }

    public override Result<Inode> Create(string name, in NewInode attributes)
    {
        NewInode copy = attributes;
        return Add(name, () => (copy.Mode & StatConstants.S_IFMT) == StatConstants.S_IFREG ? new MemoryFile(Owner, copy, linked: true) : new MemorySpecialFile(Owner, copy));
    }

    public override Result<Inode> CreateUnnamed(in NewInode attributes) =>
        Owner.TryCharge() ? new MemoryFile(Owner, attributes, linked: false) { IsCharged = true } : Errno.ENOSPC;

    public override Result<Inode> MakeDirectory(string name, in NewInode attributes)
    {
        NewInode copy = attributes;
        return Add(name, () => new MemoryDirectory(Owner, copy, this));
    }

    public override Result<Inode> MakeSymbolicLink(string name, string target, in NewInode attributes)
    {
        NewInode copy = attributes;
        lock (Owner.NameLock)
        {
            if (!Owner.TryChargeBytes(MemorySymbolicLink.HostBytes(target)))
            {
                return Errno.ENOSPC;
            }

            Result<Inode> made = Add(name, () => new MemorySymbolicLink(Owner, copy, target));
            if (!made.IsSuccess)
            {
                Owner.TryChargeBytes(-MemorySymbolicLink.HostBytes(target));
            }

            return made;
        }
    }

    public override Errno Link(string name, Inode target)
    {
        if (target is not MemoryInode inode || !ReferenceEquals(inode.Owner, Owner))
        {
            return Errno.EXDEV;
        }

        lock (Owner.NameLock)
        {
            if (inode.Links == 0 && inode is not MemoryFile { IsLinkable: true })
            {
                return Errno.ENOENT;
            }

            Errno error = Add(name, () => inode).Error;
            if (error == Errno.None)
            {
                inode.Links++;
                inode.ChangeTime = Owner.Now;
            }

            return error;
        }
    }

    public override Errno Unlink(string name)
    {
        lock (Owner.NameLock)
        {
            if (!_entries.TryGetValue(name, out Entry? entry))
            {
                return Errno.ENOENT;
            }

            if (entry.Inode is MemoryDirectory)
            {
                return Errno.EISDIR;
            }

            Remove(name);
            entry.Inode.OnUnlinked();
            return Errno.None;
        }
    }

    public override Errno RemoveDirectory(string name)
    {
        lock (Owner.NameLock)
        {
            if (!_entries.TryGetValue(name, out Entry? entry))
            {
                return Errno.ENOENT;
            }

            if (entry.Inode is not MemoryDirectory directory)
            {
                return Errno.ENOTDIR;
            }

            if (!directory.IsEmpty)
            {
                return Errno.ENOTEMPTY;
            }

            Remove(name);
            directory.MarkRemoved();
            Links--;
            return Errno.None;
        }
    }

    public override Errno Rename(string oldName, Inode newDirectory, string newName, uint flags)
    {
        if (newDirectory is not MemoryDirectory target || !ReferenceEquals(target.Owner, Owner))
        {
            return Errno.EXDEV;
        }

        lock (Owner.NameLock)
        {
            if (!_entries.TryGetValue(oldName, out Entry? moved))
            {
                return Errno.ENOENT;
            }

            if (target._removed)
            {
                return Errno.ENOENT;
            }

            target._entries.TryGetValue(newName, out Entry? replaced);
            if ((flags & Fcntl.RENAME_EXCHANGE) != 0)
            {
                return replaced is null ? Errno.ENOENT : Exchange(moved, target, replaced);
            }

            if (replaced is not null)
            {
                if ((flags & Fcntl.RENAME_NOREPLACE) != 0)
                {
                    return Errno.EEXIST;
                }

                if (replaced.Inode is MemoryDirectory directory)
                {
                    if (moved.Inode is not MemoryDirectory)
                    {
                        return Errno.EISDIR;
                    }

                    if (!directory.IsEmpty)
                    {
                        return Errno.ENOTEMPTY;
                    }

                    directory.MarkRemoved();
                    target.Links--;
                }
                else if (moved.Inode is MemoryDirectory)
                {
                    return Errno.ENOTDIR;
                }
                else
                {
                    replaced.Inode.OnUnlinked();
                }

                target.Remove(newName);
            }

            Remove(oldName);
            target.Insert(newName, moved.Inode);
            if (moved.Inode is MemoryDirectory child)
            {
                Links--;
                target.Links++;
                child.Parent = target;
            }

            moved.Inode.ChangeTime = Owner.Now;
            if ((flags & Fcntl.RENAME_WHITEOUT) != 0)
            {
                return Add(oldName, () => new MemorySpecialFile(Owner, new NewInode(StatConstants.S_IFCHR, 0, 0))).Error;
            }

            return Errno.None;
        }
    }

    public override Result<OpenFile> Open(int flags, Dentry dentry) => new MemoryDirectoryFile(this, flags, dentry);

    /// <summary>Hands entries from a position on to a filler; returns the position to go on from.</summary>
    public long List(long position, IDirectoryFiller filler)
    {
        lock (Owner.NameLock)
        {
            AccessTime = Owner.Now;
            int low = 0;
            int high = _order.Count;

            // Removed entries leave null, so the search compares with the nearest live entry to the right.
            while (low < high)
            {
                int middle = (low + high) / 2;
                int probe = middle;
                while (probe < high && _order[probe] is null)
                {
                    probe++;
                }

                if (probe == high)
                {
                    high = middle;
                }
                else if (_order[probe]!.Position < position)
                {
                    low = probe + 1;
                }
                else
                {
                    high = middle;
                }
            }

            for (int i = low; i < _order.Count; i++)
            {
                if (_order[i] is { } entry && entry.Position >= position)
                {
                    if (!filler.Add(entry.Name, entry.Inode.Number, entry.Inode.Type, entry.Position + 1))
                    {
                        return position;
                    }

                    position = entry.Position + 1;
                }
            }

            return position;
        }
    }

    private void MarkRemoved()
    {
        _removed = true;
        Links = 0;
        ReleaseHostBytes();
        ChangeTime = Owner.Now;
    }

    private Result<Inode> Add(string name, Func<MemoryInode> make)
    {
        lock (Owner.NameLock)
        {
            if (_removed)
            {
                return Errno.ENOENT;
            }

            if (_entries.ContainsKey(name))
            {
                return Errno.EEXIST;
            }

            if (!Owner.TryCharge())
            {
                return Errno.ENOSPC;
            }

            MemoryInode inode = make();
            Insert(name, inode);
            if (inode is MemoryDirectory)
            {
                Links++;
            }

            return inode;
        }
    }

    private void Insert(string name, MemoryInode inode)
    {
        var entry = new Entry(name, inode, _nextPosition++, _order.Count);
        _order.Add(entry);
        _entries.Add(name, entry);
        ModificationTime = ChangeTime = Owner.Now;
    }

    private void Remove(string name)
    {
        if (!_entries.Remove(name, out Entry? entry))
        {
            return;
        }

        _order[entry.Index] = null;
        Owner.Uncharge();
        ModificationTime = ChangeTime = Owner.Now;
        if (_order.Count > 32 && _entries.Count < _order.Count / 2)
        {
            _order.RemoveAll(e => e is null);
            Span<Entry?> entries = CollectionsMarshal.AsSpan(_order);
            for (int i = 0; i < entries.Length; i++)
            {
                entries[i]!.Index = i;
            }
        }
    }

    private Errno Exchange(Entry first, MemoryDirectory target, Entry second)
    {
        (first.Inode, second.Inode) = (second.Inode, first.Inode);
        if (second.Inode is MemoryDirectory moved)
        {
            moved.Parent = target;
            Links--;
            target.Links++;
        }

        if (first.Inode is MemoryDirectory back)
        {
            back.Parent = this;
            target.Links--;
            Links++;
        }

        long now = Owner.Now;
        first.Inode.ChangeTime = second.Inode.ChangeTime = now;
        ModificationTime = ChangeTime = target.ModificationTime = target.ChangeTime = now;
        return Errno.None;
    }

    private sealed class Entry(string name, MemoryInode inode, long position, int index)
    {
        public string Name { get; } = name;

        public MemoryInode Inode { get; set; } = inode;

        public long Position { get; } = position;

        public int Index { get; set; } = index;
    }

    private sealed class MemoryDirectoryFile : OpenFile
    {
        private readonly MemoryDirectory _directory;

        public MemoryDirectoryFile(MemoryDirectory directory, int flags, Dentry dentry) : base(flags)
        {
            _directory = directory;
            Dentry = dentry;
        }

        public override Inode Inode => _directory;

        public override bool IsSeekable => true;

        public override Result<int> Read(Span<byte> buffer, long position) => Errno.EISDIR;

        public override Errno Synchronize() => Errno.None;

        public override Errno ReadDirectory(IDirectoryFiller filler)
        {
            lock (PositionLock)
            {
                if (_directory._removed)
                {
                    return Errno.ENOENT;
                }

                if (ListDirectoryFile.AddDots(this, filler, Dentry))
                {
                    Position = _directory.List(Position, filler);
                }

                return Errno.None;
            }
        }
    }
}
