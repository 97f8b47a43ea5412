using System.Globalization;
using System.Text;
using HermiTux.Abi;
using HermiTux.Kernel.FileSystems;
using HermiTux.Memory;

namespace HermiTux.Syscalls.Trace;

/// <summary>
/// Shows one argument as strace(1) does: descriptors and numbers as they are, flag sets by name, strings and buffers quoted and
/// cut at 32 bytes, structures with their main fields. Guest memory is only read, with checks; what can't be read is shown as its address.
/// </summary>
internal readonly struct ArgumentFormatter
{
    private const int ShownBytes = 32;
    private const int ShownItems = 16;

    private readonly AddressSpace _memory;
    private readonly StringBuilder _line;
    private readonly SyscallResult _result;
    private readonly bool _entering;

    /// <param name="memory">The guest's memory.</param>
    /// <param name="line">What is appended to.</param>
    /// <param name="result">The call's result, when it has ended.</param>
    /// <param name="entering">Whether the call has not been made yet: what it fills is shown as an address.</param>
    public ArgumentFormatter(AddressSpace memory, StringBuilder line, SyscallResult result, bool entering)
    {
        _memory = memory;
        _line = line;
        _result = result;
        _entering = entering;
    }

    /// <summary>Whether an argument points to something that the guest passes.</summary>
    public static bool IsMemoryInput(ArgumentKind kind) => kind is ArgumentKind.String or ArgumentKind.StringArray or ArgumentKind.BufferIn or ArgumentKind.IovecIn
        or ArgumentKind.TimespecIn or ArgumentKind.TimespecPairIn or ArgumentKind.TimevalIn or ArgumentKind.ItimervalIn or ArgumentKind.SigactionIn
        or ArgumentKind.SigsetIn or ArgumentKind.SignalStackIn or ArgumentKind.RlimitIn or ArgumentKind.EpollEventIn;

    /// <summary>Whether an argument points to something that the call fills.</summary>
    public static bool IsMemoryOutput(ArgumentKind kind) => kind is ArgumentKind.BufferOut or ArgumentKind.IovecOut or ArgumentKind.StatOut or ArgumentKind.StatxOut
        or ArgumentKind.TimespecOut or ArgumentKind.TimevalOut or ArgumentKind.ItimervalOut or ArgumentKind.PollFds or ArgumentKind.SigactionOut
        or ArgumentKind.SigsetOut or ArgumentKind.SignalStackOut or ArgumentKind.RlimitOut or ArgumentKind.FdPairOut or ArgumentKind.IntOut
        or ArgumentKind.StringOut or ArgumentKind.DirentsOut or ArgumentKind.UtsnameOut or ArgumentKind.EpollEventsOut;

    /// <summary>Appends one argument.</summary>
    /// <param name="kind">What it is.</param>
    /// <param name="value">Its register.</param>
    /// <param name="next">The register after it, which for some kinds is its length.</param>
    public void Append(ArgumentKind kind, ulong value, ulong next)
    {
        if (IsMemoryOutput(kind) && (_entering || _result.IsError))
        {
            Pointer(value);
            return;
        }

        switch (kind)
        {
            case ArgumentKind.Int:
            case ArgumentKind.Fd:
                _line.Append((int)value);
                break;
            case ArgumentKind.DirFd:
                _line.Append((int)value == Fcntl.AT_FDCWD ? "AT_FDCWD" : ((int)value).ToString(CultureInfo.InvariantCulture));
                break;
            case ArgumentKind.Long:
                _line.Append((long)value);
                break;
            case ArgumentKind.Unsigned:
                _line.Append(value);
                break;
            case ArgumentKind.Octal:
                _line.Append('0').Append(Convert.ToString((uint)value, 8));
                break;
            case ArgumentKind.Pointer:
                Pointer(value);
                break;
            case ArgumentKind.String:
            case ArgumentKind.StringOut:
                String(value);
                break;
            case ArgumentKind.StringArray:
                StringArray(value);
                break;
            case ArgumentKind.BufferIn:
                Buffer(value, next);
                break;
            case ArgumentKind.BufferOut:
                Buffer(value, (ulong)Math.Max(0, _result.Raw));
                break;
            case ArgumentKind.IovecIn:
                Iovecs(value, next, ulong.MaxValue);
                break;
            case ArgumentKind.IovecOut:
                Iovecs(value, next, (ulong)Math.Max(0, _result.Raw));
                break;
            case ArgumentKind.StatOut:
                Stat(value);
                break;
            case ArgumentKind.StatxOut:
                Statx(value);
                break;
            case ArgumentKind.TimespecIn:
            case ArgumentKind.TimespecOut:
                Pair(value, "tv_sec", "tv_nsec", 0);
                break;
            case ArgumentKind.TimespecPairIn:
                PairOfPairs(value, "tv_sec", "tv_nsec", "[", "]");
                break;
            case ArgumentKind.TimevalIn:
            case ArgumentKind.TimevalOut:
                Pair(value, "tv_sec", "tv_usec", 0);
                break;
            case ArgumentKind.ItimervalIn:
            case ArgumentKind.ItimervalOut:
                PairOfPairs(value, "tv_sec", "tv_usec", "{", "}");
                break;
            case ArgumentKind.RlimitIn:
            case ArgumentKind.RlimitOut:
                Limits(value);
                break;
            case ArgumentKind.PollFds:
                PollFds(value, next);
                break;
            case ArgumentKind.Signal:
                _line.Append(SignalName((int)value));
                break;
            case ArgumentKind.SigsetIn:
            case ArgumentKind.SigsetOut:
                SignalSet(value);
                break;
            case ArgumentKind.SigactionIn:
            case ArgumentKind.SigactionOut:
                Action(value);
                break;
            case ArgumentKind.SignalStackIn:
            case ArgumentKind.SignalStackOut:
                SignalStack(value);
                break;
            case ArgumentKind.FdPairOut:
                Words(value, 2);
                break;
            case ArgumentKind.IntOut:
                Words(value, 1);
                break;
            case ArgumentKind.DirentsOut:
                _line.Append(CultureInfo.InvariantCulture, $"0x{value:x} /* {_result.Raw} bytes of entries */");
                break;
            case ArgumentKind.UtsnameOut:
                _line.Append("{sysname=");
                String(value);
                _line.Append(", nodename=");
                String(value + 65);
                _line.Append(", ...}");
                break;
            default:
                if (!FlagNames.TryAppend(_line, kind, value))
                {
                    _line.Append(CultureInfo.InvariantCulture, $"0x{value:x}");
                }

                break;
        }
    }

    private static string SignalName(int signal) =>
        signal is > 0 and < (int)Signal.SIGRTMIN && Enum.IsDefined((Signal)signal) ? ((Signal)signal).ToString()
        : signal is >= (int)Signal.SIGRTMIN and <= 64 ? $"SIGRT_{signal - (int)Signal.SIGRTMIN}"
        : signal.ToString(CultureInfo.InvariantCulture);

    private void Pointer(ulong value)
    {
        if (value == 0)
        {
            _line.Append("NULL");
        }
        else
        {
            _line.Append(CultureInfo.InvariantCulture, $"0x{value:x}");
        }
    }

    private void String(ulong address)
    {
        if (address == 0 || _memory.TryReadCString(address, FileName.MaxPathLength, out byte[] bytes) != Errno.None)
        {
            Pointer(address);
            return;
        }

        Quote(bytes, bytes.Length, FileName.MaxPathLength);
    }

    private void StringArray(ulong address)
    {
        if (address == 0)
        {
            _line.Append("NULL");
            return;
        }

        _line.Append('[');
        for (int i = 0; i < ShownItems && _memory.TryRead(address + ((ulong)i * 8), out ulong item) && item != 0; i++)
        {
            _line.Append(i == 0 ? "" : ", ");
            String(item);
        }

        _line.Append(']');
    }

    private void Buffer(ulong address, ulong length)
    {
        int shown = (int)Math.Min(length, ShownBytes);
        Span<byte> bytes = stackalloc byte[ShownBytes];
        if (address == 0 || !_memory.TryRead(address, bytes[..shown]))
        {
            Pointer(address);
            return;
        }

        Quote(bytes[..shown], length > ShownBytes ? int.MaxValue : shown, ShownBytes);
    }

    /// <summary>A C string literal of at most <paramref name="limit"/> bytes, with dots after it when there was more.</summary>
    private void Quote(ReadOnlySpan<byte> bytes, int length, int limit)
    {
        _line.Append('"');
        int shown = Math.Min(bytes.Length, limit);
        for (int i = 0; i < shown; i++)
        {
            byte b = bytes[i];
            bool digitFollows = i + 1 < shown && bytes[i + 1] is >= (byte)'0' and <= (byte)'9';
            _line.Append(b switch
            {
                (byte)'\n' => "\\n",
                (byte)'\t' => "\\t",
                (byte)'\r' => "\\r",
                (byte)'"' => "\\\"",
                (byte)'\\' => "\\\\",
                >= 0x20 and < 0x7F => ((char)b).ToString(),
                _ => "\\" + (digitFollows ? Convert.ToString(b, 8).PadLeft(3, '0') : Convert.ToString(b, 8)),
            });
        }

        _line.Append(length > shown ? "\"..." : "\"");
    }

    private void Iovecs(ulong address, ulong count, ulong bytes)
    {
        _line.Append('[');
        for (ulong i = 0; i < Math.Min(count, ShownItems) && _memory.TryRead(address + (i * 16), out Iovec item); i++)
        {
            _line.Append(i == 0 ? "{iov_base=" : ", {iov_base=");
            ulong used = Math.Min(item.iov_len, bytes);
            Buffer(item.iov_base, used);
            bytes -= used;
            _line.Append(CultureInfo.InvariantCulture, $", iov_len={item.iov_len}}}");
        }

        _line.Append(count > ShownItems ? ", ...]" : "]");
    }

    private void Stat(ulong address)
    {
        if (!_memory.TryRead(address, out Stat stat))
        {
            Pointer(address);
            return;
        }

        _line.Append("{st_mode=");
        FlagNames.AppendMode(_line, stat.st_mode);
        _line.Append(CultureInfo.InvariantCulture, $", st_size={stat.st_size}, ...}}");
    }

    private void Statx(ulong address)
    {
        if (!_memory.TryRead(address, out Statx stat))
        {
            Pointer(address);
            return;
        }

        _line.Append(CultureInfo.InvariantCulture, $"{{stx_mask=0x{stat.stx_mask:x}, stx_mode=");
        FlagNames.AppendMode(_line, stat.stx_mode);
        _line.Append(CultureInfo.InvariantCulture, $", stx_size={stat.stx_size}, ...}}");
    }

    private void Pair(ulong address, string first, string second, ulong offset)
    {
        if (address == 0 || !_memory.TryRead(address + offset, out long a) || !_memory.TryRead(address + offset + 8, out long b))
        {
            Pointer(address);
            return;
        }

        _line.Append(CultureInfo.InvariantCulture, $"{{{first}={a}, {second}={b}}}");
    }

    private void PairOfPairs(ulong address, string first, string second, string open, string close)
    {
        if (address == 0)
        {
            _line.Append("NULL");
            return;
        }

        _line.Append(open);
        Pair(address, first, second, 0);
        _line.Append(", ");
        Pair(address, first, second, 16);
        _line.Append(close);
    }

    private void Limits(ulong address)
    {
        if (address == 0 || !_memory.TryRead(address, out ulong soft) || !_memory.TryRead(address + 8, out ulong hard))
        {
            Pointer(address);
            return;
        }

        _line.Append(CultureInfo.InvariantCulture, $"{{rlim_cur={Limit(soft)}, rlim_max={Limit(hard)}}}");

        static string Limit(ulong value) => value == ulong.MaxValue ? "RLIM64_INFINITY" : value.ToString(CultureInfo.InvariantCulture);
    }

    private void PollFds(ulong address, ulong count)
    {
        _line.Append('[');
        for (ulong i = 0; i < Math.Min(count, ShownItems) && _memory.TryRead(address + (i * 8), out Pollfd item); i++)
        {
            _line.Append(CultureInfo.InvariantCulture, $"{(i == 0 ? "" : ", ")}{{fd={item.fd}, events=0x{item.events:x}");
            if (item.revents != 0)
            {
                _line.Append(CultureInfo.InvariantCulture, $", revents=0x{item.revents:x}");
            }

            _line.Append('}');
        }

        _line.Append(count > ShownItems ? ", ...]" : "]");
    }

    private void SignalSet(ulong address)
    {
        if (address == 0 || !_memory.TryRead(address, out ulong set))
        {
            Pointer(address);
            return;
        }

        AppendSet(set);
    }

    private void AppendSet(ulong set)
    {
        bool inverted = System.Numerics.BitOperations.PopCount(set) > 32;
        _line.Append(inverted ? "~[" : "[");
        string separator = "";
        for (int signal = 1; signal <= 64; signal++)
        {
            if (((set >> (signal - 1)) & 1) != (inverted ? 1u : 0u))
            {
                string name = SignalName(signal);
                _line.Append(separator).Append(name.StartsWith("SIG", StringComparison.Ordinal) ? name.AsSpan(3) : name);
                separator = " ";
            }
        }

        _line.Append(']');
    }

    private void Action(ulong address)
    {
        if (address == 0 || !_memory.TryRead(address, out KernelSigAction action))
        {
            Pointer(address);
            return;
        }

        _line.Append("{sa_handler=");
        if (action.Handler <= 1)
        {
            _line.Append(action.Handler == 0 ? "SIG_DFL" : "SIG_IGN");
        }
        else
        {
            Pointer(action.Handler);
        }

        _line.Append(", sa_mask=");
        AppendSet(action.Mask);
        _line.Append(CultureInfo.InvariantCulture, $", sa_flags=0x{action.Flags:x}}}");
    }

    private void SignalStack(ulong address)
    {
        if (address == 0 || !_memory.TryRead(address, out ulong sp) || !_memory.TryRead(address + 8, out int flags) || !_memory.TryRead(address + 16, out ulong size))
        {
            Pointer(address);
            return;
        }

        _line.Append(CultureInfo.InvariantCulture, $"{{ss_sp=0x{sp:x}, ss_flags={flags}, ss_size={size}}}");
    }

    private void Words(ulong address, int count)
    {
        _line.Append('[');
        for (int i = 0; i < count && _memory.TryRead(address + ((ulong)i * 4), out int word); i++)
        {
            _line.Append(i == 0 ? "" : ", ").Append(word);
        }

        _line.Append(']');
    }
}
