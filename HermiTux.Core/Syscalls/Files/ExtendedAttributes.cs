using System.Text;
using HermiTux.Abi;
using HermiTux.Kernel;
using HermiTux.Kernel.FileSystems;

namespace HermiTux.Syscalls.Files;

/// <summary>getxattr(2), setxattr(2), listxattr(2), removexattr(2), each by path, by link and by descriptor.</summary>
internal static class ExtendedAttributes
{
    private const ulong WorkingDirectory = unchecked((ulong)Fcntl.AT_FDCWD);

    public static SyscallResult Get(SyscallContext c, SyscallArguments a) => Get(c, ByPath(c, a.Arg0, true), a);

    public static SyscallResult GetOfLink(SyscallContext c, SyscallArguments a) => Get(c, ByPath(c, a.Arg0, false), a);

    public static SyscallResult GetOfFile(SyscallContext c, SyscallArguments a) => Get(c, ByDescriptor(c, a.Arg0), a);

    public static SyscallResult Set(SyscallContext c, SyscallArguments a) => Set(c, ByPath(c, a.Arg0, true), a);

    public static SyscallResult SetOfLink(SyscallContext c, SyscallArguments a) => Set(c, ByPath(c, a.Arg0, false), a);

    public static SyscallResult SetOfFile(SyscallContext c, SyscallArguments a) => Set(c, ByDescriptor(c, a.Arg0), a);

    public static SyscallResult List(SyscallContext c, SyscallArguments a) => List(c, ByPath(c, a.Arg0, true), a);

    public static SyscallResult ListOfLink(SyscallContext c, SyscallArguments a) => List(c, ByPath(c, a.Arg0, false), a);

    public static SyscallResult ListOfFile(SyscallContext c, SyscallArguments a) => List(c, ByDescriptor(c, a.Arg0), a);

    public static SyscallResult Remove(SyscallContext c, SyscallArguments a) => Remove(c, ByPath(c, a.Arg0, true), a);

    public static SyscallResult RemoveOfLink(SyscallContext c, SyscallArguments a) => Remove(c, ByPath(c, a.Arg0, false), a);

    public static SyscallResult RemoveOfFile(SyscallContext c, SyscallArguments a) => Remove(c, ByDescriptor(c, a.Arg0), a);

    private static Result<Dentry> ByPath(SyscallContext context, ulong address, bool follow)
    {
        Errno error = context.ResolveAt(WorkingDirectory, address, follow ? ResolveFlags.None : ResolveFlags.NoFollow, out Dentry? place);
        return error != Errno.None ? error : place;
    }

    private static Result<Dentry> ByDescriptor(SyscallContext context, ulong fd)
    {
        if (!context.TryGetFile(fd, out OpenFile? file, out Errno error))
        {
            return error;
        }

        Dentry? place = file.Dentry;
        file.Release();
        return place is null ? Errno.EOPNOTSUPP : place;
    }

    private static SyscallResult Get(SyscallContext context, Result<Dentry> found, in SyscallArguments args)
    {
        if (!found.TryGet(out Dentry? place, out Errno error) || (error = ReadName(context, args.Arg1, out string name)) != Errno.None)
        {
            return error;
        }

        return place.Inode.GetExtendedAttribute(name).TryGet(out byte[]? value, out error) ? CopyOut(context, args.Arg2, args.Arg3, value) : error;
    }

    private static SyscallResult Set(SyscallContext context, Result<Dentry> found, in SyscallArguments args)
    {
        int flags = (int)args.Arg4;
        if (!found.TryGet(out Dentry? place, out Errno error))
        {
            return error;
        }

        if ((flags & ~(Fcntl.XATTR_CREATE | Fcntl.XATTR_REPLACE)) != 0)
        {
            return Errno.EINVAL;
        }

        error = ReadName(context, args.Arg1, out string name);
        if (error != Errno.None)
        {
            return error;
        }

        if (args.Arg3 > Fcntl.XATTR_SIZE_MAX)
        {
            return Errno.E2BIG;
        }

        byte[] value = new byte[args.Arg3];
        return value.Length > 0 && !context.Memory.TryRead(args.Arg2, value) ? Errno.EFAULT
            : MayChange(context, place) is not Errno.None and var denied ? denied
            : Change(place, name, value, flags);
    }

    private static SyscallResult Remove(SyscallContext context, Result<Dentry> found, in SyscallArguments args)
    {
        if (!found.TryGet(out Dentry? place, out Errno error) || (error = ReadName(context, args.Arg1, out string name)) != Errno.None)
        {
            return error;
        }

        return MayChange(context, place) is not Errno.None and var denied ? denied : Change(place, name, null, 0);
    }

    private static Errno Change(Dentry place, string name, byte[]? value, int flags)
    {
        Errno error = place.Inode.SetExtendedAttribute(name, value, flags);
        if (error == Errno.None)
        {
            place.Notifier?.OnFile(place, EventFdConstants.IN_ATTRIB);
        }

        return error;
    }

    private static SyscallResult List(SyscallContext context, Result<Dentry> found, in SyscallArguments args)
    {
        if (!found.TryGet(out Dentry? place, out Errno error))
        {
            return error;
        }

        Result<string[]> names = place.Inode.ListExtendedAttributes();
        if (!names.IsSuccess)
        {
            // A file system without them has an empty list.
            return names.Error == Errno.EOPNOTSUPP ? 0 : names.Error;
        }

        byte[] bytes = Encoding.UTF8.GetBytes(string.Concat(names.Value.Select(n => n + "\0")));
        return CopyOut(context, args.Arg1, args.Arg2, bytes);
    }

    private static SyscallResult CopyOut(SyscallContext context, ulong address, ulong size, byte[] value) =>
        size == 0 ? value.Length
        : (ulong)value.Length > size ? Errno.ERANGE
        : context.Memory.TryWrite(address, value) ? value.Length
        : Errno.EFAULT;

    private static Errno ReadName(SyscallContext context, ulong address, out string name)
    {
        Errno error = context.Memory.TryReadCString(address, Fcntl.XATTR_NAME_MAX + 1, out byte[] bytes);
        name = error == Errno.None ? FileName.Decode(bytes) : "";
        return error == Errno.ENAMETOOLONG || (error == Errno.None && bytes.Length == 0) ? Errno.ERANGE
            : error == Errno.None && !name.Contains('.', StringComparison.Ordinal) ? Errno.EOPNOTSUPP
            : error;
    }

    private static Errno MayChange(SyscallContext context, Dentry place) =>
        place.Inode.Type is not (StatConstants.S_IFREG or StatConstants.S_IFDIR) && context.Process.Credentials.Fsuid != 0
            ? Errno.EPERM
            : context.Machine.Files.CheckAccess(context.Process.Fs, place, Fcntl.W_OK, effectiveIds: true);
}
