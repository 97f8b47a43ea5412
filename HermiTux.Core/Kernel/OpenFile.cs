using HermiTux.Abi;
using HermiTux.Kernel.FileSystems;
using HermiTux.Memory;

namespace HermiTux.Kernel;

/// <summary>
/// An open file description (open(2)): what descriptors refer to, with offset and status flags, shared by dup(2) and fork(2).
/// </summary>
/// <remarks>
/// <para>Operations never block: they answer EAGAIN, and the syscall layer waits on <see cref="WaitQueue"/> unless O_NONBLOCK
/// is set. All members may be called from any thread. Buffers may be windows on guest memory, so the bytes may change under the
/// reader: read each once.</para>
/// <para>A file is disposed when its last reference goes (<see cref="Release"/>).</para>
/// </remarks>
public abstract class OpenFile
{
    private int _references = 1;
    private int _statusFlags;
    private List<Epoll.EpollItem>? _watches;
    private bool _isCounted;

    /// <summary>Creates a description with one reference.</summary>
    /// <param name="flags">O_* access mode and status flags.</param>
    protected OpenFile(int flags)
    {
        _statusFlags = flags;
    }

    /// <summary>O_* as F_GETFL returns them (access mode and status flags, without creation flags).</summary>
    public int StatusFlags
    {
        get => Volatile.Read(ref _statusFlags);
        set => Volatile.Write(ref _statusFlags, value);
    }

    /// <summary>F_SETOWN: who gets SIGURG.</summary>
    internal FileOwner Owner { get; set; } = FileOwner.None;

    /// <summary>F_SETSIG; kept, since signal-driven I/O (O_ASYNC) isn't there.</summary>
    internal int OwnerSignal { get; set; }

    /// <summary>The file that was opened; null for pipes, eventfds and the like that have no directory entry of their own.</summary>
    public virtual Inode? Inode => null;

    /// <summary>Where the file was found, for /proc/self/fd and getcwd; null when it has no place in the tree.</summary>
    public Dentry? Dentry { get; init; }

    /// <summary>What readlink(2) of /proc/self/fd/N shows when there is no <see cref="Dentry"/>, such as <c>pipe:[7]</c>.</summary>
    public virtual string Description => Inode is { } inode ? $"{GetType().Name}:[{inode.Number}]" : "anon_inode:[unknown]";

    /// <summary>Lines of /proc/self/fdinfo that only this kind of file has, each with its line feed.</summary>
    internal virtual string FdInfo => "";

    /// <summary>The offset of the next read(2) or write(2) of a seekable file.</summary>
    public long Position { get; set; }

    /// <summary>Serialises users of <see cref="Position"/> (POSIX makes read and write atomic on it).</summary>
    public Lock PositionLock { get; } = new();

    /// <summary>Whether lseek(2), pread(2) and pwrite(2) work; false gives ESPIPE.</summary>
    public virtual bool IsSeekable => false;

    /// <summary>Opened by a user without CAP_FSETID, so that a write takes set-user-id and set-group-id away (inode(7)).</summary>
    internal bool ClearsSetIds { get; set; }

    /// <summary>fstat(2).</summary>
    public virtual Result<InodeAttributes> GetAttributes()
    {
        if (Inode is not { } inode)
        {
            return Errno.EBADF;
        }

        Result<InodeAttributes> result = inode.GetAttributes();
        return result.IsSuccess && result.Value.Device == 0 && Dentry?.Mount is { } mount ? result.Value with { Device = mount.Device } : result;
    }

    /// <summary>
    /// Whether open(2) has to wait: a FIFO without its other side. The syscall layer waits on <see cref="WaitQueue"/> until this is false,
    /// and releases the file if a signal comes first.
    /// </summary>
    public virtual bool IsOpening => false;

    /// <summary>Reads up to the buffer's length. Seekable files read at <paramref name="position"/>, others ignore it. 0 is the end.</summary>
    public virtual Result<int> Read(Span<byte> buffer, long position) => Errno.EINVAL;

