using HermiTux.Abi;
using HermiTux.Syscalls.Events;
using HermiTux.Syscalls.Files;
using HermiTux.Syscalls.Identity;
using HermiTux.Syscalls.Memory;
using HermiTux.Syscalls.Processes;
using HermiTux.Syscalls.Signals;
using HermiTux.Syscalls.Time;
using K = HermiTux.Syscalls.ArgumentKind;
using N = HermiTux.Abi.SyscallNumber;

namespace HermiTux.Syscalls;

/// <summary>
/// The table: one row for each system call with its handler, how it is traced, and what is missing. docs/syscalls.md is printed from it.
/// </summary>
internal sealed partial class DefaultSyscalls
{
    private readonly SyscallTable _table;

    private DefaultSyscalls(SyscallTable table)
    {
        _table = table;
    }

    public static void AddTo(SyscallTable table)
    {
        var rows = new DefaultSyscalls(table);
        rows.AddFiles();
        rows.AddNames();
        rows.AddMemory();
        rows.AddTime();
        rows.AddSignals();
        rows.AddIdentity();
        rows.AddProcesses();
        rows.AddEvents();
        rows.AddSockets();
        rows.AddIpc();
        rows.AddRefused();
    }

    private void AddFiles()
    {
        Full(N.read, ReadWrite.Read, K.Fd, K.BufferOut, K.Unsigned);
        Full(N.write, ReadWrite.Write, K.Fd, K.BufferIn, K.Unsigned);
        Full(N.pread64, ReadWrite.PositionedRead, K.Fd, K.BufferOut, K.Unsigned, K.Long);
        Full(N.pwrite64, ReadWrite.PositionedWrite, K.Fd, K.BufferIn, K.Unsigned, K.Long);
        Full(N.readv, ReadWrite.ReadVector, K.Fd, K.IovecOut, K.Unsigned);
        Full(N.writev, ReadWrite.WriteVector, K.Fd, K.IovecIn, K.Unsigned);
        Full(N.preadv, ReadWrite.PositionedReadVector, K.Fd, K.IovecOut, K.Unsigned, K.Long);
        Full(N.pwritev, ReadWrite.PositionedWriteVector, K.Fd, K.IovecIn, K.Unsigned, K.Long);
        Partial(N.preadv2, ReadWrite.PositionedReadVector2, "RWF_HIPRI and RWF_DSYNC have no effect", K.Fd, K.IovecOut, K.Unsigned, K.Long, K.None, K.Hex);
        Partial(N.pwritev2, ReadWrite.PositionedWriteVector2, "RWF_HIPRI and RWF_DSYNC have no effect", K.Fd, K.IovecIn, K.Unsigned, K.Long, K.None, K.Hex);
        Full(N.open, OpenClose.Open, K.String, K.OpenFlags, K.Octal);
        Full(N.creat, OpenClose.Create, K.String, K.Octal);
        Full(N.openat, OpenClose.OpenAt, K.DirFd, K.String, K.OpenFlags, K.Octal);
        Full(N.openat2, OpenClose.OpenAt2, K.DirFd, K.String, K.Pointer, K.Unsigned);
        Full(N.close, OpenClose.Close, K.Fd);
        Partial(N.close_range, OpenClose.CloseRange, "CLOSE_RANGE_UNSHARE doesn't unshare: the table belongs to the process", K.Unsigned, K.Unsigned, K.Hex);
        Full(N.dup, OpenClose.Duplicate, K.Fd);
        Full(N.dup2, OpenClose.Duplicate2, K.Fd, K.Fd);
        Full(N.dup3, OpenClose.Duplicate3, K.Fd, K.Fd, K.OpenFlags);
        Full(N.lseek, Positions.Seek, K.Fd, K.Long, K.Whence);
        Full(N.fsync, Positions.Synchronize, K.Fd);
        Full(N.fdatasync, Positions.Synchronize, K.Fd);
        Stub(N.sync, "what is in memory has nowhere to go; host files are written through");
        Full(N.syncfs, Positions.SynchronizeFileSystem, K.Fd);
        Full(N.sync_file_range, Positions.SynchronizeRange, K.Fd, K.Long, K.Long, K.Hex);
        Full(N.fallocate, Positions.Allocate, K.Fd, K.Hex, K.Long, K.Long);
        Full(N.fadvise64, Positions.Advise, K.Fd, K.Long, K.Long, K.Int);
        Full(N.readahead, Positions.ReadAhead, K.Fd, K.Long, K.Unsigned);
        Partial(N.ioctl, Positions.DeviceControl, "the requests of terminals, pipes and files; what a device of the embedder's adds", K.Fd, K.IoctlRequest, K.Pointer);
        Partial(N.fcntl, FileControl.Control, "no signal-driven I/O (O_ASYNC; F_SETOWN is for SIGURG), no leases, no F_NOTIFY", K.Fd, K.FcntlCommand, K.Hex);
        Full(N.flock, FileControl.LockWhole, K.Fd, K.LockOperation);
        Full(N.sendfile, Copying.SendFile, K.Fd, K.Fd, K.Pointer, K.Unsigned);
        Full(N.copy_file_range, Copying.CopyRange, K.Fd, K.Pointer, K.Fd, K.Pointer, K.Unsigned, K.Hex);
        Full(N.splice, Copying.Splice, K.Fd, K.Pointer, K.Fd, K.Pointer, K.Unsigned, K.Hex);
        Full(N.tee, PipeCopying.Tee, K.Fd, K.Fd, K.Unsigned, K.Hex);
        Full(N.vmsplice, PipeCopying.SpliceMemory, K.Fd, K.IovecIn, K.Unsigned, K.Hex);
        Full(N.getdents, Directories.GetEntries, K.Fd, K.DirentsOut, K.Unsigned);
        Full(N.getdents64, Directories.GetEntries64, K.Fd, K.DirentsOut, K.Unsigned);
        Full(N.pipe, Descriptors.Pipe, K.FdPairOut);
        Full(N.pipe2, Descriptors.Pipe2, K.FdPairOut, K.OpenFlags);
        Full(N.eventfd, Descriptors.EventFd, K.Unsigned);
        Full(N.eventfd2, Descriptors.EventFd2, K.Unsigned, K.OpenFlags);
        Partial(N.memfd_create, Descriptors.MemoryFile, "no huge pages", K.String, K.Hex);
    }

