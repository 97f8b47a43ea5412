using HermiTux.Abi;

namespace HermiTux.Kernel.FileSystems;

// open(2): look-up, creation, truncation and the checks on what was found, in the order of do_filp_open() in fs/namei.c.
public sealed partial class VirtualFileSystem
{
    private const int PathFlags = Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW | Fcntl.O_PATH | Fcntl.O_CLOEXEC;
    private const int CreationFlags = Fcntl.O_CREAT | Fcntl.O_EXCL | Fcntl.O_NOCTTY | Fcntl.O_TRUNC | Fcntl.O_CLOEXEC;

    /// <summary>openat(2), openat2(2) with every O_* flag. <paramref name="mode"/> is not yet masked.</summary>
    /// <returns>The file with one reference; it may still be waiting for its other side, see <see cref="OpenFile.IsOpening"/>.</returns>
    public Result<OpenFile> Open(FsContext context, Dentry? start, string path, int flags, uint mode, ResolveFlags resolve = ResolveFlags.None)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(path);
        if ((flags & Fcntl.O_PATH) != 0)
        {
            flags &= PathFlags;
        }
        else
        {
            flags |= Fcntl.O_LARGEFILE;
        }

        bool unnamed = (flags & Fcntl.__O_TMPFILE) != 0;
        if (unnamed && ((flags & (Fcntl.O_TMPFILE | Fcntl.O_CREAT)) != Fcntl.O_TMPFILE || !Writes(flags)))
        {
            return Errno.EINVAL;
        }

        if ((flags & Fcntl.O_DIRECTORY) != 0)
        {
            resolve |= ResolveFlags.Directory;
        }

        if ((flags & Fcntl.O_NOFOLLOW) != 0)
        {
            resolve |= ResolveFlags.NoFollow;
        }

        Result<OpenFile> result = unnamed ? OpenUnnamed(context, start, path, flags, mode, resolve)
            : (flags & Fcntl.O_CREAT) != 0 ? OpenOrCreate(context, start, path, flags, mode, resolve)
            : Resolve(context, start, path, resolve).TryGet(out Dentry? found, out Errno error) ? OpenFound(context, found, flags) : error;
        if (result.IsSuccess)
        {
            result.Value.StatusFlags = flags & ~CreationFlags;
            result.Value.ClearsSetIds = !Permissions.IsPrivileged(context.Credentials);
        }

