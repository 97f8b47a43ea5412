using System.Buffers;
using HermiTux.Abi;
using HermiTux.Kernel;
using HermiTux.Memory;

namespace HermiTux.Syscalls.Memory;

/// <summary>mmap(2), munmap(2), mprotect(2), mremap(2), brk(2), madvise(2), mincore(2), msync(2), mlock(2), membarrier(2).</summary>
internal static class MemoryCalls
{
    private const int ProtectionBits = MmanConstants.PROT_READ | MmanConstants.PROT_WRITE | MmanConstants.PROT_EXEC;

    // LEGACY_MAP_MASK and the flags that MAP_SHARED_VALIDATE knows.
    private const int ValidatedFlags = MmanConstants.MAP_TYPE | MmanConstants.MAP_FIXED | MmanConstants.MAP_ANONYMOUS | MmanConstants.MAP_32BIT |
        MmanConstants.MAP_POPULATE | MmanConstants.MAP_NONBLOCK | MmanConstants.MAP_STACK | MmanConstants.MAP_HUGETLB | MmanConstants.MAP_FIXED_NOREPLACE |
        MmanConstants.MAP_GROWSDOWN | MmanConstants.MAP_DENYWRITE | MmanConstants.MAP_EXECUTABLE | MmanConstants.MAP_LOCKED | MmanConstants.MAP_NORESERVE |
        MmanConstants.MAP_UNINITIALIZED;

    public static SyscallResult Map(SyscallContext context, SyscallArguments args)
    {
        ulong address = args.Arg0;
        ulong length = args.Arg1;
        int flags = (int)args.Arg3;
        ulong offset = args.Arg5;
        bool anonymous = (flags & MmanConstants.MAP_ANONYMOUS) != 0;
        if ((offset & Page.OffsetMask) != 0)
        {
            return Errno.EINVAL;
        }

        OpenFile? file = null;
        if (!anonymous && !context.TryGetFile(args.Arg4, out file, out Errno error))
        {
            return error;
        }

        try
        {
            if (length == 0)
            {
                return Errno.EINVAL;
            }

            if (length > Page.UserEnd)
            {
                return Errno.ENOMEM;
            }

            if (offset + Page.Ceiling(length) < offset)
            {
                return Errno.EOVERFLOW;
            }

            int type = flags & MmanConstants.MAP_TYPE;
            if (type is not (MmanConstants.MAP_PRIVATE or MmanConstants.MAP_SHARED or MmanConstants.MAP_SHARED_VALIDATE) ||
                (type == MmanConstants.MAP_SHARED_VALIDATE && anonymous))
            {
                return Errno.EINVAL;
            }

            if (type == MmanConstants.MAP_SHARED_VALIDATE && (flags & ~ValidatedFlags) != 0)
            {
                return Errno.EOPNOTSUPP;
            }

            if ((flags & MmanConstants.MAP_HUGETLB) != 0)
            {
                // No huge pages are set aside: what Linux answers with vm.nr_hugepages = 0.
                return anonymous ? Errno.ENOMEM : Errno.EINVAL;
            }

            if ((flags & MmanConstants.MAP_GROWSDOWN) != 0 && (type != MmanConstants.MAP_PRIVATE || !anonymous))
            {
                return Errno.EINVAL;
            }

            var protection = (MemoryProtection)((int)args.Arg2 & ProtectionBits);
            MappingFlags mapping = Translate(flags, type);
            IMemoryObject? backing = null;
            if (file is not null && (error = CheckFile(file, protection, type, ref mapping, out backing)) != Errno.None)
            {
                return error;
            }

            if ((mapping & (MappingFlags.Fixed | MappingFlags.FixedNoReplace)) == 0)
            {
                address = Page.Ceiling(address);
            }

            error = context.Memory.Map(ref address, length, protection, mapping, backing, anonymous ? 0 : offset);
            return error == Errno.None ? address : error;
        }
        finally
        {
            file?.Release();
        }
    }

    public static SyscallResult Unmap(SyscallContext context, SyscallArguments args) => context.Memory.Unmap(args.Arg0, args.Arg1);

