using HermiTux.Abi;
using FileMode = HermiTux.Abi.FileMode;

namespace HermiTux.Kernel.FileSystems;

/// <summary>
/// A file as the overlay shows it: the upper one if it was made or copied there, otherwise the uppermost lower one. A
/// directory may be both, and shows the entries of all that are neither covered nor whited out.
/// </summary>
internal sealed class OverlayInode : Inode
{
    /// <summary>Keeps the numbers of files that are only in the upper layer apart from those of the lower layers.</summary>
    private const ulong UpperNumbers = 1UL << 48;

    private readonly OverlayFileSystem _owner;
    private readonly uint _type;
    private Inode[] _lowers;
    private HashSet<string>? _whiteouts;
    private OverlayInode? _parent;
    private string _name;
    private bool _removed;

    public OverlayInode(OverlayFileSystem owner, MemoryInode? upper, Inode[] lowers, OverlayInode? parent, string name)
    {
        _owner = owner;
        Upper = upper;
        _lowers = lowers;
        _parent = parent;
        _name = name;
        _type = (upper ?? lowers[0]).Type;
        Number = lowers.Length > 0 ? lowers[0].Number : upper!.Number | UpperNumbers;
    }

    public override ulong Number { get; }

    public override uint Type => _type;

    /// <summary>The file in the upper layer; set once, by copying up.</summary>
    public MemoryInode? Upper { get; private set; }

    /// <summary>What is shown: the upper file, or the lower one.</summary>
    public Inode Real => Upper ?? _lowers[0];

    private MemoryDirectory UpperDirectory => (MemoryDirectory)Upper!;

    public override Result<InodeAttributes> GetAttributes()
    {
        Result<InodeAttributes> real = Real.GetAttributes();
        if (!real.IsSuccess)
        {
            return real;
        }

        // Like overlayfs: the links of a merged directory are not counted.
        bool merged = _type == FileMode.S_IFDIR && _lowers.Length > 0;
        return real.Value with { Inode = Number, Device = 0, Links = _removed && Upper is null ? 0 : merged ? 1 : real.Value.Links };
    }

    public override Result<string> ReadLink() => Real.ReadLink();

    public override Result<Inode> Lookup(string name)
    {
        if (_type != FileMode.S_IFDIR)
        {
            return Errno.ENOTDIR;
        }

        lock (_owner.Lock)
        {
            if (_removed)
            {
                return Errno.ENOENT;
            }

            if (Upper is not null && Upper.Lookup(name).TryGet(out Inode? above, out _))
            {
                return _owner.ForUpper((MemoryInode)above, this, name);
            }

            return FindBelow(name, out Errno error) is { } below ? _owner.ForLower(below, this, name) : error;
        }
    }

    public override Result<Inode> Create(string name, in NewInode attributes)
    {
        NewInode copy = attributes;
        return Add(name, directory => directory.Create(name, copy));
    }

    public override Result<Inode> CreateUnnamed(in NewInode attributes)
    {
        lock (_owner.Lock)
        {
            if (CopyUp() is not Errno.None and var error)
            {
                return error;
            }

            return Upper!.CreateUnnamed(attributes).TryGet(out Inode? inode, out error) ? _owner.ForUpper((MemoryInode)inode, this, "") : error;
        }
    }

    public override Result<Inode> MakeDirectory(string name, in NewInode attributes)
    {
        NewInode copy = attributes;
        return Add(name, directory => directory.MakeDirectory(name, copy));
    }

    public override Result<Inode> MakeSymbolicLink(string name, string target, in NewInode attributes)
    {
        NewInode copy = attributes;
        return Add(name, directory => directory.MakeSymbolicLink(name, target, copy));
    }

    public override Errno Link(string name, Inode target)
    {
        if (target is not OverlayInode inode || !ReferenceEquals(inode._owner, _owner))
        {
            return Errno.EXDEV;
        }

        lock (_owner.Lock)
        {
            return inode._removed && inode.Upper is null ? Errno.ENOENT
                : inode.CopyUp() is not Errno.None and var error ? error
                : Add(name, directory => directory.Link(name, inode.Upper!) is not Errno.None and var e ? e : inode.Upper!).Error;
        }
    }

