using System.Globalization;
using System.Text;
using HermiTux.Abi;
using HermiTux.Memory;

namespace HermiTux.Syscalls.Trace;

/// <summary>Shows one argument as strace(1) would. Reads guest memory without trusting it; what can't be read is shown as an address.</summary>
internal static partial class ArgumentFormatter
{
    /// <summary>Bytes of a string or buffer that are shown.</summary>
    public const int MaximumString = 32;

    private const int MaximumItems = 16;

    public static void Append(StringBuilder text, SyscallContext context, ArgumentKind kind, ulong value, ulong next, SyscallResult result)
    {
        AddressSpace memory = context.Memory;
        switch (kind)
        {
            case ArgumentKind.Int:
            case ArgumentKind.Fd:
                text.Append((int)value);
                break;
            case ArgumentKind.Long:
                text.Append((long)value);
                break;
            case ArgumentKind.Unsigned:
                text.Append(value);
                break;
            case ArgumentKind.Octal:
                text.Append(value == 0 ? "" : "0").Append(Convert.ToString((uint)value, 8));
                break;
            case ArgumentKind.Hex:
                text.Append(CultureInfo.InvariantCulture, $"0x{value:x}");
                break;
            case ArgumentKind.DirFd when (int)value == Fcntl.AT_FDCWD:
                text.Append("AT_FDCWD");
                break;
            case ArgumentKind.DirFd:
                text.Append((int)value);
                break;
            case ArgumentKind.String:
            case ArgumentKind.StringOut:
                AppendString(text, memory, value);
                break;
            case ArgumentKind.StringArray:
                AppendStringArray(text, memory, value);
                break;
            case ArgumentKind.BufferIn:
                AppendBuffer(text, memory, value, next);
                break;
            case ArgumentKind.BufferOut:
                AppendBuffer(text, memory, value, (ulong)result.Raw);
                break;
            case ArgumentKind.OpenFlags:
                text.Append(FlagNames.Open((int)value));
                break;
            case ArgumentKind.Signal:
                text.Append(FlagNames.Signal((int)value));
                break;
            case ArgumentKind.CloneFlags:
                text.Append(FlagNames.Clone(value));
                break;
            case ArgumentKind.FutexOperation:
                text.Append(FlagNames.Futex((int)value));
                break;
            case ArgumentKind.MapFlags:
                text.Append(FlagNames.Map((int)value));
                break;
            case ArgumentKind.SocketType:
                text.Append(FlagNames.SocketType((int)value));
                break;
            default:
                if (FlagNames.TryGet(kind, value, out string? name))
                {
                    text.Append(name);
                }
                else if (value == 0)
                {
                    text.Append("NULL");
                }
                else if (!TryAppendStructure(text, memory, kind, value, next, result))
                {
                    AppendPointer(text, value);
                }

                break;
        }
    }

    public static void AppendPointer(StringBuilder text, ulong value)
    {
        if (value == 0)
        {
            text.Append("NULL");
        }
        else
        {
            text.Append(CultureInfo.InvariantCulture, $"0x{value:x}");
        }
    }

    private static void AppendString(StringBuilder text, AddressSpace memory, ulong address)
    {
        if (address == 0)
        {
            text.Append("NULL");
            return;
        }

        // One byte more than is shown, to know whether to say that there is more.
        Span<byte> bytes = stackalloc byte[MaximumString + 1];
        int length = 0;
        while (length < bytes.Length)
        {
            if (!memory.TryRead(address + (ulong)length, out byte value))
            {
                AppendPointer(text, address);
                return;
            }

            if (value == 0)
            {
                break;
            }

            bytes[length++] = value;
        }

        AppendQuoted(text, bytes[..length]);
    }

    private static void AppendStringArray(StringBuilder text, AddressSpace memory, ulong address)
    {
        if (address == 0)
        {
            text.Append("NULL");
            return;
        }

        text.Append('[');
        for (int i = 0; ; i++)
        {
            if (!memory.TryRead(address + (ulong)(8 * i), out ulong pointer))
            {
                text.Append(i > 0 ? ", ???" : "???");
                break;
            }

            if (pointer == 0)
            {
                break;
            }

            text.Append(i > 0 ? ", " : "");
            if (i == MaximumItems)
            {
                text.Append("...");
                break;
            }

            AppendString(text, memory, pointer);
        }

        text.Append(']');
    }

    private static void AppendBuffer(StringBuilder text, AddressSpace memory, ulong address, ulong length)
    {
        if (address == 0)
        {
            text.Append("NULL");
            return;
        }

        Span<byte> bytes = stackalloc byte[(int)Math.Min(length, MaximumString)];
        if (!memory.TryRead(address, bytes))
        {
            AppendPointer(text, address);
            return;
        }

        AppendQuoted(text, bytes);
        text.Append(length > MaximumString ? "..." : "");
    }

    private static void AppendQuoted(StringBuilder text, ReadOnlySpan<byte> bytes)
    {
        text.Append('"');
        int shown = Math.Min(bytes.Length, MaximumString);
        for (int i = 0; i < shown; i++)
        {
            switch (bytes[i])
            {
                case (byte)'\n':
                    text.Append("\\n");
                    break;
                case (byte)'\t':
                    text.Append("\\t");
                    break;
                case (byte)'\r':
                    text.Append("\\r");
                    break;
                case (byte)'\f':
                    text.Append("\\f");
                    break;
                case (byte)'\v':
                    text.Append("\\v");
                    break;
                case (byte)'"':
                    text.Append("\\\"");
                    break;
                case (byte)'\\':
                    text.Append("\\\\");
                    break;
                case >= 0x20 and <= 0x7E:
                    text.Append((char)bytes[i]);
                    break;
                default:
                    // As few digits as possible, three where a digit follows.
                    bool digitFollows = i + 1 < shown && bytes[i + 1] is >= (byte)'0' and <= (byte)'9';
                    string octal = Convert.ToString(bytes[i], 8);
                    text.Append('\\').Append(digitFollows ? octal.PadLeft(3, '0') : octal);
                    break;
            }
        }

        text.Append('"').Append(bytes.Length > shown ? "..." : "");
    }
}