    private void AddNames()
    {
        Full(N.stat, Status.Stat, K.String, K.StatOut);
        Full(N.fstat, Status.FileStat, K.Fd, K.StatOut);
        Full(N.lstat, Status.LinkStat, K.String, K.StatOut);
        Full(N.newfstatat, Status.StatAt, K.DirFd, K.String, K.StatOut, K.AtFlags);
        Full(N.statx, Status.StatX, K.DirFd, K.String, K.AtFlags, K.StatxMask, K.StatxOut);
        Full(N.statfs, Status.FileSystemStat, K.String, K.Pointer);
        Full(N.fstatfs, Status.FileSystemStatOfFile, K.Fd, K.Pointer);
        Full(N.access, Status.Access, K.String, K.AccessMode);
        Full(N.faccessat, Status.AccessAt, K.DirFd, K.String, K.AccessMode);
        Full(N.faccessat2, Status.AccessAt2, K.DirFd, K.String, K.AccessMode, K.AtFlags);
        Full(N.readlink, Status.ReadLink, K.String, K.BufferOut, K.Unsigned);
        Full(N.readlinkat, Status.ReadLinkAt, K.DirFd, K.String, K.BufferOut, K.Unsigned);
        Full(N.rename, Names.Rename, K.String, K.String);
        Full(N.renameat, Names.RenameAt, K.DirFd, K.String, K.DirFd, K.String);
        Full(N.renameat2, Names.RenameAt2, K.DirFd, K.String, K.DirFd, K.String, K.RenameFlags);
        Full(N.link, Names.Link, K.String, K.String);
        Full(N.linkat, Names.LinkAt, K.DirFd, K.String, K.DirFd, K.String, K.AtFlags);
        Full(N.symlink, Names.SymbolicLink, K.String, K.String);
        Full(N.symlinkat, Names.SymbolicLinkAt, K.String, K.DirFd, K.String);
        Full(N.mkdir, Names.MakeDirectory, K.String, K.Octal);
        Full(N.mkdirat, Names.MakeDirectoryAt, K.DirFd, K.String, K.Octal);
        Full(N.rmdir, Names.RemoveDirectory, K.String);
        Full(N.unlink, Names.Unlink, K.String);
        Full(N.unlinkat, Names.UnlinkAt, K.DirFd, K.String, K.AtFlags);
        Full(N.mknod, Names.MakeNode, K.String, K.Octal, K.Hex);
        Full(N.mknodat, Names.MakeNodeAt, K.DirFd, K.String, K.Octal, K.Hex);
        Full(N.truncate, Attributes.Truncate, K.String, K.Long);
        Full(N.ftruncate, Attributes.TruncateFile, K.Fd, K.Long);
        Full(N.chmod, Attributes.ChangeMode, K.String, K.Octal);
        Full(N.fchmod, Attributes.ChangeModeOfFile, K.Fd, K.Octal);
        Full(N.fchmodat, Attributes.ChangeModeAt, K.DirFd, K.String, K.Octal);
        Full(N.fchmodat2, Attributes.ChangeModeAt2, K.DirFd, K.String, K.Octal, K.AtFlags);
        Full(N.chown, Attributes.ChangeOwner, K.String, K.Int, K.Int);
        Full(N.fchown, Attributes.ChangeOwnerOfFile, K.Fd, K.Int, K.Int);
        Full(N.lchown, Attributes.ChangeOwnerOfLink, K.String, K.Int, K.Int);
        Full(N.fchownat, Attributes.ChangeOwnerAt, K.DirFd, K.String, K.Int, K.Int, K.AtFlags);
        Full(N.utime, Attributes.UpdateTime, K.String, K.Pointer);
        Full(N.utimes, Attributes.UpdateTimesOld, K.String, K.Pointer);
        Full(N.futimesat, Attributes.UpdateTimesOldAt, K.DirFd, K.String, K.Pointer);
        Full(N.utimensat, Attributes.UpdateTimesAt, K.DirFd, K.String, K.TimespecPairIn, K.AtFlags);
        Full(N.chdir, Directories.ChangeDirectory, K.String);
        Full(N.fchdir, Directories.ChangeDirectoryToFile, K.Fd);
        Full(N.getcwd, Directories.GetWorkingDirectory, K.StringOut, K.Unsigned);
        Full(N.chroot, Directories.ChangeRoot, K.String);
        Full(N.umask, Directories.SetUmask, K.Octal);
        Full(N.getxattr, ExtendedAttributes.Get, K.String, K.String, K.Pointer, K.Unsigned);
        Full(N.lgetxattr, ExtendedAttributes.GetOfLink, K.String, K.String, K.Pointer, K.Unsigned);
        Full(N.fgetxattr, ExtendedAttributes.GetOfFile, K.Fd, K.String, K.Pointer, K.Unsigned);
        Full(N.setxattr, ExtendedAttributes.Set, K.String, K.String, K.Pointer, K.Unsigned, K.Hex);
        Full(N.lsetxattr, ExtendedAttributes.SetOfLink, K.String, K.String, K.Pointer, K.Unsigned, K.Hex);
        Full(N.fsetxattr, ExtendedAttributes.SetOfFile, K.Fd, K.String, K.Pointer, K.Unsigned, K.Hex);
        Full(N.listxattr, ExtendedAttributes.List, K.String, K.Pointer, K.Unsigned);
        Full(N.llistxattr, ExtendedAttributes.ListOfLink, K.String, K.Pointer, K.Unsigned);
        Full(N.flistxattr, ExtendedAttributes.ListOfFile, K.Fd, K.Pointer, K.Unsigned);
        Full(N.removexattr, ExtendedAttributes.Remove, K.String, K.String);
        Full(N.lremovexattr, ExtendedAttributes.RemoveOfLink, K.String, K.String);
        Full(N.fremovexattr, ExtendedAttributes.RemoveOfFile, K.Fd, K.String);
    }

