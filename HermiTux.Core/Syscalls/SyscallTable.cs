using HermiTux.Abi;

namespace HermiTux.Syscalls;

/// <summary>How an argument is shown in a trace.</summary>
public enum ArgumentKind : byte
{
    /// <summary>Not there.</summary>
    None,

    /// <summary>Signed decimal.</summary>
    Int,

    /// <summary>Unsigned decimal.</summary>
    Unsigned,

    /// <summary>Hexadecimal.</summary>
    Hex,

    /// <summary>Octal (modes).</summary>
    Octal,

    /// <summary>An address.</summary>
    Pointer,

    /// <summary>A file descriptor.</summary>
    Fd,

    /// <summary>A directory descriptor, AT_FDCWD by name.</summary>
    DirFd,

    /// <summary>A NUL-terminated string.</summary>
    String,

    /// <summary>A buffer that the guest passes; its length is the next argument.</summary>
    BufferIn,

    /// <summary>A buffer that the call fills; as many bytes as it returned.</summary>
    BufferOut,

    /// <summary>Further kinds (flag sets, structures) follow; the trace work extends this list.</summary>
    OpenFlags,
}

/// <summary>One row of the table: everything that is known about a system call.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Name">Its name.</param>
/// <param name="Level">How much of it is there.</param>
/// <param name="Note">What is missing or different; empty when nothing is.</param>
/// <param name="Arguments">How its arguments are traced.</param>
public sealed record SyscallEntry(int Number, string Name, SupportLevel Level, string Note, ArgumentKind[] Arguments)
{
    /// <summary>The handler of a call that never waits; null when <see cref="AsyncHandler"/> is set or the call isn't there.</summary>
    public SyscallHandler? Handler { get; init; }

    /// <summary>The handler of a call that may wait.</summary>
    public AsyncSyscallHandler? AsyncHandler { get; init; }
}

/// <summary>
/// The system calls of a machine by number. The default table is <see cref="CreateDefault"/>; an embedder adds, replaces, wraps
/// or denies single calls before the machine starts.
/// </summary>
public sealed class SyscallTable
{
    // CONTRACT SKETCH: the syscall work owns this type.

    /// <summary>A table of everything that is implemented.</summary>
    public static SyscallTable CreateDefault() => throw new NotImplementedException();

    /// <summary>The row of a number; null when nothing is known of it (ENOSYS).</summary>
    public SyscallEntry? this[int number] => throw new NotImplementedException();

    /// <summary>All rows by number.</summary>
    public IEnumerable<SyscallEntry> Entries => throw new NotImplementedException();

    /// <summary>Adds a call with a number of its own, or replaces one.</summary>
    public void Set(SyscallEntry entry) => throw new NotImplementedException();

    /// <summary>Replaces the handler of a call.</summary>
    public void Replace(SyscallNumber number, SyscallHandler handler) => throw new NotImplementedException();

    /// <summary>Replaces the handler of a call by one that may wait.</summary>
    public void Replace(SyscallNumber number, AsyncSyscallHandler handler) => throw new NotImplementedException();

    /// <summary>Puts code around a call; it may call <c>next</c> or not.</summary>
    public void Wrap(SyscallNumber number, Func<SyscallContext, SyscallArguments, AsyncSyscallHandler, ValueTask<SyscallResult>> wrapper) => throw new NotImplementedException();

    /// <summary>Makes a call fail with an error.</summary>
    public void Deny(SyscallNumber number, Errno error = Errno.EPERM) => throw new NotImplementedException();

    /// <summary>Makes the call: the handler of <paramref name="number"/>, or ENOSYS.</summary>
    public ValueTask<SyscallResult> Invoke(SyscallContext context, int number, SyscallArguments args) => throw new NotImplementedException();
}
