using HermiTux.Abi;

namespace HermiTux.Kernel.FileSystems;

// Making, removing, linking and renaming. The order of checks follows fs/namei.c: it decides which error is seen.
public sealed partial class VirtualFileSystem
{
    /// <summary>mknodat(2).</summary>
    public Errno MakeNode(FsContext context, Dentry? start, string path, uint mode, ulong device)
    {
        uint type = mode & StatConstants.S_IFMT;
        if (type == 0)
        {
            type = StatConstants.S_IFREG;
        }

        switch (type)
        {
            case StatConstants.S_IFREG or StatConstants.S_IFIFO or StatConstants.S_IFSOCK:
                device = 0;
                break;
            case StatConstants.S_IFCHR or StatConstants.S_IFBLK:
                break;
            default:
                return type == StatConstants.S_IFDIR ? Errno.EPERM : Errno.EINVAL;
        }

        return MakeEntry(context, start, path, false, (walk, name) =>
        {
            if (type is StatConstants.S_IFCHR or StatConstants.S_IFBLK && !Permissions.IsPrivileged(context.Credentials))
            {
                return Errno.EPERM;
            }

            NewInode attributes = Describe(context, walk.Inode, type, mode & StatConstants.PermissionBits & ~context.Umask, device);
            return walk.Inode.Create(name, attributes);
        }).Error;
    }

    /// <summary>bind(2) of a local socket: makes the socket's file; EEXIST when the name is taken.</summary>
    internal Result<Dentry> MakeSocket(FsContext context, string path, uint mode) =>
        MakeEntry(context, null, path, false, (parent, name) =>
            parent.Inode.Create(name, Describe(context, parent.Inode, StatConstants.S_IFSOCK, mode & StatConstants.PermissionBits & ~context.Umask, 0)));

    /// <summary>mkdirat(2).</summary>
    public Errno MakeDirectory(FsContext context, Dentry? start, string path, uint mode)
    {
        const uint Allowed = 0x3FF;
        return MakeEntry(context, start, path, true, (parent, name) =>
            parent.Inode.MakeDirectory(name, Describe(context, parent.Inode, StatConstants.S_IFDIR, mode & Allowed & ~context.Umask, 0))).Error;
    }

    /// <summary>symlinkat(2).</summary>
    public Errno MakeSymbolicLink(FsContext context, string target, Dentry? start, string path)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (target.Length == 0)
        {
            return Errno.ENOENT;
        }