    /// <summary>Writes up to the buffer's length. Seekable files write at <paramref name="position"/>, or at the end with O_APPEND; others ignore it.</summary>
    public virtual Result<int> Write(ReadOnlySpan<byte> buffer, long position) => Errno.EINVAL;

    /// <summary>lseek(2) for seekable files: returns the new offset. The default handles SEEK_SET, SEEK_CUR, SEEK_END, SEEK_DATA and SEEK_HOLE by size.</summary>
    /// <returns>EINVAL for a result below 0 or an unknown whence, ENXIO for SEEK_DATA and SEEK_HOLE beyond the end, ESPIPE when not seekable.</returns>
    public virtual Result<long> Seek(long offset, int whence)
    {
        if (!IsSeekable)
        {
            return Errno.ESPIPE;
        }

        lock (PositionLock)
        {
            long size = whence is Fcntl.SEEK_SET or Fcntl.SEEK_CUR ? 0 : Size;
            if (whence is Fcntl.SEEK_DATA or Fcntl.SEEK_HOLE && (offset < 0 || offset >= size))
            {
                return Errno.ENXIO;
            }

            Int128 target = whence switch
            {
                Fcntl.SEEK_SET => offset,
                Fcntl.SEEK_CUR => (Int128)Position + offset,
                Fcntl.SEEK_END => (Int128)size + offset,
                Fcntl.SEEK_DATA => FindData(offset),
                Fcntl.SEEK_HOLE => FindHole(offset),
                _ => -1,
            };
            if (target < 0 || target > long.MaxValue)
            {
                return whence is Fcntl.SEEK_DATA ? Errno.ENXIO : target > long.MaxValue ? Errno.EOVERFLOW : Errno.EINVAL;
            }

            Position = (long)target;
            return Position;
        }
    }

    /// <summary>Size in bytes for SEEK_END; by default what <see cref="GetAttributes"/> says.</summary>
    protected virtual long Size => GetAttributes() is { IsSuccess: true } attributes ? attributes.Value.Size : 0;

    /// <summary>SEEK_DATA below the end: the first byte at or after <paramref name="offset"/> that is not in a hole, or -1.</summary>
    protected virtual long FindData(long offset) => offset;

    /// <summary>SEEK_HOLE below the end: the first hole at or after <paramref name="offset"/>; the end counts as one.</summary>
    protected virtual long FindHole(long offset) => Size;

    /// <summary>A new description of the same file, for opening /proc/self/fd/N of a file that is nowhere in the tree.</summary>
    internal virtual Result<OpenFile> Reopen(int flags, Dentry dentry) => Errno.ENXIO;

    /// <summary>Directory entries from the current position on (getdents64(2)); the filler says when it is full.</summary>
    public virtual Errno ReadDirectory(IDirectoryFiller filler) => Errno.ENOTDIR;

    /// <summary>ftruncate(2).</summary>
    public virtual Errno Truncate(long length) => Errno.EINVAL;

    /// <summary>fallocate(2). <paramref name="mode"/> is FALLOC_FL_*.</summary>
    public virtual Errno Allocate(int mode, long offset, long length) => Errno.ENODEV;

    /// <summary>fsync(2), fdatasync(2).</summary>
    public virtual Errno Synchronize() => Errno.EINVAL;

    /// <summary>ioctl(2). <paramref name="memory"/> is where <paramref name="argument"/> points.</summary>
    public virtual Result<long> Ioctl(AddressSpace memory, uint request, ulong argument) => Errno.ENOTTY;

    /// <summary>What is ready now. Regular files are always ready.</summary>
    public virtual PollEvents Poll() => PollEvents.In | PollEvents.Out | PollEvents.ReadNormal | PollEvents.WriteNormal;

    /// <summary>Who to ask to be woken when readiness changes; null for files that are always ready.</summary>
    public virtual WaitQueue? WaitQueue => null;

    /// <summary>Whether it is a stream that a long read or write may pass through in several pieces (sockets); false keeps each call whole.</summary>
    internal virtual bool IsStream => false;

