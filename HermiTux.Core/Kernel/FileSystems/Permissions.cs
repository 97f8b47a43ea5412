using HermiTux.Abi;

namespace HermiTux.Kernel.FileSystems;

/// <summary>
/// Discretionary access control (path_resolution(7), "Permissions" and "Bypassing permission checks"). File-system user 0 has
/// root's capabilities (CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_CHOWN, CAP_FSETID, CAP_MKNOD), as in a Linux process that never dropped any.
/// </summary>
internal static class Permissions
{
    public const int Read = 4;
    public const int Write = 2;
    public const int Execute = 1;

    public static bool IsPrivileged(Credentials who) => who.Fsuid == 0;

    public static bool IsInGroup(Credentials who, uint gid) => who.Fsgid == gid || Array.IndexOf(who.Groups, gid) >= 0;

    /// <summary>Whether <paramref name="mask"/> is granted by the mode bits, or EACCES.</summary>
    public static Errno Check(in InodeAttributes file, Credentials who, int mask)
    {
        if (IsPrivileged(who))
        {
            bool directory = (file.Mode & StatConstants.S_IFMT) == StatConstants.S_IFDIR;
            return (mask & Execute) == 0 || directory || (file.Mode & (StatConstants.S_IXUSR | StatConstants.S_IXGRP | StatConstants.S_IXOTH)) != 0
                ? Errno.None : Errno.EACCES;
        }

        int granted = who.Fsuid == file.Uid ? (int)(file.Mode >> 6)
            : IsInGroup(who, file.Gid) ? (int)(file.Mode >> 3)
            : (int)file.Mode;
        return (mask & ~granted & 7) == 0 ? Errno.None : Errno.EACCES;
    }

    /// <summary>The same for an inode, without asking it for attributes where the answer is known.</summary>
    public static Errno Check(Inode inode, Credentials who, int mask)
    {
        if (IsPrivileged(who) && ((mask & Execute) == 0 || inode.Type == StatConstants.S_IFDIR))
        {
            return Errno.None;
        }

        return inode.GetAttributes().TryGet(out InodeAttributes attributes, out Errno error) ? Check(attributes, who, mask) : error;
    }

    /// <summary>Whether who owns the file or may act as if.</summary>
    public static bool IsOwner(in InodeAttributes file, Credentials who) => IsPrivileged(who) || who.Fsuid == file.Uid;

    /// <summary>
    /// /proc/sys/fs/protected_hardlinks, on as in every distribution: a file of somebody else may be linked only if it is a regular one
    /// without set-id bits that one may read and write (proc(5)).
    /// </summary>
    public static bool MayLink(Inode source, Credentials who)
    {
        if (IsPrivileged(who) || !source.GetAttributes().TryGet(out InodeAttributes file, out _) || file.Uid == who.Fsuid)
        {
            return true;
        }

        const uint GroupExecutable = StatConstants.S_ISGID | StatConstants.S_IXGRP;
        return source.Type == StatConstants.S_IFREG && (file.Mode & StatConstants.S_ISUID) == 0 && (file.Mode & GroupExecutable) != GroupExecutable
            && Check(file, who, Read | Write) == Errno.None;
    }

    /// <summary>
    /// Whether an entry may be removed or renamed: write and search permission on the directory (EACCES), and in a sticky
    /// directory ownership of the entry or the directory (EPERM).
    /// </summary>
    public static Errno CheckDelete(Inode directory, Inode victim, Credentials who)
    {
        if (IsPrivileged(who))
        {
            return Errno.None;
        }

        if (!directory.GetAttributes().TryGet(out InodeAttributes parent, out Errno error))
        {
            return error;
        }

        if (Check(parent, who, Write | Execute) is not Errno.None and var denied)
        {
            return denied;
        }

        if ((parent.Mode & StatConstants.S_ISVTX) == 0 || parent.Uid == who.Fsuid)
        {
            return Errno.None;
        }

        return victim.GetAttributes().TryGet(out InodeAttributes file, out error)
            ? file.Uid == who.Fsuid ? Errno.None : Errno.EPERM
            : error;
    }
}
