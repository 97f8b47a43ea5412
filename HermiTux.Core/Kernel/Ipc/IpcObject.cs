using HermiTux.Abi;

namespace HermiTux.Kernel.Ipc;

/// <summary>What System V shared memory, semaphores and message queues have in common: a key, an owner, a mode (struct kern_ipc_perm).</summary>
internal abstract class IpcObject(int key, uint mode, Credentials creator)
{
    private const uint PermissionBits = 0x1FF;

    /// <summary>Guards what the object holds.</summary>
    public Lock Lock { get; } = new();

    public int Key { get; private set; } = key;

    public int Id { get; set; }

    public uint Uid { get; private set; } = creator.Euid;

    public uint Gid { get; private set; } = creator.Egid;

    public uint CreatorUid { get; } = creator.Euid;

    public uint CreatorGid { get; } = creator.Egid;

    public uint Mode { get; set; } = mode & PermissionBits;

    /// <summary>Seconds since 1970 of the last change by *ctl(IPC_SET).</summary>
    public long ChangeTime { get; set; }

    /// <summary>Whether it was removed: who waits gets EIDRM.</summary>
    public bool IsRemoved { get; set; }

    public IpcPerm Permissions => new()
    {
        key = Key,
        uid = Uid,
        gid = Gid,
        cuid = CreatorUid,
        cgid = CreatorGid,
        mode = Mode,
        seq = (ushort)(Id >> IpcTable.IndexBits),
    };

    /// <summary>ipcperms(): whether the process may do what the mode bits in <paramref name="wanted"/> say.</summary>
    public bool Allows(Credentials who, uint wanted)
    {
        uint requested = (wanted >> 6) | (wanted >> 3) | wanted;
        uint granted = who.Euid == CreatorUid || who.Euid == Uid ? Mode >> 6
            : IsMember(who, CreatorGid) || IsMember(who, Gid) ? Mode >> 3
            : Mode;
        return (requested & ~granted & 7) == 0 || who.Euid == 0;
    }

    /// <summary>Whether the process may change or remove the object.</summary>
    public bool IsOwnedBy(Credentials who) => who.Euid == 0 || who.Euid == CreatorUid || who.Euid == Uid;

    /// <summary>IPC_SET.</summary>
    public void Change(in IpcPerm settings, long now)
    {
        Uid = settings.uid;
        Gid = settings.gid;
        Mode = (Mode & ~PermissionBits) | (settings.mode & PermissionBits);
        ChangeTime = now;
    }

    /// <summary>A removed shared memory segment lives on without its key.</summary>
    public void ForgetKey() => Key = IpcConstants.IPC_PRIVATE;

    private static bool IsMember(Credentials who, uint group) => who.Egid == group || Array.IndexOf(who.Groups, group) >= 0;
}