    public override Errno Unlink(string name)
    {
        lock (_owner.Lock)
        {
            if (!Lookup(name).TryGet(out Inode? found, out Errno error))
            {
                return error;
            }

            var victim = (OverlayInode)found;
            if (victim._type == FileMode.S_IFDIR)
            {
                return Errno.EISDIR;
            }

            return Remove(name, victim, directory => directory.Unlink(name));
        }
    }

    public override Errno RemoveDirectory(string name)
    {
        lock (_owner.Lock)
        {
            if (!Lookup(name).TryGet(out Inode? found, out Errno error))
            {
                return error;
            }

            var victim = (OverlayInode)found;
            return victim._type != FileMode.S_IFDIR ? Errno.ENOTDIR
                : victim.List().Count > 0 ? Errno.ENOTEMPTY
                : Remove(name, victim, directory => directory.RemoveDirectory(name));
        }
    }

    public override Errno Rename(string oldName, Inode newDirectory, string newName, uint flags)
    {
        if (newDirectory is not OverlayInode target || !ReferenceEquals(target._owner, _owner))
        {
            return Errno.EXDEV;
        }

        if ((flags & Fcntl.RENAME_WHITEOUT) != 0)
        {
            return Errno.EINVAL;
        }

        lock (_owner.Lock)
        {
            if (target._removed)
            {
                return Errno.ENOENT;
            }

            if (!Lookup(oldName).TryGet(out Inode? found, out Errno error))
            {
                return error;
            }

            bool exchange = (flags & Fcntl.RENAME_EXCHANGE) != 0;
            var source = (OverlayInode)found;
            var replaced = target.Lookup(newName).Value as OverlayInode;
            if (replaced is null ? exchange : (flags & Fcntl.RENAME_NOREPLACE) != 0)
            {
                return replaced is null ? Errno.ENOENT : Errno.EEXIST;
            }

            if (!exchange && replaced is { _type: FileMode.S_IFDIR } && replaced.List().Count > 0)
            {
                return Errno.ENOTEMPTY;
            }

            error = source.CopyUp();
            error = error != Errno.None ? error : target.CopyUp();
            error = error != Errno.None || !exchange ? error : replaced!.CopyUp();
            if (error != Errno.None)
            {
                return error;
            }

            // A copy may stand under another name of a lower file with several; then this name is not in the upper directory yet.
            error = Place(oldName, source);
            error = error != Errno.None || !exchange ? error : target.Place(newName, replaced!);
            error = error != Errno.None ? error : UpperDirectory.Rename(oldName, target.UpperDirectory, newName, flags);
            if (error != Errno.None)
            {
                return error;
            }

            source.MoveTo(target, newName);
            if (exchange)
            {
                replaced!.MoveTo(this, oldName);
                return Errno.None;
            }

            target._whiteouts?.Remove(newName);
            HideBelow(oldName);
            if (replaced is not null && (replaced.Upper is null || replaced._type == FileMode.S_IFDIR))
            {
                replaced._removed = true;
            }

            return Errno.None;
        }
    }

    public override Errno SetAttributes(in AttributeChange change)
    {
        lock (_owner.Lock)
        {
            return CopyUp(withContent: change.Size is not 0) is not Errno.None and var error ? error : Upper!.SetAttributes(change);
        }
    }

    public override Result<byte[]> GetExtendedAttribute(string name) => Real.GetExtendedAttribute(name);

    public override Result<string[]> ListExtendedAttributes() => Real.ListExtendedAttributes();

    public override Errno SetExtendedAttribute(string name, byte[]? value, int flags)
    {
        lock (_owner.Lock)
        {
            return CopyUp() is not Errno.None and var error ? error : Upper!.SetExtendedAttribute(name, value, flags);
        }
    }

    public override Result<OpenFile> Open(int flags, Dentry dentry)
    {
        if (_type == FileMode.S_IFDIR)
        {
            return new ListDirectoryFile(this, flags, dentry, List);
        }

        if (_type != FileMode.S_IFREG)
        {
            return _type == FileMode.S_IFLNK ? Errno.ELOOP : Errno.ENXIO;
        }

        lock (_owner.Lock)
        {
            if ((flags & Fcntl.O_ACCMODE) is Fcntl.O_WRONLY or Fcntl.O_RDWR && CopyUp() is not Errno.None and var error)
            {
                return error;
            }

            return Real.Open(flags, dentry).TryGet(out OpenFile? file, out error) ? new OverlayOpenFile(this, file, flags, dentry) : error;
        }
    }

