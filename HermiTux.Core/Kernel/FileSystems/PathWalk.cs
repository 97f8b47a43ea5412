using System.Diagnostics.CodeAnalysis;
using HermiTux.Abi;

namespace HermiTux.Kernel.FileSystems;

/// <summary>What the last component of a path is.</summary>
internal enum LastComponent
{
    /// <summary>A name.</summary>
    Name,

    /// <summary>The path is "/".</summary>
    Root,

    /// <summary>".".</summary>
    Dot,

    /// <summary>"..".</summary>
    DotDot,
}

/// <summary>
/// One walk along a path (path_resolution(7)), component by component. Symbolic links are spliced into what is left of the path, so a
/// walk is one loop however links nest, and no link is ever resolved by a file system or by the host.
/// </summary>
/// <remarks>The order of checks is the kernel's (fs/namei.c), since it decides which error a program sees.</remarks>
internal sealed class PathWalk
{
    private const int MaxLinks = 40;

    private readonly FsContext _context;
    private readonly VirtualFileSystem _files;
    private readonly ResolveFlags _flags;
    private readonly Dentry _root;
    private string _path;
    private int _links;

    public PathWalk(VirtualFileSystem files, FsContext context, Dentry? start, string path, ResolveFlags flags)
    {
        _files = files;
        _context = context;
        _path = path;
        _flags = flags;
        Dentry origin = start ?? context.WorkingDirectory;
        bool scoped = (flags & (ResolveFlags.Beneath | ResolveFlags.InRoot)) != 0;
        _root = scoped ? origin : context.Root;
        Parent = origin;
    }

    /// <summary>The directory that holds the last component, after <see cref="ToParent"/>.</summary>
    public Dentry Parent { get; private set; }

    /// <summary>The last component.</summary>
    public string Last { get; private set; } = "";

    /// <summary>What kind the last component is.</summary>
    public LastComponent Kind { get; private set; }

    /// <summary>Whether slashes follow the last component.</summary>
    public bool HasTrailingSlash { get; private set; }

    /// <summary>Walks all but the last component. <see cref="Parent"/> is then a directory that may be searched.</summary>
    public Errno ToParent()
    {
        if (_path.Length == 0)
        {
            return Errno.ENOENT;
        }

        Dentry current = Parent;
        int at = 0;
        if (_path[0] == '/')
        {
            if (EnterRoot(out current!) is not Errno.None and var error)
            {
                return error;
            }
        }
        else if (current.Inode.Type != StatConstants.S_IFDIR)
        {
            return Errno.ENOTDIR;
        }

        while (true)
        {
            at = SkipSlashes(at);
            if (at == _path.Length)
            {
                (Parent, Last, Kind, HasTrailingSlash) = (current, "", LastComponent.Root, false);
                return Errno.None;
            }

            if (Permissions.Check(current.Inode, _context.Credentials, Permissions.Execute) is not Errno.None and var denied)
            {
                return denied;
            }

            int end = _path.IndexOf('/', at);
            end = end < 0 ? _path.Length : end;
            string name = _path[at..end];
            int next = SkipSlashes(end);
            if (next == _path.Length)
            {
                (Parent, Last, HasTrailingSlash) = (current, name, end != next);
                Kind = name switch { "." => LastComponent.Dot, ".." => LastComponent.DotDot, _ => LastComponent.Name };
                return Errno.None;
            }

            if (!Step(current, name).TryGet(out Dentry? child, out Errno failure))
            {
                return failure;
            }

            if (child.Inode.Type == StatConstants.S_IFLNK)
            {
                Parent = current;
                if (Follow(child, end, out Dentry? jumped) is not Errno.None and var linkError)
                {
                    return linkError;
                }

                if (jumped is null)
                {
                    // The link's text and the rest of the path are now what is to be walked.
                    current = Parent;
                    at = 0;
                    if (_path[0] == '/' && EnterRoot(out current!) is not Errno.None and var rootError)
                    {
                        return rootError;
                    }

                    continue;
                }

                child = jumped;
            }

            if (child.Inode.Type != StatConstants.S_IFDIR)
            {
                return Errno.ENOTDIR;
            }

            current = child;
            at = next;
        }
    }

    /// <summary>The last component, not followed if it is a link; ENOENT if it isn't there.</summary>
    public Result<Dentry> LookupLast() => Kind switch
    {
        LastComponent.Root or LastComponent.Dot => Parent,
        LastComponent.DotDot => Ascend(Parent),
        _ => Child(Parent, Last),
    };

