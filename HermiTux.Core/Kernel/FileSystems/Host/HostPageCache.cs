using System.Runtime.InteropServices;
using HermiTux.Abi;
using HermiTux.Memory;

namespace HermiTux.Kernel.FileSystems;

/// <summary>
/// The pages of a host file that shared mappings show. Reads see them, writes update them, and they go back to the
/// host at msync(2), fsync(2) and unmapping, so that inside the machine mapping and file are the same bytes.
/// </summary>
internal sealed unsafe class HostPageCache
{
    private readonly Lock _lock = new();
    private readonly Dictionary<long, long> _pages = [];
    private readonly Dictionary<HostMemoryObject, int> _mappings = [];
    private FrameTable? _frames;

    /// <summary>Whether there are pages that may differ from what the host has.</summary>
    public bool HoldsPages
    {
        get
        {
            lock (_lock)
            {
                return _pages.Count > 0;
            }
        }
    }

    public void AddMapping(HostMemoryObject memory, FrameTable frames)
    {
        lock (_lock)
        {
            _frames = frames;
            CollectionsMarshal.GetValueRefOrAddDefault(_mappings, memory, out _)++;
        }
    }

    /// <summary>A mapping went; with the last one through a descriptor what it changed goes to the host, with the last of all the pages go.</summary>
    public void RemoveMapping(HostMemoryObject memory, LinuxHostHandle handle)
    {
        lock (_lock)
        {
            if (--CollectionsMarshal.GetValueRefOrAddDefault(_mappings, memory, out _) > 0)
            {
                return;
            }

            _mappings.Remove(memory);
            WriteBack(handle, 0, long.MaxValue);
            if (_mappings.Count == 0)
            {
                foreach (long frame in _pages.Values)
                {
                    _frames!.ReleaseReference(frame);
                }

                _pages.Clear();
            }
        }
    }

    public Errno GetPage(LinuxHostHandle handle, FrameTable frames, long page, out long frame)
    {
        lock (_lock)
        {
            if (_pages.TryGetValue(page, out frame))
            {
                frames.AddReference(frame);
                return Errno.None;
            }

            frame = frames.Allocate();
            if (frame < 0)
            {
                return Errno.ENOMEM;
            }

            // SAFETY: a frame is one page, and this one is ours alone.
            int count = HostLibc.Read(handle.Handle, new Span<byte>(frames.PointerTo(frame), Page.Size), page << Page.Shift);
            if (count <= 0)
            {
                // An error, or a truncation since the fault looked at the length.
                frames.ReleaseReference(frame);
                frame = -1;
                return Errno.EIO;
            }

            _pages.Add(page, frame);
            frames.AddReference(frame);
            return Errno.None;
        }
    }

    /// <summary>Puts mapped bytes over what was read from the host.</summary>
    public void Overlay(Span<byte> buffer, long position)
    {
        lock (_lock)
        {
            for (int done = 0; done < buffer.Length && _pages.Count > 0;)
            {
                Span<byte> part = Part(buffer[done..], position + done, out long frame, out int offset);
                if (frame >= 0)
                {
                    // SAFETY: offset and part lie within the frame.
                    new ReadOnlySpan<byte>(_frames!.PointerTo(frame) + offset, part.Length).CopyTo(part);
                }

                done += part.Length;
            }
        }
    }

    /// <summary>Puts written bytes into the mapped pages.</summary>
    public void Update(ReadOnlySpan<byte> buffer, long position)
    {
        lock (_lock)
        {
            for (int done = 0; done < buffer.Length && _pages.Count > 0;)
            {
                int offset = (int)((position + done) & (Page.Size - 1));
                ReadOnlySpan<byte> part = buffer.Slice(done, Math.Min(buffer.Length - done, Page.Size - offset));
                if (_pages.TryGetValue((position + done) >> Page.Shift, out long frame))
                {
                    _frames!.BeforeWrite(frame);

                    // SAFETY: as in Overlay.
                    part.CopyTo(new Span<byte>(_frames.PointerTo(frame) + offset, part.Length));
                }

                done += part.Length;
            }
        }
    }

    /// <summary>Writes changed pages to the host, up to its end of file.</summary>
    public Errno WriteBack(LinuxHostHandle handle, long first, long count)
    {
        if (!handle.Writable)
        {
            return Errno.None;
        }

        byte[] old = new byte[Page.Size];
        lock (_lock)
        {
            if (_pages.Count == 0 || HostLibc.Stat(handle.Handle, "", out HostStat stat) != 0)
            {
                return Errno.None;
            }

            foreach ((long page, long frame) in Cached(first, count))
            {
                long start = page << Page.Shift;
                int length = (int)Math.Clamp((long)stat.Size - start, 0, Page.Size);
                if (length == 0)
                {
                    continue;
                }

                // SAFETY: length is at most a page.
                var bytes = new ReadOnlySpan<byte>(_frames!.PointerTo(frame), length);
                int read = HostLibc.Read(handle.Handle, old.AsSpan(0, length), start);
                if ((read != length || !bytes.SequenceEqual(old.AsSpan(0, length))) && HostLibc.Write(handle.Handle, bytes, start) is < 0 and var error)
                {
                    return (Errno)(-error);
                }
            }

            return Errno.None;
        }
    }

