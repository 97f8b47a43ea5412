namespace HermiTux.Tests.Kernel.FileSystems;

/// <summary>The calls that the differential tests make, on this kernel layer or on the host's Linux. Results are values or minus an errno.</summary>
internal interface IFileOperations : IDisposable
{
    int MakeDirectory(string path, uint mode);

    int RemoveDirectory(string path);

    int Unlink(string path);

    int OpenAndClose(string path, int flags, uint mode);

    int WriteAll(string path, byte[] content, bool append);

    int SymbolicLink(string target, string path);

    int Link(string from, string to, bool follow);

    int Rename(string from, string to, uint flags);

    int ChangeMode(string path, uint mode);

    int ChangeOwner(string path, uint uid, uint gid);

    int Truncate(string path, long length);

    int Access(string path, int mode);

    int MakeNode(string path, uint mode);

    int ReadLink(string path, out string target);

    int Stat(string path, bool follow, out string description);

    void SetUser(uint uid);

    /// <summary>The whole tree: names, types, modes, links, sizes and content.</summary>
    string Dump();
}
