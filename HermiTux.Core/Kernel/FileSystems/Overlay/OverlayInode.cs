using HermiTux.Abi;

namespace HermiTux.Kernel.FileSystems;

/// <summary>
/// A file as the overlay shows it: the upper one if it was made or copied there, otherwise the uppermost lower one. A
/// directory may be both, and shows the entries of all that are neither covered nor whited out.
/// </summary>
internal sealed partial class OverlayInode : Inode
{
    private readonly OverlayFileSystem _owner;
    private readonly uint _type;
    private Inode[] _lowers;
    private HashSet<string>? _whiteouts;
    private OverlayInode? _parent;
    private string _name;
    private bool _removed;

    /// <summary>Lower names of a file that isn't copied up that were removed.</summary>
    private int _hiddenNames;

    /// <summary>Lower names of a file that is copied up that still lead to it, besides those it has in the upper layer.</summary>
    private int _otherNames;

    /// <summary>Whether the name under which it was found last was removed, though others may be left.</summary>
    private bool _isPlaceGone;

    /// <summary>Whether the upper file is held for the sake of <see cref="_otherNames"/>.</summary>
    private bool _isHeld;

    public OverlayInode(OverlayFileSystem owner, MemoryInode? upper, Inode[] lowers, OverlayInode? parent, string name)
    {
        _owner = owner;
        Upper = upper;
        _lowers = lowers;
        _parent = parent;
        _name = name;
        _type = (upper ?? lowers[0]).Type;
        Number = lowers.Length > 0 ? lowers[0].Number : upper!.Number | owner.UpperNumbers;
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
        uint links = _type == StatConstants.S_IFDIR
            ? _removed && Upper is null ? 0 : _lowers.Length > 0 ? 1 : real.Value.Links
            : (uint)Math.Max(0, real.Value.Links + (Upper is null ? -_hiddenNames : _otherNames));
        return real.Value with { Inode = Number, Device = 0, Links = links };
    }

    public override Result<string> ReadLink() => Real.ReadLink();

    public override Result<Inode> Lookup(string name)
    {
        if (_type != StatConstants.S_IFDIR)
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
            if (victim._type == StatConstants.S_IFDIR)
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
            return victim._type != StatConstants.S_IFDIR ? Errno.ENOTDIR
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

            if (!exchange && replaced is { _type: StatConstants.S_IFDIR } && replaced.List().Count > 0)
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
            bool replacedAbove = target.Upper!.Lookup(newName).IsSuccess;
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
            replaced?.LoseName(target, newName, replacedAbove);
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
        if (_type == StatConstants.S_IFDIR)
        {
            return new ListDirectoryFile(this, flags, dentry, List);
        }

        if (_type != StatConstants.S_IFREG)
        {
            return _type == StatConstants.S_IFLNK ? Errno.ELOOP : Errno.ENXIO;
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
                _isPlaceGone = false;
            }
        }
    }

    /// <summary>A name that led here was removed, from the upper layer or only from below.</summary>
    private void LoseName(OverlayInode parent, string name, bool wasAbove)
    {
        if (_type == StatConstants.S_IFDIR)
        {
            _removed = true;
            return;
        }

        if (ReferenceEquals(_parent, parent) && _name == name)
        {
            _isPlaceGone = true;
        }

        if (wasAbove)
        {
            // Its other names below may still be given to it above.
            if (_otherNames > 0 && Upper is MemoryFile linkable)
            {
                linkable.IsLinkable = true;
            }

            return;
        }

        _owner.Keep(this);
        if (Upper is null)
        {
            _hiddenNames++;
            _removed = !_lowers[0].GetAttributes().TryGet(out InodeAttributes lower, out _) || _hiddenNames >= lower.Links;
            return;
        }

        _otherNames--;
        if (_otherNames == 0 && _isHeld)
        {
            _isHeld = false;
            ((MemoryFile)Upper).RemoveUser();
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

        bool isAbove = Upper!.Lookup(name).IsSuccess;
        if (isAbove)
        {
            error = remove(UpperDirectory);
            if (error != Errno.None)
            {
                return error;
            }
        }

        HideBelow(name);
        victim.LoseName(this, name, isAbove);
        return Errno.None;
    }

    /// <summary>Gives a copied file this name in the upper directory too.</summary>
    private Errno Place(string name, OverlayInode inode)
    {
        if (Upper!.Lookup(name).IsSuccess)
        {
            return Errno.None;
        }

        Errno error = inode.Upper is MemoryDirectory ? Errno.EIO : UpperDirectory.Link(name, inode.Upper!);
        if (error == Errno.None && inode._otherNames > 0 && --inode._otherNames == 0 && inode._isHeld)
        {
            inode._isHeld = false;
            ((MemoryFile)inode.Upper!).RemoveUser();
        }

        return error;
    }

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

            if (entry.Value.Type != StatConstants.S_IFDIR)
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
