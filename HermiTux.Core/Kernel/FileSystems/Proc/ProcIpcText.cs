using System.Globalization;
using System.Text;
using HermiTux.Abi;
using HermiTux.Kernel.Ipc;

namespace HermiTux.Kernel.FileSystems;

/// <summary>/proc/sysvipc: the System V IPC objects in the formats of Linux.</summary>
internal static class ProcIpcText
{
    public static string Segments(Machine machine)
    {
        var text = new StringBuilder("       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime                   rss                  swap\n");
        foreach (ShmSegment segment in machine.Ipc.Segments.Objects)
        {
            ShmidDs d = segment.Describe();
            IpcPerm p = d.shm_perm;
            text.Append(CultureInfo.InvariantCulture, $"{p.key,10} {segment.Id,10}  {Octal(p.mode),4} {d.shm_segsz,21} {d.shm_cpid,5} {d.shm_lpid,5}  {d.shm_nattch,5} {p.uid,5} {p.gid,5} {p.cuid,5} {p.cgid,5} {d.shm_atime,10} {d.shm_dtime,10} {d.shm_ctime,10} {0,21} {0,21}\n");
        }

        return text.ToString();
    }

    public static string Semaphores(Machine machine)
    {
        var text = new StringBuilder("       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime\n");
        foreach (SemaphoreSet set in machine.Ipc.Semaphores.Objects)
        {
            SemidDs d = set.Describe();
            IpcPerm p = d.sem_perm;
            text.Append(CultureInfo.InvariantCulture, $"{p.key,10} {set.Id,10}  {Octal(p.mode),4} {d.sem_nsems,10} {p.uid,5} {p.gid,5} {p.cuid,5} {p.cgid,5} {d.sem_otime,10} {d.sem_ctime,10}\n");
        }

        return text.ToString();
    }

    public static string Queues(Machine machine)
    {
        var text = new StringBuilder("       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid      stime      rtime      ctime\n");
        foreach (MessageQueue queue in machine.Ipc.Queues.Objects)
        {
            MsqidDs d = queue.Describe();
            IpcPerm p = d.msg_perm;
            text.Append(CultureInfo.InvariantCulture, $"{p.key,10} {queue.Id,10}  {Octal(p.mode),4}  {d.msg_cbytes,10} {d.msg_qnum,10} {d.msg_lspid,5} {d.msg_lrpid,5} {p.uid,5} {p.gid,5} {p.cuid,5} {p.cgid,5} {d.msg_stime,10} {d.msg_rtime,10} {d.msg_ctime,10}\n");
        }

        return text.ToString();
    }

    private static string Octal(uint mode) => Convert.ToString(mode, 8);
}
