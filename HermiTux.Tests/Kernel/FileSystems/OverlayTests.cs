using System.Text;
using HermiTux.Abi;
using HermiTux.Kernel;
using HermiTux.Kernel.FileSystems;
using HermiTux.Memory;
using Xunit;

namespace HermiTux.Tests.Kernel.FileSystems;

public sealed class OverlayTests : IDisposable
{
    private readonly FrameTable _frames = new(MemoryModel.ForHost.CreateStore(64 << 20), 64 << 20);
    private readonly MemoryFileSystem _lower;
    private readonly VirtualFileSystem _files;
    private readonly FsContext _context;

    public OverlayTests()
    {
        _lower = new MemoryFileSystem(_frames, TimeProvider.System);
        _lower.AddFile("/a/file", "lower"u8);
        _lower.AddFile("/a/b/deep", "deep"u8);
        _files = new VirtualFileSystem(new OverlayFileSystem([_lower], new MemoryFileSystem(_frames, TimeProvider.System)));
        _context = new FsContext(_files, new Credentials());
    }

    public void Dispose() => _frames.Dispose();

    [Fact]
    public void Writing_copies_up_and_leaves_the_layer_below_and_the_inode_number()
    {
        OpenFile reader = _files.Open(_context, null, "/a/file", Fcntl.O_RDONLY, 0).Value;
        ulong number = reader.GetAttributes().Value.Inode;
        OpenFile writer = _files.Open(_context, null, "/a/file", Fcntl.O_RDWR | Fcntl.O_APPEND, 0).Value;
        writer.Write("+upper"u8, 0);
        Assert.Equal("lower+upper", Read(reader));
        Assert.Equal(number, writer.GetAttributes().Value.Inode);
        var below = new VirtualFileSystem(_lower);
        Assert.Equal("lower", Read(below.Open(new FsContext(below, new Credentials()), null, "/a/file", Fcntl.O_RDONLY, 0).Value));
    }

    [Fact]
    public void What_is_removed_stays_away_and_what_is_made_again_is_empty()
    {
        Assert.Equal(Errno.ENOTEMPTY, _files.RemoveDirectory(_context, null, "/a"));
        Assert.Equal(Errno.None, _files.Unlink(_context, null, "/a/b/deep"));
        Assert.Equal(Errno.None, _files.RemoveDirectory(_context, null, "/a/b"));
        Assert.Equal(Errno.ENOENT, _files.Resolve(_context, null, "/a/b").Error);
        Assert.Equal(["file"], Directories.List(_files, _context, _files.Resolve(_context, null, "/a").Value));
        Assert.Equal(Errno.None, _files.MakeDirectory(_context, null, "/a/b", 0x1ED));
        Assert.Empty(Directories.List(_files, _context, _files.Resolve(_context, null, "/a/b").Value));
    }

    [Fact]
    public void A_lower_directory_can_be_renamed_with_everything_in_it()
    {
        Dentry directory = _files.Resolve(_context, null, "/a/b").Value;
        Assert.Equal(Errno.None, _files.Rename(_context, null, "/a", null, "/z", 0));
        Assert.Equal("/z/b", directory.FullPath);
        Assert.Equal(Errno.ENOENT, _files.Resolve(_context, null, "/a").Error);
        Assert.Equal("deep", Read(_files.Open(_context, null, "/z/b/deep", Fcntl.O_RDONLY, 0).Value));
        Assert.Equal(["z"], Directories.List(_files, _context, _files.Root));
    }

    private static string Read(OpenFile file)
    {
        byte[] bytes = new byte[100];
        return Encoding.UTF8.GetString(bytes, 0, file.Read(bytes, 0).Value);
    }
}
