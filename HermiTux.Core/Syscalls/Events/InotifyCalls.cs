using HermiTux.Abi;
using HermiTux.Kernel;
using HermiTux.Kernel.FileSystems;
using HermiTux.Kernel.Inotify;
using HermiTux.Syscalls.Files;

namespace HermiTux.Syscalls.Events;

/// <summary>inotify_init(2), inotify_add_watch(2), inotify_rm_watch(2).</summary>
internal static class InotifyCalls
{
    private const uint EveryBit = EventFdConstants.IN_ALL_EVENTS | EventFdConstants.IN_UNMOUNT | EventFdConstants.IN_Q_OVERFLOW | EventFdConstants.IN_IGNORED |
        EventFdConstants.IN_ONLYDIR | EventFdConstants.IN_DONT_FOLLOW | EventFdConstants.IN_EXCL_UNLINK | EventFdConstants.IN_MASK_CREATE |
        EventFdConstants.IN_MASK_ADD | EventFdConstants.IN_ISDIR | EventFdConstants.IN_ONESHOT;

    public static SyscallResult Create(SyscallContext context, SyscallArguments args) => Create(context, 0);

    public static SyscallResult Create1(SyscallContext context, SyscallArguments args) => Create(context, (int)args.Arg0);

    public static SyscallResult AddWatch(SyscallContext context, SyscallArguments args)
    {
        uint mask = (uint)args.Arg2;
        if ((mask & EveryBit) == 0)
        {
            return Errno.EINVAL;
        }

        _ = context.TryGetFile(args.Arg0, Errno.EINVAL, out InotifyFile? instance, out Errno error);
        if (error == Errno.None && (mask & EventFdConstants.IN_MASK_ADD) != 0 && (mask & EventFdConstants.IN_MASK_CREATE) != 0)
        {
            error = Errno.EINVAL;
        }

        Dentry? place = null;
        if (error == Errno.None)
        {
            ResolveFlags flags = ((mask & EventFdConstants.IN_DONT_FOLLOW) != 0 ? ResolveFlags.NoFollow : 0) |
                ((mask & EventFdConstants.IN_ONLYDIR) != 0 ? ResolveFlags.Directory : 0);
            error = context.ResolveAt(unchecked((ulong)Fcntl.AT_FDCWD), args.Arg1, flags, out place);
        }

        if (error == Errno.None)
        {
            error = Permissions.Check(place!.Inode, context.Process.Credentials, Permissions.Read);
        }

        Result<int> watch = error != Errno.None ? error : instance!.Watch(place!, mask);
        instance?.Release();
        return watch.IsSuccess ? watch.Value : watch.Error;
    }

    public static SyscallResult RemoveWatch(SyscallContext context, SyscallArguments args)
    {
        if (!context.TryGetFile(args.Arg0, Errno.EINVAL, out InotifyFile? instance, out Errno error))
        {
            return error;
        }

        error = instance.Remove((int)args.Arg1);
        instance.Release();
        return error;
    }

    private static SyscallResult Create(SyscallContext context, int flags) =>
        (flags & ~(EventFdConstants.IN_CLOEXEC | EventFdConstants.IN_NONBLOCK)) != 0
            ? Errno.EINVAL
            : OpenClose.Install(context, new InotifyFile(context.Machine.Files.Notifier, flags), (flags & EventFdConstants.IN_CLOEXEC) != 0);
}
