namespace HermiTux.Kernel.Scheduling;

/// <summary>
/// What a worker does next: the rest of a system call that was waiting (<paramref name="Continuation"/>), or, without one,
/// running a guest thread.
/// </summary>
internal readonly record struct WorkItem(GuestThread Thread, Action<object?>? Continuation = null, object? State = null);
