using System.Globalization;
using System.Text;

namespace HermiTux;

/// <summary>What a guest thread is doing.</summary>
public enum GuestThreadState
{
    /// <summary>It executes guest code or a system call, or is about to.</summary>
    Running,

    /// <summary>It waits in a system call.</summary>
    Waiting,

    /// <summary>A stop signal holds it.</summary>
    Stopped,
}

/// <summary>One guest thread in a <see cref="GuestThreadReport"/>.</summary>
public sealed record GuestThreadInfo
{
    /// <summary>Thread id, as gettid(2) gives it.</summary>
    public required int Id { get; init; }

    /// <summary>The thread's name (prctl(PR_SET_NAME)).</summary>
    public required string Name { get; init; }

    /// <summary>What it is doing.</summary>
    public required GuestThreadState State { get; init; }

    /// <summary>
    /// Address of the next instruction when the thread last came out of guest code: behind the <c>syscall</c> for one that waits; for one that runs, where
    /// it was then.
    /// </summary>
    public ulong LastInstructionPointer { get; init; }

    /// <summary>The system call that it waits in, as strace(1) would show it; null unless it waits.</summary>
    public string? SystemCall { get; init; }

    /// <summary>What it waits for, in words: a file, a lock, a time; null unless it waits.</summary>
    public string? WaitsFor { get; init; }

    /// <summary>Who holds what it waits for: a thread id; null when nobody is known to.</summary>
    public int? OwnerId { get; init; }

    /// <summary>How long the wait can last at most; null without a time-out.</summary>
    public TimeSpan? TimeLeft { get; init; }

    /// <summary>
    /// Whether something other than the guest's own threads and signals can end the wait: a time-out, the console, a device, a handler or file system of the
    /// embedder's.
    /// </summary>
    public bool CanBeWokenFromOutside { get; init; }

    /// <inheritdoc/>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"thread {Id}");
        text.Append(Name.Length > 0 ? $" ({Name})" : "");
        if (State != GuestThreadState.Waiting)
        {
            string what = State == GuestThreadState.Running ? "runs" : "is stopped";
            return text.Append(CultureInfo.InvariantCulture, $" {what}, last seen at 0x{LastInstructionPointer:x}").ToString();
        }

        text.Append(" waits in ").Append(SystemCall).Append(" for ").Append(WaitsFor);
        if (OwnerId is { } owner)
        {
            text.Append(CultureInfo.InvariantCulture, $", held by thread {owner}");
        }

        if (TimeLeft is { } left)
        {
            text.Append(CultureInfo.InvariantCulture, $", for {left.TotalSeconds:0.###} s more");
        }

        return text.ToString();
    }
}

/// <summary>What all threads of a machine were doing at one moment: see <see cref="Unikernel.DescribeThreads"/>.</summary>
/// <remarks>The guest is not stopped meanwhile, so a thread may have moved on between its line and the next one's.</remarks>
public sealed class GuestThreadReport
{
    internal GuestThreadReport(IReadOnlyList<GuestThreadInfo> threads, bool isDeadlocked)
    {
        Threads = threads;
        IsDeadlocked = isDeadlocked;
    }

    /// <summary>The threads of all processes, oldest first.</summary>
    public IReadOnlyList<GuestThreadInfo> Threads { get; }

    /// <summary>
    /// Whether the guest can't go on by itself: every thread waits without a time-out for something that only another guest thread could do, and no timer is
    /// armed. A signal from outside (<see cref="Unikernel.SendSignal"/>) may still end such a wait.
    /// </summary>
    public bool IsDeadlocked { get; }

    /// <summary>A line for each thread.</summary>
    public override string ToString() => string.Join('\n', Threads);
}