    public void MoveTo(OverlayInode parent, string name)
    {
        lock (_owner.Lock)
        {
            if (_parent is not null)
            {
                (_parent, _name) = (parent, name);
            }
        }
    }

    /// <summary>Makes sure that the file is in the upper layer, and all directories above it.</summary>
    private Errno CopyUp(bool withContent = true)
    {
        // A loop, since a guest can nest directories deeper than our stack.
        var chain = new Stack<OverlayInode>();
        for (OverlayInode at = this; at.Upper is null; at = at._parent!)
        {
            chain.Push(at);
            if (at._removed)
            {
                break;
            }
        }

        while (chain.TryPop(out OverlayInode? next))
        {
            if (next.CopyOne(withContent || !ReferenceEquals(next, this)) is not Errno.None and var error)
            {
                return error;
            }
        }

        return Errno.None;
    }

    private Errno CopyOne(bool withContent)
    {
        Inode lower = _lowers[0];
        if (!lower.GetAttributes().TryGet(out InodeAttributes from, out Errno error))
        {
            return error;
        }

        var attributes = new NewInode(from.Mode, from.Uid, from.Gid, from.RawDevice);
        Result<Inode> made;
        if (_removed)
        {
            // An open file whose name is gone: its copy has none either.
            made = _type == FileMode.S_IFREG ? _owner.Upper.CreateDetachedFile(from.Mode & FileMode.PermissionBits, from.Uid, from.Gid) : Errno.ENOENT;
        }
        else
        {
            MemoryDirectory directory = _parent!.UpperDirectory;
            made = _type switch
            {
                FileMode.S_IFDIR => directory.MakeDirectory(_name, attributes),
                FileMode.S_IFLNK => lower.ReadLink().TryGet(out string? target, out error) ? directory.MakeSymbolicLink(_name, target, attributes) : error,
                _ => directory.Create(_name, attributes),
            };
        }

        if (!made.IsSuccess)
        {
            return made.Error;
        }

        var copy = (MemoryInode)made.Value;
        if (copy is MemoryFile file)
        {
            error = withContent ? CopyContent(lower, file) : Errno.None;
            if (error != Errno.None)
            {
                if (!_removed)
                {
                    _parent!.UpperDirectory.Unlink(_name);
                }

                return error;
            }

            if (from.Links > 1)
            {
                // Names below still lead here when the name above is removed.
                file.AddUser();
            }
        }

        if (lower.ListExtendedAttributes().TryGet(out string[]? names, out _))
        {
            foreach (string name in names)
            {
                if (lower.GetExtendedAttribute(name).TryGet(out byte[]? value, out _))
                {
                    copy.SetExtendedAttribute(name, value, 0);
                }
            }
        }

        copy.SetAttributes(new AttributeChange { AccessTime = from.AccessTime, ModificationTime = from.ModificationTime });
        _owner.NoteCopied(copy, this, _type != FileMode.S_IFDIR && from.Links > 1);
        Upper = copy;
        if (_type != FileMode.S_IFDIR)
        {
            _lowers = [lower];
        }

        return Errno.None;
    }

    private static Errno CopyContent(Inode lower, MemoryFile copy)
    {
        Dentry place = Dentry.CreateDetached("", lower);
        if (!lower.Open(Fcntl.O_RDONLY, place).TryGet(out OpenFile? file, out Errno error))
        {
            return error;
        }

        byte[] buffer = new byte[65536];
        long position = 0;
        while (true)
        {
            Result<int> count = file.Read(buffer, position);
            if (!count.IsSuccess || count.Value == 0)
            {
                file.Release();
                return count.IsSuccess ? copy.Content.Truncate(position) : count.Error;
            }

            // Holes stay holes.
            ReadOnlySpan<byte> bytes = buffer.AsSpan(0, count.Value);
            for (int done = 0; done < bytes.Length;)
            {
                ReadOnlySpan<byte> part = bytes.Slice(done, Math.Min(Memory.Page.Size, bytes.Length - done));
                if (part.ContainsAnyExcept((byte)0))
                {
                    Result<int> written = copy.Content.Write(part, position + done);
                    if (!written.IsSuccess || written.Value != part.Length)
                    {
                        file.Release();
                        return Errno.ENOSPC;
                    }
                }

                done += part.Length;
            }

            position += count.Value;
        }
    }

