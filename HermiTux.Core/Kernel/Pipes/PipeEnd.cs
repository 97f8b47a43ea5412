using System.Buffers.Binary;
using HermiTux.Abi;
using HermiTux.Kernel.FileSystems;
using HermiTux.Memory;

namespace HermiTux.Kernel;

/// <summary>One end of a pipe, or an open FIFO. The syscall layer raises SIGPIPE when a write gives EPIPE.</summary>
internal sealed class PipeEnd : OpenFile
{
    private const uint RequestReadable = 0x541B;
    private readonly Inode? _inode;
    private readonly Credentials? _owner;
    private readonly long _created;
    private readonly bool _reads;
    private readonly bool _writes;
    private readonly long _otherSeen;
    private readonly bool _waitsInOpen;
    private bool _opened;

    public PipeEnd(Pipe pipe, int flags, Dentry? dentry, Credentials? owner, long created)
        : this(pipe, flags, dentry, null, owner, created)
    {
    }

    public PipeEnd(Pipe pipe, int flags, Dentry? dentry, Inode? inode, Credentials? owner, long created) : base(flags)
    {
        Pipe = pipe;
        Dentry = dentry;
        _inode = inode;
        _owner = owner;
        _created = created;
        int access = flags & Fcntl.O_ACCMODE;
        _reads = access is Fcntl.O_RDONLY or Fcntl.O_RDWR;
        _writes = access is Fcntl.O_WRONLY or Fcntl.O_RDWR;
        _waitsInOpen = inode is not null && access != Fcntl.O_RDWR && (flags & Fcntl.O_NONBLOCK) == 0;
        pipe.AddEnd(_reads, _writes, out _otherSeen);
    }

    public Pipe Pipe { get; }

    public override Inode? Inode => _inode;

    public override string Description => $"pipe:[{Pipe.Number}]";

    public override WaitQueue WaitQueue => Pipe.WaitQueue;

    public override bool IsOpening
    {
        get
        {
            if (_waitsInOpen && !_opened)
            {
                _opened = Pipe.HasOtherSide(_reads, _otherSeen);
                return !_opened;
            }

            return false;
        }
    }

    public override Result<InodeAttributes> GetAttributes() => _inode is not null ? base.GetAttributes() : new InodeAttributes
    {
        Device = 13,
        Inode = Pipe.Number,
        Mode = StatConstants.S_IFIFO | 0x180,
        Links = 1,
        Uid = _owner?.Fsuid ?? 0,
        Gid = _owner?.Fsgid ?? 0,
        BlockSize = Page.Size,
        AccessTime = _created,
        ModificationTime = _created,
        ChangeTime = _created,
    };

    public override Result<int> Read(Span<byte> buffer, long position) => _reads ? Pipe.Read(buffer) : Errno.EBADF;

    public override Result<int> Write(ReadOnlySpan<byte> buffer, long position) =>
        _writes ? Pipe.Write(buffer, (StatusFlags & Fcntl.O_DIRECT) != 0) : Errno.EBADF;

    public override PollEvents Poll() => Pipe.Poll(_reads, _writes, _inode is null || Pipe.HasSeenWritersSince(_otherSeen));

    public override Result<long> Ioctl(AddressSpace memory, uint request, ulong argument)
    {
        if (request != RequestReadable)
        {
            return Errno.ENOTTY;
        }

        Span<byte> value = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(value, Pipe.Available);
        return memory.TryWrite(argument, value) ? 0L : Errno.EFAULT;
    }

    internal override Result<OpenFile> Reopen(int flags, Dentry dentry) =>
        new PipeEnd(Pipe, flags & (Fcntl.O_ACCMODE | Fcntl.O_NONBLOCK | Fcntl.O_DIRECT), null, _owner, _created);

    protected override void OnClose() => Pipe.RemoveEnd(_reads, _writes);
}
