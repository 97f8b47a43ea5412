namespace HermiTux.Abi;

#pragma warning disable CS1591 // The names are those of the C headers and are described in the man pages.

/// <summary>System V IPC (uapi/linux/ipc.h, shm.h, sem.h, msg.h).</summary>
public static class IpcConstants
{
    public const int IPC_PRIVATE = 0;
    public const int IPC_CREAT = 0x200;
    public const int IPC_EXCL = 0x400;
    public const int IPC_NOWAIT = 0x800;
    public const int IPC_RMID = 0;
    public const int IPC_SET = 1;
    public const int IPC_STAT = 2;
    public const int IPC_INFO = 3;
    public const int SHM_RDONLY = 0x1000;
    public const int SHM_RND = 0x2000;
    public const int SHM_REMAP = 0x4000;
    public const int SHM_EXEC = 0x8000;
    public const int SHM_HUGETLB = 0x800;
    public const int SHM_LOCK = 11;
    public const int SHM_UNLOCK = 12;
    public const int SHM_STAT = 13;
    public const int SHM_INFO = 14;
    public const int SHM_STAT_ANY = 15;
    public const int SEM_UNDO = 0x1000;
    public const int GETPID = 11;
    public const int GETVAL = 12;
    public const int GETALL = 13;
    public const int GETNCNT = 14;
    public const int GETZCNT = 15;
    public const int SETVAL = 16;
    public const int SETALL = 17;
    public const int SEM_STAT = 18;
    public const int SEM_INFO = 19;
    public const int SEM_STAT_ANY = 20;
    public const int SEMMNI = 32000;
    public const int SEMMSL = 32000;
    public const int SEMMNS = SEMMNI * SEMMSL;
    public const int SEMOPM = 500;
    public const int SEMVMX = 32767;
    public const int MSG_NOERROR = 0x1000;
    public const int MSG_EXCEPT = 0x2000;
    public const int MSG_COPY = 0x4000;
    public const int MSG_STAT = 11;
    public const int MSG_INFO = 12;
    public const int MSG_STAT_ANY = 13;
    public const int MSGMNI = 32000;
    public const int MSGMAX = 8192;
    public const int MSGMNB = 16384;
}