    private void AddMemory()
    {
        Partial(N.mmap, MemoryCalls.Map, "no huge pages (ENOMEM)", K.Pointer, K.Unsigned, K.Protection, K.MapFlags, K.Fd, K.Hex).Result = K.Pointer;
        Full(N.munmap, MemoryCalls.Unmap, K.Pointer, K.Unsigned);
        Full(N.mprotect, MemoryCalls.Protect, K.Pointer, K.Unsigned, K.Protection);
        Full(N.mremap, MemoryCalls.Remap, K.Pointer, K.Unsigned, K.Unsigned, K.RemapFlags, K.Pointer).Result = K.Pointer;
        Full(N.brk, MemoryCalls.Break, K.Pointer).Result = K.Pointer;
        Full(N.madvise, MemoryCalls.Advise, K.Pointer, K.Unsigned, K.Advice);
        Full(N.mincore, MemoryCalls.Resident, K.Pointer, K.Unsigned, K.Pointer);
        Full(N.msync, MemoryCalls.Synchronize, K.Pointer, K.Unsigned, K.Hex);
        Full(N.mlock, MemoryCalls.Lock, K.Pointer, K.Unsigned);
        Full(N.mlock2, MemoryCalls.Lock2, K.Pointer, K.Unsigned, K.Hex);
        Full(N.munlock, MemoryCalls.Unlock, K.Pointer, K.Unsigned);
        Full(N.mlockall, MemoryCalls.LockAll, K.Hex);
        Full(N.munlockall, MemoryCalls.UnlockAll);
        Full(N.membarrier, BarrierCalls.Barrier, K.Int, K.Hex, K.Int);
        Full(N.process_vm_readv, ProcessMemoryCalls.Read, K.Int, K.Pointer, K.Unsigned, K.Pointer, K.Unsigned, K.Hex);
        Full(N.process_vm_writev, ProcessMemoryCalls.Write, K.Int, K.Pointer, K.Unsigned, K.Pointer, K.Unsigned, K.Hex);
        Partial(N.get_mempolicy, MemoryPolicyCalls.Get, "one node; policies of ranges are checked and not kept", K.IntOut, K.Pointer, K.Unsigned, K.Pointer, K.Hex);
        Full(N.set_mempolicy, MemoryPolicyCalls.Set, K.Int, K.Pointer, K.Unsigned);
        Partial(N.mbind, MemoryPolicyCalls.Bind, "one node; policies of ranges are checked and not kept", K.Pointer, K.Unsigned, K.Int, K.Pointer, K.Unsigned, K.Hex);
        Full(N.migrate_pages, MemoryPolicyCalls.Migrate, K.Int, K.Unsigned, K.Pointer, K.Pointer);
        Partial(N.move_pages, MemoryPolicyCalls.Move, "a page counts as present when its mapping has any", K.Int, K.Unsigned, K.Pointer, K.Pointer, K.Pointer, K.Hex);
        Full(N.pkey_alloc, MemoryCalls.AllocateKey, K.Hex, K.Hex);
        Full(N.pkey_free, MemoryCalls.FreeKey, K.Int);
        Full(N.pkey_mprotect, MemoryCalls.ProtectWithKey, K.Pointer, K.Unsigned, K.Protection, K.Int);
    }