    /// <summary>
    /// The file got shorter (or longer): the rest of its last page is zero, and pages past the end leave every mapping. Call it
    /// without locks that a page fault takes.
    /// </summary>
    public void Truncate(long length)
    {
        HostMemoryObject[] mapped;
        FrameTable? frames;
        long end = (length + Page.Size - 1) >> Page.Shift;
        lock (_lock)
        {
            frames = _frames;
            mapped = [.. _mappings.Keys];
            foreach ((long page, long frame) in _pages.ToArray())
            {
                int keep = (int)Math.Clamp(length - (page << Page.Shift), 0, Page.Size);
                if (keep == 0)
                {
                    _pages.Remove(page);
                    frames!.ReleaseReference(frame);
                }
                else if (keep < Page.Size)
                {
                    frames!.BeforeWrite(frame);

                    // SAFETY: keep is within the page.
                    new Span<byte>(frames.PointerTo(frame) + keep, Page.Size - keep).Clear();
                }
            }
        }

        foreach (HostMemoryObject memory in mapped)
        {
            frames!.Truncated(memory, end);
        }
    }

    /// <summary>The host changed content (fallocate(2)): reads all pages again.</summary>
    public void Refresh(Microsoft.Win32.SafeHandles.SafeFileHandle handle)
    {
        lock (_lock)
        {
            foreach ((long page, long frame) in _pages)
            {
                _frames!.BeforeWrite(frame);

                // SAFETY: a frame is one page.
                var bytes = new Span<byte>(_frames.PointerTo(frame), Page.Size);
                int read = HostLibc.Read(handle, bytes, page << Page.Shift);
                bytes[Math.Max(0, read)..].Clear();
            }
        }
    }

    /// <summary>The cached pages of a range, by whichever way looks at fewer.</summary>
    private IEnumerable<KeyValuePair<long, long>> Cached(long first, long count)
    {
        if (count >= _pages.Count)
        {
            return _pages.Where(p => p.Key >= first && p.Key - first < count);
        }

        var pages = new List<KeyValuePair<long, long>>();
        for (long page = first; page < first + count; page++)
        {
            if (_pages.TryGetValue(page, out long frame))
            {
                pages.Add(new(page, frame));
            }
        }

        return pages;
    }

    private Span<byte> Part(Span<byte> rest, long position, out long frame, out int offset)
    {
        offset = (int)(position & (Page.Size - 1));
        frame = _pages.TryGetValue(position >> Page.Shift, out long found) ? found : -1;
        return rest[..Math.Min(rest.Length, Page.Size - offset)];
    }
}

/// <summary>A host file as mmap(2) sees it, through the descriptor by which it was opened.</summary>
internal sealed class HostMemoryObject(LinuxHostInode inode, LinuxHostHandle handle, string path, ulong device) : IMemoryObject
{
    /// <summary>File times are as coarse as the kernel's clock tick, on some file systems a second or two.</summary>
    public const long SettledAfterMilliseconds = 3000;

    public long Length => HostLibc.Stat(handle.Handle, "", out HostStat stat) == 0 ? (long)stat.Size : 0;

    public MemoryObjectName Name => new(path, device, inode.Number);

    /// <summary>None while shared mappings may have changed pages that the host doesn't know yet.</summary>
    public int HostDescriptor => inode.CacheIfAny is { HoldsPages: true } ? -1 : (int)handle.Handle.DangerousGetHandle();

    /// <summary>Null for a file that changed so lately that it may change again without its times showing it, and one with changes not yet written.</summary>
    public ContentIdentity? Identity
    {
        get
        {
            if (inode.CacheIfAny is { HoldsPages: true } || !WrittenFiles.IsSettled(inode.Key) || HostLibc.Stat(handle.Handle, "", out HostStat stat) != 0 || stat.Type != Abi.StatConstants.S_IFREG)
            {
                return null;
            }

            long changed = stat.ChangeTime.Total;
            long now = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
            return now - changed < SettledAfterMilliseconds * 1_000_000 ? null
                : new ContentIdentity(stat.Key.Device, stat.Inode, (long)stat.Size, stat.ModificationTime.Total, changed);
        }
    }

    public Errno GetPage(FrameTable frames, long pageIndex, out long frame) => inode.Cache.GetPage(handle, frames, pageIndex, out frame);

    public int ReadPage(long pageIndex, Span<byte> destination)
    {
        int done = 0;
        while (done < destination.Length)
        {
            int count = HostLibc.Read(handle.Handle, destination[done..], (pageIndex << Page.Shift) + done);
            if (count < 0)
            {
                return count;
            }

            if (count == 0)
            {
                break;
            }

            done += count;
        }

        inode.CacheIfAny?.Overlay(destination[..done], pageIndex << Page.Shift);
        return done;
    }

    public Errno WriteBack(FrameTable frames, long firstPage, long count) => inode.CacheIfAny?.WriteBack(handle, firstPage, count) ?? Errno.None;

    public void Mapped() => throw new NotSupportedException();

    public void Mapped(FrameTable frames)
    {
        handle.AddReference();
        inode.Cache.AddMapping(this, frames);
    }

    public void Unmapped()
    {
        inode.Cache.RemoveMapping(this, handle);
        handle.Release();
    }
}
