using HermiTux.Abi;

namespace HermiTux.Kernel.FileSystems;

/// <summary>
/// The machine's file tree: mounts, path resolution component by component, permission checks, and the operations of
/// the *at() family. A null <c>start</c> is the working directory.
/// </summary>
/// <remarks>
/// <para>Thread-safe. One lock orders changes of the tree; file systems are called with it held, so an <see cref="Inode"/> must not call back into
/// the tree and should answer soon.</para>
/// <para>Opening (VirtualFileSystem.Open.cs) and changing names (VirtualFileSystem.Names.cs) are in files of their own.</para>
/// </remarks>
public sealed partial class VirtualFileSystem
{
    private readonly List<Mount> _mounts = [];
    private readonly Mount _rootMount;
    private int _nextMountId = 20;
    private int _nextDevice = 20;

    /// <summary>Creates a tree.</summary>
    /// <param name="root">What is at the root; null for an empty read-only directory that something is to be mounted over.</param>
    /// <param name="readOnly">Whether the root is mounted read-only.</param>
    public VirtualFileSystem(IFileSystem? root = null, bool readOnly = false)
    {
        _rootMount = CreateMount(root ?? new EmptyFileSystem(), null, readOnly, null);
        _mounts.Add(_rootMount);
    }

    /// <summary>The root directory.</summary>
    public Dentry Root => TopOfMounts(_rootMount.Root);

    /// <summary>Which device numbers lead to which devices, for device nodes on any file system.</summary>
    internal DeviceRegistry Devices { get; } = new();

    /// <summary>Tells inotify(7) instances what happens to files.</summary>
    internal Inotify.FileNotifier Notifier { get; } = new();

    /// <summary>Orders changes of the tree and of the dentries. Recursive.</summary>
    internal Lock TreeLock { get; } = new();

    /// <summary>The mounts in order, for /proc/mounts.</summary>
    public IReadOnlyList<MountInfo> Mounts
    {
        get
        {
            lock (TreeLock)
            {
                return [.. _mounts.Select(m => new MountInfo(m.MountPoint?.FullPath ?? "/", m.FileSystem.TypeName, m.Source, m.ReadOnly, m.Device)
                {
                    Id = m.Id,
                    ParentId = m.MountPoint?.Mount?.Id ?? m.Id,
                })];
            }
        }
    }

    /// <summary>
    /// Mounts a file system over a place: a directory, or a file when the file system's root is one. Missing components become
    /// mount points that only look-ups see, whether or not what is below could hold them.
    /// </summary>
    /// <param name="path">An absolute path without symbolic links in the missing part.</param>
    /// <param name="fileSystem">What to mount.</param>
    /// <param name="readOnly">EROFS for every change.</param>
    /// <returns>None; EINVAL for a relative path; ENOTDIR when a directory would cover a file or the reverse.</returns>
    public Errno Mount(string path, IFileSystem fileSystem, bool readOnly) => Mount(path, fileSystem, readOnly, null);

    /// <summary>The same with the first column of /proc/mounts.</summary>
    public Errno Mount(string path, IFileSystem fileSystem, bool readOnly, string? source)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(fileSystem);
        if (path.Length == 0 || path[0] != '/' || path.Contains('\0', StringComparison.Ordinal))
        {
            return Errno.EINVAL;
        }

