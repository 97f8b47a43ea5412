using System.Runtime.CompilerServices;
using HermiTux.Abi;

namespace HermiTux.Syscalls;

/// <summary>
/// The system calls of a machine by number. The default table is <see cref="CreateDefault"/>; an embedder adds, replaces, wraps
/// or denies single calls before the machine starts.
/// </summary>
/// <remarks>
/// Changing a table isn't synchronised with machines that use it: do it before they run. A table may serve several machines.
/// </remarks>
public sealed class SyscallTable
{
    // Numbers that are looked up by index; an embedder's own beyond them go to the dictionary.
    private const int DirectCount = 512;

    private readonly SyscallEntry?[] _direct = new SyscallEntry?[DirectCount];
    private readonly Dictionary<int, SyscallEntry> _others = [];

    /// <summary>A table without any call.</summary>
    public SyscallTable()
    {
    }

    /// <summary>Who is told of every call; null, the default, costs nothing.</summary>
    public ISyscallTracer? Tracer { get; set; }

    /// <summary>All rows by number.</summary>
    public IEnumerable<SyscallEntry> Entries => _direct.Where(e => e is not null).Concat(_others.Values.OrderBy(e => e.Number))!;

    /// <summary>The row of a number; null when nothing is known of it (ENOSYS).</summary>
    public SyscallEntry? this[int number]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (uint)number < DirectCount ? _direct[number] : Find(number);
    }

    /// <summary>A table of everything that is implemented.</summary>
    public static SyscallTable CreateDefault()
    {
        var table = new SyscallTable();
        DefaultSyscalls.AddTo(table);
        return table;
    }

    /// <summary>Adds a call with a number of its own, or replaces one.</summary>
    public void Set(SyscallEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        if ((uint)entry.Number < DirectCount)
        {
            _direct[entry.Number] = entry;
        }
        else
        {
            _others[entry.Number] = entry;
        }
    }

    /// <summary>Replaces the handler of a call.</summary>
    public void Replace(SyscallNumber number, SyscallHandler handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        Set(RowOf(number) with { Handler = handler, AsyncHandler = null, Level = SupportLevel.Full, Note = "replaced by the embedder" });
    }

    /// <summary>Replaces the handler of a call by one that may wait.</summary>
    public void Replace(SyscallNumber number, AsyncSyscallHandler handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        Set(RowOf(number) with { Handler = null, AsyncHandler = handler, Level = SupportLevel.Full, Note = "replaced by the embedder" });
    }

    /// <summary>
    /// Puts code around a call; it may call <c>next</c> (the handler so far, ENOSYS if there was none) or not. Wrappers nest: the last
    /// one added runs first.
    /// </summary>
    public void Wrap(SyscallNumber number, Func<SyscallContext, SyscallArguments, AsyncSyscallHandler, ValueTask<SyscallResult>> wrapper)
    {
        ArgumentNullException.ThrowIfNull(wrapper);
        SyscallEntry row = RowOf(number);
        AsyncSyscallHandler next = row.AsyncHandler ?? (row.Handler is { } handler
            ? (context, args) => new ValueTask<SyscallResult>(handler(context, args))
            : (context, _) => new ValueTask<SyscallResult>(UnknownSyscalls.Report(context, row, (int)number)));
        Set(row with { Handler = null, AsyncHandler = (context, args) => wrapper(context, args, next) });
    }

    /// <summary>Makes a call fail with an error.</summary>
    public void Deny(SyscallNumber number, Errno error = Errno.EPERM)
    {
        Set(RowOf(number) with
        {
            Handler = (_, _) => error,
            AsyncHandler = null,
            Level = SupportLevel.None,
            Note = $"denied by the embedder: {error}",
        });
    }

    /// <summary>Makes the call: the handler of <paramref name="number"/>, or ENOSYS and one line in the log.</summary>
    public ValueTask<SyscallResult> Invoke(SyscallContext context, int number, SyscallArguments args)
    {
        SyscallEntry? entry = this[number];
        if (Tracer is not null)
        {
            return InvokeTraced(Tracer, context, entry, number, args);
        }

        if (entry is not null)
        {
            if (entry.Handler is { } handler)
            {
                return new ValueTask<SyscallResult>(handler(context, args));
            }

            if (entry.AsyncHandler is { } asyncHandler)
            {
                return asyncHandler(context, args);
            }
        }

        return new ValueTask<SyscallResult>(UnknownSyscalls.Report(context, entry, number));
    }

    private static async ValueTask<SyscallResult> InvokeTraced(ISyscallTracer tracer, SyscallContext context, SyscallEntry? entry, int number, SyscallArguments args)
    {
        object? state = tracer.Enter(context, entry, number, args);
        SyscallResult result = entry switch
        {
            { Handler: { } handler } => handler(context, args),
            { AsyncHandler: { } handler } => await handler(context, args).ConfigureAwait(false),
            _ => UnknownSyscalls.Report(context, entry, number),
        };
        tracer.Exit(context, entry, number, args, result, state);
        return result;
    }

    private SyscallEntry RowOf(SyscallNumber number) =>
        this[(int)number] ?? new SyscallEntry((int)number, number.ToString(), SupportLevel.None, "", []);

    private SyscallEntry? Find(int number) => _others.TryGetValue(number, out SyscallEntry? entry) ? entry : null;
}
