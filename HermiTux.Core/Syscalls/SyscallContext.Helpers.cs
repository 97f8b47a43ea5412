using System.Diagnostics.CodeAnalysis;
using HermiTux.Abi;
using HermiTux.Kernel;
using HermiTux.Kernel.FileSystems;

namespace HermiTux.Syscalls;

public sealed partial class SyscallContext
{
    /// <summary>A path from guest memory: EFAULT, or ENAMETOOLONG beyond PATH_MAX. An empty one is the caller's to judge.</summary>
    internal Errno ReadPath(ulong address, out string path)
    {
        Errno error = Memory.TryReadCString(address, FileName.MaxPathLength, out byte[] bytes);
        path = error == Errno.None ? FileName.Decode(bytes) : "";
        return error;
    }

    /// <summary>A file that can be read and written: EBADF when closed or O_PATH. The caller releases it.</summary>
    internal bool TryGetFile(ulong fd, [NotNullWhen(true)] out OpenFile? file, out Errno error)
    {
        if (!Process.Descriptors.Get((int)fd).TryGet(out file, out error))
        {
            return false;
        }

        if ((file.StatusFlags & Fcntl.O_PATH) != 0)
        {
            file.Release();
            file = null;
            error = Errno.EBADF;
            return false;
        }

        return true;
    }

    /// <summary>A file of one kind: EBADF when closed or O_PATH, <paramref name="mismatch"/> when it is of another kind. The caller releases it.</summary>
    internal bool TryGetFile<T>(ulong fd, Errno mismatch, [NotNullWhen(true)] out T? file, out Errno error)
        where T : OpenFile
    {
        file = null;
        if (!TryGetFile(fd, out OpenFile? any, out error))
        {
            return false;
        }

        file = any as T;
        if (file is null)
        {
            any.Release();
            error = mismatch;
            return false;
        }

        return true;
    }

    /// <summary>A file, O_PATH ones included. The caller releases it.</summary>
    internal bool TryGetFileOrPath(ulong fd, [NotNullWhen(true)] out OpenFile? file, out Errno error) =>
        Process.Descriptors.Get((int)fd).TryGet(out file, out error);

    /// <summary>
    /// The start of an *at() call: null for AT_FDCWD and absolute paths, else the directory behind the descriptor (EBADF, ENOTDIR).
    /// </summary>
    internal Errno ResolveStart(ulong dirfd, string path, out Dentry? start)
    {
        start = null;
        if ((int)dirfd == Fcntl.AT_FDCWD || path.StartsWith('/'))
        {
            return Errno.None;
        }

        if (!Process.Descriptors.Get((int)dirfd).TryGet(out OpenFile? file, out Errno error))
        {
            return error;
        }

        start = file.Dentry;
        bool directory = file.Inode?.Type == StatConstants.S_IFDIR;
        file.Release();
        return start is null || (!directory && path.Length > 0) ? Errno.ENOTDIR : Errno.None;
    }

    /// <summary>A path and where it starts from: <see cref="ReadPath"/>, then <see cref="ResolveStart"/>.</summary>
    internal Errno ReadPathAt(ulong dirfd, ulong address, out Dentry? start, out string path)
    {
        start = null;
        Errno error = ReadPath(address, out path);
        return error != Errno.None ? error : ResolveStart(dirfd, path, out start);
    }

    /// <summary>Reads a path and walks it.</summary>
    internal Errno ResolveAt(ulong dirfd, ulong address, ResolveFlags flags, [NotNull] out Dentry? place)
    {
        place = null!;
        Errno error = ReadPathAt(dirfd, address, out Dentry? start, out string path);
        return error != Errno.None ? error : Machine.Files.Resolve(Process.Fs, start, path, flags).TryGet(out place!, out error) ? Errno.None : error;
    }

    /// <summary>Copies a structure out; None or EFAULT.</summary>
    internal Errno Write<T>(ulong address, in T value)
        where T : unmanaged =>
        Memory.TryWrite(address, value) ? Errno.None : Errno.EFAULT;
}
