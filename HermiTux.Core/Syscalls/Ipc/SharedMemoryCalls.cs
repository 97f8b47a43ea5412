using HermiTux.Abi;
using HermiTux.Kernel;
using HermiTux.Kernel.Ipc;
using HermiTux.Memory;

namespace HermiTux.Syscalls.Ipc;

/// <summary>shmget(2), shmat(2), shmdt(2), shmctl(2).</summary>
internal static class SharedMemoryCalls
{
    private const ulong MaximumSize = ulong.MaxValue - (1UL << 24);
    private const uint SHM_LOCKED = 0x400;

    public static SyscallResult Get(SyscallContext context, SyscallArguments args)
    {
        ulong size = args.Arg1;
        int flags = (int)args.Arg2;
        IpcTable<ShmSegment> segments = context.Machine.Ipc.Segments;
        Result<int> id = segments.Get((int)args.Arg0, flags, context.Process.Credentials, s => s.Size < size ? Errno.EINVAL : Errno.None, () =>
            size is 0 or > MaximumSize ? Errno.EINVAL
            : (flags & IpcConstants.SHM_HUGETLB) != 0 ? Errno.ENOMEM
            : size > Page.UserEnd ? Errno.ENOSPC
            : new ShmSegment((int)args.Arg0, (uint)flags, context.Process, size, segments.Remove));
        return id.IsSuccess ? id.Value : id.Error;
    }

    public static SyscallResult Attach(SyscallContext context, SyscallArguments args)
    {
        int flags = (int)args.Arg2;
        ulong address = args.Arg1;
        if ((int)args.Arg0 < 0)
        {
            return Errno.EINVAL;
        }

        if (address != 0)
        {
            if (!Page.IsAligned(address))
            {
                if ((flags & IpcConstants.SHM_RND) == 0)
                {
                    return Errno.EINVAL;
                }

                address &= ~(ulong)Page.OffsetMask;
                if (address == 0 && (flags & IpcConstants.SHM_REMAP) != 0)
                {
                    return Errno.EINVAL;
                }
            }
        }
        else if ((flags & IpcConstants.SHM_REMAP) != 0)
        {
            return Errno.EINVAL;
        }

        bool readOnly = (flags & IpcConstants.SHM_RDONLY) != 0;
        bool executable = (flags & IpcConstants.SHM_EXEC) != 0;
        if (!context.Machine.Ipc.Segments.Find((int)args.Arg0).TryGet(out ShmSegment? segment, out Errno error))
        {
            return error;
        }

        if (!segment.Allows(context.Process.Credentials, (readOnly ? 0x124u : 0x1B6u) | (executable ? 0x49u : 0)))
        {
            return Errno.EACCES;
        }

        MemoryProtection protection = MemoryProtection.Read | (readOnly ? 0 : MemoryProtection.Write) | (executable ? MemoryProtection.Execute : 0);
        MappingFlags mapping = MappingFlags.Shared | (readOnly ? MappingFlags.NeverWritable : 0);
        if (address != 0)
        {
            mapping |= (flags & IpcConstants.SHM_REMAP) != 0 ? MappingFlags.Fixed : MappingFlags.FixedNoReplace;
        }

        error = context.Memory.Map(ref address, segment.Size, protection, mapping, segment);
        return error == Errno.None ? address : error == Errno.EEXIST ? Errno.EINVAL : error;
    }

    public static SyscallResult Detach(SyscallContext context, SyscallArguments args)
    {
        ulong address = args.Arg0;
        if (!Page.IsAligned(address) || SegmentAt(context, address, out ulong offset) is not { } segment || offset != 0)
        {
            return Errno.EINVAL;
        }

        // What is left of the attach: parts may have been unmapped or mapped over.
        ulong end = address + (ulong)segment.Length;
        foreach (VmaInfo vma in context.Memory.Mappings)
        {
            ulong start = Math.Max(vma.Start, address);
            ulong stop = Math.Min(vma.End, end);
            if (start < stop && ReferenceEquals(SegmentAt(context, start, out ulong at), segment) && at == start - address)
            {
                context.Memory.Unmap(start, stop - start);
            }
        }

        return 0;
    }

    public static SyscallResult Control(SyscallContext context, SyscallArguments args)
    {
        int id = (int)args.Arg0;
        int command = (int)args.Arg1;
        if (id < 0 || command < 0)
        {
            return Errno.EINVAL;
        }

        IpcTable<ShmSegment> segments = context.Machine.Ipc.Segments;
        switch (command)
        {
            case IpcConstants.IPC_INFO:
                ulong[] limits = [MaximumSize, 1, IpcNamespace.MaximumSegments, IpcNamespace.MaximumSegments, MaximumSize, 0, 0, 0, 0];
                return context.Memory.TryWrite(args.Arg2, System.Runtime.InteropServices.MemoryMarshal.AsBytes(limits.AsSpan())) ? segments.HighestIndex : Errno.EFAULT;
            case IpcConstants.SHM_INFO:
                IReadOnlyList<ShmSegment> all = segments.Objects;
                ulong[] usage = [(ulong)all.Count, (ulong)all.Sum(s => s.Length) >> Page.Shift, 0, 0, 0, 0];
                return context.Memory.TryWrite(args.Arg2, System.Runtime.InteropServices.MemoryMarshal.AsBytes(usage.AsSpan())) ? segments.HighestIndex : Errno.EFAULT;
            case IpcConstants.IPC_STAT or IpcConstants.SHM_STAT or IpcConstants.SHM_STAT_ANY or IpcConstants.IPC_SET or IpcConstants.IPC_RMID or IpcConstants.SHM_LOCK or IpcConstants.SHM_UNLOCK:
                break;
            default:
                return Errno.EINVAL;
        }

        IpcPerm settings = default;
        if (command == IpcConstants.IPC_SET)
        {
            if (!context.Memory.TryRead(args.Arg2, out ShmidDs given))
            {
                return Errno.EFAULT;
            }

            settings = given.shm_perm;
        }

        bool byIndex = command is IpcConstants.SHM_STAT or IpcConstants.SHM_STAT_ANY;
        if (!(byIndex ? segments.FindIndex(id) : segments.Find(id)).TryGet(out ShmSegment? segment, out Errno error))
        {
            return error;
        }

        Credentials who = context.Process.Credentials;
        switch (command)
        {
            case IpcConstants.IPC_SET or IpcConstants.IPC_RMID when !segment.IsOwnedBy(who):
            case IpcConstants.SHM_LOCK or IpcConstants.SHM_UNLOCK when !segment.IsOwnedBy(who):
                return Errno.EPERM;
            case IpcConstants.IPC_SET:
                segment.Change(settings, context.Machine.RealtimeNanoseconds / 1_000_000_000);
                return 0;
            case IpcConstants.IPC_RMID:
                segment.Remove();
                return 0;
            case IpcConstants.SHM_LOCK:
                segment.Mode |= SHM_LOCKED;
                return 0;
            case IpcConstants.SHM_UNLOCK:
                segment.Mode &= ~SHM_LOCKED;
                return 0;
            default:
                return command != IpcConstants.SHM_STAT_ANY && !segment.Allows(who, 0x124) ? Errno.EACCES
                    : context.Write(args.Arg2, segment.Describe()) is not Errno.None and var fault ? fault
                    : byIndex ? segment.Id : 0;
        }
    }

    private static ShmSegment? SegmentAt(SyscallContext context, ulong address, out ulong offset) =>
        context.Memory.TryGetSharedLocation(address, out object? backing, out offset) ? backing as ShmSegment : null;
}
