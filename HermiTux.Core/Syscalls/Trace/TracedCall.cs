using System.Globalization;
using System.Text;
using HermiTux.Abi;

namespace HermiTux.Syscalls.Trace;

/// <summary>One call on its way to a line of the trace: arguments are appended in order, those that the call fills when it has ended.</summary>
internal sealed class TracedCall
{
    private readonly SyscallContext _context;
    private readonly ArgumentKind[] _kinds;
    private readonly SyscallArguments _args;
    private int _next;

    public TracedCall(SyscallContext context, SyscallEntry? entry, int number, in SyscallArguments args)
    {
        _context = context;
        _args = args;

        // Of an unknown call all six are shown as they are.
        _kinds = entry is null ? [ArgumentKind.Hex, ArgumentKind.Hex, ArgumentKind.Hex, ArgumentKind.Hex, ArgumentKind.Hex, ArgumentKind.Hex] : entry.Arguments;
        Text = new StringBuilder(entry?.Name ?? string.Create(CultureInfo.InvariantCulture, $"syscall_{number}")).Append('(');
    }

    public StringBuilder Text { get; }

    /// <summary>The arguments up to the first one that the call fills.</summary>
    public void AppendInputs()
    {
        while (_next < _kinds.Length && !IsOutput(_kinds[_next]))
        {
            Append(default);
        }
    }

    /// <summary>The rest.</summary>
    public void AppendOutputs(SyscallResult result)
    {
        while (_next < _kinds.Length)
        {
            Append(result);
        }
    }

    private static bool IsOutput(ArgumentKind kind) => kind is ArgumentKind.BufferOut or ArgumentKind.StatOut or ArgumentKind.StatxOut or
        ArgumentKind.TimespecOut or ArgumentKind.TimevalOut or ArgumentKind.ItimervalOut or ArgumentKind.IovecOut or ArgumentKind.PollFds or
        ArgumentKind.SigactionOut or ArgumentKind.SigsetOut or ArgumentKind.SignalStackOut or ArgumentKind.RlimitOut or ArgumentKind.FdPairOut or
        ArgumentKind.IntOut or ArgumentKind.StringOut or ArgumentKind.DirentsOut or ArgumentKind.UtsnameOut or ArgumentKind.EpollEventsOut or
        ArgumentKind.SockaddrOut or ArgumentKind.MsghdrOut;

    private void Append(SyscallResult result)
    {
        int index = _next++;
        ArgumentKind kind = _kinds[index];
        if (kind == ArgumentKind.None || (kind == ArgumentKind.Octal && index > 0 && _kinds[index - 1] == ArgumentKind.OpenFlags && !Creates(Get(index - 1))))
        {
            return;
        }

        if (Text[^1] != '(')
        {
            Text.Append(", ");
        }

        ulong value = Get(index);
        if (IsOutput(kind) && result.IsError && kind != ArgumentKind.PollFds)
        {
            // Nothing was filled.
            ArgumentFormatter.AppendPointer(Text, value);
            return;
        }

        if (kind == ArgumentKind.SocketOption && index > 0)
        {
            Text.Append(FlagNames.SocketOption((int)Get(index - 1), (int)value));
            return;
        }

        ArgumentFormatter.Append(Text, _context, kind, value, index < 5 ? Get(index + 1) : 0, result);
    }

    private static bool Creates(ulong flags) => ((int)flags & (Fcntl.O_CREAT | Fcntl.__O_TMPFILE)) != 0;

    private ulong Get(int index) => index switch
    {
        0 => _args.Arg0,
        1 => _args.Arg1,
        2 => _args.Arg2,
        3 => _args.Arg3,
        4 => _args.Arg4,
        _ => _args.Arg5,
    };
}