    public static SyscallResult Protect(SyscallContext context, SyscallArguments args)
    {
        int protection = (int)args.Arg2;
        const int Grows = MmanConstants.PROT_GROWSDOWN | MmanConstants.PROT_GROWSUP;
        return (protection & ~(ProtectionBits | MmanConstants.PROT_SEM | Grows)) != 0 || (protection & Grows) == Grows ||
            (protection & MmanConstants.PROT_GROWSUP) != 0
            ? Errno.EINVAL
            : context.Memory.Protect(args.Arg0, args.Arg1, (MemoryProtection)(protection & ProtectionBits), (protection & MmanConstants.PROT_GROWSDOWN) != 0);
    }

    /// <summary>pkey_mprotect(2): without keys only -1, which is mprotect(2).</summary>
    public static SyscallResult ProtectWithKey(SyscallContext context, SyscallArguments args) => (int)args.Arg3 == -1 ? Protect(context, args) : Errno.EINVAL;

    /// <summary>pkey_alloc(2) on a CPU without protection keys.</summary>
    public static SyscallResult AllocateKey(SyscallContext context, SyscallArguments args) =>
        args.Arg0 != 0 || (args.Arg1 & ~3UL) != 0 ? Errno.EINVAL : Errno.ENOSPC;

    /// <summary>pkey_free(2): none was ever given out.</summary>
    public static SyscallResult FreeKey(SyscallContext context, SyscallArguments args) => Errno.EINVAL;

    public static SyscallResult Remap(SyscallContext context, SyscallArguments args)
    {
        ulong address = args.Arg4;
        Errno error = context.Memory.Remap(args.Arg0, args.Arg1, args.Arg2, (int)args.Arg3, ref address);
        return error == Errno.None ? address : error;
    }

    public static SyscallResult Break(SyscallContext context, SyscallArguments args) => context.Memory.Brk(args.Arg0);

    public static SyscallResult Advise(SyscallContext context, SyscallArguments args) => context.Memory.Advise(args.Arg0, args.Arg1, (int)args.Arg2);

