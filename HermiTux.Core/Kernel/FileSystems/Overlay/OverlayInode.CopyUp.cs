using HermiTux.Abi;

namespace HermiTux.Kernel.FileSystems;

/// <remarks>Copying a file up: with its attributes and content, and the directories above it.</remarks>
internal sealed partial class OverlayInode
{
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
        if (_removed || _isPlaceGone)
        {
            // An open file whose name is gone, or that is reached by another of its names: its copy has none yet.
            made = _type == StatConstants.S_IFREG ? _owner.Upper.CreateDetachedFile(from.Mode & StatConstants.PermissionBits, from.Uid, from.Gid) : Errno.ENOENT;
        }
        else
        {
            MemoryDirectory directory = _parent!.UpperDirectory;
            made = _type switch
            {
                StatConstants.S_IFDIR => directory.MakeDirectory(_name, attributes),
                StatConstants.S_IFLNK => lower.ReadLink().TryGet(out string? target, out error) ? directory.MakeSymbolicLink(_name, target, attributes) : error,
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
                if (!_removed && !_isPlaceGone)
                {
                    _parent!.UpperDirectory.Unlink(_name);
                }

                return error;
            }
        }

        if (_type != StatConstants.S_IFDIR)
        {
            _otherNames = _removed ? 0 : Math.Max(0, (int)from.Links - _hiddenNames - (_isPlaceGone ? 0 : 1));
            if (_otherNames > 0 && copy is MemoryFile held)
            {
                // Names below still lead here when the name above is removed.
                held.AddUser();
                _isHeld = true;
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
        _owner.NoteCopied(copy, this, _type != StatConstants.S_IFDIR && from.Links > 1);
        Upper = copy;
        if (_type != StatConstants.S_IFDIR)
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
}
