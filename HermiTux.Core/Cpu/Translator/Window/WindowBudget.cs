using System.Globalization;

namespace HermiTux.Cpu.Translator;

/// <summary>
/// Keeps the windows of a process from using up the mappings that the host allows it (vm.max_map_count): the runtime needs them too,
/// and dies without. When all windows together may have half of them, the largest is emptied and fills again with what is used.
/// </summary>
internal static class WindowBudget
{
    /// <summary>A region of a window and the inaccessible gap behind it are two mappings, and half of all is for windows.</summary>
    private const int Share = 4;

    private const string LimitFile = "/proc/sys/vm/max_map_count";
    private const int DefaultLimit = 65530;

    private static readonly Lock s_lock = new();
    private static WeakReference<GuestWindow>[] s_windows = [];

    /// <summary>How many regions all windows may have together.</summary>
    public static int MaximumRegions { get; } = ReadLimit() / Share;

    /// <summary>A window came into being.</summary>
    public static void Add(GuestWindow window)
    {
        lock (s_lock)
        {
            Volatile.Write(ref s_windows, [.. s_windows, new WeakReference<GuestWindow>(window)]);
        }
    }

    /// <summary>A window goes away.</summary>
    public static void Remove(GuestWindow window)
    {
        lock (s_lock)
        {
            Volatile.Write(ref s_windows, Array.FindAll(s_windows, IsOther));
        }

        bool IsOther(WeakReference<GuestWindow> entry) => entry.TryGetTarget(out GuestWindow? other) && !ReferenceEquals(other, window);
    }

    /// <summary>Empties windows until the budget is kept. Call it with no window's lock held.</summary>
    public static void Enforce()
    {
        while (true)
        {
            int total = 0;
            GuestWindow? largest = null;
            foreach (WeakReference<GuestWindow> entry in Volatile.Read(ref s_windows))
            {
                int regions = entry.TryGetTarget(out GuestWindow? window) ? window.Regions : 0;
                total += regions;
                if (regions > (largest?.Regions ?? 0))
                {
                    largest = window;
                }
            }

            if (total <= MaximumRegions || largest == null)
            {
                return;
            }

            largest.HideAll();
        }
    }

    private static int ReadLimit()
    {
        try
        {
            return int.Parse(File.ReadAllText(LimitFile), CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or OverflowException)
        {
            return DefaultLimit;
        }
    }
}
