using HermiTux.Abi;
using HermiTux.Memory;

namespace HermiTux.Kernel.FileSystems;

/// <summary>An open file of an overlay. A file that was opened for reading below moves to the copy once there is one.</summary>
internal sealed class OverlayOpenFile : OpenFile
{
    private readonly OverlayInode _inode;
    private readonly Lock _lock = new();
    private readonly List<OpenFile> _left = [];
    private OpenFile _real;

    public OverlayOpenFile(OverlayInode inode, OpenFile real, int flags, Dentry dentry) : base(flags)
    {
        _inode = inode;
        _real = real;
        Dentry = dentry;
    }

    public override Inode Inode => _inode;

    public override bool IsSeekable => true;

    protected override long Size => GetAttributes() is { IsSuccess: true } attributes ? attributes.Value.Size : 0;

    public override Result<int> Read(Span<byte> buffer, long position) => Current().Read(buffer, position);

    public override Result<int> Write(ReadOnlySpan<byte> buffer, long position) => Current().Write(buffer, position);

    public override Errno Truncate(long length) => Current().Truncate(length);

    public override Errno Allocate(int mode, long offset, long length) => Current().Allocate(mode, offset, length);

    public override Errno Synchronize() => Current().Synchronize();

    public override Result<long> Ioctl(AddressSpace memory, uint request, ulong argument) => Current().Ioctl(memory, request, argument);

    public override Result<IMemoryObject> GetMemoryObject() => Current().GetMemoryObject();

    public override Result<InodeAttributes> GetAttributes()
    {
        Result<InodeAttributes> real = Current().GetAttributes();
        return real.IsSuccess ? real.Value with { Inode = _inode.Number, Device = Dentry?.Mount?.Device ?? 0 } : real;
    }

    protected override long FindData(long offset) => Find(offset, Fcntl.SEEK_DATA);

    protected override long FindHole(long offset) => Find(offset, Fcntl.SEEK_HOLE);

    protected override void OnClose()
    {
        _real.Release();
        _left.ForEach(f => f.Release());
    }

    private long Find(long offset, int whence)
    {
        Result<long> found = Current().Seek(offset, whence);
        return found.IsSuccess ? found.Value : -1;
    }

    private OpenFile Current()
    {
        lock (_lock)
        {
            if (_inode.Upper is { } upper && !ReferenceEquals(_real.Inode, upper) && upper.Open(StatusFlags, Dentry!).TryGet(out OpenFile? copy, out _))
            {
                // Somebody may be inside the lower file just now, so it is closed with this one.
                _left.Add(_real);
                _real = copy;
            }

            _real.StatusFlags = StatusFlags;
            _real.ClearsSetIds = ClearsSetIds;
            return _real;
        }
    }
}
