using HermiTux.Abi;
using HermiTux.Kernel;
using HermiTux.Kernel.FileSystems;

namespace HermiTux.Syscalls.Files;

/// <summary>rename(2), link(2), symlink(2), mkdir(2), rmdir(2), unlink(2), mknod(2) and their *at() forms.</summary>
internal static class Names
{
    private const ulong WorkingDirectory = unchecked((ulong)Fcntl.AT_FDCWD);

    public static SyscallResult Rename(SyscallContext context, SyscallArguments args) =>
        RenameAt(context, WorkingDirectory, args.Arg0, WorkingDirectory, args.Arg1, 0);

    public static SyscallResult RenameAt(SyscallContext context, SyscallArguments args) => RenameAt(context, args.Arg0, args.Arg1, args.Arg2, args.Arg3, 0);

    public static SyscallResult RenameAt2(SyscallContext context, SyscallArguments args) =>
        RenameAt(context, args.Arg0, args.Arg1, args.Arg2, args.Arg3, (uint)args.Arg4);

    public static SyscallResult Link(SyscallContext context, SyscallArguments args) =>
        LinkAt(context, WorkingDirectory, args.Arg0, WorkingDirectory, args.Arg1, 0);

    public static SyscallResult LinkAt(SyscallContext context, SyscallArguments args) =>
        LinkAt(context, args.Arg0, args.Arg1, args.Arg2, args.Arg3, (int)args.Arg4);

    public static SyscallResult SymbolicLink(SyscallContext context, SyscallArguments args) => SymbolicLinkAt(context, args.Arg0, WorkingDirectory, args.Arg1);

    public static SyscallResult SymbolicLinkAt(SyscallContext context, SyscallArguments args) => SymbolicLinkAt(context, args.Arg0, args.Arg1, args.Arg2);

    public static SyscallResult MakeDirectory(SyscallContext context, SyscallArguments args) =>
        MakeDirectoryAt(context, WorkingDirectory, args.Arg0, (uint)args.Arg1);

    public static SyscallResult MakeDirectoryAt(SyscallContext context, SyscallArguments args) =>
        MakeDirectoryAt(context, args.Arg0, args.Arg1, (uint)args.Arg2);

    public static SyscallResult RemoveDirectory(SyscallContext context, SyscallArguments args) =>
        UnlinkAt(context, WorkingDirectory, args.Arg0, Fcntl.AT_REMOVEDIR);

    public static SyscallResult Unlink(SyscallContext context, SyscallArguments args) => UnlinkAt(context, WorkingDirectory, args.Arg0, 0);

    public static SyscallResult UnlinkAt(SyscallContext context, SyscallArguments args) => UnlinkAt(context, args.Arg0, args.Arg1, (int)args.Arg2);

    public static SyscallResult MakeNode(SyscallContext context, SyscallArguments args) =>
        MakeNodeAt(context, WorkingDirectory, args.Arg0, (uint)args.Arg1, (uint)args.Arg2);

    public static SyscallResult MakeNodeAt(SyscallContext context, SyscallArguments args) =>
        MakeNodeAt(context, args.Arg0, args.Arg1, (uint)args.Arg2, (uint)args.Arg3);

    private static SyscallResult RenameAt(SyscallContext context, ulong oldFd, ulong oldAddress, ulong newFd, ulong newAddress, uint flags)
    {
        const uint Known = Fcntl.RENAME_NOREPLACE | Fcntl.RENAME_EXCHANGE | Fcntl.RENAME_WHITEOUT;
        if ((flags & ~Known) != 0 ||
            ((flags & (Fcntl.RENAME_NOREPLACE | Fcntl.RENAME_WHITEOUT)) != 0 && (flags & Fcntl.RENAME_EXCHANGE) != 0))
        {
            return Errno.EINVAL;
        }

        Errno error = context.ReadPathAt(oldFd, oldAddress, out Dentry? oldStart, out string oldPath);
        Dentry? newStart = null;
        string newPath = "";
        error = error != Errno.None ? error : context.ReadPathAt(newFd, newAddress, out newStart, out newPath);
        return error != Errno.None ? error : context.Machine.Files.Rename(context.Process.Fs, oldStart, oldPath, newStart, newPath, flags);
    }

    private static SyscallResult LinkAt(SyscallContext context, ulong oldFd, ulong oldAddress, ulong newFd, ulong newAddress, int flags)
    {
        if ((flags & ~(Fcntl.AT_SYMLINK_FOLLOW | Fcntl.AT_EMPTY_PATH)) != 0)
        {
            return Errno.EINVAL;
        }

        Errno error = context.ReadPath(oldAddress, out string oldPath);
        if (error != Errno.None)
        {
            return error;
        }

        Dentry? oldStart = null;
        if (oldPath.Length == 0 && (flags & Fcntl.AT_EMPTY_PATH) != 0)
        {
            if (!context.TryGetFileOrPath(oldFd, out OpenFile? file, out error))
            {
                return error;
            }

            oldStart = file.Dentry;
            file.Release();
            if (oldStart is null)
            {
                return Errno.ENOENT;
            }
        }
        else
        {
            error = context.ResolveStart(oldFd, oldPath, out oldStart);
        }

        Dentry? newStart = null;
        string newPath = "";
        error = error != Errno.None ? error : context.ReadPathAt(newFd, newAddress, out newStart, out newPath);
        ResolveFlags resolve = ((flags & Fcntl.AT_SYMLINK_FOLLOW) == 0 ? ResolveFlags.NoFollow : 0) |
            ((flags & Fcntl.AT_EMPTY_PATH) != 0 ? ResolveFlags.EmptyPath : 0);
        return error != Errno.None ? error : context.Machine.Files.Link(context.Process.Fs, oldStart, oldPath, newStart, newPath, resolve);
    }

    private static SyscallResult SymbolicLinkAt(SyscallContext context, ulong target, ulong dirfd, ulong address)
    {
        Errno error = context.ReadPath(target, out string text);
        if (error == Errno.None && text.Length == 0)
        {
            error = Errno.ENOENT;
        }

        Dentry? start = null;
        string path = "";
        error = error != Errno.None ? error : context.ReadPathAt(dirfd, address, out start, out path);
        return error != Errno.None ? error : context.Machine.Files.MakeSymbolicLink(context.Process.Fs, text, start, path);
    }

    private static SyscallResult MakeDirectoryAt(SyscallContext context, ulong dirfd, ulong address, uint mode)
    {
        Errno error = context.ReadPathAt(dirfd, address, out Dentry? start, out string path);
        return error != Errno.None ? error : context.Machine.Files.MakeDirectory(context.Process.Fs, start, path, mode & 0x3FF);
    }

    private static SyscallResult UnlinkAt(SyscallContext context, ulong dirfd, ulong address, int flags)
    {
        if ((flags & ~Fcntl.AT_REMOVEDIR) != 0)
        {
            return Errno.EINVAL;
        }

        Errno error = context.ReadPathAt(dirfd, address, out Dentry? start, out string path);
        return error != Errno.None ? error
            : (flags & Fcntl.AT_REMOVEDIR) != 0 ? context.Machine.Files.RemoveDirectory(context.Process.Fs, start, path)
            : context.Machine.Files.Unlink(context.Process.Fs, start, path);
    }

    private static SyscallResult MakeNodeAt(SyscallContext context, ulong dirfd, ulong address, uint mode, uint device)
    {
        Errno error = context.ReadPathAt(dirfd, address, out Dentry? start, out string path);
        return error != Errno.None ? error : context.Machine.Files.MakeNode(context.Process.Fs, start, path, mode, device);
    }
}
