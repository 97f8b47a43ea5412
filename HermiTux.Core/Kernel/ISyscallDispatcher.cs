namespace HermiTux.Kernel;

/// <summary>
/// What the run loop calls when a guest thread makes a system call. The kernel layer knows no system call; the layer above
/// implements this once per machine.
/// </summary>
public interface ISyscallDispatcher
{
    /// <summary>
    /// Makes the call whose number is in RAX and whose arguments are in RDI RSI RDX R10 R8 R9 of <paramref name="thread"/>.
    /// </summary>
    /// <returns>
    /// What goes to RAX. While the task is incomplete the thread is parked and holds no OS thread. An exception means a bug in
    /// a handler and stops the machine.
    /// </returns>
    ValueTask<long> DispatchAsync(GuestThread thread);
}