    private void AddTime()
    {
        Full(N.clock_gettime, Clocks.GetTime, K.Clock, K.TimespecOut);
        Full(N.clock_getres, Clocks.GetResolution, K.Clock, K.TimespecOut);
        Partial(N.clock_settime, Clocks.SetTime, "EPERM: the machine's clock is the embedder's", K.Clock, K.TimespecIn);
        Full(N.clock_nanosleep, Sleeping.ClockSleep, K.Clock, K.Hex, K.TimespecIn, K.TimespecOut);
        Full(N.nanosleep, Sleeping.Sleep, K.TimespecIn, K.TimespecOut);
        Full(N.gettimeofday, Clocks.GetTimeOfDay, K.TimevalOut, K.Pointer);
        Partial(N.settimeofday, Clocks.SetTimeOfDay, "EPERM: the machine's clock is the embedder's", K.TimevalIn, K.Pointer);
        Full(N.time, Clocks.GetSeconds, K.Pointer);
        Full(N.times, Clocks.GetProcessTimes, K.Pointer);
        Full(N.alarm, TimerCalls.Alarm, K.Unsigned);
        Full(N.setitimer, TimerCalls.SetInterval, K.Int, K.ItimervalIn, K.ItimervalOut);
        Full(N.getitimer, TimerCalls.GetInterval, K.Int, K.ItimervalOut);
        Full(N.timer_create, TimerCalls.Create, K.Clock, K.Pointer, K.IntOut);
        Full(N.timer_settime, TimerCalls.SetTime, K.Int, K.Hex, K.Pointer, K.Pointer);
        Full(N.timer_gettime, TimerCalls.GetTime, K.Int, K.Pointer);
        Full(N.timer_getoverrun, TimerCalls.GetOverrun, K.Int);
        Full(N.timer_delete, TimerCalls.Delete, K.Int);
        Partial(N.adjtimex, static (_, _) => Errno.EPERM, "EPERM", K.Pointer);
        Partial(N.clock_adjtime, static (_, _) => Errno.EPERM, "EPERM", K.Clock, K.Pointer);
    }