    private Result<Inode> Add(string name, Func<MemoryDirectory, Result<Inode>> add)
    {
        lock (_owner.Lock)
        {
            if (_removed)
            {
                return Errno.ENOENT;
            }

            if (Lookup(name) is { IsSuccess: true })
            {
                return Errno.EEXIST;
            }

            if (CopyUp() is not Errno.None and var error)
            {
                return error;
            }

            if (!add(UpperDirectory).TryGet(out Inode? made, out error))
            {
                return error;
            }

            // A whiteout stays below the new entry: it is needed again when that goes.
            return _owner.ForUpper((MemoryInode)made, this, name);
        }
    }

    private Errno Remove(string name, OverlayInode victim, Func<MemoryDirectory, Errno> remove)
    {
        if (CopyUp() is not Errno.None and var error)
        {
            return error;
        }

        if (Upper!.Lookup(name).IsSuccess)
        {
            error = remove(UpperDirectory);
            if (error != Errno.None)
            {
                return error;
            }
        }

        HideBelow(name);
        if (victim.Upper is null || victim._type == FileMode.S_IFDIR)
        {
            victim._removed = true;
        }

        return Errno.None;
    }

    /// <summary>Gives a copied file this name in the upper directory too.</summary>
    private Errno Place(string name, OverlayInode inode) =>
        Upper!.Lookup(name).IsSuccess ? Errno.None : inode.Upper is MemoryDirectory ? Errno.EIO : UpperDirectory.Link(name, inode.Upper!);

    /// <summary>Hides what the lower layers have under a name.</summary>
    private void HideBelow(string name)
    {
        if (_lowers.Any(l => l.Lookup(name).IsSuccess))
        {
            (_whiteouts ??= new HashSet<string>(StringComparer.Ordinal)).Add(name);
        }
    }

    private Inode[]? FindBelow(string name, out Errno error)
    {
        error = Errno.ENOENT;
        if (_whiteouts?.Contains(name) is true)
        {
            return null;
        }

        List<Inode>? found = null;
        foreach (Inode lower in _lowers)
        {
            Result<Inode> entry = lower.Lookup(name);
            if (!entry.IsSuccess)
            {
                if (entry.Error is not (Errno.ENOENT or Errno.ENOTDIR) && found is null)
                {
                    error = entry.Error;
                    return null;
                }

                continue;
            }

            if (entry.Value.Type != FileMode.S_IFDIR)
            {
                return found is null ? [entry.Value] : [.. found];
            }

            (found ??= []).Add(entry.Value);
        }

        return found is null ? null : [.. found];
    }

    private List<DirectoryEntry> List()
    {
        lock (_owner.Lock)
        {
            if (_removed)
            {
                return [];
            }

            var seen = new HashSet<string>(StringComparer.Ordinal);
            var entries = new List<DirectoryEntry>();
            IEnumerable<Inode> layers = Upper is null ? _lowers : _lowers.Prepend(Upper);
            foreach (Inode layer in layers)
            {
                bool above = ReferenceEquals(layer, Upper);
                foreach (DirectoryEntry entry in DirectoryCollector.Collect(layer))
                {
                    if ((above || _whiteouts?.Contains(entry.Name) is not true) && seen.Add(entry.Name)
                        && Lookup(entry.Name).TryGet(out Inode? shown, out _))
                    {
                        entries.Add(new DirectoryEntry(entry.Name, shown.Number, shown.Type));
                    }
                }
            }

            return entries;
        }
    }
}

/// <summary>Reads all entries of a directory but "." and "..".</summary>
internal sealed class DirectoryCollector : IDirectoryFiller
{
    private readonly List<DirectoryEntry> _entries = [];

    public static IReadOnlyList<DirectoryEntry> Collect(Inode directory)
    {
        Dentry place = Dentry.CreateDetached("", directory);
        if (!directory.Open(Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, place).TryGet(out OpenFile? file, out _))
        {
            return [];
        }

        var collector = new DirectoryCollector();
        file.ReadDirectory(collector);
        file.Release();
        return collector._entries;
    }

    public bool Add(string name, ulong inode, uint type, long nextPosition)
    {
        if (name is not ("." or ".."))
        {
            _entries.Add(new DirectoryEntry(name, inode, type));
        }

        return true;
    }
}
