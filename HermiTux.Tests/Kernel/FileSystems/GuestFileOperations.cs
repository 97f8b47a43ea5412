using System.Text;
using HermiTux.Abi;
using HermiTux.Kernel;
using HermiTux.Kernel.FileSystems;
using Xunit;

namespace HermiTux.Tests.Kernel.FileSystems;

/// <summary>The same calls on a <see cref="VirtualFileSystem"/>.</summary>
internal sealed class GuestFileOperations : IFileOperations
{
    private readonly VirtualFileSystem _files;
    private readonly IDisposable? _owned;
    private FsContext _context;
    private readonly Dentry _start;

    public GuestFileOperations(VirtualFileSystem files, IDisposable? owned = null)
    {
        _files = files;
        _owned = owned;
        _context = new FsContext(files, new Credentials());
        string path = "";
        Errno made = Errno.None;
        foreach (char c in "abcdefghw")
        {
            path = $"{path}/{c}";
            made = files.MakeDirectory(_context, null, path, 0x1ED);
            Assert.Contains(made, new[] { Errno.None, Errno.EEXIST });
        }

        _start = files.Resolve(_context, null, path).Value;
        if (made == Errno.None)
        {
            Assert.Equal(Errno.None, files.SetAttributes(_context, _start, new AttributeChange { Mode = 0x1FF }));
        }
    }

    /// <summary>The file system at the root.</summary>
    public IFileSystem Root => _files.Root.Mount!.FileSystem;

    public int MakeDirectory(string path, uint mode) => -(int)_files.MakeDirectory(_context, _start, path, mode);

    public int RemoveDirectory(string path) => -(int)_files.RemoveDirectory(_context, _start, path);

    public int Unlink(string path) => -(int)_files.Unlink(_context, _start, path);

    public int OpenAndClose(string path, int flags, uint mode)
    {
        Result<OpenFile> file = _files.Open(_context, _start, path, flags, mode);
        if (file.IsSuccess)
        {
            file.Value.Release();
        }

        return -(int)file.Error;
    }

    public int WriteAll(string path, byte[] content, bool append)
    {
        Result<OpenFile> file = _files.Open(_context, _start, path, Fcntl.O_WRONLY | Fcntl.O_NONBLOCK | (append ? Fcntl.O_APPEND : 0), 0);
        if (!file.IsSuccess)
        {
            return -(int)file.Error;
        }

        Result<int> count = file.Value.Write(content, 0);
        file.Value.Release();
        return count.IsSuccess ? count.Value : -(int)count.Error;
    }

    public int SymbolicLink(string target, string path) => -(int)_files.MakeSymbolicLink(_context, target, _start, path);

    public int Link(string from, string to, bool follow) => -(int)_files.Link(_context, _start, from, _start, to, follow ? ResolveFlags.None : ResolveFlags.NoFollow);

    public int Rename(string from, string to, uint flags) => -(int)_files.Rename(_context, _start, from, _start, to, flags);

    public int ChangeMode(string path, uint mode) => Change(path, new AttributeChange { Mode = mode });

    public int ChangeOwner(string path, uint uid, uint gid) =>
        Change(path, new AttributeChange { Uid = uid == uint.MaxValue ? null : uid, Gid = gid == uint.MaxValue ? null : gid });

    public int Truncate(string path, long length) => Change(path, new AttributeChange { Size = length });

    public int Access(string path, int mode)
    {
        Result<Dentry> place = _files.Resolve(_context, _start, path);
        return -(int)(place.IsSuccess ? _files.CheckAccess(_context, place.Value, mode, effectiveIds: true) : place.Error);
    }

    public int MakeNode(string path, uint mode) => -(int)_files.MakeNode(_context, _start, path, mode, 0);

    public int ReadLink(string path, out string target)
    {
        Result<Dentry> place = _files.Resolve(_context, _start, path, ResolveFlags.NoFollow);
        Result<string> link = place.IsSuccess ? _files.ReadLink(_context, place.Value) : place.Error;
        target = link.IsSuccess ? link.Value : "";
        return -(int)link.Error;
    }

    public int Stat(string path, bool follow, out string description)
    {
        Result<Dentry> place = _files.Resolve(_context, _start, path, follow ? ResolveFlags.None : ResolveFlags.NoFollow);
        Result<InodeAttributes> result = place.IsSuccess ? _files.GetAttributes(place.Value) : place.Error;
        InodeAttributes a = result.Value;
        bool directory = (a.Mode & StatConstants.S_IFMT) == StatConstants.S_IFDIR;
        description = result.IsSuccess ? $"{a.Mode:x} links {a.Links} owner {a.Uid}:{a.Gid} size {(directory ? 0 : a.Size)}" : "";
        return -(int)result.Error;
    }

    public void SetUser(uint uid) => _context = new FsContext(_files, new Credentials { Fsuid = uid, Fsgid = uid, Groups = [] });

    public string Dump()
    {
        SetUser(0);
        var text = new StringBuilder();
        Walk(".", text);
        return text.ToString();
    }

    public void Dispose() => _owned?.Dispose();

    private int Change(string path, AttributeChange change)
    {
        Result<Dentry> place = _files.Resolve(_context, _start, path);
        return -(int)(place.IsSuccess ? _files.SetAttributes(_context, place.Value, change) : place.Error);
    }

    private void Walk(string path, StringBuilder text)
    {
        Stat(path, follow: false, out string description);
        text.Append(path).Append(": ").Append(description);
        if (ReadLink(path, out string target) == 0)
        {
            text.Append(" -> ").Append(target);
        }

        Dentry place = _files.Resolve(_context, _start, path, ResolveFlags.NoFollow).Value;
        if (place.Inode.Type == StatConstants.S_IFDIR)
        {
            text.Append('\n');
            foreach (string name in Directories.List(_files, _context, place).Order(StringComparer.Ordinal))
            {
                Walk($"{path}/{name}", text);
            }

            return;
        }

        if (place.Inode.Type == StatConstants.S_IFREG)
        {
            OpenFile file = _files.Open(_context, _start, path, Fcntl.O_RDONLY, 0).Value;
            byte[] bytes = new byte[1 << 16];
            text.Append(" = ").Append(Convert.ToHexString(bytes, 0, file.Read(bytes, 0).Value));
            file.Release();
        }

        text.Append('\n');
    }
}

internal static class Directories
{
    /// <summary>The names in a directory, without "." and "..", read in small pieces.</summary>
    public static List<string> List(VirtualFileSystem files, FsContext context, Dentry place)
    {
        OpenFile file = files.Open(context, place, ".", Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, 0).Value;
        var filler = new Filler();
        do
        {
            filler.Room = 3;
            Assert.Equal(Errno.None, file.ReadDirectory(filler));
        }
        while (filler.Room < 3);
        file.Release();
        Assert.Contains(".", filler.Names);
        Assert.Contains("..", filler.Names);
        return [.. filler.Names.Where(n => n is not ("." or ".."))];
    }

    private sealed class Filler : IDirectoryFiller
    {
        public List<string> Names { get; } = [];

        public int Room { get; set; }

        public bool Add(string name, ulong inode, uint type, long nextPosition)
        {
            if (Room == 0)
            {
                return false;
            }

            Room--;
            Names.Add(name);
            return true;
        }
    }
}
