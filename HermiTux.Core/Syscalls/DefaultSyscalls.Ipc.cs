using HermiTux.Syscalls.Ipc;
using K = HermiTux.Syscalls.ArgumentKind;
using N = HermiTux.Abi.SyscallNumber;

namespace HermiTux.Syscalls;

/// <remarks>System V IPC and POSIX message queues.</remarks>
internal sealed partial class DefaultSyscalls
{
    private void AddIpc()
    {
        Partial(N.shmget, SharedMemoryCalls.Get, "no huge pages (ENOMEM)", K.Int, K.Unsigned, K.Octal);
        Full(N.shmat, SharedMemoryCalls.Attach, K.Int, K.Pointer, K.Hex).Result = K.Pointer;
        Full(N.shmdt, SharedMemoryCalls.Detach, K.Pointer);
        Full(N.shmctl, SharedMemoryCalls.Control, K.Int, K.Int, K.Pointer);
        Full(N.semget, SemaphoreCalls.Get, K.Int, K.Int, K.Octal);
        Partial(N.semop, SemaphoreCalls.Operate, "SEM_UNDO is accepted; with one process there is nobody to see the undoing", K.Int, K.Pointer, K.Unsigned);
        Partial(N.semtimedop, SemaphoreCalls.OperateWithTimeout, "SEM_UNDO is accepted; with one process there is nobody to see the undoing", K.Int, K.Pointer, K.Unsigned, K.TimespecIn);
        Full(N.semctl, SemaphoreCalls.Control, K.Int, K.Int, K.Int, K.Hex);
        Full(N.msgget, MessageCalls.Get, K.Int, K.Octal);
        Full(N.msgsnd, MessageCalls.Send, K.Int, K.Pointer, K.Unsigned, K.Hex);
        Full(N.msgrcv, MessageCalls.Receive, K.Int, K.Pointer, K.Unsigned, K.Long, K.Hex);
        Full(N.msgctl, MessageCalls.Control, K.Int, K.Int, K.Pointer);
        Partial(N.mq_open, PosixQueueCalls.Open, "queues aren't files of a mounted file system", K.String, K.OpenFlags, K.Octal, K.Pointer);
        Full(N.mq_unlink, PosixQueueCalls.Unlink, K.String);
        Full(N.mq_timedsend, PosixQueueCalls.Send, K.Fd, K.BufferIn, K.Unsigned, K.Unsigned, K.TimespecIn);
        Full(N.mq_timedreceive, PosixQueueCalls.Receive, K.Fd, K.BufferOut, K.Unsigned, K.IntOut, K.TimespecIn);
        Partial(N.mq_notify, PosixQueueCalls.Notify, "no SIGEV_THREAD (EBADF), which needs a netlink socket", K.Fd, K.Pointer);
        Full(N.mq_getsetattr, PosixQueueCalls.GetSetAttributes, K.Fd, K.Pointer, K.Pointer);
    }
}
