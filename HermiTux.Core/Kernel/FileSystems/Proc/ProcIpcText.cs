using System.Globalization;
using System.Text;
using HermiTux.Abi;
using HermiTux.Kernel.Ipc;

namespace HermiTux.Kernel.FileSystems;

/// <summary>/proc/sysvipc: the System V IPC objects in the formats of Linux.</summary>
internal static class ProcIpcText
{
    public static string Segments(Machine machine) => Table(
        "shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime                   rss                  swap",
        machine.Ipc.Segments.Objects,
        segment =>
        {
            ShmidDs d = segment.Describe();
            return ($" {d.shm_segsz,21} {d.shm_cpid,5} {d.shm_lpid,5}  {d.shm_nattch,5}", $" {d.shm_atime,10} {d.shm_dtime,10} {d.shm_ctime,10} {0,21} {0,21}");
        });

    public static string Semaphores(Machine machine) => Table(
        "semid perms      nsems   uid   gid  cuid  cgid      otime      ctime",
        machine.Ipc.Semaphores.Objects,
        set =>
        {
            SemidDs d = set.Describe();
            return ($" {d.sem_nsems,10}", $" {d.sem_otime,10} {d.sem_ctime,10}");
        });

    public static string Queues(Machine machine) => Table(
        "msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid      stime      rtime      ctime",
        machine.Ipc.Queues.Objects,
        queue =>
        {
            MsqidDs d = queue.Describe();
            return ($"  {d.msg_cbytes,10} {d.msg_qnum,10} {d.msg_lspid,5} {d.msg_lrpid,5}", $" {d.msg_stime,10} {d.msg_rtime,10} {d.msg_ctime,10}");
        });

    /// <summary>Key, id and mode; what the kind has of its own; the owners; its times.</summary>
    private static string Table<T>(string columns, IEnumerable<T> objects, Func<T, (FormattableString Own, FormattableString Times)> describe)
        where T : IpcObject
    {
        var text = new StringBuilder("       key      ").Append(columns).Append('\n');
        foreach (T item in objects)
        {
            (FormattableString own, FormattableString times) = describe(item);
            IpcPerm p = item.Permissions;
            text.Append(CultureInfo.InvariantCulture, $"{p.key,10} {item.Id,10}  {Convert.ToString(p.mode, 8),4}")
                .Append(own.ToString(CultureInfo.InvariantCulture))
                .Append(CultureInfo.InvariantCulture, $" {p.uid,5} {p.gid,5} {p.cuid,5} {p.cgid,5}")
                .Append(times.ToString(CultureInfo.InvariantCulture)).Append('\n');
        }

        return text.ToString();
    }
}
