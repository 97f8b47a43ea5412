using System.Runtime.InteropServices;

namespace HermiTux.Abi;

#pragma warning disable CS1591 // The fields are those of the C structures and are described in the man pages.

/// <summary><c>struct ipc64_perm</c> (asm-generic/ipcbuf.h).</summary>
[StructLayout(LayoutKind.Sequential, Size = 48)]
public struct IpcPerm
{
    public int key;
    public uint uid;
    public uint gid;
    public uint cuid;
    public uint cgid;
    public uint mode;
    public ushort seq;
}

/// <summary><c>struct shmid64_ds</c>.</summary>
[StructLayout(LayoutKind.Sequential, Size = 112)]
public struct ShmidDs
{
    public IpcPerm shm_perm;
    public ulong shm_segsz;
    public long shm_atime;
    public long shm_dtime;
    public long shm_ctime;
    public int shm_cpid;
    public int shm_lpid;
    public ulong shm_nattch;
}

/// <summary><c>struct semid64_ds</c> of x86.</summary>
[StructLayout(LayoutKind.Sequential, Size = 104)]
public struct SemidDs
{
    public IpcPerm sem_perm;
    public long sem_otime;
    public ulong __unused1;
    public long sem_ctime;
    public ulong __unused2;
    public ulong sem_nsems;
}

/// <summary><c>struct msqid64_ds</c>.</summary>
[StructLayout(LayoutKind.Sequential, Size = 120)]
public struct MsqidDs
{
    public IpcPerm msg_perm;
    public long msg_stime;
    public long msg_rtime;
    public long msg_ctime;
    public ulong msg_cbytes;
    public ulong msg_qnum;
    public ulong msg_qbytes;
    public int msg_lspid;
    public int msg_lrpid;
}

/// <summary><c>struct sembuf</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct Sembuf
{
    public ushort sem_num;
    public short sem_op;
    public short sem_flg;
}

/// <summary><c>struct mq_attr</c> (uapi/linux/mqueue.h).</summary>
[StructLayout(LayoutKind.Sequential, Size = 64)]
public struct MqAttr
{
    public long mq_flags;
    public long mq_maxmsg;
    public long mq_msgsize;
    public long mq_curmsgs;
}
