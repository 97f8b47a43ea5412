namespace HermiTux.Kernel.Ipc;

/// <summary>The System V IPC objects and POSIX message queues of a machine.</summary>
internal sealed class IpcNamespace
{
    /// <summary>SHMMNI.</summary>
    public const int MaximumSegments = 4096;

    public IpcTable<ShmSegment> Segments { get; } = new(MaximumSegments);

    public IpcTable<SemaphoreSet> Semaphores { get; } = new(Abi.IpcConstants.SEMMNI);

    public IpcTable<MessageQueue> Queues { get; } = new(Abi.IpcConstants.MSGMNI);

    public PosixQueues PosixQueues { get; } = new();
}
