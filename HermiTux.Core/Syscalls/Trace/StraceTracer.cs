using System.Globalization;
using System.Text;
using HermiTux.Abi;

namespace HermiTux.Syscalls.Trace;

/// <summary>
/// Writes a line for each system call in the manner of strace(1): the name, the arguments decoded, the result. Each line begins with the
/// thread's id once the machine has more than one thread.
/// </summary>
/// <remarks>
/// The writer is used by one thread at a time and flushed after each line. Arguments that the guest passes are decoded when the call
/// begins, those that the call fills when it ends. Calls that don't come back (exit_group(2)) are written at once with the result <c>?</c>.
/// An error of the writer ends the tracing, never the guest.
/// </remarks>
public sealed class StraceTracer : ISyscallTracer
{
    private readonly TextWriter _writer;
    private readonly Lock _lock = new();
    private bool _failed;

    /// <summary>Creates a tracer. The writer stays the caller's to dispose.</summary>
    public StraceTracer(TextWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        _writer = writer;
    }

    /// <inheritdoc/>
    public object? Enter(SyscallContext context, SyscallEntry? entry, int number, in SyscallArguments args)
    {
        ArgumentNullException.ThrowIfNull(context);
        var call = new TracedCall(context, entry, number, args);
        call.AppendInputs();
        if (number is (int)SyscallNumber.exit or (int)SyscallNumber.exit_group)
        {
            call.AppendOutputs(default);
            Write(context, call.Text.Append(") = ?"));
        }

        return call;
    }

    /// <inheritdoc/>
    public void Exit(SyscallContext context, SyscallEntry? entry, int number, in SyscallArguments args, SyscallResult result, object? state)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (state is not TracedCall call || number is (int)SyscallNumber.exit or (int)SyscallNumber.exit_group)
        {
            return;
        }

        call.AppendOutputs(result);
        call.Text.Append(") = ");
        AppendResult(call.Text, entry?.Result ?? ArgumentKind.Int, result);
        Write(context, call.Text);
    }

    private static void AppendResult(StringBuilder text, ArgumentKind kind, SyscallResult result)
    {
        if (result.IsError)
        {
            Errno error = result.Error;
            bool restarts = (int)error >= (int)Errno.ERESTARTSYS;
            text.Append(restarts ? "? " : "-1 ").Append(error).Append(" (").Append(restarts ? "interrupted by a signal" : ErrnoText.Of(error)).Append(')');
        }
        else if (kind == ArgumentKind.Pointer)
        {
            text.Append(CultureInfo.InvariantCulture, $"0x{result.Raw:x}");
        }
        else
        {
            text.Append(CultureInfo.InvariantCulture, $"{result.Raw}");
        }
    }

    private void Write(SyscallContext context, StringBuilder line)
    {
        if (context.Thread.Tid != context.Process.Pid || context.Process.Threads.Count > 1)
        {
            line.Insert(0, string.Create(CultureInfo.InvariantCulture, $"[{context.Thread.Tid}] "));
        }

        lock (_lock)
        {
            if (_failed)
            {
                return;
            }

            try
            {
                _writer.WriteLine(line);
                _writer.Flush();
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                _failed = true;
            }
        }
    }
}
