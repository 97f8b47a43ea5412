using HermiTux.Cpu;
using HermiTux.Kernel;

namespace HermiTux.Syscalls;

/// <summary>Connects the run loop with the table: takes the arguments from the registers, counts, and makes the call.</summary>
internal sealed class SyscallDispatcher : ISyscallDispatcher
{
    private const int Counted = 1024;

    private readonly SyscallTable _table;
    private readonly long[] _counts = new long[Counted];

    public SyscallDispatcher(SyscallTable table)
    {
        _table = table;
    }

    /// <summary>The calls that there are.</summary>
    public SyscallTable Table => _table;

    /// <summary>Calls made so far by name; numbers that the table doesn't have are <c>syscall_N</c>, those beyond the last counter share it.</summary>
    public IReadOnlyDictionary<string, long> CountByName()
    {
        var counts = new SortedDictionary<string, long>(StringComparer.Ordinal);
        for (int number = 0; number < Counted; number++)
        {
            if (Volatile.Read(ref _counts[number]) is > 0 and var count)
            {
                counts[_table[number]?.Name ?? $"syscall_{number}"] = count;
            }
        }

        return counts;
    }

    /// <inheritdoc/>
    public unsafe ValueTask<long> DispatchAsync(GuestThread thread)
    {
        CpuState* state = thread.State;

        // The kernel takes the low 32 bits of RAX as a signed number; anything outside the table is ENOSYS.
        int number = (int)state->Rax;
        Interlocked.Increment(ref _counts[(uint)number < Counted ? number : Counted - 1]);
        SyscallContext context = (SyscallContext?)thread.DispatchState ?? CreateContext(thread);
        context.Number = number;
        if (thread.SeccompMode != 0 && !thread.MayCall(number, out long refused))
        {
            return new ValueTask<long>(refused);
        }

        ValueTask<SyscallResult> call = _table.Invoke(context, number,
            new SyscallArguments(state->Rdi, state->Rsi, state->Rdx, state->R10, state->R8, state->R9));
        return call.IsCompletedSuccessfully ? new ValueTask<long>(call.Result.Raw) : FinishAsync(call);
    }

    private static async ValueTask<long> FinishAsync(ValueTask<SyscallResult> call) => (await call.ConfigureAwait(false)).Raw;

    private static SyscallContext CreateContext(GuestThread thread)
    {
        var context = new SyscallContext(thread);
        thread.DispatchState = context;
        return context;
    }
}
