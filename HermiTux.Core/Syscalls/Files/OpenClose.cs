using HermiTux.Abi;
using HermiTux.Kernel;
using HermiTux.Kernel.FileSystems;

namespace HermiTux.Syscalls.Files;

/// <summary>open(2), openat(2), openat2(2), creat(2), close(2), close_range(2), dup(2).</summary>
internal static class OpenClose
{
    // VALID_OPEN_FLAGS; open(2) ignores the others, openat2(2) refuses them.
    private const int ValidFlags = Fcntl.O_ACCMODE | Fcntl.O_CREAT | Fcntl.O_EXCL | Fcntl.O_NOCTTY | Fcntl.O_TRUNC | Fcntl.O_APPEND |
        Fcntl.O_NONBLOCK | Fcntl.O_SYNC | Fcntl.FASYNC | Fcntl.O_DIRECT | Fcntl.O_LARGEFILE | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW |
        Fcntl.O_NOATIME | Fcntl.O_CLOEXEC | Fcntl.O_PATH | Fcntl.__O_TMPFILE;

    private const uint LargeFile = 0x8000;

    public static ValueTask<SyscallResult> Open(SyscallContext context, SyscallArguments args) =>
        OpenAt(context, unchecked((ulong)Fcntl.AT_FDCWD), args.Arg0, (int)args.Arg1, (uint)args.Arg2, ResolveFlags.None);

    public static ValueTask<SyscallResult> Create(SyscallContext context, SyscallArguments args) =>
        OpenAt(context, unchecked((ulong)Fcntl.AT_FDCWD), args.Arg0, Fcntl.O_CREAT | Fcntl.O_WRONLY | Fcntl.O_TRUNC, (uint)args.Arg1, ResolveFlags.None);

    public static ValueTask<SyscallResult> OpenAt(SyscallContext context, SyscallArguments args) =>
        OpenAt(context, args.Arg0, args.Arg1, (int)args.Arg2, (uint)args.Arg3, ResolveFlags.None);

    public static ValueTask<SyscallResult> OpenAt2(SyscallContext context, SyscallArguments args)
    {
        const ulong Known = Fcntl.RESOLVE_NO_XDEV | Fcntl.RESOLVE_NO_MAGICLINKS | Fcntl.RESOLVE_NO_SYMLINKS | Fcntl.RESOLVE_BENEATH |
            Fcntl.RESOLVE_IN_ROOT | Fcntl.RESOLVE_CACHED;
        const uint HowSize = 24;
        if (args.Arg3 < HowSize)
        {
            return new(Errno.EINVAL);
        }

        if (args.Arg3 > HermiTux.Memory.Page.Size)
        {
            return new(Errno.E2BIG);
        }

        Span<byte> rest = stackalloc byte[(int)args.Arg3 - (int)HowSize];
        if (!context.Memory.TryRead(args.Arg2, out OpenHow how) || !context.Memory.TryRead(args.Arg2 + HowSize, rest))
        {
            return new(Errno.EFAULT);
        }

        if (rest.ContainsAnyExcept((byte)0))
        {
            return new(Errno.E2BIG);
        }

        int flags = (int)how.flags;
        bool creates = (flags & (Fcntl.O_CREAT | Fcntl.__O_TMPFILE)) != 0;
        const int PathFlags = Fcntl.O_PATH | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW | Fcntl.O_CLOEXEC;
        if ((how.flags & ~(ulong)ValidFlags) != 0 || (how.resolve & ~Known) != 0 || (how.mode & ~0xFFFUL) != 0 || (how.mode != 0 && !creates) ||
            ((how.resolve & Fcntl.RESOLVE_BENEATH) != 0 && (how.resolve & Fcntl.RESOLVE_IN_ROOT) != 0) ||
            ((flags & Fcntl.O_PATH) != 0 && (flags & ~PathFlags) != 0))
        {
            return new(Errno.EINVAL);
        }

        if ((how.resolve & Fcntl.RESOLVE_CACHED) != 0)
        {
            // Nothing is promised to be cached: the documented answer, after which the caller repeats without the flag.
            return new(Errno.EAGAIN);
        }

        ResolveFlags resolve = ((how.resolve & Fcntl.RESOLVE_NO_XDEV) != 0 ? ResolveFlags.NoCrossDevice : 0) |
            ((how.resolve & Fcntl.RESOLVE_NO_MAGICLINKS) != 0 ? ResolveFlags.NoMagicLinks : 0) |
            ((how.resolve & Fcntl.RESOLVE_NO_SYMLINKS) != 0 ? ResolveFlags.NoSymlinks : 0) |
            ((how.resolve & Fcntl.RESOLVE_BENEATH) != 0 ? ResolveFlags.Beneath : 0) |
            ((how.resolve & Fcntl.RESOLVE_IN_ROOT) != 0 ? ResolveFlags.InRoot : 0);
        return OpenAt(context, args.Arg0, args.Arg1, flags, (uint)how.mode, resolve);
    }

    public static SyscallResult Close(SyscallContext context, SyscallArguments args) => context.Process.Descriptors.Close((int)args.Arg0);

