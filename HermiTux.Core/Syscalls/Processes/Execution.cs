using HermiTux.Abi;
using HermiTux.Kernel;
using HermiTux.Kernel.FileSystems;
using HermiTux.Kernel.Signals;
using HermiTux.Loader;

namespace HermiTux.Syscalls.Processes;

/// <summary>execve(2), execveat(2): another program in the same process.</summary>
internal static class Execution
{
    // MAX_ARG_STRLEN, and the kernel's bound on all strings together: a quarter of the stack limit, never more than 6 MiB.
    private const int MaximumString = 32 * HermiTux.Memory.Page.Size;
    private const long MaximumTotal = 6 << 20;
    private const long MinimumTotal = 128 << 10;

    public static SyscallResult Execute(SyscallContext context, SyscallArguments args)
    {
        Errno error = context.ReadPath(args.Arg0, out string path);
        return error != Errno.None ? error : path.Length == 0 ? Errno.ENOENT : Execute(context, path, args.Arg1, args.Arg2);
    }

    public static SyscallResult ExecuteAt(SyscallContext context, SyscallArguments args)
    {
        int flags = (int)args.Arg4;
        if ((flags & ~(Fcntl.AT_EMPTY_PATH | Fcntl.AT_SYMLINK_NOFOLLOW)) != 0)
        {
            return Errno.EINVAL;
        }

        Errno error = context.ReadPath(args.Arg1, out string path);
        if (error != Errno.None)
        {
            return error;
        }

        if (path.Length == 0 && (flags & Fcntl.AT_EMPTY_PATH) == 0)
        {
            return Errno.ENOENT;
        }

        if (path.Length == 0 && (int)args.Arg0 != Fcntl.AT_FDCWD)
        {
            if (!context.TryGetFileOrPath(args.Arg0, out OpenFile? file, out error))
            {
                return error;
            }

            Dentry? place = file.Dentry;
            file.Release();
            return place is null ? Errno.EACCES : Execute(context, $"/dev/fd/{(int)args.Arg0}", args.Arg2, args.Arg3, place,
                context.Process.Descriptors.GetCloseOnExec((int)args.Arg0) is { IsSuccess: true, Value: true });
        }

        error = context.ResolveStart(args.Arg0, path, out Dentry? start);
        if (error != Errno.None)
        {
            return error;
        }

        if ((flags & Fcntl.AT_SYMLINK_NOFOLLOW) != 0 &&
            context.Machine.Files.Resolve(context.Process.Fs, start, path, ResolveFlags.NoFollow) is { IsSuccess: true, Value.Inode.Type: HermiTux.Abi.StatConstants.S_IFLNK })
        {
            return Errno.ELOOP;
        }

        return Execute(context, start is null ? path : start.FullPath.TrimEnd('/') + "/" + path, args.Arg2, args.Arg3);
    }

    private static SyscallResult Execute(SyscallContext context, string path, ulong argv, ulong envp, Dentry? file = null, bool pathIsLost = false)
    {
        Process process = context.Process;
        long budget = Math.Clamp((long)Math.Min(process.ResourceLimits[ResourceConstants.RLIMIT_STACK].Soft / 4, (ulong)MaximumTotal), MinimumTotal, MaximumTotal);
        Errno error = ReadStrings(context, argv, ref budget, out List<byte[]> arguments);
        List<byte[]> environment = [];
        error = error != Errno.None ? error : ReadStrings(context, envp, ref budget, out environment);
        if (error != Errno.None)
        {
            return error;
        }

        LoadFailure? failure = ProgramLoader.Load(process, context.Thread, new ProgramImageRequest(path, arguments, environment) { File = file, IsPathLost = pathIsLost }, context.Machine.LoaderOptions);
        if (failure is not null)
        {
            if (failure.ProcessLost)
            {
                // The caller is gone, so nobody can be told: force_fatal_sig(SIGSEGV).
                process.ExitGroup((int)Signal.SIGSEGV);
            }

            return failure.Error;
        }

        context.Thread.ClearChildTid = 0;
        context.Thread.RobustListHead = 0;
        context.Thread.ForgetRseq();
        context.Thread.Signals.AlternateStack = new StackT { Flags = SignalConstants.SS_DISABLE };
        context.Thread.Name = process.CommandName;
        ResetSignalActions(process);
        process.Descriptors.CloseOnExec();
        process.BarrierRegistrations = 0;
        process.KeepCapabilities = false;
        process.Dumpable = 1;
        process.Credentials.Suid = process.Credentials.Fsuid = process.Credentials.Euid;
        process.Credentials.Sgid = process.Credentials.Fsgid = process.Credentials.Egid;
        return 0;
    }

    private static Errno ReadStrings(SyscallContext context, ulong address, ref long budget, out List<byte[]> strings)
    {
        strings = [];
        if (address == 0)
        {
            return Errno.None;
        }

        while (true)
        {
            if (!context.Memory.TryRead(address, out ulong pointer))
            {
                return Errno.EFAULT;
            }

            if (pointer == 0)
            {
                return Errno.None;
            }

            Errno error = context.Memory.TryReadCString(pointer, MaximumString, out byte[] text);
            if (error != Errno.None)
            {
                return error == Errno.ENAMETOOLONG ? Errno.E2BIG : error;
            }

            budget -= text.Length + 1 + sizeof(ulong);
            if (budget < 0)
            {
                return Errno.E2BIG;
            }

            strings.Add(text);
            address += sizeof(ulong);
        }
    }

    // flush_signal_handlers(): handlers are gone with the program, ignored signals stay ignored.
    private static void ResetSignalActions(Process process)
    {
        for (int signal = 1; signal <= 64; signal++)
        {
            if (process.ChangeSignalAction(signal, null, out KernelSigAction action) == Errno.None && action.Handler != SignalConstants.SIG_IGN &&
                !SignalSet.Contains(SignalSet.Unblockable, signal))
            {
                process.ChangeSignalAction(signal, default(KernelSigAction), out _);
            }
        }
    }
}