    private void AddSignals()
    {
        Full(N.rt_sigaction, SignalCalls.Action, K.Signal, K.SigactionIn, K.SigactionOut, K.Unsigned);
        Full(N.rt_sigprocmask, SignalCalls.ProcessMask, K.SignalHow, K.SigsetIn, K.SigsetOut, K.Unsigned);
        Full(N.rt_sigpending, SignalCalls.Pending, K.SigsetOut, K.Unsigned);
        Full(N.rt_sigsuspend, SignalCalls.Suspend, K.SigsetIn, K.Unsigned);
        Full(N.rt_sigtimedwait, SignalCalls.TimedWait, K.SigsetIn, K.Pointer, K.TimespecIn, K.Unsigned);
        Full(N.rt_sigqueueinfo, SignalCalls.Queue, K.Int, K.Signal, K.Pointer);
        Full(N.rt_tgsigqueueinfo, SignalCalls.ThreadQueue, K.Int, K.Int, K.Signal, K.Pointer);
        Full(N.rt_sigreturn, SignalCalls.Return);
        Full(N.sigaltstack, SignalCalls.AlternateStack, K.SignalStackIn, K.SignalStackOut);
        Full(N.pause, SignalCalls.Pause);
        Full(N.kill, SignalCalls.Kill, K.Int, K.Signal);
        Full(N.tkill, SignalCalls.ThreadKill, K.Int, K.Signal);
        Full(N.tgkill, SignalCalls.ThreadGroupKill, K.Int, K.Int, K.Signal);
        Full(N.restart_syscall, SignalCalls.Restart);
    }

