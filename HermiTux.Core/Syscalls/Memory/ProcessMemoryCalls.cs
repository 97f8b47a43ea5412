using HermiTux.Abi;
using HermiTux.Kernel;
using HermiTux.Memory;
using HermiTux.Syscalls.Files;

namespace HermiTux.Syscalls.Memory;

/// <summary>process_vm_readv(2), process_vm_writev(2).</summary>
internal static class ProcessMemoryCalls
{
    private const int ChunkSize = 64 * 1024;

    public static SyscallResult Read(SyscallContext context, SyscallArguments args) => Transfer(context, args, writing: false);

    public static SyscallResult Write(SyscallContext context, SyscallArguments args) => Transfer(context, args, writing: true);

    private static SyscallResult Transfer(SyscallContext context, in SyscallArguments args, bool writing)
    {
        if (args.Arg5 != 0)
        {
            return Errno.EINVAL;
        }

        Errno error = FileTransfer.ReadIovecs(context.Memory, args.Arg1, args.Arg2, out Iovec[] local);
        if (error != Errno.None)
        {
            return error;
        }

        if (FileTransfer.TotalOf(local) == 0)
        {
            return 0;
        }

        // The other side's addresses are checked as they are reached.
        if (args.Arg4 > Iovec.UIO_MAXIOV)
        {
            return Errno.EINVAL;
        }

        var remote = new Iovec[args.Arg4];
        if (!context.Memory.TryRead(args.Arg3, System.Runtime.InteropServices.MemoryMarshal.AsBytes(remote.AsSpan())))
        {
            return Errno.EFAULT;
        }

        if (Array.Exists(remote, v => (long)v.iov_len < 0))
        {
            return Errno.EINVAL;
        }

        if (Find(context, (int)args.Arg0) is not { } process)
        {
            return Errno.ESRCH;
        }

        if (process != context.Process && context.Process.Credentials.Euid != 0)
        {
            return Errno.EPERM;
        }

        return Copy(context, process.Memory, local, remote, writing);
    }

    private static SyscallResult Copy(SyscallContext context, AddressSpace other, Iovec[] local, Iovec[] remote, bool writing)
    {
        byte[] buffer = new byte[ChunkSize];
        long total = 0;
        (int at, ulong offset) = (0, 0);
        foreach (Iovec there in remote)
        {
            ulong done = 0;
            while (done < there.iov_len)
            {
                while (at < local.Length && offset == local[at].iov_len)
                {
                    (at, offset) = (at + 1, 0);
                }

                if (at == local.Length || (total > 0 && context.Thread.IsInterrupted))
                {
                    return total;
                }

                // No further than the end of a page of the other side: what comes before a bad page is moved.
                ulong address = there.iov_base + done;
                ulong here = local[at].iov_base + offset;
                ulong count = Math.Min(Math.Min(there.iov_len - done, local[at].iov_len - offset), (ulong)Page.Size - (address & Page.OffsetMask));
                Span<byte> bytes = buffer.AsSpan(0, (int)count);
                bool moved = writing
                    ? context.Memory.TryRead(here, bytes) && other.TryWrite(address, bytes)
                    : other.TryRead(address, bytes) && context.Memory.TryWrite(here, bytes);
                if (!moved)
                {
                    return total > 0 ? total : Errno.EFAULT;
                }

                done += count;
                offset += count;
                total += (long)count;
            }
        }

        return total;
    }

    private static Process? Find(SyscallContext context, int pid) => context.Machine.FindProcess(pid) ?? context.Machine.FindThread(pid)?.Process;
}
