using HermiTux.Abi;
using HermiTux.Kernel.FileSystems;

namespace HermiTux.Kernel;

/// <summary>memfd_create(2) and shared anonymous memory: files of a memory file system that is mounted nowhere.</summary>
internal static class MemoryFd
{
    /// <summary>Creates the file, open for reading and writing. <paramref name="flags"/> are MFD_*, checked by the caller.</summary>
    public static OpenFile Create(MemoryFileSystem files, string name, uint flags, Credentials owner)
    {
        uint mode = (flags & Fcntl.MFD_NOEXEC_SEAL) != 0 ? 0x1B6u : 0x1FFu;
        MemoryFile file = files.CreateDetachedFile(mode, owner.Fsuid, owner.Fsgid);
        file.PathName = $"/memfd:{name}{Dentry.DeletedMark}";
        file.Content.AllowsSealing = (flags & (Fcntl.MFD_ALLOW_SEALING | Fcntl.MFD_NOEXEC_SEAL)) != 0;
        if ((flags & Fcntl.MFD_NOEXEC_SEAL) != 0)
        {
            file.Content.AddSeals(Fcntl.F_SEAL_EXEC);
        }

        Dentry place = Dentry.CreateDetached(file.PathName, file);
        return new MemoryOpenFile(file, Fcntl.O_RDWR | Fcntl.O_LARGEFILE, place);
    }

    /// <summary>F_GET_SEALS: EINVAL for files that are not in memory.</summary>
    public static Result<int> GetSeals(OpenFile file) => file.Inode is MemoryFile memory ? memory.Content.Seals : Errno.EINVAL;

    /// <summary>F_ADD_SEALS: EPERM unless the file is open for writing.</summary>
    public static Errno AddSeals(OpenFile file, int seals) => file.Inode is not MemoryFile memory ? Errno.EINVAL
        : (file.StatusFlags & Fcntl.O_ACCMODE) == Fcntl.O_RDONLY ? Errno.EPERM
        : memory.Content.AddSeals(seals);
}