    private void AddIdentity()
    {
        Full(N.getpid, IdentityCalls.GetPid);
        Full(N.getppid, IdentityCalls.GetParentPid);
        Full(N.gettid, IdentityCalls.GetTid);
        Full(N.getuid, IdentityCalls.GetUid);
        Full(N.geteuid, IdentityCalls.GetEffectiveUid);
        Full(N.getgid, IdentityCalls.GetGid);
        Full(N.getegid, IdentityCalls.GetEffectiveGid);
        Full(N.setuid, IdentityCalls.SetUid, K.Int);
        Full(N.setgid, IdentityCalls.SetGid, K.Int);
        Full(N.setreuid, IdentityCalls.SetRealEffectiveUid, K.Int, K.Int);
        Full(N.setregid, IdentityCalls.SetRealEffectiveGid, K.Int, K.Int);
        Full(N.setresuid, IdentityCalls.SetAllUids, K.Int, K.Int, K.Int);
        Full(N.setresgid, IdentityCalls.SetAllGids, K.Int, K.Int, K.Int);
        Full(N.getresuid, IdentityCalls.GetAllUids, K.IntOut, K.IntOut, K.IntOut);
        Full(N.getresgid, IdentityCalls.GetAllGids, K.IntOut, K.IntOut, K.IntOut);
        Full(N.setfsuid, IdentityCalls.SetFileSystemUid, K.Int);
        Full(N.setfsgid, IdentityCalls.SetFileSystemGid, K.Int);
        Full(N.getgroups, IdentityCalls.GetGroups, K.Int, K.Pointer);
        Full(N.setgroups, IdentityCalls.SetGroups, K.Int, K.Pointer);
        Full(N.getpgid, IdentityCalls.GetProcessGroup, K.Int);
        Full(N.getpgrp, IdentityCalls.GetOwnProcessGroup);
        Full(N.setpgid, IdentityCalls.SetProcessGroup, K.Int, K.Int);
        Full(N.getsid, IdentityCalls.GetSession, K.Int);
        Full(N.setsid, IdentityCalls.CreateSession);
        Partial(N.capget, IdentityCalls.GetCapabilities, "privilege checks look at user 0, not at single capabilities", K.Pointer, K.Pointer);
        Partial(N.capset, IdentityCalls.SetCapabilities, "privilege checks look at user 0, not at single capabilities", K.Pointer, K.Pointer);
    }