    public static SyscallResult CloseRange(SyscallContext context, SyscallArguments args)
    {
        uint first = (uint)args.Arg0;
        uint last = (uint)args.Arg1;
        uint flags = (uint)args.Arg2;
        if ((flags & ~(Fcntl.CLOSE_RANGE_UNSHARE | Fcntl.CLOSE_RANGE_CLOEXEC)) != 0 || first > last)
        {
            return Errno.EINVAL;
        }

        if (first <= int.MaxValue)
        {
            bool onlyMark = (flags & Fcntl.CLOSE_RANGE_CLOEXEC) != 0;
            context.Process.Descriptors.CloseRange((int)first, (int)Math.Min(last, int.MaxValue), onlyMark);
        }

        return 0;
    }

    public static SyscallResult Duplicate(SyscallContext context, SyscallArguments args)
    {
        if (!context.TryGetFileOrPath(args.Arg0, out OpenFile? file, out Errno error))
        {
            return error;
        }

        return Install(context, file, closeOnExec: false, 0);
    }

    public static SyscallResult Duplicate2(SyscallContext context, SyscallArguments args)
    {
        if ((int)args.Arg0 != (int)args.Arg1)
        {
            return DuplicateTo(context, args.Arg0, args.Arg1, closeOnExec: false);
        }

        if (!context.TryGetFileOrPath(args.Arg0, out OpenFile? file, out Errno error))
        {
            return error;
        }

        file.Release();
        return (int)args.Arg1;
    }

    public static SyscallResult Duplicate3(SyscallContext context, SyscallArguments args) =>
        ((int)args.Arg2 & ~Fcntl.O_CLOEXEC) != 0 || (int)args.Arg0 == (int)args.Arg1
            ? Errno.EINVAL
            : DuplicateTo(context, args.Arg0, args.Arg1, ((int)args.Arg2 & Fcntl.O_CLOEXEC) != 0);

    /// <summary>Gives a file, whose reference is handed over, the lowest descriptor from <paramref name="minimum"/> on.</summary>
    public static SyscallResult Install(SyscallContext context, OpenFile file, bool closeOnExec, int minimum = 0)
    {
        Result<int> fd = context.Process.Descriptors.Add(file, closeOnExec, minimum);
        if (!fd.IsSuccess)
        {
            file.Release();
            return fd.Error;
        }

        return fd.Value;
    }

    private static SyscallResult DuplicateTo(SyscallContext context, ulong from, ulong to, bool closeOnExec)
    {
        if ((uint)(int)to >= (uint)context.Process.Descriptors.Limit)
        {
            return Errno.EBADF;
        }

        if (!context.TryGetFileOrPath(from, out OpenFile? file, out Errno error))
        {
            return error;
        }

        error = context.Process.Descriptors.Set((int)to, file, closeOnExec);
        if (error != Errno.None)
        {
            file.Release();
            return error;
        }

        return (int)to;
    }

    private static ValueTask<SyscallResult> OpenAt(SyscallContext context, ulong dirfd, ulong pathAddress, int flags, uint mode, ResolveFlags resolve)
    {
        Dentry? start = null;
        Errno error = context.ReadPath(pathAddress, out string path);
        if (error == Errno.None)
        {
            // With RESOLVE_IN_ROOT the directory is the root even of an absolute path.
            error = context.ResolveStart(dirfd, (resolve & ResolveFlags.InRoot) != 0 ? path.TrimStart('/') : path, out start);
        }

        if (error != Errno.None)
        {
            return new(error);
        }

        // build_open_flags(): unknown flags are dropped, O_PATH drops all but its own, 64-bit kernels always allow large files.
        flags &= ValidFlags;
        flags = (flags & Fcntl.O_PATH) != 0
            ? flags & (Fcntl.O_PATH | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW | Fcntl.O_CLOEXEC)
            : flags | (int)LargeFile;
        if ((flags & Fcntl.__O_TMPFILE) != 0 && ((flags & Fcntl.O_TMPFILE) != Fcntl.O_TMPFILE || (flags & Fcntl.O_ACCMODE) == 0))
        {
            return new(Errno.EINVAL);
        }

        if ((flags & (Fcntl.O_DIRECTORY | Fcntl.O_CREAT)) == (Fcntl.O_DIRECTORY | Fcntl.O_CREAT))
        {
            return new(Errno.EINVAL);
        }

        Result<OpenFile> file = context.Machine.Files.Open(context.Process.Fs, start, path, flags, mode & 0xFFF, resolve);
        bool closeOnExec = (flags & Fcntl.O_CLOEXEC) != 0;
        return !file.IsSuccess ? new(file.Error)
            : file.Value.IsOpening && file.Value.WaitQueue is not null ? WaitForOtherSide(context, file.Value, closeOnExec)
            : new(Install(context, file.Value, closeOnExec));
    }

    // fifo(7): open(2) waits until the other end is open too.
    private static async ValueTask<SyscallResult> WaitForOtherSide(SyscallContext context, OpenFile file, bool closeOnExec)
    {
        if (await context.Thread.WaitAsync(file.WaitQueue!, () => !file.IsOpening).ConfigureAwait(false) == WaitOutcome.Interrupted)
        {
            file.Release();
            return Errno.ERESTARTSYS;
        }

        return Install(context, file, closeOnExec);
    }
}
