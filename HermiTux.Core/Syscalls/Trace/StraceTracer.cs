using System.Globalization;
using System.Text;
using HermiTux.Abi;

namespace HermiTux.Syscalls.Trace;

/// <summary>
/// Writes one line for each system call in strace(1)'s style: name, decoded arguments, result.
/// </summary>
/// <remarks>
/// Set it as <see cref="SyscallTable.Tracer"/>. Lines are written whole under a lock, when the call ends; arguments that the call
/// fills are shown as it left them. A call that a thread doesn't come back from is written at its start with <c>= ?</c>. What the
/// writer throws ends the tracing, never the guest.
/// </remarks>
public sealed class StraceTracer : ISyscallTracer
{
    private readonly Lock _lock = new();
    private readonly TextWriter _writer;
    private bool _failed;

    /// <summary>Creates a tracer.</summary>
    /// <param name="writer">Where lines go; not closed by the tracer.</param>
    public StraceTracer(TextWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        _writer = writer;
    }

    /// <inheritdoc/>
    public object? Enter(SyscallContext context, SyscallEntry? entry, int number, in SyscallArguments args)
    {
        if ((SyscallNumber)number is SyscallNumber.exit or SyscallNumber.exit_group)
        {
            Write(context, Call(context, entry, number, args, default, false).Append(" = ?"));
            return null;
        }

        // What the guest passes may be overwritten by the call: decode it now.
        return HasInput(entry) ? Call(context, entry, number, args, default, true) : null;
    }

    /// <inheritdoc/>
    public void Exit(SyscallContext context, SyscallEntry? entry, int number, in SyscallArguments args, SyscallResult result, object? state)
    {
        StringBuilder line = state is StringBuilder before && !HasOutput(entry) ? before : Call(context, entry, number, args, result, false);
        line.Append(" = ");
        AppendResult(line, entry, result);
        Write(context, line);
    }

    private static bool HasInput(SyscallEntry? entry) => entry is not null && Array.Exists(entry.Arguments, ArgumentFormatter.IsMemoryInput);

    private static bool HasOutput(SyscallEntry? entry) => entry is not null && Array.Exists(entry.Arguments, ArgumentFormatter.IsMemoryOutput);

    private static StringBuilder Call(SyscallContext context, SyscallEntry? entry, int number, in SyscallArguments args, SyscallResult result, bool entering)
    {
        var line = new StringBuilder(96);
        Span<ulong> values = [args.Arg0, args.Arg1, args.Arg2, args.Arg3, args.Arg4, args.Arg5];
        if (entry is null)
        {
            line.Append(CultureInfo.InvariantCulture, $"syscall_0x{number:x}(");
            for (int i = 0; i < values.Length; i++)
            {
                line.Append(i == 0 ? "" : ", ").Append(CultureInfo.InvariantCulture, $"0x{values[i]:x}");
            }

            return line.Append(')');
        }

        line.Append(entry.Name).Append('(');
        var formatter = new ArgumentFormatter(context.Memory, line, result, entering);
        for (int i = 0; i < entry.Arguments.Length && i < values.Length; i++)
        {
            if (entry.Arguments[i] == ArgumentKind.None)
            {
                break;
            }

            line.Append(i == 0 ? "" : ", ");
            formatter.Append(entry.Arguments[i], values[i], i + 1 < values.Length ? values[i + 1] : 0);
        }

        return line.Append(')');
    }

    private static void AppendResult(StringBuilder line, SyscallEntry? entry, SyscallResult result)
    {
        if (result.IsError)
        {
            int code = (int)-result.Raw;
            string name = code switch
            {
                (int)Errno.ERESTARTSYS => "ERESTARTSYS (To be restarted if SA_RESTART is set)",
                (int)Errno.ERESTARTNOHAND => "ERESTARTNOHAND (To be restarted if no handler)",
                (int)Errno.ERESTART_RESTARTBLOCK => "ERESTART_RESTARTBLOCK (Interrupted by signal)",
                513 => "ERESTARTNOINTR (To be restarted)",
                _ => $"{(Errno)code}",
            };
            line.Append(code > 511 ? "? " : "-1 ").Append(name);
        }
        else if (entry?.Result is ArgumentKind.Pointer or ArgumentKind.Hex)
        {
            line.Append(CultureInfo.InvariantCulture, $"0x{result.Raw:x}");
        }
        else if (entry?.Result is ArgumentKind.Octal)
        {
            line.Append('0').Append(Convert.ToString(result.Raw, 8));
        }
        else
        {
            line.Append(result.Raw);
        }
    }

    private void Write(SyscallContext context, StringBuilder line)
    {
        lock (_lock)
        {
            if (_failed)
            {
                return;
            }

            try
            {
                if (context.Process.Threads.Count > 1)
                {
                    _writer.Write($"[pid {context.Thread.Tid}] ");
                }

                _writer.WriteLine(line);
                _writer.Flush();
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException or NotSupportedException)
            {
                _failed = true;
            }
        }
    }
}
