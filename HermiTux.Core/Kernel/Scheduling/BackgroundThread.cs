namespace HermiTux.Kernel.Scheduling;

/// <summary>Threads of the host that machines have besides its thread pool's: in the background, with a name.</summary>
internal static class BackgroundThread
{
    /// <summary>Starts one.</summary>
    /// <param name="body">What it does.</param>
    /// <param name="name">For debuggers; the host shows 15 characters of it.</param>
    /// <param name="stackSize">In bytes; 0 for the runtime's own choice.</param>
    /// <param name="priority">Where the host minds it.</param>
    /// <returns>Null when the host has no thread to give (its limits on processes, memory or mappings).</returns>
    public static Thread? TryStart(ThreadStart body, string name, int stackSize = 0, ThreadPriority priority = ThreadPriority.Normal)
    {
        try
        {
            var thread = new Thread(body, stackSize) { IsBackground = true, Name = name, Priority = priority };
            thread.UnsafeStart();
            return thread;
        }
        catch (Exception e) when (e is OutOfMemoryException or ThreadStartException)
        {
            return null;
        }
    }
}
