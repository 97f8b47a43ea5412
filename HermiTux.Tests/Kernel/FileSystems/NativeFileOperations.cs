using System.Runtime.InteropServices;
using System.Text;
using HermiTux.Abi;

namespace HermiTux.Tests.Kernel.FileSystems;

/// <summary>The calls on the host's Linux, in a directory of its own. Must be used from one thread, whose file-system user it changes.</summary>
internal sealed unsafe partial class NativeFileOperations : IFileOperations
{
    private readonly string _top;
    private readonly string _work;
    private readonly int _directory;

    public NativeFileOperations()
    {
        string parent = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();
        _top = Path.Combine(parent, "hermitux-" + Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(_top);
        chmod(_top, 0x1ED);

        // Deep enough that no combination of ".." in the tests leaves it.
        string work = _work = Path.Combine(_top, "a/b/c/d/e/f/g/h/w");
        umask(0x12);
        Directory.CreateDirectory(work);
        chmod(work, 0x1FF);
        _directory = open(work, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY | Fcntl.O_CLOEXEC, 0);
    }

    public int MakeDirectory(string path, uint mode) => Error(mkdirat(_directory, path, mode));

    public int RemoveDirectory(string path) => Error(unlinkat(_directory, path, Fcntl.AT_REMOVEDIR));

    public int Unlink(string path) => Error(unlinkat(_directory, path, 0));

    public int OpenAndClose(string path, int flags, uint mode)
    {
        int fd = openat(_directory, path, flags | Fcntl.O_CLOEXEC, mode);
        if (fd >= 0)
        {
            _ = close(fd);
            return 0;
        }

        return -Marshal.GetLastPInvokeError();
    }

    public int WriteAll(string path, byte[] content, bool append)
    {
        int fd = openat(_directory, path, Fcntl.O_WRONLY | Fcntl.O_NONBLOCK | Fcntl.O_CLOEXEC | (append ? Fcntl.O_APPEND : 0), 0);
        if (fd < 0)
        {
            return -Marshal.GetLastPInvokeError();
        }

        fixed (byte* data = content)
        {
            int result = (int)write(fd, data, (nuint)content.Length);
            result = result < 0 ? -Marshal.GetLastPInvokeError() : result;
            _ = close(fd);
            return result;
        }
    }

    public int SymbolicLink(string target, string path) => Error(symlinkat(target, _directory, path));

    public int Link(string from, string to, bool follow) => Error(linkat(_directory, from, _directory, to, follow ? Fcntl.AT_SYMLINK_FOLLOW : 0));

    public int Rename(string from, string to, uint flags) => Error(renameat2(_directory, from, _directory, to, flags));

    public int ChangeMode(string path, uint mode) => Error(fchmodat(_directory, path, mode, 0));

    public int ChangeOwner(string path, uint uid, uint gid) => Error(fchownat(_directory, path, uid, gid, 0));

    public int Truncate(string path, long length) => Error(truncate(Absolute(path), length));

    public int Access(string path, int mode) => Error((int)syscall(439, _directory, path, mode, Fcntl.AT_EACCESS));

    public int MakeNode(string path, uint mode) => Error(mknodat(_directory, path, mode, 0));

    public int ReadLink(string path, out string target)
    {
        byte[] buffer = new byte[4096];
        fixed (byte* data = buffer)
        {
            nint length = readlinkat(_directory, path, data, (nuint)buffer.Length);
            target = length < 0 ? "" : Encoding.UTF8.GetString(buffer, 0, (int)length);
            return length < 0 ? -Marshal.GetLastPInvokeError() : 0;
        }
    }

    public int Stat(string path, bool follow, out string description)
    {
        byte* buffer = stackalloc byte[256];
        int result = Error(statx(_directory, path, follow ? 0 : Fcntl.AT_SYMLINK_NOFOLLOW, 0x7FF, buffer));
        uint mode = *(ushort*)(buffer + 28);
        bool directory = (mode & 0xF000) == 0x4000;
        description = result != 0 ? "" : $"{mode:x} links {*(uint*)(buffer + 16)} owner {*(uint*)(buffer + 20)}:{*(uint*)(buffer + 24)} size {(directory ? 0 : *(ulong*)(buffer + 40))}";
        return result;
    }

    public void SetUser(uint uid)
    {
        _ = setfsuid(0);
        _ = setfsgid(uid);
        _ = setfsuid(uid);
    }

    public string Dump()
    {
        SetUser(0);
        var text = new StringBuilder();
        Walk(".", text);
        return text.ToString();
    }

    public void Dispose()
    {
        SetUser(0);
        _ = close(_directory);
        try
        {
            Directory.Delete(_top, recursive: true);
        }
        catch (IOException)
        {
        }
    }

    private void Walk(string path, StringBuilder text)
    {
        Stat(path, follow: false, out string description);
        text.Append(path).Append(": ").Append(description);
        if (ReadLink(path, out string target) == 0)
        {
            text.Append(" -> ").Append(target);
        }

        string full = Path.Combine(_work, path);
        if (new FileInfo(full).LinkTarget is null && Directory.Exists(full))
        {
            text.Append('\n');
            foreach (string name in Directory.EnumerateFileSystemEntries(full).Select(Path.GetFileName).Order(StringComparer.Ordinal)!)
            {
                Walk($"{path}/{name}", text);
            }

            return;
        }

        if (description.StartsWith('8'))
        {
            text.Append(" = ").Append(Convert.ToHexString(File.ReadAllBytes(full)));
        }

        text.Append('\n');
    }

    private string Absolute(string path) => path.Length == 0 ? "" : $"/proc/self/fd/{_directory}/{path}";

    private static int Error(int result) => result < 0 ? -Marshal.GetLastPInvokeError() : 0;

    private const StringMarshalling Utf8 = StringMarshalling.Utf8;

    [LibraryImport("libc", SetLastError = true, StringMarshalling = Utf8)]
    private static partial int open(string path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = Utf8)]
    private static partial int openat(int directory, string path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int fd);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(int fd, byte* data, nuint count);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = Utf8)]
    private static partial int mkdirat(int directory, string path, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = Utf8)]
    private static partial int unlinkat(int directory, string path, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = Utf8)]
    private static partial int symlinkat(string target, int directory, string path);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = Utf8)]
    private static partial int linkat(int oldDirectory, string oldPath, int newDirectory, string newPath, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = Utf8)]
    private static partial int renameat2(int oldDirectory, string oldPath, int newDirectory, string newPath, uint flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = Utf8)]
    private static partial int fchmodat(int directory, string path, uint mode, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = Utf8)]
    private static partial int fchownat(int directory, string path, uint uid, uint gid, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = Utf8)]
    private static partial int truncate(string path, long length);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = Utf8)]
    private static partial int chmod(string path, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = Utf8)]
    private static partial int mknodat(int directory, string path, uint mode, ulong device);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = Utf8)]
    private static partial nint readlinkat(int directory, string path, byte* buffer, nuint size);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = Utf8)]
    private static partial int statx(int directory, string path, int flags, uint mask, byte* buffer);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = Utf8)]
    private static partial long syscall(long number, long directory, string path, long mode, long flags);

    [LibraryImport("libc")]
    private static partial int setfsuid(uint uid);

    [LibraryImport("libc")]
    private static partial int setfsgid(uint gid);

    [LibraryImport("libc")]
    private static partial uint umask(uint mask);
}
