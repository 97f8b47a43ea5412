using HermiTux.Abi;

namespace HermiTux.Kernel;

/// <summary>The file descriptors of a process (shared by threads, CLONE_FILES). Thread-safe.</summary>
public sealed class FdTable
{
    // CONTRACT SKETCH: the virtual file system work owns this type.

    /// <summary>RLIMIT_NOFILE: descriptors are below it.</summary>
    public int Limit { get; set; } = 1024;

    /// <summary>The lowest free descriptor from <paramref name="minimum"/> on now refers to the file (whose reference the table takes over); EMFILE if there is none.</summary>
    public Result<int> Add(OpenFile file, bool closeOnExec, int minimum = 0) => throw new NotImplementedException();

    /// <summary>The file, with a reference that the caller releases; EBADF if closed. O_PATH files included.</summary>
    public Result<OpenFile> Get(int fd) => throw new NotImplementedException();

    /// <summary>dup2(2)/dup3(2) onto an exact number, closing what was there.</summary>
    public Errno Set(int fd, OpenFile file, bool closeOnExec) => throw new NotImplementedException();

    /// <summary>close(2).</summary>
    public Errno Close(int fd) => throw new NotImplementedException();

    /// <summary>close_range(2).</summary>
    public void CloseRange(int first, int last, bool onlyMarkCloseOnExec) => throw new NotImplementedException();

    /// <summary>F_GETFD: whether FD_CLOEXEC is set.</summary>
    public Result<bool> GetCloseOnExec(int fd) => throw new NotImplementedException();

    /// <summary>F_SETFD.</summary>
    public Errno SetCloseOnExec(int fd, bool value) => throw new NotImplementedException();

    /// <summary>Open descriptors in ascending order (/proc/self/fd).</summary>
    public int[] OpenDescriptors => throw new NotImplementedException();

    /// <summary>execve(2): closes those marked close-on-exec.</summary>
    public void CloseOnExec() => throw new NotImplementedException();

    /// <summary>Exit: closes all.</summary>
    public void CloseAll() => throw new NotImplementedException();
}