    /// <summary>Goes on with a read of a stream: what is there and nothing else, so that the end and errors are left for the next call.</summary>
    internal virtual int ReadMore(Span<byte> buffer) => 0;

    /// <summary>Longest wait of a read in nanoseconds (SO_RCVTIMEO); null is for ever.</summary>
    internal virtual long? ReadTimeout => null;

    /// <summary>Longest wait of a write in nanoseconds (SO_SNDTIMEO); null is for ever.</summary>
    internal virtual long? WriteTimeout => null;

    /// <summary>The object that mmap(2) maps; ENODEV where the file can't be mapped.</summary>
    public virtual Result<IMemoryObject> GetMemoryObject() => Errno.ENODEV;

    /// <summary>Adds a reference.</summary>
    public void AddReference() => Interlocked.Increment(ref _references);

    /// <summary>Adds a reference unless the last one is gone.</summary>
    internal bool TryAddReference()
    {
        int count = Volatile.Read(ref _references);
        while (count > 0)
        {
            int seen = Interlocked.CompareExchange(ref _references, count + 1, count);
            if (seen == count)
            {
                return true;
            }

            count = seen;
        }

        return false;
    }

    /// <summary>References now.</summary>
    internal int ReferenceCount => Volatile.Read(ref _references);

    /// <summary>Drops a reference; the last one closes the file.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _references) == 0)
        {
            EndWatches();
            TellClosed();

            // flock(2) and open-file-description locks go with the description.
            Inode?.LocksIfAny?.ReleaseOwner(this);
            OnClose();
        }
    }

    /// <summary>The epoll instances' items for this file.</summary>
    internal Epoll.EpollItem[] Watches
    {
        get
        {
            lock (PositionLock)
            {
                return _watches is { } watches ? [.. watches] : [];
            }
        }
    }

    /// <summary>An epoll instance watches the file from now on.</summary>
    internal void RememberWatch(Epoll.EpollItem item)
    {
        lock (PositionLock)
        {
            (_watches ??= []).Add(item);
        }
    }

    /// <summary>It doesn't any more.</summary>
    internal void ForgetWatch(Epoll.EpollItem item)
    {
        lock (PositionLock)
        {
            _watches?.Remove(item);
        }
    }

    /// <summary>Tells inotify(7) watches of the file what was done with it: IN_*.</summary>
    internal void Notify(uint mask)
    {
        if (_isCounted && Dentry?.Notifier is { IsActive: true } notifier)
        {
            notifier.OnFile(Dentry, mask);
        }
    }

    /// <summary>The file was opened by a name in the tree.</summary>
    internal void CountOpen()
    {
        _isCounted = true;
        Dentry!.ChangeOpenCount(1);
    }

    private void TellClosed()
    {
        if (!_isCounted)
        {
            return;
        }

        Notify((StatusFlags & Fcntl.O_ACCMODE) == Fcntl.O_RDONLY ? EventFdConstants.IN_CLOSE_NOWRITE : EventFdConstants.IN_CLOSE_WRITE);
        if (Dentry!.ChangeOpenCount(-1) == 0)
        {
            Dentry.Notifier?.OnLastClose(Dentry);
        }
    }

    // Closing the last descriptor of a file ends all watches of it (epoll(7)).
    private void EndWatches()
    {
        if (Volatile.Read(ref _watches) is null)
        {
            return;
        }

        foreach (Epoll.EpollItem item in Watches)
        {
            item.Owner.OnFileClosed(item);
        }
    }

    /// <summary>The last reference is gone: release what the file holds.</summary>
    protected virtual void OnClose()
    {
    }
}

/// <summary>Receives directory entries (getdents64(2)).</summary>
public interface IDirectoryFiller
{
    /// <summary>Adds an entry. False when the buffer is full: the entry was not taken and comes first next time.</summary>
    /// <param name="name">Name, see <see cref="FileName"/>.</param>
    /// <param name="inode">Inode number.</param>
    /// <param name="type">The S_IFMT bits of its mode.</param>
    /// <param name="nextPosition">d_off: the position after this entry.</param>
    bool Add(string name, ulong inode, uint type, long nextPosition);
}
