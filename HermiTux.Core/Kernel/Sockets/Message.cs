using HermiTux.Abi;

namespace HermiTux.Kernel.Sockets;

/// <summary>What goes along with the bytes of a send.</summary>
internal struct OutgoingMessage
{
    /// <summary>Where to; a family of AF_UNSPEC is the connected peer.</summary>
    public SocketName Destination;

    /// <summary>SCM_RIGHTS, SCM_CREDENTIALS; null for none.</summary>
    public ControlData? Control;

    /// <summary>Who sends, where the receiver may want to know; also the permissions for a path.</summary>
    public SocketCaller Caller;
}

/// <summary>What came along with the bytes of a receive.</summary>
internal struct IncomingMessage
{
    /// <summary>Who sent it; AF_UNSPEC where that is not told.</summary>
    public SocketName Source;

    /// <summary>SCM_RIGHTS and SCM_CREDENTIALS. The receiver owns the files' references.</summary>
    public ControlData? Control;

    /// <summary>MSG_TRUNC, MSG_EOR, MSG_OOB.</summary>
    public int Flags;

    /// <summary>The datagram's whole length, or the bytes read of a stream.</summary>
    public int FullLength;

    /// <summary>When it arrived, nanoseconds since 1970; 0 if unknown.</summary>
    public long Time;

    /// <summary>Where it was sent to (IP_PKTINFO).</summary>
    public InetEndpoint Target;
}

/// <summary>Descriptors and credentials on their way (unix(7), "Ancillary messages").</summary>
internal sealed class ControlData
{
    /// <summary>Open files with a reference each; empty for none.</summary>
    public OpenFile[] Files { get; set; } = [];

    /// <summary>The sender's ids; null where nobody asked.</summary>
    public Ucred? Credentials { get; set; }

    /// <summary>Drops the references of files that nobody receives.</summary>
    public void Release()
    {
        OpenFile[] files = Files;
        Files = [];
        if (files.Length > 0)
        {
            DeferredRelease.Release(files);
        }
    }
}

/// <summary>
/// Drops references one after the other: the last reference of a socket with sockets in its queue drops theirs, and a guest can make such
/// chains as long as it likes, so this must not recurse.
/// </summary>
internal static class DeferredRelease
{
    [ThreadStatic]
    private static Queue<OpenFile>? t_pending;

    /// <summary>Drops a reference of each.</summary>
    public static void Release(ReadOnlySpan<OpenFile> files)
    {
        bool outermost = t_pending is null;
        Queue<OpenFile> pending = t_pending ??= new Queue<OpenFile>();
        foreach (OpenFile file in files)
        {
            pending.Enqueue(file);
        }

        if (!outermost)
        {
            return;
        }

        try
        {
            while (pending.TryDequeue(out OpenFile? file))
            {
                file.Release();
            }
        }
        finally
        {
            t_pending = null;
        }
    }
}

/// <summary>Who makes a socket call: ids, and where paths start.</summary>
internal readonly struct SocketCaller(Process process)
{
    /// <summary>The process.</summary>
    public Process Process { get; } = process;

    /// <summary>pid, uid and gid as SO_PEERCRED and SCM_CREDENTIALS show them.</summary>
    public Ucred Credentials => new() { pid = Process.Pid, uid = Process.Credentials.Euid, gid = Process.Credentials.Egid };

    /// <summary>The same with the real ids, which SCM_CREDENTIALS has when the sender gives none.</summary>
    public Ucred RealCredentials => new() { pid = Process.Pid, uid = Process.Credentials.Uid, gid = Process.Credentials.Gid };

    /// <summary>Whether the caller has root's privileges over the network (CAP_NET_ADMIN, CAP_NET_BIND_SERVICE).</summary>
    public bool IsPrivileged => Process.Credentials.Euid == 0;
}