        return result;
    }

    /// <summary>Opens a place that was resolved before (a program image, /proc/self/exe).</summary>
    internal Result<OpenFile> Open(FsContext context, Dentry place, int flags)
    {
        Result<OpenFile> result = OpenFound(context, place, flags | Fcntl.O_LARGEFILE);
        if (result.IsSuccess)
        {
            result.Value.StatusFlags = (flags | Fcntl.O_LARGEFILE) & ~CreationFlags;
        }

        return result;
    }

    private void OnOpened(OpenFile file, int flags)
    {
        if ((flags & Fcntl.O_PATH) != 0 || file.Dentry is not { Mount: not null } place)
        {
            return;
        }

        file.CountOpen();
        Notifier.OnFile(place, EventFdConstants.IN_OPEN);
    }

    private Result<OpenFile> Opened(Result<OpenFile> result, int flags)
    {
        if (result.IsSuccess)
        {
            OnOpened(result.Value, flags);
        }

        return result;
    }

    private static bool Writes(int flags) => (flags & Fcntl.O_ACCMODE) != Fcntl.O_RDONLY;

    private static int AccessMask(int flags)
    {
        int mask = (flags & Fcntl.O_ACCMODE) switch
        {
            Fcntl.O_RDONLY => Permissions.Read,
            Fcntl.O_WRONLY => Permissions.Write,
            _ => Permissions.Read | Permissions.Write,
        };
        return (flags & Fcntl.O_TRUNC) != 0 ? mask | Permissions.Write : mask;
    }

    private Result<OpenFile> OpenOrCreate(FsContext context, Dentry? start, string path, int flags, uint mode, ResolveFlags resolve)
    {
        if (CheckLength(path) is not Errno.None and var tooLong)
        {
            return tooLong;
        }

        bool exclusive = (flags & Fcntl.O_EXCL) != 0;
        var walk = new PathWalk(this, context, start, path, resolve);
        while (true)
        {
            if (walk.ToParent() is not Errno.None and var error)
            {
                return error;
            }

            if (walk.Kind == LastComponent.Name && walk.HasTrailingSlash)
            {
                return Errno.EISDIR;
            }

            Result<Dentry> found;
            lock (TreeLock)
            {
                found = walk.LookupLast();
                if (found.Error == Errno.ENOENT && walk.Kind == LastComponent.Name)
                {
                    return CreateAndOpen(context, walk, flags, mode);
                }
            }

            if (!found.IsSuccess)
            {
                return found.Error;
            }

            if (found.Value.Inode.Type == StatConstants.S_IFLNK && !exclusive && (flags & Fcntl.O_NOFOLLOW) == 0)
            {
                if (walk.FollowLast(found.Value, out Dentry? jumped) is not Errno.None and var linkError)
                {
                    return linkError;
                }

                if (jumped is null)
                {
                    continue;
                }

                found = jumped;
            }

            if (exclusive)
            {
                return Errno.EEXIST;
            }

            if (found.Value.Inode.Type == StatConstants.S_IFDIR)
            {
                return Errno.EISDIR;
            }

            return (flags & Fcntl.O_DIRECTORY) != 0 ? Errno.ENOTDIR : OpenFound(context, found.Value, flags);
        }
    }

    private Result<OpenFile> CreateAndOpen(FsContext context, PathWalk walk, int flags, uint mode)
    {
        Dentry parent = walk.Parent;
        if (parent.IsDeleted)
        {
            return Errno.ENOENT;
        }

        if (parent.IsReadOnly)
        {
            return Errno.EROFS;
        }

        if (Permissions.Check(parent.Inode, context.Credentials, Permissions.Write | Permissions.Execute) is not Errno.None and var denied)
        {
            return denied;
        }

        // The host kernels that programs meet differ on O_CREAT|O_DIRECTORY; since Linux 6.4 it is refused.
        if ((flags & Fcntl.O_DIRECTORY) != 0)
        {
            return Errno.EINVAL;
        }

        NewInode attributes = Describe(context, parent.Inode, StatConstants.S_IFREG, mode & StatConstants.PermissionBits & ~context.Umask, 0);
        if (!parent.Inode.Create(walk.Last, attributes).TryGet(out Inode? inode, out Errno error))
        {
            return error;
        }

        Notifier.OnEntry(parent, walk.Last, EventFdConstants.IN_CREATE, isDirectory: false);

        // A file that was just made is opened as asked whatever its mode says.
        return Opened(inode.Open(flags & ~Fcntl.O_TRUNC, parent.GetOrAddChild(walk.Last, inode)), flags);
    }

    private Result<OpenFile> OpenUnnamed(FsContext context, Dentry? start, string path, int flags, uint mode, ResolveFlags resolve)
    {
        if (!Resolve(context, start, path, resolve | ResolveFlags.Directory).TryGet(out Dentry? directory, out Errno error))
        {
            return error;
        }

        if (directory.IsReadOnly)
        {
            return Errno.EROFS;
        }

        if (Permissions.Check(directory.Inode, context.Credentials, Permissions.Write | Permissions.Execute) is not Errno.None and var denied)
        {
            return denied;
        }

        NewInode attributes = Describe(context, directory.Inode, StatConstants.S_IFREG, mode & StatConstants.PermissionBits & ~context.Umask, 0);
        if (!directory.Inode.CreateUnnamed(attributes).TryGet(out Inode? inode, out error))
        {
            return error;
        }

        var place = new Dentry(this, directory.Mount, directory, $"#{inode.Number}", inode) { IsDeleted = true };
        return Opened(inode.Open(flags & ~Fcntl.O_TRUNC, place), flags);
    }

    private Result<OpenFile> OpenFound(FsContext context, Dentry found, int flags)
    {
        Inode inode = found.Inode;
        if ((flags & Fcntl.O_PATH) != 0)
        {
            return new PathFile(inode, flags, found);
        }

        int mask = AccessMask(flags);
        switch (inode.Type)
        {
            case StatConstants.S_IFLNK:
                return Errno.ELOOP;
            case StatConstants.S_IFDIR when (mask & Permissions.Write) != 0:
                return Errno.EISDIR;
            case StatConstants.S_IFCHR or StatConstants.S_IFBLK or StatConstants.S_IFIFO or StatConstants.S_IFSOCK:
                flags &= ~Fcntl.O_TRUNC;
                break;
            default:
                break;
        }

        if (Permissions.Check(inode, context.Credentials, mask) is not Errno.None and var denied)
        {
            return denied;
        }

        bool hasContent = inode.Type is StatConstants.S_IFREG or StatConstants.S_IFDIR;
        if (hasContent && found.IsReadOnly && (mask & Permissions.Write) != 0)
        {
            return Errno.EROFS;
        }

        if ((flags & Fcntl.O_NOATIME) != 0 && inode.GetAttributes().TryGet(out InodeAttributes attributes, out _)
            && !Permissions.IsOwner(attributes, context.Credentials))
        {
            return Errno.EPERM;
        }

        Result<OpenFile> opened = Opened(OpenByType(found, flags), flags);
        if (opened.IsSuccess && (flags & Fcntl.O_TRUNC) != 0 && inode.Type == StatConstants.S_IFREG
            && SetAttributes(context, inode, new AttributeChange { Size = 0 }) is not Errno.None and var error)
        {
            opened.Value.Release();
            return error;
        }

        if (opened.IsSuccess && (flags & Fcntl.O_TRUNC) != 0 && inode.Type == StatConstants.S_IFREG)
        {
            Notifier.OnFile(found, EventFdConstants.IN_MODIFY);
        }

        return opened;
    }

    private Result<OpenFile> OpenByType(Dentry found, int flags)
    {
        Inode inode = found.Inode;
        switch (inode.Type)
        {
            case StatConstants.S_IFSOCK:
                return Errno.ENXIO;
            case StatConstants.S_IFIFO when inode is not DetachedInode:
                return inode.FifoPipe.OpenFifo(inode, flags, found);
            default:
                break;
        }

        Result<OpenFile> opened = inode.Open(flags & ~Fcntl.O_TRUNC, found);
        if (opened.Error == Errno.ENXIO && inode.Type == StatConstants.S_IFCHR && inode.GetAttributes().TryGet(out InodeAttributes attributes, out _))
        {
            return Devices.Open(attributes.RawDevice, flags, found, inode);
        }

        return opened.IsSuccess && inode.Type == StatConstants.S_IFDIR && found.PinnedChildren is { Count: > 0 } pinned
            ? new MountedDirectoryFile(opened.Value, flags, found, pinned) : opened;
    }
}