    public static SyscallResult Resident(SyscallContext context, SyscallArguments args)
    {
        ulong address = args.Arg0;
        if ((address & Page.OffsetMask) != 0)
        {
            return Errno.EINVAL;
        }

        if (address >= Page.UserEnd || args.Arg1 > Page.UserEnd - address)
        {
            return Errno.ENOMEM;
        }

        ulong pages = Page.Ceiling(args.Arg1) >> Page.Shift;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Page.Size);
        try
        {
            for (ulong done = 0; done < pages;)
            {
                int count = (int)Math.Min(pages - done, Page.Size);
                Errno error = context.Memory.Resident(address + (done << Page.Shift), (ulong)count << Page.Shift, buffer.AsSpan(0, count));
                if (error != Errno.None || context.Memory.IsEnding)
                {
                    return error;
                }

                if (!context.Memory.TryWrite(args.Arg2 + done, buffer.AsSpan(0, count)))
                {
                    return Errno.EFAULT;
                }

                done += (ulong)count;
            }

            return 0;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public static SyscallResult Synchronize(SyscallContext context, SyscallArguments args)
    {
        int flags = (int)args.Arg2;
        return (flags & ~(MmanConstants.MS_ASYNC | MmanConstants.MS_INVALIDATE | MmanConstants.MS_SYNC)) != 0 ||
            (flags & (MmanConstants.MS_ASYNC | MmanConstants.MS_SYNC)) == (MmanConstants.MS_ASYNC | MmanConstants.MS_SYNC)
            ? Errno.EINVAL
            : context.Memory.Sync(args.Arg0, args.Arg1, flags);
    }

    public static SyscallResult Lock(SyscallContext context, SyscallArguments args) => Lock(context, args.Arg0, args.Arg1, false);

    public static SyscallResult Lock2(SyscallContext context, SyscallArguments args) =>
        ((int)args.Arg2 & ~MmanConstants.MLOCK_ONFAULT) != 0 ? Errno.EINVAL : Lock(context, args.Arg0, args.Arg1, args.Arg2 != 0);

    public static SyscallResult Unlock(SyscallContext context, SyscallArguments args) => context.Memory.SetLocked(args.Arg0, args.Arg1, locked: false);

    public static SyscallResult LockAll(SyscallContext context, SyscallArguments args)
    {
        int flags = (int)args.Arg0;
        if (flags is 0 or MmanConstants.MCL_ONFAULT || (flags & ~(MmanConstants.MCL_CURRENT | MmanConstants.MCL_FUTURE | MmanConstants.MCL_ONFAULT)) != 0)
        {
            return Errno.EINVAL;
        }

        if (!MayLock(context, (flags & MmanConstants.MCL_CURRENT) != 0 ? context.Memory.MappedBytes : 0, out Errno error))
        {
            return error;
        }

        context.Memory.SetAllLocked((flags & MmanConstants.MCL_CURRENT) != 0, (flags & MmanConstants.MCL_FUTURE) != 0, (flags & MmanConstants.MCL_ONFAULT) != 0);
        return 0;
    }

    public static SyscallResult UnlockAll(SyscallContext context, SyscallArguments args)
    {
        context.Memory.SetAllLocked(false, false);
        return 0;
    }

    private static SyscallResult Lock(SyscallContext context, ulong address, ulong length, bool onFault) =>
        MayLock(context, Page.Ceiling(length + (address & Page.OffsetMask)), out Errno error)
            ? context.Memory.SetLocked(address, length, locked: true, onFault)
            : error;

    // RLIMIT_MEMLOCK binds only the unprivileged; what is already locked isn't counted in.
    private static bool MayLock(SyscallContext context, ulong bytes, out Errno error)
    {
        ulong limit = context.Process.ResourceLimits[ResourceConstants.RLIMIT_MEMLOCK].Soft;
        bool privileged = context.Process.Credentials.Euid == 0;
        error = privileged || bytes <= limit ? Errno.None : limit == 0 ? Errno.EPERM : Errno.ENOMEM;
        return error == Errno.None;
    }

    private static MappingFlags Translate(int flags, int type) =>
        (type == MmanConstants.MAP_PRIVATE ? MappingFlags.None : MappingFlags.Shared) |
        ((flags & MmanConstants.MAP_FIXED_NOREPLACE) != 0 ? MappingFlags.FixedNoReplace
            : (flags & MmanConstants.MAP_FIXED) != 0 ? MappingFlags.Fixed : 0) |
        ((flags & MmanConstants.MAP_GROWSDOWN) != 0 ? MappingFlags.GrowsDown : 0) |
        ((flags & MmanConstants.MAP_32BIT) != 0 ? MappingFlags.Low32 : 0) |
        ((flags & MmanConstants.MAP_LOCKED) != 0 || (flags & (MmanConstants.MAP_POPULATE | MmanConstants.MAP_NONBLOCK)) == MmanConstants.MAP_POPULATE
            ? MappingFlags.Populate : 0);

    private static Errno CheckFile(OpenFile file, MemoryProtection protection, int type, ref MappingFlags mapping, out IMemoryObject? backing)
    {
        backing = null;
        int mode = file.StatusFlags & Fcntl.O_ACCMODE;
        if (mode == Fcntl.O_WRONLY)
        {
            return Errno.EACCES;
        }

        if (type != MmanConstants.MAP_PRIVATE)
        {
            if (mode == Fcntl.O_RDONLY)
            {
                if ((protection & MemoryProtection.Write) != 0)
                {
                    return Errno.EACCES;
                }

                mapping |= MappingFlags.NeverWritable;
            }

            if (MemoryFd.GetSeals(file) is { IsSuccess: true } seals && (seals.Value & (Fcntl.F_SEAL_WRITE | Fcntl.F_SEAL_FUTURE_WRITE)) != 0)
            {
                if ((protection & MemoryProtection.Write) != 0)
                {
                    return Errno.EPERM;
                }

                mapping |= MappingFlags.NeverWritable;
            }
        }

        return file.GetMemoryObject().TryGet(out backing, out Errno error) ? Errno.None : error;
    }
}
