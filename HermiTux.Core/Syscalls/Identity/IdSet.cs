using HermiTux.Abi;
using HermiTux.Kernel;

namespace HermiTux.Syscalls.Identity;

/// <summary>
/// The four user ids of a process, or its four group ids: the rules by which calls change them are the same (credentials(7)).
/// </summary>
internal record struct IdSet(uint Real, uint Effective, uint Saved, uint FileSystem)
{
    /// <summary>(uid_t)-1: leave the id as it is.</summary>
    public const uint Keep = uint.MaxValue;

    public static IdSet OfUser(Credentials c) => new(c.Uid, c.Euid, c.Suid, c.Fsuid);

    public static IdSet OfGroup(Credentials c) => new(c.Gid, c.Egid, c.Sgid, c.Fsgid);

    public readonly void StoreUser(Credentials c) => (c.Uid, c.Euid, c.Suid, c.Fsuid) = (Real, Effective, Saved, FileSystem);

    public readonly void StoreGroup(Credentials c) => (c.Gid, c.Egid, c.Sgid, c.Fsgid) = (Real, Effective, Saved, FileSystem);

    /// <summary>setuid(2), setgid(2).</summary>
    public Errno Set(bool privileged, uint id)
    {
        if (id == Keep)
        {
            return Errno.EINVAL;
        }

        if (privileged)
        {
            this = new IdSet(id, id, id, id);
        }
        else if (id == Real || id == Saved)
        {
            (Effective, FileSystem) = (id, id);
        }
        else
        {
            return Errno.EPERM;
        }

        return Errno.None;
    }

    /// <summary>setreuid(2), setregid(2).</summary>
    public Errno SetRealAndEffective(bool privileged, uint real, uint effective)
    {
        if (!privileged && ((real != Keep && real != Real && real != Effective) || !IsOneOfThree(effective)))
        {
            return Errno.EPERM;
        }

        bool savedChanges = real != Keep || (effective != Keep && effective != Real);
        Real = real == Keep ? Real : real;
        Effective = effective == Keep ? Effective : effective;
        Saved = savedChanges ? Effective : Saved;
        FileSystem = Effective;
        return Errno.None;
    }

    /// <summary>setresuid(2), setresgid(2).</summary>
    public Errno SetThree(bool privileged, uint real, uint effective, uint saved)
    {
        if (!privileged && !(IsOneOfThree(real) && IsOneOfThree(effective) && IsOneOfThree(saved)))
        {
            return Errno.EPERM;
        }

        Real = real == Keep ? Real : real;
        Effective = effective == Keep ? Effective : effective;
        Saved = saved == Keep ? Saved : saved;
        FileSystem = Effective;
        return Errno.None;
    }

    /// <summary>setfsuid(2), setfsgid(2), which report no errors.</summary>
    public void SetFileSystem(bool privileged, uint id)
    {
        if (id != Keep && (privileged || id == FileSystem || IsOneOfThree(id)))
        {
            FileSystem = id;
        }
    }

    private readonly bool IsOneOfThree(uint id) => id == Keep || id == Real || id == Effective || id == Saved;
}