    /// <summary>Walks the whole path.</summary>
    public Result<Dentry> ToEnd()
    {
        if (_path.Length == 0 && (_flags & ResolveFlags.EmptyPath) != 0)
        {
            return Parent;
        }

        while (true)
        {
            if (ToParent() is not Errno.None and var error)
            {
                return error;
            }

            if (!LookupLast().TryGet(out Dentry? found, out Errno failure))
            {
                return failure;
            }

            bool mustBeDirectory = HasTrailingSlash || (_flags & ResolveFlags.Directory) != 0;
            if (found.Inode.Type == StatConstants.S_IFLNK && (HasTrailingSlash || (_flags & ResolveFlags.NoFollow) == 0))
            {
                if (FollowLast(found, out Dentry? jumped) is not Errno.None and var linkError)
                {
                    return linkError;
                }

                if (jumped is null)
                {
                    continue;
                }

                found = jumped;
            }

            return mustBeDirectory && found.Inode.Type != StatConstants.S_IFDIR ? Errno.ENOTDIR : found;
        }
    }

    /// <summary>
    /// Follows a link that is the last component. Either <paramref name="jumped"/> is the target (a magic link), or the walk is
    /// to be taken up again with <see cref="ToParent"/>.
    /// </summary>
    public Errno FollowLast(Dentry link, out Dentry? jumped)
    {
        int end = _path.Length;
        if (HasTrailingSlash)
        {
            // Keep the slash: it makes the target's last component one that must be a directory.
            while (_path[end - 1] == '/')
            {
                end--;
            }
        }

        return Follow(link, end, out jumped);
    }

    /// <summary>One step down, or "." or "..".</summary>
    private Result<Dentry> Step(Dentry directory, string name) => name switch
    {
        "." => directory,
        ".." => Ascend(directory),
        _ => Child(directory, name),
    };

    private Result<Dentry> Child(Dentry directory, string name)
    {
        if (!_files.LookupChild(directory, name).TryGet(out Dentry? child, out Errno error))
        {
            return error;
        }

        Dentry top = VirtualFileSystem.TopOfMounts(child);
        return !ReferenceEquals(top, child) && (_flags & ResolveFlags.NoCrossDevice) != 0 ? Errno.EXDEV : top;
    }

    private Result<Dentry> Ascend(Dentry directory)
    {
        lock (_files.TreeLock)
        {
            Dentry at = directory;
            while (true)
            {
                if (ReferenceEquals(at, _root))
                {
                    return (_flags & ResolveFlags.Beneath) != 0 ? Errno.EXDEV : at;
                }

                if (!at.IsMountRoot)
                {
                    at = at.Parent;
                    break;
                }

                if (at.Mount?.MountPoint is not { } point)
                {
                    return at;
                }

                if ((_flags & ResolveFlags.NoCrossDevice) != 0)
                {
                    return Errno.EXDEV;
                }

                at = point;
            }

            return VirtualFileSystem.TopOfMounts(at);
        }
    }

    private Errno EnterRoot([NotNullWhen(true)] out Dentry? root)
    {
        root = _root;
        if ((_flags & ResolveFlags.Beneath) != 0)
        {
            return Errno.EXDEV;
        }

        return (_flags & ResolveFlags.NoCrossDevice) != 0 && !ReferenceEquals(_root.Mount, Parent.Mount) ? Errno.EXDEV : Errno.None;
    }

    private Errno Follow(Dentry link, int end, out Dentry? jumped)
    {
        jumped = null;
        if (_links++ >= MaxLinks || (_flags & ResolveFlags.NoSymlinks) != 0)
        {
            return Errno.ELOOP;
        }

        if (link.Inode is MagicLink magic)
        {
            if ((_flags & ResolveFlags.NoMagicLinks) != 0)
            {
                return Errno.ELOOP;
            }

            if ((_flags & (ResolveFlags.Beneath | ResolveFlags.InRoot)) != 0)
            {
                return Errno.EXDEV;
            }

            if (!magic.Follow(_context).TryGet(out Dentry? target, out Errno error))
            {
                return error;
            }

            if ((_flags & ResolveFlags.NoCrossDevice) != 0 && !ReferenceEquals(target.Mount, link.Mount))
            {
                return Errno.EXDEV;
            }

            jumped = target;
            return Errno.None;
        }

        if (!link.Inode.ReadLink(_context).TryGet(out string? text, out Errno failure))
        {
            return failure;
        }

        if (text.Length == 0)
        {
            return Errno.ENOENT;
        }

        _path = end < _path.Length ? string.Concat(text, _path.AsSpan(end)) : text;
        return Errno.None;
    }

    private int SkipSlashes(int at)
    {
        while (at < _path.Length && _path[at] == '/')
        {
            at++;
        }

        return at;
    }
}

/// <summary>A link that leads to a place or an open file itself rather than to a path (/proc/self/exe, /proc/self/fd/N).</summary>
internal abstract class MagicLink : Inode
{
    /// <inheritdoc/>
    public override uint Type => StatConstants.S_IFLNK;

    /// <summary>Where it leads, for the one who asks.</summary>
    public abstract Result<Dentry> Follow(FsContext context);

    /// <inheritdoc/>
    public override Result<OpenFile> Open(int flags, Dentry dentry) => Errno.ELOOP;
}