        return CheckLength(target) is not Errno.None and var error ? error
            : MakeEntry(context, start, path, false, (parent, name) =>
                parent.Inode.MakeSymbolicLink(name, target, Describe(context, parent.Inode, StatConstants.S_IFLNK, 0x1FF, 0))).Error;
    }

    /// <summary>linkat(2). <paramref name="flags"/>: NoFollow unless AT_SYMLINK_FOLLOW, EmptyPath for AT_EMPTY_PATH.</summary>
    public Errno Link(FsContext context, Dentry? oldStart, string oldPath, Dentry? newStart, string newPath, ResolveFlags flags)
    {
        ArgumentNullException.ThrowIfNull(context);
        if ((flags & ResolveFlags.EmptyPath) != 0 && oldPath.Length == 0 && !Permissions.IsPrivileged(context.Credentials))
        {
            return Errno.ENOENT;
        }

        if (!Resolve(context, oldStart, oldPath, flags).TryGet(out Dentry? source, out Errno error))
        {
            return error;
        }

        return MakeEntry(context, newStart, newPath, false, (parent, name) => Errno.EXDEV, (parent, name) =>
        {
            bool detached = source.Mount is null;
            if (!ReferenceEquals(source.Mount, parent.Mount) || detached)
            {
                return Errno.EXDEV;
            }

            if (!Permissions.MayLink(source.Inode, context.Credentials))
            {
                return Errno.EPERM;
            }

            if (Permissions.Check(parent.Inode, context.Credentials, Permissions.Write | Permissions.Execute) is not Errno.None and var denied)
            {
                return denied;
            }

            if (source.Inode.Type == StatConstants.S_IFDIR)
            {
                return Errno.EPERM;
            }

            Errno linked = parent.Inode.Link(name, source.Inode);
            if (linked == Errno.None)
            {
                Notifier.OnSelf(source, EventFdConstants.IN_ATTRIB);
                Notifier.OnEntry(parent, name, EventFdConstants.IN_CREATE, isDirectory: false);
            }

            return linked;
        }).Error;
    }

    /// <summary>unlinkat(2) without AT_REMOVEDIR.</summary>
    public Errno Unlink(FsContext context, Dentry? start, string path)
    {
        if (!WalkToParent(context, start, path).TryGet(out PathWalk? walk, out Errno error))
        {
            return error;
        }

        if (walk.Kind != LastComponent.Name)
        {
            return Errno.EISDIR;
        }

        lock (TreeLock)
        {
            if (walk.Parent.IsReadOnly)
            {
                return Errno.EROFS;
            }

            if (!LookupChild(walk.Parent, walk.Last).TryGet(out Dentry? victim, out error))
            {
                return error;
            }

            bool directory = victim.Inode.Type == StatConstants.S_IFDIR;
            if (walk.HasTrailingSlash)
            {
                return directory ? Errno.EISDIR : Errno.ENOTDIR;
            }

            if (Permissions.CheckDelete(walk.Parent.Inode, victim.Inode, context.Credentials) is not Errno.None and var denied)
            {
                return denied;
            }

            if (directory)
            {
                return Errno.EISDIR;
            }

            if (victim.MountedHere is not null)
            {
                return Errno.EBUSY;
            }

            error = walk.Parent.Inode.Unlink(walk.Last);
            if (error == Errno.None)
            {
                walk.Parent.Remove(walk.Last);
                OnRemoved(walk, victim, isDirectory: false);
            }

            return error;
        }
    }

    /// <summary>unlinkat(2) with AT_REMOVEDIR.</summary>
    public Errno RemoveDirectory(FsContext context, Dentry? start, string path)
    {
        if (!WalkToParent(context, start, path).TryGet(out PathWalk? walk, out Errno error))
        {
            return error;
        }

        if (walk.Kind != LastComponent.Name)
        {
            return walk.Kind switch { LastComponent.Dot => Errno.EINVAL, LastComponent.DotDot => Errno.ENOTEMPTY, _ => Errno.EBUSY };
        }

        lock (TreeLock)
        {
            if (walk.Parent.IsReadOnly)
            {
                return Errno.EROFS;
            }

            if (!LookupChild(walk.Parent, walk.Last).TryGet(out Dentry? victim, out error))
            {
                return error;
            }

            if (Permissions.CheckDelete(walk.Parent.Inode, victim.Inode, context.Credentials) is not Errno.None and var denied)
            {
                return denied;
            }

            if (victim.Inode.Type != StatConstants.S_IFDIR)
            {
                return Errno.ENOTDIR;
            }

            if (HasMountAtOrBelow(victim))
            {
                return Errno.EBUSY;
            }

            error = walk.Parent.Inode.RemoveDirectory(walk.Last);
            if (error == Errno.None)
            {
                walk.Parent.Remove(walk.Last);
                OnRemoved(walk, victim, isDirectory: true);
            }

            return error;
        }
    }

    /// <summary>renameat2(2).</summary>
    public Errno Rename(FsContext context, Dentry? oldStart, string oldPath, Dentry? newStart, string newPath, uint flags)
    {
        bool exchange = (flags & Fcntl.RENAME_EXCHANGE) != 0;
        bool noReplace = (flags & Fcntl.RENAME_NOREPLACE) != 0;
        if ((flags & ~(uint)(Fcntl.RENAME_EXCHANGE | Fcntl.RENAME_NOREPLACE | Fcntl.RENAME_WHITEOUT)) != 0
            || (exchange && (flags & (Fcntl.RENAME_NOREPLACE | Fcntl.RENAME_WHITEOUT)) != 0))
        {
            return Errno.EINVAL;
        }

        if (!WalkToParent(context, oldStart, oldPath).TryGet(out PathWalk? from, out Errno error)
            || !WalkToParent(context, newStart, newPath).TryGet(out PathWalk? to, out error))
        {
            return error;
        }

        if (!ReferenceEquals(from.Parent.Mount, to.Parent.Mount))
        {
            return Errno.EXDEV;
        }

        if (from.Kind != LastComponent.Name)
        {
            return Errno.EBUSY;
        }

        if (to.Kind != LastComponent.Name)
        {
            return noReplace ? Errno.EEXIST : Errno.EBUSY;
        }

        lock (TreeLock)
        {
            return from.Parent.IsReadOnly ? Errno.EROFS : RenameLocked(context, from, to, flags, exchange, noReplace);
        }
    }

    private Errno RenameLocked(FsContext context, PathWalk from, PathWalk to, uint flags, bool exchange, bool noReplace)
    {
        if (!LookupChild(from.Parent, from.Last).TryGet(out Dentry? source, out Errno error))
        {
            return error;
        }

        Result<Dentry> target = LookupChild(to.Parent, to.Last);
        if (!target.IsSuccess && target.Error != Errno.ENOENT)
        {
            return target.Error;
        }

        if (noReplace && target.IsSuccess)
        {
            return Errno.EEXIST;
        }

        if (exchange && !target.IsSuccess)
        {
            return Errno.ENOENT;
        }

        bool sourceIsDirectory = source.Inode.Type == StatConstants.S_IFDIR;
        bool targetIsDirectory = target.IsSuccess && target.Value.Inode.Type == StatConstants.S_IFDIR;
        if (exchange && !targetIsDirectory && to.HasTrailingSlash)
        {
            return Errno.ENOTDIR;
        }

        if (!sourceIsDirectory && (from.HasTrailingSlash || (!exchange && to.HasTrailingSlash)))
        {
            return Errno.ENOTDIR;
        }

        // A directory can't move below itself, nor replace one of its ancestors.
        if (to.Parent.IsBelowOrSame(source))
        {
            return Errno.EINVAL;
        }

        if (target.IsSuccess && from.Parent.IsBelowOrSame(target.Value))
        {
            return exchange ? Errno.EINVAL : Errno.ENOTEMPTY;
        }

        if (target.IsSuccess && IsSameFile(source.Inode, target.Value.Inode))
        {
            return Errno.None;
        }

        Credentials who = context.Credentials;
        if (Permissions.CheckDelete(from.Parent.Inode, source.Inode, who) is not Errno.None and var denied)
        {
            return denied;
        }

        if (!target.IsSuccess)
        {
            if (to.Parent.IsDeleted)
            {
                return Errno.ENOENT;
            }

            if (Permissions.Check(to.Parent.Inode, who, Permissions.Write | Permissions.Execute) is not Errno.None and var unwritable)
            {
                return unwritable;
            }
        }
        else
        {
            if (Permissions.CheckDelete(to.Parent.Inode, target.Value.Inode, who) is not Errno.None and var undeletable)
            {
                return undeletable;
            }

            if (!exchange && sourceIsDirectory != targetIsDirectory)
            {
                return sourceIsDirectory ? Errno.ENOTDIR : Errno.EISDIR;
            }
        }

        // Moving a directory rewrites its "..", so it must be writable itself.
        if (!ReferenceEquals(from.Parent, to.Parent)
            && ((sourceIsDirectory && Permissions.Check(source.Inode, who, Permissions.Write) != Errno.None)
                || (exchange && targetIsDirectory && Permissions.Check(target.Value.Inode, who, Permissions.Write) != Errno.None)))
        {
            return Errno.EACCES;
        }

        if (source.MountedHere is not null || (target.IsSuccess && target.Value.MountedHere is not null))
        {
            return Errno.EBUSY;
        }

        error = from.Parent.Inode.Rename(from.Last, to.Parent.Inode, to.Last, flags);
        if (error == Errno.None)
        {
            if (exchange)
            {
                Dentry.Exchange(from.Parent, from.Last, to.Parent, to.Last);
                Notifier.OnMove(from.Parent, from.Last, to.Parent, to.Last, source, null);
                Notifier.OnMove(to.Parent, to.Last, from.Parent, from.Last, target.Value, null);
            }
            else
            {
                Dentry.Move(from.Parent, from.Last, to.Parent, to.Last);
                Notifier.OnMove(from.Parent, from.Last, to.Parent, to.Last, source, target.IsSuccess ? target.Value : null);
                if (target.IsSuccess)
                {
                    Notifier.OnNameRemoved(target.Value);
                }
            }
        }

        return error;
    }

    private void OnRemoved(PathWalk walk, Dentry victim, bool isDirectory)
    {
        if (!Notifier.IsActive)
        {
            return;
        }

        if (!isDirectory)
        {
            Notifier.OnSelf(victim, EventFdConstants.IN_ATTRIB);
        }

        Notifier.OnNameRemoved(victim);
        Notifier.OnEntry(walk.Parent, walk.Last, EventFdConstants.IN_DELETE, isDirectory);
    }

    private static bool IsSameFile(Inode first, Inode second) =>
        ReferenceEquals(first, second) || (first.Number == second.Number && first.Type == second.Type && first.GetType() == second.GetType());

    private Result<PathWalk> WalkToParent(FsContext context, Dentry? start, string path, ResolveFlags flags = ResolveFlags.None)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(path);
        if (CheckLength(path) is not Errno.None and var tooLong)
        {
            return tooLong;
        }

        var walk = new PathWalk(this, context, start, path, flags);
        return walk.ToParent() is not Errno.None and var error ? error : walk;
    }

    /// <summary>What mknod, mkdir, symlink and link have in common (filename_create in the kernel).</summary>
    private Result<Dentry> MakeEntry(FsContext context, Dentry? start, string path, bool directory,
        Func<Dentry, string, Result<Inode>> make, Func<Dentry, string, Errno>? link = null)
    {
        if (!WalkToParent(context, start, path).TryGet(out PathWalk? walk, out Errno error))
        {
            return error;
        }

        if (walk.Kind != LastComponent.Name)
        {
            return Errno.EEXIST;
        }

        lock (TreeLock)
        {
            Dentry parent = walk.Parent;
            Result<Dentry> existing = LookupChild(parent, walk.Last);
            if (existing.IsSuccess)
            {
                return Errno.EEXIST;
            }

            if (existing.Error != Errno.ENOENT || (walk.HasTrailingSlash && !directory))
            {
                return existing.Error;
            }

            if (parent.IsReadOnly)
            {
                return Errno.EROFS;
            }

            if (link is not null)
            {
                return parent.IsDeleted ? Errno.ENOENT : link(parent, walk.Last);
            }

            if (parent.IsDeleted)
            {
                return Errno.ENOENT;
            }

            if (Permissions.Check(parent.Inode, context.Credentials, Permissions.Write | Permissions.Execute) is not Errno.None and var denied)
            {
                return denied;
            }

            if (!make(parent, walk.Last).TryGet(out Inode? inode, out error))
            {
                return error;
            }

            Notifier.OnEntry(parent, walk.Last, EventFdConstants.IN_CREATE, inode.Type == StatConstants.S_IFDIR);
            return parent.GetOrAddChild(walk.Last, inode);
        }
    }

    /// <summary>Owner, group and mode of a new file: a set-group-id directory hands on its group, and the bit to directories (inode(7)).</summary>
    private static NewInode Describe(FsContext context, Inode parent, uint type, uint mode, ulong device)
    {
        Credentials who = context.Credentials;
        uint gid = who.Fsgid;
        if (parent.GetAttributes().TryGet(out InodeAttributes directory, out _) && (directory.Mode & StatConstants.S_ISGID) != 0)
        {
            gid = directory.Gid;
            if (type == StatConstants.S_IFDIR)
            {
                mode |= StatConstants.S_ISGID;
            }
            else if ((mode & (StatConstants.S_ISGID | StatConstants.S_IXGRP)) == (StatConstants.S_ISGID | StatConstants.S_IXGRP)
                && !Permissions.IsPrivileged(who) && !Permissions.IsInGroup(who, gid))
            {
                mode &= ~StatConstants.S_ISGID;
            }
        }

        return new NewInode(type | mode, who.Fsuid, gid, device);
    }

    private bool HasMountAtOrBelow(Dentry place) =>
        place.MountedHere is not null || _mounts.Exists(m => m.MountPoint is { } point && ReferenceEquals(point.Mount, place.Mount) && point.IsBelowOrSame(place));
}