    private void AddProcesses()
    {
        Full(N.exit, ThreadCalls.Exit, K.Int);
        Full(N.exit_group, ThreadCalls.ExitGroup, K.Int);
        Partial(N.clone, CloneCalls.Clone, "threads that share everything; a second process, or a thread with descriptors of its own, is ENOSYS, a namespace EPERM", K.CloneFlags, K.Pointer, K.Pointer, K.Pointer, K.Pointer);
        Partial(N.clone3, CloneCalls.Clone3, "threads that share everything; a second process, or a thread with descriptors of its own, is ENOSYS, a namespace EPERM", K.Pointer, K.Unsigned);
        None(N.fork, CloneCalls.Fork, "ENOSYS: one process in a machine");
        None(N.vfork, CloneCalls.Fork, "ENOSYS: one process in a machine");
        Full(N.execve, Execution.Execute, K.String, K.StringArray, K.StringArray);
        Full(N.execveat, Execution.ExecuteAt, K.DirFd, K.String, K.StringArray, K.StringArray, K.AtFlags);
        Partial(N.wait4, ThreadCalls.Wait4, "ECHILD: there are no children", K.Int, K.IntOut, K.Hex, K.Pointer);
        Partial(N.waitid, ThreadCalls.WaitId, "ECHILD: there are no children", K.Int, K.Int, K.Pointer, K.Hex, K.Pointer);
        Full(N.futex, FutexCalls.Futex, K.Pointer, K.FutexOperation, K.Unsigned, K.Pointer, K.Pointer, K.Hex);
        Full(N.futex_waitv, Futex2Calls.WaitMultiple, K.Pointer, K.Unsigned, K.Hex, K.TimespecIn, K.Clock);
        Full(N.futex_wait, Futex2Calls.Wait, K.Pointer, K.Unsigned, K.Hex, K.Hex, K.TimespecIn, K.Clock);
        Full(N.futex_wake, Futex2Calls.Wake, K.Pointer, K.Hex, K.Int, K.Hex);
        Full(N.futex_requeue, Futex2Calls.Requeue, K.Pointer, K.Hex, K.Int, K.Int);
        Full(N.rseq, FutexCalls.RestartableSequences, K.Pointer, K.Unsigned, K.Hex, K.Hex);
        Full(N.set_robust_list, FutexCalls.SetRobustList, K.Pointer, K.Unsigned);
        Full(N.get_robust_list, FutexCalls.GetRobustList, K.Int, K.Pointer, K.Pointer);
        Full(N.set_tid_address, FutexCalls.SetTidAddress, K.Pointer);
        Full(N.prlimit64, Limits.Change, K.Int, K.Resource, K.RlimitIn, K.RlimitOut);
        Full(N.getrlimit, Limits.Get, K.Resource, K.RlimitOut);
        Full(N.setrlimit, Limits.Set, K.Resource, K.RlimitIn);
        Partial(N.getrusage, Limits.GetUsage, "times, ru_maxrss and ru_minflt; the rest is 0", K.Int, K.Pointer);
        Full(N.sched_yield, Scheduling.Yield);
        Full(N.sched_getaffinity, Scheduling.GetAffinity, K.Int, K.Unsigned, K.Pointer);
        Full(N.sched_setaffinity, Scheduling.SetAffinity, K.Int, K.Unsigned, K.Pointer);
        Full(N.sched_getscheduler, Scheduling.GetScheduler, K.Int);
        Partial(N.sched_setscheduler, Scheduling.SetScheduler, "kept, without effect", K.Int, K.Int, K.Pointer);
        Full(N.sched_getparam, Scheduling.GetParameters, K.Int, K.Pointer);
        Partial(N.sched_setparam, Scheduling.SetParameters, "kept, without effect", K.Int, K.Pointer);
        Full(N.sched_getattr, Scheduling.GetAttributes, K.Int, K.Pointer, K.Unsigned, K.Hex);
        Partial(N.sched_setattr, Scheduling.SetAttributes, "kept, without effect; no SCHED_DEADLINE", K.Int, K.Pointer, K.Hex);
        Full(N.sched_get_priority_max, Scheduling.MaximumOf, K.Int);
        Full(N.sched_get_priority_min, Scheduling.MinimumOf, K.Int);
        Full(N.sched_rr_get_interval, Scheduling.GetInterval, K.Int, K.TimespecOut);
        Full(N.getcpu, Scheduling.GetCpu, K.IntOut, K.IntOut, K.Pointer);
        Full(N.getpriority, Scheduling.GetPriority, K.Int, K.Int);
        Partial(N.setpriority, Scheduling.SetPriority, "kept, without effect", K.Int, K.Int, K.Int);
        Full(N.ioprio_get, Scheduling.GetIoPriority, K.Int, K.Int);
        Partial(N.ioprio_set, Scheduling.SetIoPriority, "kept, without effect", K.Int, K.Int, K.Hex);
        Partial(N.seccomp, SeccompCalls.Control, "no user notification (SECCOMP_FILTER_FLAG_NEW_LISTENER); SECCOMP_RET_LOG allows without a log", K.Unsigned, K.Hex, K.Pointer);
        Partial(N.pidfd_open, PidFdCalls.Open, "not readable before its process has ended, which ends the machine", K.Int, K.OpenFlags);
        Full(N.pidfd_send_signal, PidFdCalls.SendSignal, K.Fd, K.Signal, K.Pointer, K.Hex);
        Full(N.pidfd_getfd, PidFdCalls.GetFd, K.Fd, K.Int, K.Hex);
        Partial(N.kcmp, PidFdCalls.Compare, "no KCMP_EPOLL_TFD", K.Int, K.Int, K.Int, K.Unsigned, K.Unsigned);
        Partial(N.syslog, SystemInfo.ReadLog, "the log is empty", K.Int, K.Pointer, K.Int);
        Full(N.arch_prctl, Prctl.Architecture, K.ArchPrctlCode, K.Pointer);
        Partial(N.prctl, Prctl.Control, "no PR_SET_MM, secure bits, ambient capabilities", K.PrctlOption, K.Hex, K.Hex, K.Hex, K.Hex);
        Partial(N.personality, SystemInfo.SetPersonality, "UNAME26, PER_LINUX32 and STICKY_TIMEOUTS have their effect", K.Hex);
        Full(N.uname, SystemInfo.GetNames, K.UtsnameOut);
        Full(N.sethostname, SystemInfo.SetHostName, K.String, K.Unsigned);
        Full(N.setdomainname, SystemInfo.SetDomainName, K.String, K.Unsigned);
        Partial(N.sysinfo, SystemInfo.GetInfo, "no load averages", K.Pointer);
        Full(N.getrandom, SystemInfo.GetRandom, K.BufferOut, K.Unsigned, K.RandomFlags);
    }

