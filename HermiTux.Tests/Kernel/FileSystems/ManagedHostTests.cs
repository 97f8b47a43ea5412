using System.Text;
using HermiTux.Abi;
using HermiTux.Kernel;
using HermiTux.Kernel.FileSystems;
using Xunit;

namespace HermiTux.Tests.Kernel.FileSystems;

/// <summary>The host file system of hosts that aren't Linux. It is made of System.IO alone, so that Linux can test it.</summary>
public sealed class ManagedHostTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly TemporaryDirectory _outside = new();

    [Fact]
    public void Files_are_made_written_read_and_truncated()
    {
        (VirtualFileSystem files, FsContext context) = Open(writable: true);
        OpenFile file = files.Open(context, null, "/f", Fcntl.O_RDWR | Fcntl.O_CREAT | Fcntl.O_EXCL, 0x1A4).Value;
        Assert.Equal(5, file.Write("hello"u8, 0).Value);
        Assert.Equal(5, file.Write("world"u8, 10).Value);
        byte[] bytes = new byte[100];
        Assert.Equal(15, file.Read(bytes, 0).Value);
        Assert.Equal("hello\0\0\0\0\0world", Encoding.ASCII.GetString(bytes, 0, 15));
        Assert.Equal(0, file.Read(bytes, 15).Value);
        Assert.Equal(Errno.None, file.Truncate(3));
        Assert.Equal(3, file.GetAttributes().Value.Size);
        file.Release();
        Assert.Equal("hel", File.ReadAllText(Path.Combine(_directory.Path, "f")));
        Assert.Equal(Errno.EEXIST, files.Open(context, null, "/f", Fcntl.O_RDWR | Fcntl.O_CREAT | Fcntl.O_EXCL, 0x1A4).Error);
        OpenFile append = files.Open(context, null, "/f", Fcntl.O_WRONLY | Fcntl.O_APPEND, 0).Value;
        Assert.Equal(1, append.Write("p"u8, 0).Value);
        append.Release();
        Assert.Equal("help", File.ReadAllText(Path.Combine(_directory.Path, "f")));
    }

    [Fact]
    public void Directories_and_names_change_as_they_should()
    {
        (VirtualFileSystem files, FsContext context) = Open(writable: true);
        Assert.Equal(Errno.None, files.MakeDirectory(context, null, "/d", 0x1ED));
        Assert.Equal(Errno.EEXIST, files.MakeDirectory(context, null, "/d", 0x1ED));
        Assert.Equal(Errno.ENOENT, files.MakeDirectory(context, null, "/none/e", 0x1ED));
        files.Open(context, null, "/d/a", Fcntl.O_WRONLY | Fcntl.O_CREAT, 0x1A4).Value.Release();
        Assert.Equal(Errno.ENOTEMPTY, files.RemoveDirectory(context, null, "/d"));
        Assert.Equal(Errno.ENOTDIR, files.RemoveDirectory(context, null, "/d/a"));
        Assert.Equal(Errno.EISDIR, files.Unlink(context, null, "/d"));
        Assert.Equal(Errno.None, files.Rename(context, null, "/d/a", null, "/d/b", 0));
        Assert.Equal(Errno.ENOENT, files.Resolve(context, null, "/d/a").Error);
        Assert.Equal(["b"], Directories.List(files, context, files.Resolve(context, null, "/d").Value));
        Assert.Equal(Errno.None, files.Unlink(context, null, "/d/b"));
        Assert.Equal(Errno.None, files.RemoveDirectory(context, null, "/d"));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_directory.Path));
    }

    [Fact]
    public void Symbolic_links_lead_through_the_guests_tree_and_never_out_of_the_directory()
    {
        File.WriteAllText(Path.Combine(_outside.Path, "secret"), "secret");
        Directory.CreateSymbolicLink(Path.Combine(_directory.Path, "absolute"), _outside.Path);
        Directory.CreateSymbolicLink(Path.Combine(_directory.Path, "relative"), "../" + Path.GetFileName(_outside.Path));
        File.CreateSymbolicLink(Path.Combine(_directory.Path, "file"), Path.Combine(_outside.Path, "secret"));
        (VirtualFileSystem files, FsContext context) = Open(writable: true);
        foreach (string path in new[] { "/absolute/secret", "/relative/secret", "/file" })
        {
            Assert.Equal(Errno.ENOENT, files.Open(context, null, path, Fcntl.O_RDONLY, 0).Error);
        }

        Assert.Equal(Errno.ELOOP, files.Open(context, null, "/file", Fcntl.O_RDONLY | Fcntl.O_NOFOLLOW, 0).Error);
        Assert.Equal(Path.Combine(_outside.Path, "secret"), files.ReadLink(context, files.Resolve(context, null, "/file", ResolveFlags.NoFollow).Value).Value);
        Assert.Equal(_outside.Path, files.ReadLink(context, files.Resolve(context, null, "/absolute", ResolveFlags.NoFollow).Value).Value);
        Assert.Equal(Errno.ENOENT, files.Resolve(context, null, "/../../" + Path.GetFileName(_outside.Path)).Error);
    }

    [Fact]
    public void A_directory_that_becomes_a_link_is_not_followed_any_more()
    {
        Directory.CreateDirectory(Path.Combine(_directory.Path, "d"));
        File.WriteAllText(Path.Combine(_directory.Path, "d", "x"), "inside");
        File.WriteAllText(Path.Combine(_outside.Path, "x"), "outside");
        (VirtualFileSystem files, FsContext context) = Open(writable: true);
        Dentry directory = files.Resolve(context, null, "/d").Value;
        Directory.Delete(Path.Combine(_directory.Path, "d"), recursive: true);
        Directory.CreateSymbolicLink(Path.Combine(_directory.Path, "d"), _outside.Path);
        Assert.NotEqual(Errno.None, files.Open(context, directory, "x", Fcntl.O_RDONLY, 0).Error);
        Assert.NotEqual(Errno.None, files.Open(context, directory, "y", Fcntl.O_WRONLY | Fcntl.O_CREAT, 0x1A4).Error);
        Assert.Equal(["x"], Directory.EnumerateFiles(_outside.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void A_read_only_directory_stays_as_it_is()
    {
        File.WriteAllText(Path.Combine(_directory.Path, "f"), "text");
        (VirtualFileSystem files, FsContext context) = Open(writable: false);
        Assert.Equal(Errno.EROFS, files.Open(context, null, "/f", Fcntl.O_RDWR, 0).Error);
        Assert.Equal(Errno.EROFS, files.Open(context, null, "/new", Fcntl.O_WRONLY | Fcntl.O_CREAT, 0x1A4).Error);
        Assert.Equal(Errno.EROFS, files.MakeDirectory(context, null, "/d", 0x1ED));
        Assert.Equal(Errno.EROFS, files.Unlink(context, null, "/f"));
        Assert.Equal(Errno.EROFS, files.Rename(context, null, "/f", null, "/g", 0));
        OpenFile file = files.Open(context, null, "/f", Fcntl.O_RDONLY, 0).Value;
        byte[] bytes = new byte[10];
        Assert.Equal(4, file.Read(bytes, 0).Value);
        file.Release();
        Assert.Equal("text", File.ReadAllText(Path.Combine(_directory.Path, "f")));
    }

    public void Dispose()
    {
        _directory.Dispose();
        _outside.Dispose();
    }

    private (VirtualFileSystem Files, FsContext Context) Open(bool writable)
    {
        var files = new VirtualFileSystem(ManagedHostFileSystem.Open(_directory.Path, new HostFileSystemOptions { Writable = writable }));
        return (files, new FsContext(files, new Credentials()));
    }
}
