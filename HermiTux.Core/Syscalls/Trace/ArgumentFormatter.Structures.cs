using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using HermiTux.Abi;
using HermiTux.Memory;

namespace HermiTux.Syscalls.Trace;

/// <remarks>Structures.</remarks>
internal static partial class ArgumentFormatter
{
    private static bool TryAppendStructure(StringBuilder text, AddressSpace memory, ArgumentKind kind, ulong address, ulong next, SyscallResult result)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        switch (kind)
        {
            case ArgumentKind.StatOut when memory.TryRead(address, out Stat stat):
                text.Append("{st_mode=").Append(Mode(stat.st_mode)).Append((stat.st_mode & StatConstants.S_IFMT) is StatConstants.S_IFCHR or StatConstants.S_IFBLK
                    ? string.Create(culture, $", st_rdev=makedev(0x{(stat.st_rdev >> 8) & 0xFFF:x}, 0x{stat.st_rdev & 0xFF:x}), ...}}")
                    : string.Create(culture, $", st_size={stat.st_size}, ...}}"));
                return true;
            case ArgumentKind.StatxOut when memory.TryRead(address, out Statx statx):
                text.Append(culture, $"{{stx_mask=0x{statx.stx_mask:x}, stx_attributes={statx.stx_attributes}, stx_mode={Mode(statx.stx_mode)}, stx_size={statx.stx_size}, ...}}");
                return true;
            case ArgumentKind.TimespecIn or ArgumentKind.TimespecOut when memory.TryRead(address, out Timespec time):
                text.Append(Format(time));
                return true;
            case ArgumentKind.TimespecPairIn when memory.TryRead(address, out Timespec first) && memory.TryRead(address + 16, out Timespec second):
                text.Append('[').Append(Format(first)).Append(", ").Append(Format(second)).Append(']');
                return true;
            case ArgumentKind.TimevalIn or ArgumentKind.TimevalOut when memory.TryRead(address, out Timeval time):
                text.Append(Format(time));
                return true;
            case ArgumentKind.ItimervalIn or ArgumentKind.ItimervalOut when memory.TryRead(address, out Itimerval timer):
                text.Append("{it_interval=").Append(Format(timer.it_interval)).Append(", it_value=").Append(Format(timer.it_value)).Append('}');
                return true;
            case ArgumentKind.IovecIn:
                AppendIovecs(text, memory, address, next, long.MaxValue);
                return true;
            case ArgumentKind.IovecOut:
                AppendIovecs(text, memory, address, next, result.Raw);
                return true;
            case ArgumentKind.PollFds:
                AppendPollFds(text, memory, address, next, result);
                return true;
            case ArgumentKind.SigactionIn or ArgumentKind.SigactionOut when memory.TryRead(address, out KernelSigAction action):
                text.Append("{sa_handler=").Append(action.Handler switch
                {
                    SignalConstants.SIG_DFL => "SIG_DFL",
                    SignalConstants.SIG_IGN => "SIG_IGN",
                    _ => string.Create(culture, $"0x{action.Handler:x}"),
                }).Append(", sa_mask=").Append(FlagNames.SignalSet(action.Mask)).Append(", sa_flags=").Append(FlagNames.SignalActionFlags(action.Flags));
                text.Append((action.Flags & SignalConstants.SA_RESTORER) != 0 ? string.Create(culture, $", sa_restorer=0x{action.Restorer:x}}}") : "}");
                return true;
            case ArgumentKind.SigsetIn or ArgumentKind.SigsetOut when memory.TryRead(address, out ulong set):
                text.Append(FlagNames.SignalSet(set));
                return true;
            case ArgumentKind.SignalStackIn or ArgumentKind.SignalStackOut when memory.TryRead(address, out StackT stack):
                text.Append(culture, $"{{ss_sp=0x{stack.Sp:x}, ss_flags={FlagNames.SignalStack(stack.Flags)}, ss_size={stack.Size}}}");
                return true;
            case ArgumentKind.RlimitIn or ArgumentKind.RlimitOut when memory.TryRead(address, out Rlimit limit):
                text.Append("{rlim_cur=").Append(Limit(limit.rlim_cur)).Append(", rlim_max=").Append(Limit(limit.rlim_max)).Append('}');
                return true;
            case ArgumentKind.FdPairOut when memory.TryRead(address, out ulong pair):
                text.Append(culture, $"[{(int)pair}, {(int)(pair >> 32)}]");
                return true;
            case ArgumentKind.IntOut when memory.TryRead(address, out int number):
                text.Append(culture, $"[{number}]");
                return true;
            case ArgumentKind.DirentsOut:
                text.Append(culture, $"0x{address:x} /* {CountEntries(memory, address, result.Raw)} entries */");
                return true;
            case ArgumentKind.UtsnameOut:
                text.Append("{sysname=");
                AppendString(text, memory, address);
                text.Append(", nodename=");
                AppendString(text, memory, address + NewUtsname.FieldLength);
                text.Append(", ...}");
                return true;
            case ArgumentKind.EpollEventIn when memory.TryRead(address, out EpollEvent item):
                text.Append(Format(item));
                return true;
            case ArgumentKind.EpollEventsOut:
                text.Append('[');
                for (int i = 0; i < Math.Min(result.Raw, MaximumItems) && memory.TryRead(address + (ulong)(12 * i), out EpollEvent item); i++)
                {
                    text.Append(i > 0 ? ", " : "").Append(Format(item));
                }

                text.Append(']');
                return true;
            default:
                return TryAppendSocket(text, memory, kind, address, next, result);
        }
    }

    private static void AppendIovecs(StringBuilder text, AddressSpace memory, ulong address, ulong count, long filled)
    {
        text.Append('[');
        for (ulong i = 0; i < count; i++)
        {
            text.Append(i > 0 ? ", " : "");
            if (i == MaximumItems)
            {
                text.Append("...");
                break;
            }

            if (!memory.TryRead(address + (16 * i), out Iovec part))
            {
                text.Append("???");
                break;
            }

            text.Append("{iov_base=");
            AppendBuffer(text, memory, part.iov_base, Math.Min(part.iov_len, (ulong)Math.Max(0, filled)));
            text.Append(CultureInfo.InvariantCulture, $", iov_len={part.iov_len}}}");
            filled -= (long)Math.Min(part.iov_len, long.MaxValue);
        }

        text.Append(']');
    }

    private static void AppendPollFds(StringBuilder text, AddressSpace memory, ulong address, ulong count, SyscallResult result)
    {
        text.Append('[');
        for (ulong i = 0; i < (uint)count; i++)
        {
            text.Append(i > 0 ? ", " : "");
            if (i == MaximumItems)
            {
                text.Append("...");
                break;
            }

            if (!memory.TryRead(address + (8 * i), out Pollfd item))
            {
                text.Append("???");
                break;
            }

            text.Append(CultureInfo.InvariantCulture, $"{{fd={item.fd}, events={FlagNames.Poll((ushort)item.events)}");
            if (!result.IsError && item.revents != 0)
            {
                text.Append(", revents=").Append(FlagNames.Poll((ushort)item.revents));
            }

            text.Append('}');
        }

        text.Append(']');
    }

    private static int CountEntries(AddressSpace memory, ulong address, long length)
    {
        int count = 0;
        Span<byte> size = stackalloc byte[2];
        for (long at = 0; at < length && memory.TryRead(address + (ulong)at + 16, size); count++)
        {
            int record = BinaryPrimitives.ReadUInt16LittleEndian(size);
            if (record == 0)
            {
                break;
            }

            at += record;
        }

        return count;
    }

    private static string Mode(uint mode)
    {
        string type = (mode & StatConstants.S_IFMT) switch
        {
            StatConstants.S_IFREG => "S_IFREG",
            StatConstants.S_IFDIR => "S_IFDIR",
            StatConstants.S_IFLNK => "S_IFLNK",
            StatConstants.S_IFCHR => "S_IFCHR",
            StatConstants.S_IFBLK => "S_IFBLK",
            StatConstants.S_IFIFO => "S_IFIFO",
            StatConstants.S_IFSOCK => "S_IFSOCK",
            var other => Convert.ToString(other, 8),
        };
        return type + "|0" + Convert.ToString(mode & StatConstants.PermissionBits, 8);
    }

    private static string Format(in Timespec time) => time.tv_nsec switch
    {
        ClockConstants.UTIME_NOW => "UTIME_NOW",
        ClockConstants.UTIME_OMIT => "UTIME_OMIT",
        _ => string.Create(CultureInfo.InvariantCulture, $"{{tv_sec={time.tv_sec}, tv_nsec={time.tv_nsec}}}"),
    };

    private static string Format(in Timeval time) => string.Create(CultureInfo.InvariantCulture, $"{{tv_sec={time.tv_sec}, tv_usec={time.tv_usec}}}");

    private static string Format(in EpollEvent item) =>
        string.Create(CultureInfo.InvariantCulture, $"{{events={FlagNames.Epoll(item.events)}, data=0x{item.data:x}}}");

    private static string Limit(ulong limit) => limit switch
    {
        Rlimit.RLIM_INFINITY => "RLIM64_INFINITY",
        > 0 when limit % 1024 == 0 => string.Create(CultureInfo.InvariantCulture, $"{limit / 1024}*1024"),
        _ => limit.ToString(CultureInfo.InvariantCulture),
    };
}