    private void AddEvents()
    {
        Full(N.poll, PollCalls.Poll, K.PollFds, K.Unsigned, K.Int);
        Full(N.ppoll, PollCalls.PollWithMask, K.PollFds, K.Unsigned, K.TimespecIn, K.SigsetIn, K.Unsigned);
        Full(N.select, PollCalls.Select, K.Int, K.Pointer, K.Pointer, K.Pointer, K.TimevalIn);
        Full(N.pselect6, PollCalls.SelectWithMask, K.Int, K.Pointer, K.Pointer, K.Pointer, K.TimespecIn, K.Pointer);
        Full(N.signalfd, EventFileCalls.SignalFd, K.Fd, K.SigsetIn, K.Unsigned);
        Full(N.signalfd4, EventFileCalls.SignalFd4, K.Fd, K.SigsetIn, K.Unsigned, K.OpenFlags);
        Full(N.timerfd_create, EventFileCalls.CreateTimer, K.Clock, K.OpenFlags);
        Full(N.timerfd_settime, EventFileCalls.SetTimer, K.Fd, K.Hex, K.Pointer, K.Pointer);
        Full(N.timerfd_gettime, EventFileCalls.GetTimer, K.Fd, K.Pointer);
        Partial(N.inotify_init, InotifyCalls.Create, "changes that the host makes to mounted directories aren't told");
        Partial(N.inotify_init1, InotifyCalls.Create1, "changes that the host makes to mounted directories aren't told", K.OpenFlags);
        Full(N.inotify_add_watch, InotifyCalls.AddWatch, K.Fd, K.String, K.Hex);
        Full(N.inotify_rm_watch, InotifyCalls.RemoveWatch, K.Fd, K.Int);
        Full(N.epoll_create, EpollCalls.Create, K.Int);
        Full(N.epoll_create1, EpollCalls.Create1, K.Hex);
        Full(N.epoll_ctl, EpollCalls.Control, K.Fd, K.EpollOperation, K.Fd, K.EpollEventIn);
        Full(N.epoll_wait, EpollCalls.Wait, K.Fd, K.EpollEventsOut, K.Int, K.Int);
        Full(N.epoll_pwait, EpollCalls.WaitWithMask, K.Fd, K.EpollEventsOut, K.Int, K.Int, K.SigsetIn, K.Unsigned);
        Full(N.epoll_pwait2, EpollCalls.WaitWithTimespec, K.Fd, K.EpollEventsOut, K.Int, K.TimespecIn, K.SigsetIn, K.Unsigned);
    }

    private Row Full(N number, SyscallHandler handler, params ArgumentKind[] arguments) => Add(number, SupportLevel.Full, "", arguments, handler, null);

    private Row Full(N number, AsyncSyscallHandler handler, params ArgumentKind[] arguments) => Add(number, SupportLevel.Full, "", arguments, null, handler);

    private Row Partial(N number, SyscallHandler handler, string note, params ArgumentKind[] arguments) => Add(number, SupportLevel.Partial, note, arguments, handler, null);

    private Row Partial(N number, AsyncSyscallHandler handler, string note, params ArgumentKind[] arguments) => Add(number, SupportLevel.Partial, note, arguments, null, handler);

    private Row Stub(N number, string note, params ArgumentKind[] arguments) => Add(number, SupportLevel.Stub, note, arguments, static (_, _) => 0, null);

    private Row None(N number, SyscallHandler handler, string note, params ArgumentKind[] arguments) => Add(number, SupportLevel.None, note, arguments, handler, null);

    private Row Add(N number, SupportLevel level, string note, ArgumentKind[] arguments, SyscallHandler? handler, AsyncSyscallHandler? asyncHandler)
    {
        _table.Set(new SyscallEntry((int)number, number.ToString(), level, note, arguments) { Handler = handler, AsyncHandler = asyncHandler });
        return new Row(_table, (int)number);
    }

    /// <summary>A row that was just added, for what few rows need.</summary>
    private readonly struct Row(SyscallTable table, int number)
    {
        public ArgumentKind Result
        {
            set => table.Set(table[number]! with { Result = value });
        }
    }
}
