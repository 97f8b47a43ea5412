namespace HermiTux.Kernel.FileSystems;

/// <summary>
/// Host files that guests of this process may be writing to, or wrote to a moment ago. One write(2) of gigabytes sets a file's times at its start only, so
/// times alone don't say that the content is settled. Thread-safe.
/// </summary>
internal static class WrittenFiles
{
    private const int ManyFiles = 1024;

    private static readonly Lock s_lock = new();
    private static readonly Dictionary<(ulong Device, ulong Inode), State> s_files = [];

    /// <summary>A descriptor was opened for writing.</summary>
    public static void Opened((ulong Device, ulong Inode) file)
    {
        lock (s_lock)
        {
            if (s_files.Count >= ManyFiles)
            {
                foreach ((ulong, ulong) old in s_files.Where(entry => entry.Value.IsSettled).Select(entry => entry.Key).ToArray())
                {
                    s_files.Remove(old);
                }
            }

            State state = s_files.GetValueOrDefault(file);
            s_files[file] = state with { Writers = state.Writers + 1 };
        }
    }

    /// <summary>Such a descriptor was closed.</summary>
    public static void Closed((ulong Device, ulong Inode) file)
    {
        lock (s_lock)
        {
            State state = s_files.GetValueOrDefault(file);
            s_files[file] = new State(state.Writers - 1, Environment.TickCount64);
        }
    }

    /// <summary>Whether no guest writes to a file, or did in the last seconds.</summary>
    public static bool IsSettled((ulong Device, ulong Inode) file)
    {
        lock (s_lock)
        {
            return !s_files.TryGetValue(file, out State state) || state.IsSettled;
        }
    }

    private readonly record struct State(int Writers, long ClosedAt)
    {
        public bool IsSettled => Writers == 0 && Environment.TickCount64 - ClosedAt >= HostMemoryObject.SettledAfterMilliseconds;
    }
}
