using System.Buffers;
using System.Buffers.Binary;
using HermiTux.Abi;
using HermiTux.Kernel;
using HermiTux.Kernel.FileSystems;

namespace HermiTux.Syscalls.Files;

/// <summary>getdents(2), getdents64(2), chdir(2), fchdir(2), getcwd(2), chroot(2), umask(2).</summary>
internal static class Directories
{
    private const ulong WorkingDirectory = unchecked((ulong)Fcntl.AT_FDCWD);
    private const int MaximumBuffer = 1 << 20;

    public static SyscallResult GetEntries(SyscallContext context, SyscallArguments args) => GetEntries(context, args, old: true);

    public static SyscallResult GetEntries64(SyscallContext context, SyscallArguments args) => GetEntries(context, args, old: false);

    public static SyscallResult ChangeDirectory(SyscallContext context, SyscallArguments args)
    {
        Errno error = context.ResolveAt(WorkingDirectory, args.Arg0, ResolveFlags.Directory, out Dentry? place);
        return error != Errno.None ? error : Enter(context, place, root: false);
    }

    public static SyscallResult ChangeDirectoryToFile(SyscallContext context, SyscallArguments args)
    {
        if (!context.TryGetFileOrPath(args.Arg0, out OpenFile? file, out Errno error))
        {
            return error;
        }

        Dentry? place = file.Dentry;
        bool directory = file.Inode?.Type == StatConstants.S_IFDIR;
        file.Release();
        return place is null || !directory ? Errno.ENOTDIR : Enter(context, place, root: false);
    }

    public static SyscallResult ChangeRoot(SyscallContext context, SyscallArguments args)
    {
        Errno error = context.ResolveAt(WorkingDirectory, args.Arg0, ResolveFlags.Directory, out Dentry? place);
        return error != Errno.None ? error
            : context.Process.Credentials.Euid != 0 ? Errno.EPERM
            : Enter(context, place, root: true);
    }

    public static SyscallResult GetWorkingDirectory(SyscallContext context, SyscallArguments args)
    {
        FsContext fs = context.Process.Fs;
        string path = fs.WorkingDirectory.FullPath;
        if (path.EndsWith(Dentry.DeletedMark, StringComparison.Ordinal))
        {
            return Errno.ENOENT;
        }

        string root = fs.Root.FullPath;
        if (root != "/")
        {
            path = path == root ? "/"
                : path.StartsWith(root + "/", StringComparison.Ordinal) ? path[root.Length..]
                : "(unreachable)" + path;
        }

        byte[] bytes = [.. FileName.Encode(path), 0];
        return bytes.Length > FileName.MaxPathLength ? Errno.ENAMETOOLONG
            : (ulong)bytes.Length > args.Arg1 ? Errno.ERANGE
            : context.Memory.TryWrite(args.Arg0, bytes) ? bytes.Length
            : Errno.EFAULT;
    }

    public static SyscallResult SetUmask(SyscallContext context, SyscallArguments args)
    {
        uint old = context.Process.Fs.Umask;
        context.Process.Fs.Umask = (uint)args.Arg0 & 0x1FF;
        return (long)old;
    }

    private static SyscallResult Enter(SyscallContext context, Dentry place, bool root)
    {
        Errno error = context.Machine.Files.CheckAccess(context.Process.Fs, place, Fcntl.X_OK, effectiveIds: true);
        if (error != Errno.None)
        {
            return error;
        }

        if (root)
        {
            context.Process.Fs.Root = place;
        }
        else
        {
            context.Process.Fs.WorkingDirectory = place;
        }

        return 0;
    }

    private static SyscallResult GetEntries(SyscallContext context, in SyscallArguments args, bool old)
    {
        if (!context.TryGetFile(args.Arg0, out OpenFile? file, out Errno error))
        {
            return error;
        }

        int size = (int)Math.Min((uint)args.Arg2, MaximumBuffer);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Math.Max(size, 1));
        try
        {
            var filler = new Filler(buffer, size, old);
            lock (file.PositionLock)
            {
                long before = file.Position;
                error = file.ReadDirectory(filler);
                if (error == Errno.None && !context.Memory.TryWrite(args.Arg1, buffer.AsSpan(0, filler.Length)))
                {
                    file.Position = before;
                    error = Errno.EFAULT;
                }
            }

            if (error == Errno.None)
            {
                file.Notify(EventFdConstants.IN_ACCESS);
            }

            return error != Errno.None ? error : filler is { Length: 0, WasFull: true } ? Errno.EINVAL : filler.Length;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            file.Release();
        }
    }

    /// <summary>Lays entries out as struct linux_dirent64, or the older one with the type in its last byte.</summary>
    private sealed class Filler(byte[] buffer, int size, bool old) : IDirectoryFiller
    {
        private const int OldNameOffset = 18;

        public int Length { get; private set; }

        public bool WasFull { get; private set; }

        public bool Add(string name, ulong inode, uint type, long nextPosition)
        {
            byte[] bytes = FileName.Encode(name);
            int nameOffset = old ? OldNameOffset : LinuxDirent64.NameOffset;
            int record = (nameOffset + bytes.Length + 1 + (old ? 1 : 0) + 7) & ~7;
            if (WasFull || record > size - Length)
            {
                WasFull = true;
                return false;
            }

            Span<byte> entry = buffer.AsSpan(Length, record);
            entry.Clear();
            BinaryPrimitives.WriteUInt64LittleEndian(entry, inode);
            BinaryPrimitives.WriteInt64LittleEndian(entry[8..], nextPosition);
            BinaryPrimitives.WriteUInt16LittleEndian(entry[16..], (ushort)record);
            entry[old ? record - 1 : 18] = (byte)(type >> 12);
            bytes.CopyTo(entry[nameOffset..]);
            Length += record;
            return true;
        }
    }
}
