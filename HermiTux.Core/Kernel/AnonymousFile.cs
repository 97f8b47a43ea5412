using HermiTux.Kernel.FileSystems;

namespace HermiTux.Kernel;

/// <summary>A file made by a system call of its own, without a name: eventfd(2), timerfd_create(2), epoll(7) and the like (anon_inode in the kernel).</summary>
internal abstract class AnonymousFile : OpenFile
{
    private const ulong AnonymousDevice = 14;
    private const uint OwnerReadWrite = 0x180;

    /// <param name="flags">O_* access mode and status flags.</param>
    protected AnonymousFile(int flags) : base(flags)
    {
    }

    public override Result<InodeAttributes> GetAttributes() => new InodeAttributes
    {
        Device = AnonymousDevice,
        Inode = 1,
        Mode = OwnerReadWrite,
        Links = 1,
        BlockSize = Memory.Page.Size,
    };

    /// <summary>noop_llseek(): accepted without effect, though nothing can be read at an offset.</summary>
    public override Result<long> Seek(long offset, int whence) => 0L;
}