        lock (TreeLock)
        {
            bool directory = fileSystem.Root.Type == StatConstants.S_IFDIR;
            if (!FindOrPin(path, directory).TryGet(out Dentry? place, out Errno error))
            {
                return error;
            }

            if ((place.Inode.Type == StatConstants.S_IFDIR) != directory)
            {
                return directory ? Errno.ENOTDIR : Errno.EISDIR;
            }

            Mount mount = CreateMount(fileSystem, place, readOnly, source);
            place.MountedHere = mount;
            _mounts.Add(mount);
            return Errno.None;
        }
    }

    /// <summary>umount(2): EINVAL when nothing is mounted there, EBUSY when something is mounted below it.</summary>
    public Errno Unmount(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        lock (TreeLock)
        {
            Mount? mount = _mounts.FindLast(m => m.MountPoint is { } point && point.FullPath == path);
            if (mount is null)
            {
                return Errno.EINVAL;
            }

            if (_mounts.Exists(m => ReferenceEquals(m.MountPoint?.Mount, mount)))
            {
                return Errno.EBUSY;
            }

            mount.MountPoint!.MountedHere = null;
            _mounts.Remove(mount);
            return Errno.None;
        }
    }

    /// <summary>Walks a path.</summary>
    /// <returns>The place; ENOENT, ENOTDIR, EACCES, ELOOP, ENAMETOOLONG as path_resolution(7) says, EXDEV for the RESOLVE_* limits.</returns>
    public Result<Dentry> Resolve(FsContext context, Dentry? start, string path, ResolveFlags flags = ResolveFlags.None)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(path);
        return CheckLength(path) is not Errno.None and var error ? error : new PathWalk(this, context, start, path, flags).ToEnd();
    }

    /// <summary>readlink(2) as the process sees it: EINVAL when it is no symbolic link.</summary>
    public Result<string> ReadLink(FsContext context, Dentry dentry)
    {
        ArgumentNullException.ThrowIfNull(dentry);
        return dentry.Inode.Type == StatConstants.S_IFLNK ? dentry.Inode.ReadLink(context) : Errno.EINVAL;
    }

    /// <summary>stat(2) of a place.</summary>
    public Result<InodeAttributes> GetAttributes(Dentry dentry)
    {
        ArgumentNullException.ThrowIfNull(dentry);
        Result<InodeAttributes> result = dentry.Inode.GetAttributes();
        return result.IsSuccess && result.Value.Device == 0 && dentry.Mount is { } mount ? result.Value with { Device = mount.Device } : result;
    }

    /// <summary>statfs(2).</summary>
    public FileSystemStatistics GetStatistics(Dentry dentry)
    {
        ArgumentNullException.ThrowIfNull(dentry);
        const long ReadOnlyFlag = 1;
        const long ValidFlag = 0x20;
        if (dentry.Mount is not { } mount)
        {
            return new FileSystemStatistics(0x50495045, Memory.Page.Size, 0, 0, 0, 0, ValidFlag);
        }

        FileSystemStatistics statistics = mount.FileSystem.GetStatistics();
        return statistics with { Flags = statistics.Flags | ValidFlag | (mount.ReadOnly ? ReadOnlyFlag : 0) };
    }

    /// <summary>The mount id of a place (statx(2)); 0 for files that are nowhere in the tree.</summary>
    public int GetMountId(Dentry dentry)
    {
        ArgumentNullException.ThrowIfNull(dentry);
        return dentry.Mount?.Id ?? 0;
    }

    /// <summary>access(2): <paramref name="mode"/> is R_OK, W_OK, X_OK, with real or effective ids.</summary>
    public Errno CheckAccess(FsContext context, Dentry dentry, int mode, bool effectiveIds)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(dentry);
        Credentials who = context.Credentials;
        if (!effectiveIds)
        {
            who = new Credentials { Fsuid = who.Uid, Fsgid = who.Gid, Groups = who.Groups };
        }

        if (Permissions.Check(dentry.Inode, who, mode) is not Errno.None and var denied)
        {
            return denied;
        }

        bool special = dentry.Inode.Type is StatConstants.S_IFCHR or StatConstants.S_IFBLK or StatConstants.S_IFIFO or StatConstants.S_IFSOCK;
        return (mode & Fcntl.W_OK) != 0 && dentry.IsReadOnly && !special ? Errno.EROFS : Errno.None;
    }

    /// <summary>chmod(2), chown(2), utimensat(2), truncate(2) with the checks that each needs.</summary>
    public Errno SetAttributes(FsContext context, Dentry dentry, in AttributeChange change)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(dentry);
        Inode inode = dentry.Inode;
        if (change.Size is { } size)
        {
            if (size < 0)
            {
                return Errno.EINVAL;
            }

            if (inode.Type != StatConstants.S_IFREG)
            {
                return inode.Type == StatConstants.S_IFDIR ? Errno.EISDIR : Errno.EINVAL;
            }
        }

        if (change.Size is not null && Permissions.Check(inode, context.Credentials, Permissions.Write) is not Errno.None and var unwritable)
        {
            return dentry.IsReadOnly ? Errno.EROFS : unwritable;
        }

        if (dentry.IsReadOnly)
        {
            return Errno.EROFS;
        }

        Errno error = SetAttributes(context, inode, change);
        if (error == Errno.None && Notifier.IsActive && EventOf(change) is not 0 and var mask)
        {
            Notifier.OnFile(dentry, mask);
        }

        return error;
    }

    /// <summary>fchmod(2), fchown(2), futimens(3) on a file that may be nowhere in the tree. A size needs no permission: the descriptor had it.</summary>
    public Errno SetAttributes(FsContext context, Inode inode, in AttributeChange change)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(inode);
        if (!inode.GetAttributes().TryGet(out InodeAttributes now, out Errno error))
        {
            return error;
        }

        Credentials who = context.Credentials;
        AttributeChange effective = change;
        if (change.Mode is { } mode)
        {
            if (!Permissions.IsOwner(now, who))
            {
                return Errno.EPERM;
            }

            mode &= StatConstants.PermissionBits;
            if (!Permissions.IsPrivileged(who) && !Permissions.IsInGroup(who, now.Gid))
            {
                mode &= ~StatConstants.S_ISGID;
            }

            effective = effective with { Mode = mode };
        }

        if (change.Uid is not null || change.Gid is not null)
        {
            if (!Permissions.IsPrivileged(who))
            {
                bool owner = who.Fsuid == now.Uid;
                bool userAllowed = change.Uid is not { } uid || (owner && uid == now.Uid);
                bool groupAllowed = change.Gid is not { } gid || (owner && (gid == now.Gid || Permissions.IsInGroup(who, gid)));
                if (!userAllowed || !groupAllowed)
                {
                    return Errno.EPERM;
                }
            }

            effective = WithoutSetIds(effective, now, who);
        }
        else if (change is { Mode: null, Size: null, AccessTime: null, ModificationTime: null })
        {
            // chown(2) with both ids -1: changes nothing, but clears the bits all the same.
            effective = WithoutSetIds(effective, now, who);
        }

        if (change.AccessTime is not null || change.ModificationTime is not null)
        {
            if (!Permissions.IsOwner(now, who))
            {
                if (!change.TimesAreNow)
                {
                    return Errno.EPERM;
                }

                if (Permissions.Check(now, who, Permissions.Write) is not Errno.None and var denied)
                {
                    return denied;
                }
            }
        }

        if (change.Size is not null && !Permissions.IsPrivileged(who))
        {
            effective = WithoutSetIds(effective, now, who);
        }

        return inode.SetAttributes(effective);
    }

    /// <summary>fsnotify_change().</summary>
    private static uint EventOf(in AttributeChange change)
    {
        uint mask = change.Uid is not null || change.Gid is not null || change.Mode is not null ? EventFdConstants.IN_ATTRIB : 0;
        mask |= change.Size is not null ? EventFdConstants.IN_MODIFY : 0;
        return mask | (change switch
        {
            { AccessTime: not null, ModificationTime: not null } => EventFdConstants.IN_ATTRIB,
            { AccessTime: not null } => EventFdConstants.IN_ACCESS,
            { ModificationTime: not null } => EventFdConstants.IN_MODIFY,
            _ => 0,
        });
    }

    /// <summary>The place that is seen where something may be mounted.</summary>
    internal static Dentry TopOfMounts(Dentry place)
    {
        while (place.MountedHere is { } mount)
        {
            place = mount.Root;
        }

        return place;
    }

    /// <summary>An entry of a directory, not crossing into what is mounted on it.</summary>
    internal Result<Dentry> LookupChild(Dentry directory, string name)
    {
        if (CheckNameLength(name) is not Errno.None and var tooLong)
        {
            return tooLong;
        }

        lock (TreeLock)
        {
            if (directory.FindPinned(name) is { } pinned)
            {
                return pinned;
            }

            if (!directory.Inode.IsVolatile && directory.FindChild(name) is { IsDeleted: false } cached)
            {
                return cached;
            }

            if (directory.Inode.Lookup(name).TryGet(out Inode? inode, out Errno error))
            {
                return directory.GetOrAddChild(name, inode);
            }

            if (error == Errno.ENOENT)
            {
                // A mount point stays reachable even if its name went away below.
                if (directory.FindChild(name) is { MountedHere: not null } covered)
                {
                    return covered;
                }

                directory.Remove(name);
            }

            return error;
        }
    }

    internal static Errno CheckLength(string path) =>
        path.Length * 3 >= FileName.MaxPathLength && FileName.Encode(path).Length >= FileName.MaxPathLength ? Errno.ENAMETOOLONG : Errno.None;

    private static Errno CheckNameLength(string name) =>
        name.Length * 3 > FileName.MaxLength && (name.Length > FileName.MaxLength || FileName.Encode(name).Length > FileName.MaxLength)
            ? Errno.ENAMETOOLONG : Errno.None;

    /// <summary>chown(2) and truncation by others clear set-user-id, and set-group-id of files that the group may execute.</summary>
    private static AttributeChange WithoutSetIds(in AttributeChange change, in InodeAttributes now, Credentials who)
    {
        if ((now.Mode & StatConstants.S_IFMT) == StatConstants.S_IFDIR)
        {
            return change;
        }

        uint mode = change.Mode ?? (now.Mode & StatConstants.PermissionBits);
        uint cleared = mode & ~StatConstants.S_ISUID;
        if ((mode & StatConstants.S_IXGRP) != 0 || !(Permissions.IsPrivileged(who) || Permissions.IsInGroup(who, now.Gid)))
        {
            cleared &= ~StatConstants.S_ISGID;
        }

        return cleared == mode ? change : change with { Mode = cleared };
    }

    private Mount CreateMount(IFileSystem fileSystem, Dentry? place, bool readOnly, string? source)
    {
        // The same file system mounted twice has one device number, which makes its files the same files.
        ulong device = _mounts.Find(m => ReferenceEquals(m.FileSystem, fileSystem))?.Device ?? (ulong)_nextDevice++;
        return new Mount(this, fileSystem, place, readOnly, device, _nextMountId++, source ?? fileSystem.TypeName);
    }

    private Result<Dentry> FindOrPin(string path, bool directory)
    {
        Dentry at = Root;
        string[] names = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var everything = new FsContext(this, new Credentials());
        for (int i = 0; i < names.Length; i++)
        {
            bool last = i == names.Length - 1;
            if (names[i] is "." or "..")
            {
                return Errno.EINVAL;
            }

            Result<Dentry> next = Resolve(everything, at, names[i]);
            if (next.Error is Errno.ENOENT or Errno.ENOTDIR && at.Inode.Type == StatConstants.S_IFDIR)
            {
                next = at.Pin(names[i], last && !directory ? new MountPointInode(StatConstants.S_IFREG) : new MountPointInode(StatConstants.S_IFDIR));
            }

            if (!next.IsSuccess)
            {
                return next.Error;
            }

            at = next.Value;
        }

        return at;
    }
}
